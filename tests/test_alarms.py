"""Alarms as people and automations hear them."""

from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant, State, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow import options
from custom_components.glucose_follow.cgm.alarm_levels import AlarmEvent, Level
from custom_components.glucose_follow.cgm.models import GlucoseRange, Thresholds
from custom_components.glucose_follow.cgm.person import Scenario, SimulatedPerson
from custom_components.glucose_follow.cgm.ranges import range_of
from custom_components.glucose_follow.const import (
    CONF_ALARMS,
    CONF_SCENARIO,
    CONF_SCENARIO_SINCE,
    CONF_SEED,
    CONF_SOURCE,
    CONF_UNIT,
    CONF_WINDOW_END,
    CONF_WINDOW_START,
    DOMAIN,
    SIMULATED_PERIOD,
)
from custom_components.glucose_follow.store import CgmStore
from simulators.dexcom_api import DexcomApiSimulator
from simulators.nightscout import NightscoutSimulator, faults

from .conftest import NOW, TOKEN, Clocks
from .dexcom_api import entry_of, lead_to, register
from .home import SIGNAL_LOST, fire_due, pass_time, restart, set_up, settle, state

ALARM = "event.alex_alarm"
SNOOZED_UNTIL = "sensor.alex_snoozed_until"
MINUTE = timedelta(minutes=1)


class Heard:
    """What an automation would hear."""

    def __init__(self, hass: HomeAssistant, start: datetime) -> None:
        """Listen from now on."""
        self.states: list[State] = []
        self._start = start

        @callback
        def changed(event: Any) -> None:
            new = event.data["new_state"]
            # What is said again after a reload is not said twice.
            told = {"unknown", "unavailable", *(each.state for each in self.states)}
            if new is not None and new.state not in told:
                self.states.append(new)

        async_track_state_change_event(hass, ALARM, changed)

    @property
    def lines(self) -> list[str]:
        """Return whole minutes since the start, what happened, and to which level."""
        return [
            f"{(datetime.fromisoformat(each.state) - self._start) // MINUTE}"
            f" {each.attributes['event_type']} {each.attributes['level']}"
            for each in self.states
        ]

    @property
    def newest(self) -> Mapping[str, Any]:
        """Return what the newest one says."""
        return self.states[-1].attributes


@pytest.fixture
async def site(clocks: Clocks) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that nobody uploads to."""
    async with NightscoutSimulator(
        clock=clocks.world, tokens={TOKEN: frozenset({"*"})}
    ) as running:
        for number in range(12):
            running.add_entry(at=NOW - number * 5 * MINUTE, sgv=110)
        yield running


@pytest.fixture
async def heard(hass: HomeAssistant, entry: MockConfigEntry) -> Heard:
    """Return what is heard of a person who is well."""
    await set_up(hass, entry)
    return Heard(hass, NOW)


@pytest.fixture
def read(
    hass: HomeAssistant, clocks: Clocks, site: NightscoutSimulator
) -> Callable[..., Any]:
    """Return what lets readings come, one every five minutes."""

    async def read(*values: int) -> None:
        for value in values:
            await pass_time(hass, clocks, 4 * MINUTE)
            site.add_entry(sgv=value)
            await pass_time(hass, clocks, MINUTE)

    return read


async def act(hass: HomeAssistant, name: str, **data: object) -> None:
    """Do one of our actions."""
    await hass.services.async_call(DOMAIN, name, data, blocking=True)
    await settle(hass)


async def switch(hass: HomeAssistant, level: str, way: str) -> None:
    """Switch an alarm on or off."""
    entity_id = f"switch.alex_{level}_alarm"
    await hass.services.async_call(
        "switch", f"turn_{way}", {"entity_id": entity_id}, blocking=True
    )
    await settle(hass)


async def test_a_low_is_told_in_the_entrys_unit(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    read: Callable[..., Any],
) -> None:
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, options={CONF_UNIT: "mmol/L"})
    await set_up(hass, entry)
    heard = Heard(hass, NOW)

    await read(68, 66)

    assert heard.lines == ["9 raised low"]
    assert {
        key: value
        for key, value in heard.newest.items()
        if key not in ("event_types", "friendly_name")
    } == {
        "event_type": "raised",
        "level": "low",
        "value": 3.7,
        "unit": "mmol/L",
        "out_of_range": False,
        "unanswered": 0,
        "during_low": False,
        "minutes": 5,
        "test": False,
    }
    await read(90)
    assert heard.lines[-1] == "14 cleared low"


async def test_what_holds_is_told_again_by_the_clock(
    hass: HomeAssistant,
    heard: Heard,
    clocks: Clocks,
    read: Callable[..., Any],
) -> None:
    await read(50)

    await pass_time(hass, clocks, 11 * MINUTE)

    assert heard.lines == [
        "4 raised urgent_low",
        "9 repeated urgent_low",
        "14 repeated urgent_low",
    ]


async def test_a_timer_need_not_wait_for_the_tick(
    hass: HomeAssistant,
    heard: Heard,
    clocks: Clocks,
    read: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await read(50)
    told = datetime.fromisoformat(heard.states[0].state)

    await pass_time(hass, clocks, 6 * MINUTE, step=timedelta(seconds=1))

    again = datetime.fromisoformat(heard.states[1].state)
    assert timedelta() <= again - told - 5 * MINUTE <= timedelta(seconds=1)


async def test_a_machine_that_slept_tells_what_became_due(
    hass: HomeAssistant,
    heard: Heard,
    clocks: Clocks,
    read: Callable[..., Any],
) -> None:
    """Timers stood still; the tick does not trust them."""
    await read(50)
    clocks.suspend(6 * MINUTE)

    clocks.tick(timedelta(seconds=20))
    fire_due(hass)
    await settle(hass)

    assert [line.split(" ", 1)[1] for line in heard.lines] == [
        "raised urgent_low",
        "repeated urgent_low",
    ]


async def test_going_stale_is_not_getting_well(
    hass: HomeAssistant,
    heard: Heard,
    clocks: Clocks,
    read: Callable[..., Any],
    site: NightscoutSimulator,
) -> None:
    await read(65, 65)
    low = state(hass, "binary_sensor.alex_low")

    await pass_time(hass, clocks, 16 * MINUTE)

    assert low == "on"
    assert state(hass, "binary_sensor.alex_low") == "unknown"
    assert state(hass, "binary_sensor.alex_high") == "unknown"
    assert state(hass, "binary_sensor.alex_low_soon") == "unknown"
    assert state(hass, "sensor.alex_range") == "unknown"
    assert state(hass, "sensor.alex_low_in") == "unknown"
    assert state(hass, SIGNAL_LOST) == "on"
    assert heard.lines == ["9 raised low", "24 raised signal_lost"]
    assert heard.newest["value"] is None
    assert heard.newest["minutes"] == 15


async def test_a_restart_tells_nothing_twice_and_forgets_no_interval(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    heard: Heard,
    clocks: Clocks,
    read: Callable[..., Any],
) -> None:
    await read(65, 65)

    await restart(hass, entry)
    await read(65, 65)
    await restart(hass, entry)
    await read(65, 90)

    assert heard.lines == ["9 raised low", "24 repeated low", "29 cleared low"]


async def test_a_restart_does_not_end_a_snooze(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    heard: Heard,
    read: Callable[..., Any],
) -> None:
    await read(65, 65)
    await act(hass, "snooze", level="low", minutes=60)
    until = state(hass, SNOOZED_UNTIL)

    await restart(hass, entry)
    await read(65, 65, 65, 65)

    assert until == "2026-11-21T13:10:00+00:00"
    assert state(hass, SNOOZED_UNTIL) == until
    assert heard.lines == ["9 raised low", "10 snoozed low"]


async def test_what_was_told_is_written_down_before(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    clocks: Clocks,
    read: Callable[..., Any],
) -> None:
    await set_up(hass, entry)
    written: list[Any] = []

    @callback
    def heard(_: object) -> None:
        stored = hass_storage[f"{DOMAIN}.{entry.entry_id}"]["data"]
        written.append(stored["alarms"]["held"]["urgent_low"]["told_at"])

    async_track_state_change_event(hass, ALARM, heard)

    await read(50)

    assert len(written) == 1
    assert written[0] is not None


async def test_what_was_not_told_yet_is_written_down_soon(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    heard: Heard,
    hass_storage: dict[str, Any],
    clocks: Clocks,
    read: Callable[..., Any],
) -> None:
    await read(68)

    await pass_time(hass, clocks, timedelta(seconds=61))

    stored = hass_storage[f"{DOMAIN}.{entry.entry_id}"]["data"]
    assert heard.lines == []
    assert stored["alarms"]["held"]["low"]["told_at"] is None


async def test_how_a_low_goes_on_is_written_down_soon(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    heard: Heard,
    hass_storage: dict[str, Any],
    clocks: Clocks,
    read: Callable[..., Any],
) -> None:
    await read(65, 65, 65)

    await pass_time(hass, clocks, timedelta(seconds=61))

    stored = hass_storage[f"{DOMAIN}.{entry.entry_id}"]["data"]
    assert heard.lines == ["9 raised low"]
    assert stored["newest_at"][:19] == state(hass, "sensor.alex_last_reading")[:19]


@pytest.mark.parametrize("error", [OSError("disk"), HomeAssistantError("full")])
async def test_a_full_disk_is_no_reason_to_sleep(
    hass: HomeAssistant,
    heard: Heard,
    read: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    with patch.object(CgmStore, "async_save", side_effect=error):
        await read(50)

    assert heard.lines == ["4 raised urgent_low"]
    assert "Alarms could not be written down" in caplog.text


async def test_nothing_is_told_before_automations_can_hear_it(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    hass.set_state(CoreState.starting)
    clocks.tick(5 * MINUTE)
    site.add_entry(sgv=50)
    await set_up(hass, entry)
    heard = Heard(hass, NOW)
    await pass_time(hass, clocks, MINUTE)
    await switch(hass, "low", "off")
    before = list(heard.lines)

    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await settle(hass)

    assert before == []
    assert heard.lines == ["6 raised urgent_low"]


async def test_nothing_is_told_of_somebody_who_is_followed_no_longer(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    heard: Heard,
    clocks: Clocks,
    read: Callable[..., Any],
) -> None:
    await read(50)
    told: list[AlarmEvent] = []
    entry.runtime_data.alarms.async_listen(told.append)

    assert await hass.config_entries.async_unload(entry.entry_id)
    await pass_time(hass, clocks, 20 * MINUTE)

    assert heard.lines == ["4 raised urgent_low"]
    assert told == []


async def test_an_alarm_that_is_switched_off_ends_and_nothing_is_reloaded(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    heard: Heard,
    read: Callable[..., Any],
) -> None:
    await read(65, 65)
    coordinator = entry.runtime_data

    await switch(hass, "low", "off")
    off = state(hass, "switch.alex_low_alarm")
    await switch(hass, "low", "on")

    assert off == "off"
    assert state(hass, "switch.alex_low_alarm") == "on"
    assert heard.lines == ["9 raised low", "10 cleared low", "10 raised low"]
    assert entry.runtime_data is coordinator
    assert entry.options[CONF_ALARMS] == {"low": {"is_on": True}}


async def test_a_switch_follows_options_that_are_put_back(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    heard: Heard,
    read: Callable[..., Any],
) -> None:
    await read(100)
    entry.runtime_data.async_update_listeners()
    before = dict(entry.options)
    await switch(hass, "low", "off")

    hass.config_entries.async_update_entry(entry, options=before)
    entry.runtime_data.async_update_listeners()

    assert state(hass, "switch.alex_low_alarm") == "on"


async def test_what_wakes_people_for_a_reason_is_on(
    hass: HomeAssistant, heard: Heard
) -> None:
    levels = {
        each.entity_id.removeprefix("switch.alex_").removesuffix("_alarm"): each.state
        for each in hass.states.async_all("switch")
    }

    assert levels == {
        "urgent_low": "on",
        "low": "on",
        "low_soon": "off",
        "high": "off",
        "urgent_high": "on",
        "falling_fast": "off",
        "rising_fast": "off",
        "signal_lost": "on",
    }


async def test_a_snooze_is_shown_until_it_ends(
    hass: HomeAssistant, heard: Heard, clocks: Clocks, read: Callable[..., Any]
) -> None:
    await read(65, 65)
    before = state(hass, SNOOZED_UNTIL)

    await act(hass, "snooze", minutes=5)
    during = state(hass, SNOOZED_UNTIL)
    await pass_time(hass, clocks, 6 * MINUTE)

    assert before == "unknown"
    assert during == "2026-11-21T12:15:00+00:00"
    assert state(hass, SNOOZED_UNTIL) == "unknown"
    assert heard.lines == ["9 raised low", "10 snoozed all"]
    assert heard.newest["minutes"] == 5
    assert heard.newest["value"] is None


async def test_a_snooze_that_is_ended_is_over(
    hass: HomeAssistant, heard: Heard, read: Callable[..., Any]
) -> None:
    await act(hass, "snooze", level="low", minutes=60)
    await read(65, 65)
    quiet = list(heard.lines)

    await act(hass, "end_snooze", level="low")

    assert quiet == ["0 snoozed low"]
    assert heard.lines[1:] == ["10 raised low"]
    assert state(hass, SNOOZED_UNTIL) == "unknown"


async def test_a_snooze_that_is_ended_is_not_there_again_after_a_power_cut(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    heard: Heard,
    clocks: Clocks,
    hass_storage: dict[str, Any],
) -> None:
    key = f"{DOMAIN}.{entry.entry_id}"
    await act(hass, "snooze", level="low", minutes=60)
    before = set(hass_storage[key]["data"]["alarms"]["snoozed"])

    await act(hass, "end_snooze")
    await pass_time(hass, clocks, timedelta(seconds=61))

    assert "low" in before
    assert hass_storage[key]["data"]["alarms"]["snoozed"] == {}


async def test_a_low_is_told_when_the_hours_of_the_worse_alarm_end(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    read: Callable[..., Any],
) -> None:
    """The engine names no time for this: nothing becomes due, something else ends."""
    await hass.config.async_set_time_zone("UTC")
    entry.add_to_hass(hass)
    hours = {CONF_WINDOW_START: "22:00:00", CONF_WINDOW_END: "12:12:00"}
    chosen = options.with_level(entry.options, Level.URGENT_LOW, hours)
    hass.config_entries.async_update_entry(entry, options=chosen)
    await set_up(hass, entry)
    heard = Heard(hass, NOW)

    await read(50, 50)
    before = len(heard.lines)
    await pass_time(hass, clocks, 3 * MINUTE)

    assert heard.lines[before:] == ["12 raised low"]


@pytest.mark.parametrize("minutes", [4, 121, "soon"])
async def test_a_snooze_is_neither_too_short_nor_too_long(
    hass: HomeAssistant, heard: Heard, minutes: object
) -> None:
    with pytest.raises(Exception, match="minutes"):
        await act(hass, "snooze", minutes=minutes)

    assert heard.lines == []


@pytest.mark.parametrize("level", ["all", "low"])
async def test_a_snooze_of_what_is_active_silences_nothing_if_nothing_is(
    hass: HomeAssistant, entry: MockConfigEntry, heard: Heard, level: str
) -> None:
    await act(hass, "snooze", level=level, minutes=15, only_active=True)

    assert heard.lines == []
    assert entry.runtime_data.alarms.state.snoozed == {}


@pytest.mark.parametrize(
    ("level", "quiet"),
    [
        ("all", ["10 snoozed all"]),
        ("low", ["10 snoozed low"]),
        ("urgent_low", []),
    ],
)
async def test_a_snooze_of_what_is_active_silences_that(
    hass: HomeAssistant,
    heard: Heard,
    read: Callable[..., Any],
    level: str,
    quiet: list[str],
) -> None:
    await read(65, 65)
    before = len(heard.lines)

    await act(hass, "snooze", level=level, minutes=15, only_active=True)

    assert heard.lines[before:] == quiet


@pytest.mark.parametrize("data", [{}, {"level": "urgent_high"}])
async def test_a_test_goes_the_way_of_every_alarm_and_changes_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    heard: Heard,
    data: dict[str, str],
) -> None:
    before = entry.runtime_data.alarms.state

    await act(hass, "test_alarm", config_entry_id=entry.entry_id, **data)

    assert heard.lines == [f"0 raised {data.get('level', 'low')}"]
    assert heard.newest["test"] is True
    assert heard.newest["value"] == 110
    assert entry.runtime_data.alarms.state == before


async def test_a_test_shows_nothing_old(
    hass: HomeAssistant, heard: Heard, clocks: Clocks, site: NightscoutSimulator
) -> None:
    await pass_time(hass, clocks, 16 * MINUTE)

    await act(hass, "test_alarm")

    assert heard.newest["test"] is True
    assert heard.newest["value"] is None


async def test_nobody_is_alarmed_by_what_is_hours_old(
    hass: HomeAssistant, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with DexcomApiSimulator(clock=clocks.world) as api:
        lead_to(api, monkeypatch)
        await register(hass)
        entry = entry_of(api)
        await set_up(hass, entry)

        with pytest.raises(ServiceValidationError) as caught:
            await act(hass, "snooze", minutes=15)

    assert caught.value.translation_key == "no_alarms"
    assert hass.states.async_entity_ids(["switch", "number"]) == []
    assert hass.states.get(ALARM) is None
    assert hass.states.get(SNOOZED_UNTIL) is None
    assert hass.states.get("sensor.alex_range") is None


@pytest.fixture
async def simulated(hass: HomeAssistant, clocks: Clocks) -> MockConfigEntry:
    """Return a person who does not exist, followed for a while."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Alex",
        unique_id="simulated-alex",
        data={CONF_SOURCE: "simulated", CONF_SEED: 7},
        options={CONF_UNIT: "mg/dL"},
    )
    await set_up(hass, entry)
    await pass_time(hass, clocks, 3 * MINUTE)
    return entry


async def test_a_rehearsed_low_is_told_on_time(
    hass: HomeAssistant, simulated: MockConfigEntry, clocks: Clocks
) -> None:
    """An urgent low at its first reading, a low at its second."""
    heard = Heard(hass, NOW)
    await hass.services.async_call(
        "select",
        "select_option",
        {"entity_id": "select.alex_scenario", "option": "low"},
        blocking=True,
    )
    since = dt_util.parse_datetime(simulated.options[CONF_SCENARIO_SINCE])
    assert simulated.options[CONF_SCENARIO] == "low"
    person = SimulatedPerson(
        seed=7, scenario=Scenario.LOW, since=since, period=SIMULATED_PERIOD
    )

    await pass_time(hass, clocks, 12 * MINUTE, step=timedelta(seconds=5))

    readings = person.readings(since or NOW, clocks.world())
    first = next(
        reading
        for reading in readings
        if range_of(reading, Thresholds()) is GlucoseRange.URGENT_LOW
    )
    told = {
        f"{each.attributes['event_type']} {each.attributes['level']}": each
        for each in reversed(heard.states)
    }
    urgent = told["raised urgent_low"]
    late = datetime.fromisoformat(urgent.state) - first.at
    assert timedelta() <= late <= timedelta(seconds=15)
    assert urgent.attributes["value"] == first.mgdl
    assert state(hass, "binary_sensor.alex_urgent_low") == "on"
    assert state(hass, "binary_sensor.alex_low") == "on"
    assert state(hass, "sensor.alex_range") == "urgent_low"


async def test_an_entry_of_an_older_version_has_no_alarms_to_remember(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_storage: dict[str, Any],
    site: NightscoutSimulator,
) -> None:
    hass_storage[f"{DOMAIN}.{entry.entry_id}"] = {
        "version": 1,
        "minor_version": 1,
        "key": f"{DOMAIN}.{entry.entry_id}",
        "data": {
            "features": ["live"],
            "refused": None,
            "newest_at": NOW.isoformat(),
            "newest_seen": NOW.isoformat(),
        },
    }
    site.fault = faults.Unreachable()

    await set_up(hass, entry)

    assert entry.runtime_data.alarms.state.held == {}
    assert state(hass, SNOOZED_UNTIL) == "unknown"
