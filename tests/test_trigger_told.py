"""What automations are told, and what is no news to them."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

from homeassistant.const import SERVICE_TURN_OFF
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, label_registry as lr
from homeassistant.util.async_ import get_scheduled_timer_handles
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow.const import CONF_UNIT, DOMAIN
from custom_components.glucose_follow.trigger import TRIGGERS
from custom_components.glucose_follow.trigger_crossings import is_changing_fast
from simulators.dexcom_api import DexcomApiSimulator
from simulators.nightscout import NightscoutSimulator

from .automations import GLUCOSE_OF_ALEX, MINUTE, automate, read
from .conftest import NOW, TOKEN, Clocks
from .dexcom_api import entry_of, lead_to, register
from .home import pass_time, set_up, settle, state

TREATMENT_OF_ALEX = {"entity_id": "event.alex_treatment"}


@pytest.fixture
async def site(clocks: Clocks) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site of somebody in range that nobody uploads to but the test."""
    async with NightscoutSimulator(
        clock=clocks.world, tokens={TOKEN: frozenset({"*"})}
    ) as running:
        for minutes in (15, 10, 5):
            running.add_entry(at=NOW - minutes * MINUTE, sgv=100)
        yield running


@pytest.fixture
async def alex(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """Return an entry that is followed."""
    await set_up(hass, entry)
    return entry


@pytest.fixture
async def metric(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """Return an entry that is followed in mmol/L."""
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, options={CONF_UNIT: "mmol/L"})
    await set_up(hass, entry)
    return entry


async def test_glucose_and_alarms_are_told_in_the_persons_unit(
    hass: HomeAssistant,
    metric: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    heard = await automate(hass, "alarm")

    await read(hass, site, clocks, 50, 50)

    # Nothing but that it begins, unless more was chosen.
    (told,) = heard.told
    assert (told["kind"], told["level"]) == ("raised", "urgent_low")
    assert (told["value"], told["unit"]) == (2.8, "mmol/L")


async def test_a_low_is_told_in_the_persons_unit(
    hass: HomeAssistant,
    metric: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    heard = await automate(hass, "became_low")

    await read(hass, site, clocks, 60)

    assert [(told["value"], told["unit"]) for told in heard.told] == [(3.3, "mmol/L")]


async def test_a_finger_stick_is_told_in_the_persons_unit(
    hass: HomeAssistant,
    metric: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    wishes = {"kinds": "finger_stick"}
    heard = await automate(hass, "treatment", wishes, target=TREATMENT_OF_ALEX)
    site.add_treatment(
        at=clocks.world(), eventType="BG Check", glucose=109, units="mg/dl"
    )

    await pass_time(hass, clocks, 6 * MINUTE, step=MINUTE / 2)

    (told,) = heard.told
    assert told["kind"] == "finger_stick"
    assert told["treatment"]["glucose"] == 6.1
    assert told["treatment"]["unit"] == "mmol/L"


async def test_a_low_that_is_near_is_told_with_how_near_it_is(
    hass: HomeAssistant,
    alex: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    heard = await automate(hass, "forecast_low")

    await read(hass, site, clocks, 95, 88)
    assert heard.told == []
    await read(hass, site, clocks, 80)

    (told,) = heard.told
    assert 0 < told["low_in"] <= 20
    # Five minutes have passed since.
    assert told["low_in"] - 5 == int(state(hass, "sensor.alex_low_in"))


@pytest.mark.parametrize(
    ("trigger", "readings", "expected"),
    [
        ("became_high", [260], 1),
        ("became_high", [190, 260, 190, 150], 1),
        ("became_low", [50], 1),
        ("became_low", [60, 50, 63, 90], 1),
        ("became_low", [60, 90, 60], 2),
        # An error of the sensor says nothing, and a lost signal comes later.
        ("became_low", [60, 5, 60], 1),
        ("became_low", [100, 5, 60], 1),
        ("signal_lost", [100, 5, 100], 0),
        ("signal_returned", [100, 5, 100], 0),
    ],
)
async def test_a_sequence_is_told_as_often_as_it_is_news(
    hass: HomeAssistant,
    alex: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
    trigger: str,
    readings: list[int],
    expected: int,
) -> None:
    heard = await automate(hass, trigger)

    await read(hass, site, clocks, *readings)

    assert len(heard.told) == expected


async def test_whether_it_changes_fast_in_any_way_may_not_be_known(
    alex: MockConfigEntry,
) -> None:
    data = alex.runtime_data.data
    unknown = replace(data, is_falling_fast=None, is_rising_fast=None)

    assert is_changing_fast(data, "either") is False
    assert is_changing_fast(unknown, "either") is None
    assert is_changing_fast(replace(unknown, is_rising_fast=False), "either") is None
    assert is_changing_fast(replace(unknown, is_rising_fast=True), "either") is True


async def test_what_has_to_last_is_not_told_of_whom_nobody_follows_meanwhile(
    hass: HomeAssistant,
    alex: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    heard = await automate(hass, "became_high", {"for": "00:12:00"})
    await read(hass, site, clocks, 200)

    await hass.config_entries.async_unload(alex.entry_id)
    await pass_time(hass, clocks, 20 * MINUTE, step=MINUTE)

    assert heard.told == []


async def test_an_automation_that_is_switched_off_waits_for_nothing(
    hass: HomeAssistant,
    alex: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await automate(hass, "became_high", {"for": "00:12:00"})
    await read(hass, site, clocks, 200)
    before = _timers(hass)

    await hass.services.async_call(
        "automation", SERVICE_TURN_OFF, {"entity_id": "automation.told"}, blocking=True
    )

    assert _timers(hass) == before - 1


def _timers(hass: HomeAssistant) -> int:
    """Return for how many moments somebody waits."""
    handles = get_scheduled_timer_handles(hass.loop)
    return sum(not handle.cancelled() for handle in handles)


async def test_who_is_no_longer_meant_keeps_nobody_waiting(
    hass: HomeAssistant,
    alex: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    label = lr.async_get(hass).async_create("Children").label_id
    entities = er.async_get(hass)
    async with NightscoutSimulator(
        clock=clocks.world, tokens={TOKEN: frozenset({"*"})}
    ) as other:
        other.add_entry(at=NOW - 5 * MINUTE, sgv=100)
        kim = MockConfigEntry(
            domain=DOMAIN,
            title="Kim",
            unique_id="other",
            data={**alex.data, "url": str(other.url)},
            options=alex.options,
        )
        await set_up(hass, kim)
        for name in ("alex", "kim"):
            entities.async_update_entity(f"sensor.{name}_glucose", labels={label})
        wishes = {"behavior": "all"}
        heard = await automate(hass, "became_low", wishes, target={"label_id": label})
        await read(hass, site, clocks, 60)
        assert heard.told == []

        entities.async_update_entity("sensor.kim_glucose", labels=set())
        await settle(hass)
        assert heard.told == []
        await read(hass, site, clocks, 100, 60)
        await hass.config_entries.async_unload(kim.entry_id)

    assert [told["entity_id"] for told in heard.told] == ["sensor.alex_glucose"]


async def test_what_comes_hours_late_is_told_where_that_is_all_there_is(
    hass: HomeAssistant, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register(hass)
    async with DexcomApiSimulator(clock=clocks.world) as api:
        lead_to(api, monkeypatch)
        api.add("egvs", NOW - 60 * MINUTE, value=100)
        await set_up(hass, entry_of(api))
        wishes = {"kinds": "alert"}
        heard = await automate(hass, "treatment", wishes, target=TREATMENT_OF_ALEX)
        api.add("egvs", NOW - 30 * MINUTE, value=60)
        api.add("alerts", NOW - 60 * MINUTE, alertName="urgentLow")

        await pass_time(hass, clocks, 30 * MINUTE, step=MINUTE)

    assert [told["treatment"]["alert"] for told in heard.told] == ["urgent_low"]
    assert [told["value"] for told in heard.told] == [None]


@pytest.mark.parametrize(
    ("trigger", "options"),
    [
        ("entered_range", {}),
        ("entered_range", {"ranges": []}),
        ("entered_range", {"ranges": ["cosy"]}),
        ("changing_fast", {"direction": "sideways"}),
        ("alarm", {"levels": []}),
        ("alarm", {"kinds": ["forgotten"]}),
        ("treatment", {}),
        ("treatment", {"kinds": ["bolus"], "minimum_insulin": -1}),
    ],
)
def test_what_makes_no_sense_is_refused(trigger: str, options: dict[str, Any]) -> None:
    schema = TRIGGERS[trigger].schema  # type: ignore[attr-defined]  # ours have one
    config = {"target": GLUCOSE_OF_ALEX, "options": options}

    with pytest.raises(probatio.Invalid):
        schema(config)
