"""A language model that lists its tools and calls them."""

from datetime import datetime
from typing import Any
from unittest.mock import AsyncMock

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import llm
from homeassistant.setup import async_setup_component
import probatio
import pytest

from custom_components.glucose_follow.cgm.errors import CgmConnectionError
from custom_components.glucose_follow.cgm.models import Reading
from custom_components.glucose_follow.cgm.source import Feature
from custom_components.glucose_follow.const import (
    CONF_EXPOSE_TO_ASSIST,
    CONF_VOICE,
    DOMAIN,
)
from custom_components.glucose_follow.llm import async_get_tools

from .conftest import NOW, Clocks
from .home import settle
from .voice import (
    ALEX,
    MINUTE,
    NEVER,
    SAM,
    alex,
    follow,
    know,
    known,
    person,
    readings,
    sam,
    start_assist,
)

SHOWN = {CONF_EXPOSE_TO_ASSIST: True, CONF_VOICE: False}
GET_GLUCOSE, GET_HISTORY = f"{DOMAIN}__get_glucose", f"{DOMAIN}__get_history"

pytestmark = pytest.mark.usefixtures("clocks")


class Model:
    """Sees what a language model sees that uses Assist."""

    def __init__(self, api: llm.APIInstance) -> None:
        """Begin a conversation."""
        self._api = api

    @property
    def prompt(self) -> str:
        """Return what it is told."""
        return self._api.api_prompt

    @property
    def tools(self) -> dict[str, llm.Tool]:
        """Return our tools."""
        ours = [tool for tool in self._api.tools if tool.integration == DOMAIN]
        return {tool.name: tool for tool in ours}

    async def call(self, name: str, **arguments: object) -> llm.ToolResult:
        """Return what a tool answers."""
        asked = llm.ToolInput(tool_name=name, tool_args=arguments)
        return await self._api.async_call_tool(asked)

    async def people(self, name: str, **arguments: object) -> list[dict[str, Any]]:
        """Return whom a tool tells of, and what."""
        found: Any = (await self.call(name, **arguments)).data["people"]
        assert isinstance(found, list)
        return found


async def model(hass: HomeAssistant) -> Model:
    """Return a model at the beginning of a conversation."""
    context = llm.LLMContext(
        platform="test",
        context=Context(),
        language="en",
        assistant="conversation",
        device_id=None,
    )
    return Model(await llm.async_get_api(hass, "assist", context))


async def test_a_model_lists_the_tools_and_is_told_how_to_use_them(
    hass: HomeAssistant,
) -> None:
    await start_assist(hass)
    await follow(hass, alex(**SHOWN), ALEX)

    seen = await model(hass)

    assert set(seen.tools) == {GET_GLUCOSE, GET_HISTORY}
    assert "Never advise on doses" in seen.prompt
    assert "never present it as current" in seen.prompt
    for tool in seen.tools.values():
        assert tool.annotations.read_only
        assert not tool.annotations.destructive
        assert not tool.annotations.open_world
        assert tool.title
        assert tool.description


async def test_a_model_is_told_what_is_known_now(hass: HomeAssistant) -> None:
    await start_assist(hass)
    await follow(hass, alex(**SHOWN), ALEX)

    (told,) = await (await model(hass)).people(GET_GLUCOSE, person="Alex")

    assert told["person"] == "Alex"
    assert told["unit"] == "mg/dL"
    assert told["glucose"]["value"] == 109
    assert told["glucose"]["age_minutes"] == 4
    assert told["glucose"]["is_stale"] is False
    assert told["glucose"]["range"] == "in_range"
    assert told["forecast"] == {"in_minutes": 30, "value": 95}
    assert told["last_bolus"] == {"units": 4.5, "age_minutes": 120}


async def test_a_model_is_told_of_everybody_unless_it_asks_for_one(
    hass: HomeAssistant,
) -> None:
    await start_assist(hass)
    await follow(hass, alex(**SHOWN), ALEX)
    await follow(hass, sam(**SHOWN), SAM)
    seen = await model(hass)

    everybody = await seen.people(GET_GLUCOSE)
    one = await seen.people(GET_GLUCOSE, person="Sam")

    assert [told["person"] for told in everybody] == ["Alex", "Sam"]
    assert [told["glucose"]["value"] for told in one] == [3.4]


async def test_a_model_is_told_what_the_day_was_like(hass: HomeAssistant) -> None:
    await start_assist(hass)
    await follow(hass, alex(**SHOWN), ALEX)
    seen = await model(hass)

    (day,) = await seen.people(GET_HISTORY)
    (hours,) = await seen.people(GET_HISTORY, person="Alex", hours=2)

    assert (day["hours"], hours["hours"]) == (24, 2)
    assert hours["percent_in_target"] == 100
    assert hours["highs"] == []
    (high,) = day["highs"]
    assert high["start"].endswith("-08:00")
    assert high["highest"] == 200
    assert day["percent_below_target"] == 0


async def test_a_model_is_told_of_two_weeks_that_are_not_held(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, clocks: Clocks
) -> None:
    await start_assist(hass)
    entry = alex(**SHOWN)
    await follow(hass, entry, ALEX)
    seen = await model(hass)

    (told,) = await seen.people(GET_HISTORY, hours=336)
    clocks.tick(5 * MINUTE)
    failing = AsyncMock(side_effect=CgmConnectionError("Away"))
    monkeypatch.setattr(entry.runtime_data.source, "readings", failing)
    (nothing,) = await seen.people(GET_HISTORY, hours=336)
    (day,) = await seen.people(GET_HISTORY)

    assert told["hours"] == 336
    assert told["readings"] == 14 * 24 * 60
    assert len(told["highs"]) > 5
    assert nothing == {"person": "Alex", "error": "The source does not answer now"}
    assert 250 < day["readings"] < 300


async def test_a_model_that_asks_again_and_again_costs_one_request(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    await start_assist(hass)
    entry = alex(**SHOWN)
    await follow(hass, entry, ALEX)
    seen = await model(hass)
    asked = AsyncMock(return_value=[])
    monkeypatch.setattr(entry.runtime_data.source, "readings", asked)

    for hours in (336, 336, 72, 48):
        await seen.call(GET_HISTORY, hours=hours)

    assert asked.call_count == 1


async def test_who_is_unloaded_while_a_model_waits_is_left_out(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    await start_assist(hass)
    entry, other = alex(**SHOWN), sam(**SHOWN)
    await follow(hass, entry, ALEX)
    await follow(hass, other, SAM)
    seen = await model(hass)

    async def unload_both(_: datetime) -> list[Reading]:
        await hass.config_entries.async_unload(other.entry_id)
        await hass.config_entries.async_unload(entry.entry_id)
        return []

    monkeypatch.setattr(entry.runtime_data.source, "readings", unload_both)

    result = await seen.call(GET_HISTORY, hours=48)

    assert result.data == {"error": "No such person"}


async def test_exposure_may_end_while_a_model_waits(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    await start_assist(hass)
    entry, other = alex(**SHOWN), sam(**SHOWN)
    await follow(hass, entry, ALEX)
    await follow(hass, other, SAM)
    seen = await model(hass)

    async def hide(_: datetime) -> list[Reading]:
        async_expose_entity(hass, "conversation", "sensor.alex_glucose", False)
        async_expose_entity(hass, "conversation", "sensor.sam_glucose", False)
        return []

    monkeypatch.setattr(entry.runtime_data.source, "readings", hide)

    result = await seen.call(GET_HISTORY, hours=48)

    assert result.data == {"error": "No such person"}


async def test_a_period_ends_when_the_source_has_answered(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, clocks: Clocks
) -> None:
    await start_assist(hass)
    entry = alex(**SHOWN)
    await follow(hass, entry, ALEX)
    seen = await model(hass)

    async def slow(_: datetime) -> list[Reading]:
        clocks.tick(20 * MINUTE)
        know(entry, known(readings(NOW + 19 * MINUTE, {NOW: 180}, None)))
        return [Reading(at=NOW + 19 * MINUTE, mgdl=180)]

    monkeypatch.setattr(entry.runtime_data.source, "readings", slow)

    (told,) = await seen.people(GET_HISTORY, hours=48)

    assert told["readings"] == 1
    assert told["newest_reading_age_minutes"] == 1


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        (GET_GLUCOSE, {"person": "Robin"}),
        (GET_GLUCOSE, {"persom": "Alex"}),
        (GET_HISTORY, {"hours": 337}),
        (GET_HISTORY, {"hours": 0}),
        (GET_HISTORY, {"hours": "many"}),
    ],
)
async def test_a_model_that_asks_nonsense_is_refused(
    hass: HomeAssistant, name: str, arguments: dict[str, object]
) -> None:
    await start_assist(hass)
    await follow(hass, alex(**SHOWN), ALEX)
    seen = await model(hass)

    with pytest.raises(probatio.Invalid):
        await seen.call(name, **arguments)


async def test_nobody_is_visible_unless_exposed(hass: HomeAssistant) -> None:
    """Voice is a setting of its own."""
    await start_assist(hass)
    await follow(hass, alex(), ALEX)

    seen = await model(hass)

    assert seen.tools == {}
    assert "glucose" not in seen.prompt.lower()
    assert "Alex" not in seen.prompt


async def test_who_is_not_exposed_is_invisible_beside_who_is(
    hass: HomeAssistant,
) -> None:
    await start_assist(hass)
    await follow(hass, alex(**SHOWN), ALEX)
    await follow(hass, sam(**{CONF_VOICE: True}), SAM)
    seen = await model(hass)

    told = await seen.people(GET_GLUCOSE)

    assert [one["person"] for one in told] == ["Alex"]
    with pytest.raises(probatio.Invalid):
        await seen.call(GET_GLUCOSE, person="Sam")


async def test_only_what_is_exposed_is_told(hass: HomeAssistant) -> None:
    await start_assist(hass)
    await follow(hass, alex(**{CONF_VOICE: False}), ALEX)
    async_expose_entity(hass, "conversation", "sensor.alex_glucose", True)

    (told,) = await (await model(hass)).people(GET_GLUCOSE)

    assert told["glucose"]["value"] == 109
    assert "last_bolus" not in told
    assert "insulin_on_board" not in told


async def test_exposure_may_end_in_the_middle_of_a_conversation(
    hass: HomeAssistant,
) -> None:
    await start_assist(hass)
    await follow(hass, alex(**SHOWN), ALEX)
    seen = await model(hass)

    async_expose_entity(hass, "conversation", "sensor.alex_glucose", False)
    result = await seen.call(GET_GLUCOSE, person="Alex")

    assert result.error
    assert result.data == {"error": "No such person"}


async def test_a_stale_value_is_told_to_be_stale(hass: HomeAssistant) -> None:
    await start_assist(hass)
    entry = alex(**SHOWN)
    await follow(hass, entry, NEVER)
    (never,) = await (await model(hass)).people(GET_GLUCOSE)

    know(entry, ALEX)
    entry.runtime_data._features = frozenset({Feature.TREATMENTS})
    (late,) = await (await model(hass)).people(GET_GLUCOSE)

    assert never["glucose"]["is_stale"]
    assert "value" not in never["glucose"]
    assert late["glucose"]["is_stale"]
    assert late["glucose"]["last_known_value"] == 109
    assert late["glucose"]["is_from_delayed_source"]


async def test_two_people_of_one_name_are_told_apart_by_their_values(
    hass: HomeAssistant,
) -> None:
    await start_assist(hass)
    await follow(hass, alex(**SHOWN), ALEX)
    other = person("Alex", "mmol/L", unique_id="another", **SHOWN)
    await follow(hass, other, SAM)

    told = await (await model(hass)).people(GET_GLUCOSE, person="Alex")

    assert sorted(one["glucose"]["value"] for one in told) == [3.4, 109]


async def test_other_models_have_other_tools(hass: HomeAssistant) -> None:
    await start_assist(hass)
    await follow(hass, alex(**SHOWN), ALEX)
    await settle(hass)
    context = llm.LLMContext("test", Context(), "en", "conversation", None)

    assert async_get_tools(hass, context, "another") is None
    assert async_get_tools(hass, context, "assist") is not None


async def test_assist_offers_the_tools_through_its_own_platform(
    hass: HomeAssistant,
) -> None:
    """Found by the name of the file, without a word of ours."""
    assert await async_setup_component(hass, "homeassistant", {})
    await follow(hass, alex(**SHOWN), ALEX)
    assert await async_setup_component(hass, "llm", {})
    await settle(hass)

    assert set((await model(hass)).tools) == {GET_GLUCOSE, GET_HISTORY}
