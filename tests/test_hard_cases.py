"""Sequences of events that once showed something old, or hid something new."""

from datetime import timedelta

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.glucose_follow.cgm.source import Change
from custom_components.glucose_follow.const import DOMAIN
from simulators.nightscout import NightscoutSimulator, faults

from .conftest import TOKEN, Clocks
from .home import GLUCOSE, SIGNAL_LOST, pass_time, restart, set_up, settle, state

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
BOLUS = "sensor.alex_last_bolus"


def _asked(site: NightscoutSimulator, kind: str) -> int:
    return sum(request.kind == kind for request in site.requests)


async def test_a_failing_poll_after_a_sleep_hides_what_is_old(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    """The request that was pending fires before the tick, and fails again."""
    await set_up(hass, entry)
    site.fault = faults.Unreachable()
    await pass_time(hass, clocks, 5 * MINUTE)

    clocks.suspend(40 * MINUTE)
    await entry.runtime_data.async_refresh()
    await settle(hass)

    assert state(hass, GLUCOSE) == "unavailable"
    assert state(hass, SIGNAL_LOST) == "on"


@pytest.mark.parametrize("seconds", range(0, 20, 4))
async def test_an_old_bolus_is_not_the_last_whenever_an_outage_begins(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
    seconds: int,
) -> None:
    await set_up(hass, entry)
    await pass_time(hass, clocks, 6 * MINUTE + seconds * SECOND, step=SECOND)
    site.fault = faults.Unreachable()

    await pass_time(hass, clocks, 25 * MINUTE, step=5 * SECOND)

    assert state(hass, BOLUS) == "unavailable"


async def test_a_database_that_is_away_does_not_delete_a_bolus(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    site.add_treatment(at=clocks.world() - 30 * MINUTE, eventType="Bolus", insulin=9.5)
    await set_up(hass, entry)
    site.fault = faults.DatabaseLost(only=("treatments",))

    await pass_time(hass, clocks, 11 * MINUTE)
    soon = state(hass, BOLUS)
    await pass_time(hass, clocks, 10 * MINUTE)

    assert soon == "9.5"
    assert state(hass, BOLUS) == "unavailable"


async def test_a_simulated_person_keeps_giving_insulin(
    hass: HomeAssistant, clocks: Clocks
) -> None:
    simulated = MockConfigEntry(
        domain=DOMAIN,
        title="Alex",
        data={"source": "simulated", "seed": 7},
        options={"unit": "mg/dL"},
    )
    await set_up(hass, simulated)
    before = state(hass, "sensor.alex_last_bolus_time")

    await pass_time(hass, clocks, timedelta(hours=7), step=MINUTE)

    assert state(hass, "sensor.alex_last_bolus_time") > before


async def test_treatments_that_are_limited_are_left_alone(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    await set_up(hass, entry)
    site.fault = faults.RateLimit(3600, only=("treatments",))
    await pass_time(hass, clocks, 12 * MINUTE)
    asked = _asked(site, "treatments")

    await pass_time(hass, clocks, 45 * MINUTE)

    assert _asked(site, "treatments") == asked
    assert state(hass, GLUCOSE).isdigit()


@pytest.mark.parametrize("page", ["treatments", "status", "verifyauth"])
async def test_trouble_beside_glucose_does_not_hide_it_at_the_start(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    page: str,
) -> None:
    await set_up(hass, entry)
    site.fault = faults.ServerError(only=(page,))

    await restart(hass, entry)

    assert state(hass, GLUCOSE).isdigit()
    assert hass.states.get(BOLUS) is not None


async def test_what_an_account_gains_gets_entities(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    site.grant(TOKEN, frozenset({"entries"}))
    await set_up(hass, entry)
    assert hass.states.get(BOLUS) is None
    await hass.config_entries.async_unload(entry.entry_id)
    site.fault = faults.Unreachable()
    await set_up(hass, entry)
    site.grant(TOKEN, frozenset({"*"}))
    site.fault = None

    await pass_time(hass, clocks, MINUTE)

    assert entry.state is ConfigEntryState.LOADED
    assert hass.states.get(BOLUS) is not None


async def test_a_twin_that_comes_second_is_the_same_reading(
    hass: HomeAssistant, entry: MockConfigEntry, clocks: Clocks
) -> None:
    async with NightscoutSimulator(clock=clocks.world) as empty:
        entry.add_to_hass(hass)
        hass.config_entries.async_update_entry(
            entry, data={"source": "nightscout", "url": str(empty.url)}
        )
        at = clocks.world() - MINUTE
        empty.add_entry(at=at, sgv=123, device="one")
        await set_up(hass, entry)
        empty.add_entry(at=at - 2 * SECOND, sgv=123, device="other")

        await restart(hass, entry)

        assert state(hass, GLUCOSE) == "123"


@pytest.mark.parametrize("jump", [18 * MINUTE, 120 * MINUTE])
async def test_a_sleep_while_the_site_answers_makes_nothing_younger(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
    monkeypatch: pytest.MonkeyPatch,
    jump: timedelta,
) -> None:
    await set_up(hass, entry)
    coordinator = entry.runtime_data
    read = coordinator.source.readings

    async def read_and_sleep(since: object) -> object:
        told = await read(since)
        clocks.suspend(jump)
        return told

    with monkeypatch.context() as patched:
        patched.setattr(coordinator.source, "readings", read_and_sleep)
        await coordinator.async_refresh()
    asleep = state(hass, GLUCOSE)
    await pass_time(hass, clocks, 10 * SECOND, step=SECOND)

    assert asleep == "unknown"
    assert state(hass, GLUCOSE).isdigit()


async def test_a_machine_that_boots_with_an_old_clock_knows_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    await set_up(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)
    clocks.tick(30 * MINUTE)
    clocks.set_wrong(timedelta(hours=-1))
    site.fault = faults.Unreachable()

    await set_up(hass, entry)

    assert state(hass, SIGNAL_LOST) == "on"


async def test_a_sensor_error_and_one_failed_request_stay_unknown(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    await set_up(hass, entry)
    clocks.tick(30 * SECOND)
    site.add_entry(at=clocks.world(), sgv=5)
    await entry.runtime_data.async_refresh()
    site.fault = faults.ServerError()

    await entry.runtime_data.async_refresh()

    assert state(hass, GLUCOSE) == "unknown"


@pytest.mark.parametrize("fault", [faults.Refuse(), faults.RateLimit(900)])
async def test_nobody_makes_us_ask_a_site_that_wants_to_be_left_alone(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
    fault: faults.Fault,
) -> None:
    await set_up(hass, entry)
    site.fault = fault
    await entry.runtime_data.async_refresh()
    asked = len(site.requests)

    for _ in range(4):
        await pass_time(hass, clocks, MINUTE)
        await entry.runtime_data.async_refresh()

    assert len(site.requests) == asked


async def test_an_error_nobody_expected_is_no_reason_to_hurry(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await set_up(hass, entry)
    calls = 0

    async def fail(since: object) -> None:
        nonlocal calls
        calls += 1
        raise RuntimeError

    monkeypatch.setattr(entry.runtime_data.source, "readings", fail)

    await pass_time(hass, clocks, 60 * MINUTE)

    assert calls <= 14


async def test_changes_wait_until_automations_can_hear_them(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    hass.set_state(CoreState.starting)
    await set_up(hass, entry)
    site.fault = faults.Silence()
    changes = async_capture_events(hass, "state_changed")
    await pass_time(hass, clocks, 20 * MINUTE)
    early = list(changes)

    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await settle(hass)

    # Only values, which must not stay: what is old is gone at once.
    kinds = {each.data["entity_id"].partition(".")[0] for each in early}
    assert kinds == {"sensor"}
    assert state(hass, SIGNAL_LOST) == "on"
    assert state(hass, GLUCOSE) == "unknown"


async def test_a_new_scenario_leaves_the_past_as_it_was(
    hass: HomeAssistant, clocks: Clocks
) -> None:
    simulated = MockConfigEntry(
        domain=DOMAIN,
        title="Alex",
        data={"source": "simulated", "seed": 7},
        options={"unit": "mg/dL", "scenario": "day"},
    )
    await set_up(hass, simulated)
    for scenario in ("low", "high"):
        before = simulated.runtime_data.data.readings
        await hass.services.async_call(
            "select",
            "select_option",
            {"entity_id": "select.alex_scenario", "option": scenario},
            blocking=True,
        )
        await pass_time(hass, clocks, 12 * MINUTE)
        after = simulated.runtime_data.data.readings

        assert set(before[20:]) <= set(after)


@pytest.mark.parametrize("is_known", [False, True], ids=["boots", "is_running"])
async def test_a_clock_that_was_ahead_leaves_no_hole_in_the_day(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
    is_known: bool,
) -> None:
    """Whoever boots hours ahead asks for less than a day, and drops the rest."""
    if is_known:
        await set_up(hass, entry)
        clocks.set_wrong(3 * HOUR)
        entry.runtime_data.push.async_take_in(Change())
    else:
        clocks.set_wrong(3 * HOUR)
        await set_up(hass, entry)
    first = len(entry.runtime_data.timeline.readings)

    clocks.set_wrong(timedelta())
    await pass_time(hass, clocks, 10 * MINUTE, step=MINUTE)

    assert first < 260
    assert len(entry.runtime_data.data.readings) == 288
    asked = [each for each in site.requests if each.kind == "entries"]
    await pass_time(hass, clocks, 10 * MINUTE, step=MINUTE)
    later = [each for each in site.requests if each.kind == "entries"][len(asked) :]
    day_ago = clocks.world() - timedelta(hours=23)
    assert all(
        int(each.query["date$gt"]) > 1000 * day_ago.timestamp() for each in later
    )
