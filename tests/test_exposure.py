"""Showing sensors to Assist, and taking back just what was added."""

from datetime import timedelta
from typing import Any

from homeassistant.components.homeassistant.exposed_entities import (
    async_expose_entity,
    async_should_expose,
)
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.const import EVENT_COMPONENT_LOADED, EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.const import (
    CONF_EXPOSE_TO_ASSIST,
    CONF_STALE_AFTER,
    CONF_UNIT,
    CONF_VOICE,
    DOMAIN,
)
from simulators.tidepool import TidepoolSimulator

from .conftest import Clocks
from .home import pass_time, restart, set_up, settle, state
from .tidepool import entry_of, lead_to
from .voice import Pipelines, alex, ask, person, sam, start_assist

GLUCOSE = "sensor.alex_glucose"
DELAYED = "sensor.alex_delayed_glucose"
NAMES = ["blood sugar", "blood glucose", "glucose"]
FRENCH = ["glycémie", "taux de glucose", "glucose"]
GERMAN = ["Blutzucker", "Blutzuckerwert", "Glukose"]
SHOWN: dict[str, Any] = {CONF_EXPOSE_TO_ASSIST: True, CONF_VOICE: False}

pytestmark = pytest.mark.usefixtures("clocks")


@pytest.fixture(autouse=True)
async def _assist(hass: HomeAssistant) -> None:
    """Let there be something to expose to."""
    assert await async_setup_component(hass, "homeassistant", {})


def exposed(hass: HomeAssistant) -> set[str]:
    """Return the sensors that Assist may see."""
    return {
        entity_id
        for entity_id in hass.states.async_entity_ids()
        if async_should_expose(hass, "conversation", entity_id)
    }


def aliases(hass: HomeAssistant, entity_id: str = GLUCOSE) -> list[Any]:
    """Return the other names of an entity, without its own."""
    entity = er.async_get(hass).async_get(entity_id)
    assert entity is not None
    assert er.COMPUTED_NAME in entity.aliases
    return [alias for alias in entity.aliases if alias is not er.COMPUTED_NAME]


async def switch(hass: HomeAssistant, entry: MockConfigEntry, *, is_on: bool) -> None:
    """Change the setting as a person would."""
    form = await hass.config_entries.options.async_init(entry.entry_id)
    kept = {CONF_UNIT: entry.options[CONF_UNIT], CONF_STALE_AFTER: 15}
    await hass.config_entries.options.async_configure(
        form["flow_id"], {**kept, CONF_VOICE: False, CONF_EXPOSE_TO_ASSIST: is_on}
    )
    await settle(hass)


async def test_nothing_is_shown_unless_it_is_wanted(hass: HomeAssistant) -> None:
    await set_up(hass, alex(**{CONF_VOICE: False}))

    assert not {GLUCOSE} & exposed(hass)
    assert aliases(hass) == []


async def test_the_main_sensors_are_shown(hass: HomeAssistant) -> None:
    """No diagnostics among them."""
    await set_up(hass, alex(**SHOWN))

    shown = exposed(hass)
    assert {GLUCOSE, "sensor.alex_direction", "sensor.alex_last_bolus"} <= shown
    assert "sensor.alex_sensor_status" not in shown
    assert aliases(hass) == NAMES


async def test_assist_answers_with_the_names_that_were_added(
    hass: HomeAssistant,
) -> None:
    """With its own sentences; ours are off."""
    await start_assist(hass)
    await set_up(hass, alex(**SHOWN))
    state = hass.states.get(GLUCOSE)
    assert state is not None

    answer = await ask(hass, "What is the blood sugar?")

    assert state.state in answer
    assert "mg/dL" in answer


async def test_just_what_was_added_is_taken_back(hass: HomeAssistant) -> None:
    """What was shown before, and a name that was there before, stay."""
    entry = alex(**{CONF_VOICE: False})
    await set_up(hass, entry)
    async_expose_entity(hass, "conversation", "sensor.alex_direction", True)
    registry = er.async_get(hass)
    registry.async_update_entity(
        GLUCOSE, aliases=[er.COMPUTED_NAME, "Glucose", "the number"]
    )

    await switch(hass, entry, is_on=True)
    added = aliases(hass)
    await switch(hass, entry, is_on=False)

    assert added == ["Glucose", "the number", "blood sugar", "blood glucose"]
    assert aliases(hass) == ["Glucose", "the number"]
    assert {name for name in exposed(hass) if ".alex" in name} == {
        "sensor.alex_direction"
    }
    entity = registry.async_get(GLUCOSE)
    assert entity is not None
    assert "glucose_follow.assist" not in entity.options


@pytest.mark.parametrize("has_voice", [False, True])
async def test_what_is_hours_old_answers_to_no_name_of_the_present(
    hass: HomeAssistant,
    clocks: Clocks,
    monkeypatch: pytest.MonkeyPatch,
    has_voice: bool,
) -> None:
    await start_assist(hass)
    late = timedelta(hours=20)
    person = SimulatedPerson(seed=7)
    async with TidepoolSimulator(
        clock=clocks.world, person=person, delay=late
    ) as server:
        lead_to(server, monkeypatch)
        await set_up(hass, entry_of(expose_to_assist=True, voice=has_voice))
        value = state(hass, DELAYED)

        for name in NAMES:
            for question in (f"What is the {name}?", f"What is {name}?"):
                answer = await ask(hass, question)
                assert value not in answer or "20 hours ago" in answer

    assert value.isdigit()
    assert DELAYED in exposed(hass)
    assert aliases(hass, DELAYED) == []


async def test_a_name_that_what_is_hours_old_was_given_is_taken_back(
    hass: HomeAssistant, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with TidepoolSimulator(
        clock=clocks.world, person=SimulatedPerson(seed=7)
    ) as server:
        lead_to(server, monkeypatch)
        entry = entry_of(expose_to_assist=True)
        await set_up(hass, entry)
        registry = er.async_get(hass)
        given: dict[str, object] = {"exposed": True, "names": NAMES, "aliases": NAMES}
        registry.async_update_entity_options(DELAYED, "glucose_follow.assist", given)
        registry.async_update_entity(DELAYED, aliases=[er.COMPUTED_NAME, *NAMES, "my"])

        await restart(hass, entry)

    assert aliases(hass, DELAYED) == ["my"]


async def test_what_somebody_changes_afterwards_stays_as_it_is(
    hass: HomeAssistant,
) -> None:
    """Neither a restart nor the end of it all brings anything back."""
    entry = alex(**SHOWN)
    await set_up(hass, entry)
    async_expose_entity(hass, "conversation", "sensor.alex_direction", False)
    er.async_get(hass).async_update_entity(
        GLUCOSE, aliases=[er.COMPUTED_NAME, "glucose", "mine"]
    )

    await restart(hass, entry)
    afterwards = exposed(hass), aliases(hass)
    await switch(hass, entry, is_on=False)

    assert "sensor.alex_direction" not in afterwards[0]
    assert GLUCOSE in afterwards[0]
    assert afterwards[1] == ["glucose", "mine"]
    assert aliases(hass) == ["mine"]


async def test_a_sensor_hidden_by_hand_is_hidden_afterwards(
    hass: HomeAssistant,
) -> None:
    entry = alex(**SHOWN)
    await set_up(hass, entry)
    async_expose_entity(hass, "conversation", GLUCOSE, False)

    await switch(hass, entry, is_on=False)
    await switch(hass, entry, is_on=True)

    assert GLUCOSE in exposed(hass)


async def test_what_somebody_shows_after_hiding_it_stays_shown(
    hass: HomeAssistant,
) -> None:
    """If it was seen hidden in between."""
    entry = alex(**SHOWN)
    await set_up(hass, entry)
    async_expose_entity(hass, "conversation", GLUCOSE, False)
    await restart(hass, entry)
    hidden = exposed(hass)
    async_expose_entity(hass, "conversation", GLUCOSE, True)

    await switch(hass, entry, is_on=False)

    assert GLUCOSE not in hidden
    assert {name for name in exposed(hass) if ".alex" in name} == {GLUCOSE}


async def test_the_same_name_is_never_given_twice(hass: HomeAssistant) -> None:
    """It would be an error in Assist; with one person left, it is given again."""
    first, second = alex(**SHOWN), sam(**SHOWN)
    await set_up(hass, first)
    alone = aliases(hass)

    await set_up(hass, second)
    both = aliases(hass), aliases(hass, "sensor.sam_glucose")
    await hass.config_entries.async_remove(second.entry_id)
    await settle(hass)

    assert alone == NAMES
    assert both == ([], [])
    assert aliases(hass) == NAMES
    assert GLUCOSE in exposed(hass)


async def test_a_person_who_is_switched_off_has_no_names(hass: HomeAssistant) -> None:
    first, second = alex(**SHOWN), sam(**SHOWN)
    await set_up(hass, first)
    await set_up(hass, second)

    await hass.config_entries.async_set_disabled_by(
        second.entry_id, ConfigEntryDisabler.USER
    )
    await settle(hass)

    assert aliases(hass) == NAMES
    assert aliases(hass, "sensor.sam_glucose") == []


async def test_names_are_in_the_language_of_the_house(hass: HomeAssistant) -> None:
    entry = alex(**SHOWN)
    hass.config.language = "de"
    await set_up(hass, entry)
    german = aliases(hass)

    hass.config.language = "en"
    await restart(hass, entry)

    assert german == GERMAN
    assert aliases(hass) == NAMES


async def test_names_are_in_the_language_of_the_pipeline(hass: HomeAssistant) -> None:
    Pipelines(hass, "fr")

    await set_up(hass, alex(**SHOWN))

    assert aliases(hass) == FRENCH


@pytest.mark.parametrize(
    "languages",
    [
        {"language": "fr"},
        {"language": "en", "tts_language": "fr-CA"},
        {"language": "en", "tts_language": "de", "stt_language": "fr"},
    ],
)
async def test_names_are_in_the_language_that_a_model_is_spoken_to_in(
    hass: HomeAssistant, languages: dict[str, str]
) -> None:
    """It speaks all, so that what it hears and says decides, as in Assist itself."""
    Pipelines(hass, "en").speak(**languages)

    await set_up(hass, alex(**SHOWN))

    assert aliases(hass) == FRENCH


async def test_names_follow_the_language_of_a_pipeline(hass: HomeAssistant) -> None:
    pipelines = Pipelines(hass, "fr")
    await set_up(hass, alex(**SHOWN))
    before = aliases(hass)

    pipelines.all[0].conversation_language = "de"
    await pipelines.change()
    await settle(hass)

    assert before == FRENCH
    assert aliases(hass) == GERMAN


async def test_names_follow_the_language_of_the_house(hass: HomeAssistant) -> None:
    await set_up(hass, alex(**SHOWN))
    before = aliases(hass)

    await hass.config.async_update(language="de")
    await settle(hass)

    assert before == NAMES
    assert aliases(hass) == GERMAN


async def test_names_follow_the_pipeline_that_is_preferred(
    hass: HomeAssistant, clocks: Clocks
) -> None:
    """Home Assistant tells nobody of that."""
    pipelines = Pipelines(hass, "fr", "de")
    await set_up(hass, alex(**SHOWN))
    before = aliases(hass)

    pipelines.preferred = 1
    await pass_time(hass, clocks, timedelta(minutes=16), step=timedelta(minutes=1))

    assert before == FRENCH
    assert aliases(hass) == GERMAN


async def test_names_follow_pipelines_that_come_later(hass: HomeAssistant) -> None:
    await set_up(hass, alex(**SHOWN))
    before = aliases(hass)

    pipelines = Pipelines(hass, "fr")
    hass.config.components.add("assist_pipeline")
    hass.bus.async_fire(EVENT_COMPONENT_LOADED, {"component": "assist_pipeline"})
    await settle(hass)
    french = aliases(hass)
    pipelines.all[0].conversation_language = "de"
    await pipelines.change()
    await settle(hass)

    assert (before, french, aliases(hass)) == (NAMES, FRENCH, GERMAN)


async def test_only_who_has_the_names_makes_anybody_listen(hass: HomeAssistant) -> None:
    pipelines = Pipelines(hass, "fr")
    first, second = alex(**SHOWN), sam(**SHOWN)
    idle = hass.bus.async_listeners().get(EVENT_CORE_CONFIG_UPDATE)

    await set_up(hass, first)
    alone = list(pipelines.listeners)
    await set_up(hass, second)
    together = list(pipelines.listeners)
    await hass.config_entries.async_remove(second.entry_id)
    await settle(hass)
    again = list(pipelines.listeners)
    await switch(hass, first, is_on=False)

    assert [len(each) for each in (alone, together, again)] == [1, 0, 1]
    assert pipelines.listeners == []
    assert hass.bus.async_listeners().get(EVENT_CORE_CONFIG_UPDATE) == idle


async def test_a_sensor_that_comes_later_is_shown_too(hass: HomeAssistant) -> None:
    """A pump may report for the first time at any moment."""
    entry = alex(**SHOWN)
    await set_up(hass, entry)
    registry = er.async_get(hass)

    ours = registry.async_get_or_create(
        "sensor", DOMAIN, f"{entry.entry_id}_delayed_glucose", config_entry=entry
    )
    other = registry.async_get_or_create("sensor", "demo", "delayed_glucose")
    await settle(hass)

    assert async_should_expose(hass, "conversation", ours.entity_id)
    assert not async_should_expose(hass, "conversation", other.entity_id)


async def test_nothing_is_shown_before_everything_has_started(
    hass: HomeAssistant,
) -> None:
    """Only then the pipelines are known."""
    hass.set_state(CoreState.starting)
    await set_up(hass, alex(**SHOWN))
    before = aliases(hass)

    await hass.async_start()
    await settle(hass)

    assert before == []
    assert aliases(hass) == NAMES


async def test_everybody_is_shown_once_everything_has_started(
    hass: HomeAssistant,
) -> None:
    """And nobody has the names, where there are two."""
    hass.set_state(CoreState.starting)
    await set_up(hass, alex(**SHOWN))
    await set_up(hass, sam(**SHOWN))
    before = {GLUCOSE, "sensor.sam_glucose"} & exposed(hass)

    await hass.async_start()
    await settle(hass)

    assert before == set()
    assert {GLUCOSE, "sensor.sam_glucose"} <= exposed(hass)
    assert aliases(hass) == aliases(hass, "sensor.sam_glucose") == []


async def test_one_more_person_makes_no_work_with_the_others(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or a thousand people would make a million times the work of one."""
    third = person("Robin", "mg/dL", **SHOWN)
    await set_up(hass, alex(**SHOWN))
    await set_up(hass, sam(**SHOWN))
    listening, asked = hass.bus.async_listeners(), list[str]()
    look = er.EntityRegistry.async_get_entity_id

    def note(registry: er.EntityRegistry, *key: str) -> str | None:
        """Return what is asked for, after noting that it was."""
        asked.append(key[2])
        return look(registry, *key)

    monkeypatch.setattr(er.EntityRegistry, "async_get_entity_id", note)

    await set_up(hass, third)
    await hass.config_entries.async_reload(third.entry_id)
    await settle(hass)

    assert f"{third.entry_id}_glucose" in asked
    assert not [key for key in asked if not key.startswith(third.entry_id)]
    event = er.EVENT_ENTITY_REGISTRY_UPDATED
    assert hass.bus.async_listeners()[event] == listening[event]
