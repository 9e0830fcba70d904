"""What is pushed is there at once, and nothing depends on it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime, timedelta
from functools import partial
import gc
from itertools import pairwise
import logging
from typing import Any

from engineio.base_client import connected_clients
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, Event, HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.glucose_follow.coordinator import CgmCoordinator
from custom_components.glucose_follow.diagnostics import (
    async_get_config_entry_diagnostics,
)
from simulators.nightscout import NightscoutSimulator, faults, socket_faults
from simulators.nightscout.socket_faults import Stage

from .conftest import SECRET, TOKEN, Clocks
from .home import (
    GLUCOSE,
    SIGNAL_LOST,
    calm,
    fire_due,
    pass_time as pass_time_quietly,
    set_up as set_up_quietly,
    state,
    until,
)

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LAST_READING = "sensor.alex_last_reading"
BOLUS = "sensor.alex_last_bolus"
CARBS = "sensor.alex_last_carbs"
PROFILE = "sensor.alex_active_profile"
_NAMES = {"aiohttp", "asyncio", "custom_components", "engineio", "socketio"}


@pytest.fixture
async def site(clocks: Clocks) -> AsyncGenerator[NightscoutSimulator]:
    """Run a Nightscout that says what is new, without a person."""
    async with NightscoutSimulator(
        clock=clocks.world,
        api_secret=SECRET,
        tokens={TOKEN: frozenset({"*"})},
        default_roles="denied",
        has_sockets=True,
        auth_fail_delay=0,
        debounce=0,
        ping=(7200, 7200),
    ) as running:
        for minutes in range(60, 0, -5):
            running.add_entry(
                at=clocks.world() - minutes * MINUTE + 3 * MINUTE, sgv=100 + minutes
            )
        yield running


async def follow(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> CgmCoordinator:
    """Set up, and listen."""
    if hass.config_entries.async_get_entry(entry.entry_id) is None:
        entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await site.sockets.wait_for_listeners(1)
    await calm(hass)
    coordinator: CgmCoordinator = entry.runtime_data
    return coordinator


pass_time = partial(pass_time_quietly, rest=calm)
"""Let time pass in steps, and everything happen that is due but listening."""


async def push(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks, sgv: int = 123
) -> None:
    """Have a reading measured, uploaded, pushed and shown."""
    newest = _last_reading(hass)
    site.add_entry(sgv=sgv, at=clocks.world())
    await until(lambda: _last_reading(hass) != newest)
    await calm(hass)


async def live(
    hass: HomeAssistant,
    site: NightscoutSimulator,
    clocks: Clocks,
    passed: timedelta,
) -> None:
    """Let a reading be uploaded every five minutes, pushed or not."""
    for number in range(passed // (5 * MINUTE)):
        site.add_entry(sgv=100 + number % 90, at=clocks.world())
        await calm(hass)
        await pass_time(hass, clocks, 5 * MINUTE, step=20 * SECOND)


def _last_reading(hass: HomeAssistant) -> str:
    found = hass.states.get(LAST_READING)
    return found.state if found else ""


def asked(site: NightscoutSimulator, *kinds: str) -> int:
    """Return how often a site was asked, for anything or something."""
    return sum(not kinds or request.kind in kinds for request in site.requests)


async def test_a_reading_is_shown_without_being_asked_for(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await follow(hass, entry, site)
    before = asked(site)

    await push(hass, site, clocks, 151)

    assert state(hass, GLUCOSE) == "151"
    assert asked(site) == before


async def test_treatments_are_shown_edited_and_removed_without_being_asked_for(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    site.add_treatment(at=clocks.world() - HOUR, eventType="Note", notes="Rest")
    await follow(hass, entry, site)
    before = asked(site)
    shown = []

    bolus = site.add_treatment(eventType="Bolus", insulin=2.5)
    await until(lambda: state(hass, BOLUS) != "unknown")
    shown.append(state(hass, BOLUS))
    site.edit_treatment(bolus, insulin=3.5)
    await until(lambda: state(hass, BOLUS) != "2.5")
    shown.append(state(hass, BOLUS))
    site.remove_treatment(bolus)
    await until(lambda: state(hass, BOLUS) != "3.5")
    shown.append(state(hass, BOLUS))

    assert shown == ["2.5", "3.5", "unknown"]
    assert asked(site) == before


async def test_an_older_bolus_is_not_the_last_when_one_of_two_copies_is_deleted(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    site.add_treatment(at=clocks.world() - 5 * HOUR, eventType="Bolus", insulin=3)
    coordinator = await follow(hass, entry, site)
    copies = {
        site.add_treatment(at=clocks.world(), eventType=name, insulin=6)
        for name in ("Meal Bolus", "Bolus")
    }
    await until(lambda: state(hass, BOLUS) == "6.0")
    (shown,) = copies & {one.id for one in coordinator.log.treatments}
    events = async_capture_events(hass, "state_changed")

    site.remove_treatment(shown)
    await until(lambda: shown not in {one.id for one in coordinator.log.treatments})
    await calm(hass)

    assert state(hass, BOLUS) == "6.0"
    assert BOLUS not in {event.data["entity_id"] for event in events}


async def test_a_treatment_that_is_pushed_is_an_event(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
) -> None:
    await follow(hass, entry, site)

    site.fault = socket_faults.TwiceSocket()
    site.add_treatment(eventType="Bolus", insulin=2.5)
    events = async_capture_events(hass, "state_changed")
    await until(lambda: state(hass, BOLUS) == "2.5")
    await calm(hass)

    told = [event for event in events if event.data["entity_id"].startswith("event.")]
    assert len(told) == 1


async def test_while_it_pushes_a_site_is_asked_at_most_eight_times_an_hour(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await follow(hass, entry, site)
    await live(hass, site, clocks, 10 * MINUTE)
    before = asked(site)

    await live(hass, site, clocks, 4 * HOUR)

    assert asked(site) - before <= 4 * 8
    assert entry.runtime_data.push.connection.is_trusted


async def test_readings_and_treatments_are_compared_now_and_then(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await follow(hass, entry, site)
    await live(hass, site, clocks, 10 * MINUTE)
    before = asked(site, "entries"), asked(site, "treatments")

    await live(hass, site, clocks, 2 * HOUR)

    assert 8 <= asked(site, "entries") - before[0] <= 10
    assert 1 <= asked(site, "treatments") - before[1] <= 3


async def test_what_was_not_pushed_is_asked_for_soon(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    coordinator = await follow(hass, entry, site)
    await live(hass, site, clocks, 30 * MINUTE)
    site.fault = socket_faults.SilentSocket()
    site.add_entry(sgv=177, at=clocks.world())
    await site.sockets.push()

    await pass_time(hass, clocks, 40 * SECOND, step=SECOND)

    assert state(hass, GLUCOSE) == "177"
    assert not coordinator.push.connection.is_trusted


async def test_a_silent_phone_is_asked_about_once(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await follow(hass, entry, site)
    await live(hass, site, clocks, 30 * MINUTE)
    before = asked(site, "entries")

    await pass_time(hass, clocks, 12 * MINUTE)

    assert asked(site, "entries") - before <= 2


async def test_a_reading_grows_old_although_the_connection_is_up(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await follow(hass, entry, site)
    await live(hass, site, clocks, 30 * MINUTE)

    await pass_time(hass, clocks, 12 * MINUTE)

    assert state(hass, GLUCOSE) == "unknown"
    assert state(hass, SIGNAL_LOST) == "on"
    assert state(hass, BOLUS) == "unknown"


async def test_no_reading_is_missed_when_the_connection_drops(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    coordinator = await follow(hass, entry, site)
    await live(hass, site, clocks, 30 * MINUTE)
    site.fault = socket_faults.NoWebsocket()
    site.sockets.drop()
    await until(lambda: not coordinator.push.connection.is_up)
    delays = []

    for number in range(6):
        site.add_entry(sgv=101 + number, at=clocks.world())
        uploaded = clocks.world()
        while state(hass, GLUCOSE) != str(101 + number):
            await pass_time(hass, clocks, SECOND, step=SECOND)
        delays.append(clocks.world() - uploaded)
        await pass_time(hass, clocks, uploaded + 5 * MINUTE - clocks.world())

    assert max(delays) <= 20 * SECOND


async def test_a_dropped_connection_comes_back(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    coordinator = await follow(hass, entry, site)
    site.sockets.drop()
    await until(lambda: not coordinator.push.connection.is_up)
    site.add_entry(sgv=166, at=clocks.world())

    await pass_time(hass, clocks, 3 * SECOND, step=SECOND)

    await until(lambda: state(hass, GLUCOSE) == "166")
    assert coordinator.push.connection.is_up
    assert coordinator.push.connection.count == 2


@pytest.mark.parametrize(
    "fault",
    [
        socket_faults.NoWebsocket(),
        faults.NotFound(only=("socket",)),
        faults.Unreachable(only=("socket",)),
    ],
)
async def test_a_site_without_a_socket_is_asked_as_ever(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
    caplog: pytest.LogCaptureFixture,
    fault: faults.Fault,
) -> None:
    site.fault = fault
    await set_up_quietly(hass, entry)
    await live(hass, site, clocks, 20 * MINUTE)
    before = asked(site, "socket")
    caplog.clear()

    await live(hass, site, clocks, 2 * HOUR)

    assert state(hass, GLUCOSE).isdigit()
    # A request that nobody answers is repeated once by the session.
    repeats = 2 if isinstance(fault, faults.Unreachable) else 1
    assert 0 < asked(site, "socket") - before <= 17 * repeats
    assert not _complaints(caplog)


async def test_an_old_server_is_asked_as_ever(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    site.fault = socket_faults.OldProtocol()
    await set_up_beside(hass, entry)

    await live(hass, site, clocks, 2 * HOUR)

    assert state(hass, GLUCOSE).isdigit()
    assert asked(site, "socket") <= 16
    assert not entry.runtime_data.push.connection.is_trusted


@pytest.mark.parametrize("stage", Stage)
async def test_a_socket_that_stays_silent_is_not_relied_on(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
    stage: Stage,
) -> None:
    site.fault = socket_faults.SilentSocket(at=stage)
    await set_up_beside(hass, entry)
    await live(hass, site, clocks, 15 * MINUTE)
    shown = []

    for number in range(12):
        site.add_entry(sgv=101 + number, at=clocks.world())
        await pass_time(hass, clocks, 30 * SECOND, step=5 * SECOND)
        shown.append(state(hass, GLUCOSE) == str(101 + number))
        await pass_time(hass, clocks, 5 * MINUTE - 30 * SECOND)

    assert all(shown)
    assert asked(site, "socket") < 20


async def test_a_silent_connection_is_given_up_for_another(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    coordinator = await follow(hass, entry, site)
    site.fault = socket_faults.SilentSocket()
    await live(hass, site, clocks, 25 * MINUTE)
    site.fault = None

    await live(hass, site, clocks, 15 * MINUTE)

    assert coordinator.push.connection.count > 1
    assert coordinator.push.connection.is_trusted


async def test_a_socket_that_drops_every_minute_costs_little(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    site.fault = socket_faults.DropSockets()
    await set_up_beside(hass, entry)
    await live(hass, site, clocks, 30 * MINUTE)
    before = asked(site, "socket")

    await live(hass, site, clocks, 2 * HOUR)

    assert asked(site, "socket") - before <= 17
    readings = entry.runtime_data.data.readings
    assert max(two.at - one.at for one, two in pairwise(readings)) < 6 * MINUTE


async def test_what_is_pushed_twice_is_shown_once(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await follow(hass, entry, site)
    site.fault = socket_faults.TwiceSocket()
    events = async_capture_events(hass, "state_changed")

    await live(hass, site, clocks, 20 * MINUTE)

    stamps = _stamps(events)
    assert len(stamps) == 4
    assert len(set(stamps)) == 4


async def test_two_equal_readings_are_two_readings(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await follow(hass, entry, site)
    events = async_capture_events(hass, "state_changed")

    for _ in range(2):
        clocks.tick(2 * MINUTE)
        await push(hass, site, clocks, 140)

    assert len(_stamps(events)) == 2


async def test_garbage_is_counted_and_harms_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
    caplog: pytest.LogCaptureFixture,
) -> None:
    site.fault = socket_faults.GarbageSocket()
    await follow(hass, entry, site)
    clocks.tick(2 * MINUTE)

    await push(hass, site, clocks, 149)
    gc.collect()

    told = await async_get_config_entry_diagnostics(hass, entry)
    assert state(hass, GLUCOSE) == "149"
    assert told["readings"]["skipped_documents"] > 10
    assert not _complaints(caplog)


async def test_a_database_that_is_away_loses_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await follow(hass, entry, site)
    bolus = site.add_treatment(eventType="Bolus", insulin=2.5)
    await live(hass, site, clocks, 30 * MINUTE)
    site.fault = faults.DatabaseLost()
    await live(hass, site, clocks, 10 * MINUTE)
    site.fault = None
    site.sockets.change()

    await live(hass, site, clocks, 10 * MINUTE)

    readings = entry.runtime_data.data.readings
    assert max(two.at - one.at for one, two in pairwise(readings)) < 6 * MINUTE
    assert bolus in {one.id for one in entry.runtime_data.data.treatments}
    assert state(hass, BOLUS) == "2.5"


async def test_a_database_that_is_away_takes_no_insulin_back(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    """The socket says then that all treatments are gone; that is not so."""
    at = clocks.world() - 20 * MINUTE
    site.add_treatment(at=at, eventType="Meal Bolus", insulin=6.5, carbs=70)
    site.add_treatment(at=at - HOUR, eventType="Bolus", insulin=2)
    coordinator = await follow(hass, entry, site)
    await live(hass, site, clocks, 10 * MINUTE)
    before = state(hass, BOLUS)
    shown = set()

    site.fault = faults.DatabaseLost()
    for _ in range(4):
        await live(hass, site, clocks, 5 * MINUTE)
        shown.add(state(hass, BOLUS))
        shown.add(state(hass, CARBS))
    kept = coordinator.data.last_bolus
    site.fault = None
    site.sockets.change()
    await until(lambda: state(hass, BOLUS) == "6.5")

    assert before == "6.5"
    assert shown == {"unavailable"}
    assert kept is not None
    assert kept.insulin == 6.5
    assert state(hass, CARBS) == "70.0"


async def test_several_treatments_that_are_deleted_are_gone_within_a_minute(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    at = clocks.world() - HOUR
    site.add_treatment(at=at - HOUR, eventType="Bolus", insulin=2)
    mistakes = [
        site.add_treatment(at=at, eventType="Meal Bolus", insulin=6.5),
        site.add_treatment(at=at, eventType="Carbs", carbs=70),
    ]
    await follow(hass, entry, site)
    await live(hass, site, clocks, 30 * MINUTE)
    before = asked(site, "treatments")

    for mistake in mistakes:
        site.remove_treatment(mistake)
    await until(lambda: state(hass, BOLUS) != "6.5")
    meanwhile = state(hass, BOLUS)
    await pass_time(hass, clocks, MINUTE)

    assert meanwhile == "unavailable"
    assert state(hass, BOLUS) == "2.0"
    assert state(hass, CARBS) == "unknown"
    assert asked(site, "treatments") == before + 1


def add_profiles(site: NightscoutSimulator, clocks: Clocks) -> None:
    """Let a site have two profiles, of which the day's is in use."""
    basal = [{"time": "00:00", "value": 1, "timeAsSeconds": 0}]
    site.add_profile(
        at=clocks.world() - 30 * DAY,
        defaultProfile="Day",
        store={name: {"timezone": "UTC", "basal": basal} for name in ("Day", "Sick")},
    )


async def test_a_profile_of_two_days_ago_stays_in_use(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    """A site forgets then that it was chosen, and says that it was removed."""
    add_profiles(site, clocks)
    site.add_treatment(
        at=clocks.world() - 47 * HOUR, eventType="Profile Switch", profile="Sick"
    )
    await follow(hass, entry, site)
    await live(hass, site, clocks, 10 * MINUTE)
    events = async_capture_events(hass, "state_changed")

    await live(hass, site, clocks, 4 * HOUR)

    assert state(hass, PROFILE) == "Sick"
    assert PROFILE not in {event.data["entity_id"] for event in events}


async def test_a_profile_whose_choice_was_deleted_is_not_in_use_for_long(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    """Together with something else, which a lost database would say as well."""
    add_profiles(site, clocks)
    at = clocks.world() - HOUR
    site.add_treatment(at=at - HOUR, eventType="Bolus", insulin=2)
    mistakes = [
        site.add_treatment(at=at, eventType="Profile Switch", profile="Sick"),
        site.add_treatment(at=at, eventType="Meal Bolus", insulin=6.5),
    ]
    await follow(hass, entry, site)
    await live(hass, site, clocks, 10 * MINUTE)
    before = state(hass, PROFILE)

    for mistake in mistakes:
        site.remove_treatment(mistake)
    await live(hass, site, clocks, 10 * MINUTE)

    assert before == "Sick"
    assert state(hass, PROFILE) == "Day"
    assert state(hass, BOLUS) == "2.0"


async def test_a_site_that_refuses_is_not_asked_what_is_disputed(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    """Though it still says over its socket what is new."""
    at = clocks.world() - HOUR
    mistakes = [
        site.add_treatment(at=at, eventType="Meal Bolus", insulin=6.5),
        site.add_treatment(at=at, eventType="Carbs", carbs=70),
    ]
    await follow(hass, entry, site)
    await live(hass, site, clocks, 10 * MINUTE)
    site.fault = faults.Refuse()
    await entry.runtime_data.async_refresh()
    before = len(site.requests)

    for mistake in mistakes:
        site.remove_treatment(mistake)
    await until(lambda: state(hass, BOLUS) == "unavailable")
    await pass_time(hass, clocks, 4 * MINUTE)

    assert len(site.requests) == before


async def test_a_refusal_by_the_socket_alone_concerns_nobody(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    site.fault = socket_faults.RefuseSocket()
    await set_up_beside(hass, entry)

    await live(hass, site, clocks, 2 * HOUR)

    assert not hass.config_entries.flow.async_progress()
    assert state(hass, GLUCOSE).isdigit()
    assert asked(site, "socket") <= 1 + 1 + 4


async def test_a_token_that_may_not_listen_is_not_wrong(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    site.grant(TOKEN, {"entries", "treatments", "status"})
    await set_up_beside(hass, entry)
    await live(hass, site, clocks, 30 * MINUTE)
    before = asked(site, "entries")

    await live(hass, site, clocks, HOUR)

    assert not hass.config_entries.flow.async_progress()
    assert state(hass, GLUCOSE).isdigit()
    assert asked(site, "socket") <= 4
    assert asked(site, "entries") - before <= 20


async def test_a_revoked_token_asks_for_another_and_storms_nobody(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    coordinator = await follow(hass, entry, site)
    site.revoke(TOKEN)
    site.sockets.drop()
    await until(lambda: not coordinator.push.connection.is_up)

    await pass_time(hass, clocks, 5 * SECOND, step=SECOND)
    flows = hass.config_entries.flow.async_progress()
    before = asked(site, "socket"), asked(site, "entries", "verifyauth")
    await pass_time(hass, clocks, 65 * MINUTE, step=20 * SECOND)

    assert [flow["step_id"] for flow in flows] == ["reauth_confirm"]
    assert len(hass.config_entries.flow.async_progress()) == 1
    assert asked(site, "socket") - before[0] == 0
    assert asked(site, "entries", "verifyauth") - before[1] <= 3
    assert entry.state is ConfigEntryState.LOADED


async def test_a_token_that_is_good_again_is_listened_with_again(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    coordinator = await follow(hass, entry, site)
    site.revoke(TOKEN)
    site.sockets.drop()
    await until(lambda: not coordinator.push.connection.is_up)
    await pass_time(hass, clocks, 5 * SECOND, step=SECOND)
    site.grant(TOKEN, {"*"})

    await pass_time(hass, clocks, 6 * MINUTE)

    assert not hass.config_entries.flow.async_progress()
    assert coordinator.push.connection.is_up


async def test_a_site_that_wants_to_be_left_alone_is_not_listened_to(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    coordinator = await follow(hass, entry, site)
    site.fault = faults.RateLimit(1200)
    await pass_time(hass, clocks, 10 * MINUTE)
    site.sockets.drop()
    await until(lambda: not coordinator.push.connection.is_up)
    before = asked(site)

    await pass_time(hass, clocks, 5 * MINUTE)
    quiet = asked(site)
    site.fault = None
    await pass_time(hass, clocks, 20 * MINUTE)

    assert quiet == before
    assert coordinator.push.connection.is_up


async def test_what_was_pushed_is_not_published_before_everybody_can_hear_it(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    hass.set_state(CoreState.starting)
    await follow(hass, entry, site)
    before = state(hass, GLUCOSE)
    site.add_entry(sgv=188, at=clocks.world())
    await until(lambda: entry.runtime_data.data.latest.mgdl == 188)
    meanwhile = state(hass, GLUCOSE)

    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await calm(hass)

    assert before == meanwhile == "105"
    assert state(hass, GLUCOSE) == "188"


async def test_a_stamp_that_is_ahead_is_as_old_as_its_first_sight(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await follow(hass, entry, site)
    site.add_entry(sgv=188, at=clocks.world() + 8 * MINUTE)
    await until(lambda: state(hass, GLUCOSE) == "188")

    await pass_time(hass, clocks, 16 * MINUTE)

    assert state(hass, GLUCOSE) == "unknown"


async def test_a_stamp_from_a_future_that_will_not_come_is_skipped(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    coordinator = await follow(hass, entry, site)
    site.add_entry(sgv=188, at=clocks.world() + HOUR)
    await until(lambda: coordinator.timeline.ahead == 1)

    assert state(hass, GLUCOSE) == "105"


async def test_old_readings_that_are_pushed_raise_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    coordinator = await follow(hass, entry, site)
    events = async_capture_events(hass, "state_changed")
    before = len(coordinator.data.readings)

    site.add_entry(sgv=40, at=clocks.world() - 90 * MINUTE)
    await until(lambda: len(coordinator.data.readings) > before)

    assert not _stamps(events)
    assert state(hass, GLUCOSE) == "105"


async def test_listening_goes_on_when_the_person_forbids_asking(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, pref_disable_polling=True)
    await follow(hass, entry, site)
    clocks.tick(2 * MINUTE)
    before = asked(site)

    await push(hass, site, clocks, 151)
    await pass_time(hass, clocks, 30 * MINUTE)

    assert asked(site) == before


async def test_diagnostics_tell_of_connections_and_never_where_to(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    coordinator = await follow(hass, entry, site)
    first = await async_get_config_entry_diagnostics(hass, entry)
    await push(hass, site, clocks)
    second = await async_get_config_entry_diagnostics(hass, entry)
    site.fault = socket_faults.NoWebsocket()
    site.sockets.drop()
    await until(lambda: not coordinator.push.connection.is_up)
    third = await async_get_config_entry_diagnostics(hass, entry)

    assert [told["push"] for told in (first, second, third)] == [
        {"is_connected": True, "is_trusted": False, "connections": 1},
        {"is_connected": True, "is_trusted": True, "connections": 1},
        {"is_connected": False, "is_trusted": False, "connections": 1},
    ]


async def test_unloading_leaves_nothing_behind(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    timers, tasks = _timers(hass), _tasks()
    await follow(hass, entry, site)
    await push(hass, site, clocks)
    listening = _tasks()

    assert await hass.config_entries.async_unload(entry.entry_id)
    await site.sockets.wait_for_listeners(0)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert len(listening) > len(tasks)
    assert _tasks() == tasks
    assert _timers(hass) == timers
    assert connected_clients == []


async def test_unloading_ends_the_wait_for_the_next_attempt(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    site.fault = socket_faults.NoWebsocket()
    timers = _timers(hass)
    await set_up_beside(hass, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await calm(hass)
    before = asked(site)

    left = _timers(hass)
    await pass_time(hass, clocks, 5 * MINUTE)

    assert left == timers
    assert asked(site) == before


async def test_unloading_does_not_wait_for_a_welcome(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
) -> None:
    site.fault = socket_faults.SilentSocket(at=Stage.OPEN)
    await set_up_beside(hass, entry)

    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert entry.state is ConfigEntryState.NOT_LOADED


async def test_home_assistant_may_stop_while_it_listens(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    await follow(hass, entry, site)

    await hass.async_stop(force=True)

    await site.sockets.wait_for_listeners(0)


async def test_hundreds_of_reconnects_leave_no_more_than_a_few(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # These would keep where each task was made, and what was said of it.
    hass.loop.set_debug(False)
    caplog.set_level(logging.CRITICAL)
    coordinator = await follow(hass, entry, site)
    connection = coordinator.push.connection

    async def reconnect(times: int) -> tuple[int, int]:
        for _ in range(times):
            # Or the next attempt is a quarter of an hour away.
            connection._failures = 0
            site.sockets.drop()
            await until(lambda: not connection.is_up)
            clocks.tick(2 * SECOND)
            fire_due(hass)
            await until(lambda: connection.is_up)
        await site.sockets.wait_for_listeners(1)
        site.requests.clear()
        site.sockets.claims.clear()
        await site.sockets.idle()
        await calm(hass)
        gc.collect()
        return len(hass._background_tasks), len(gc.get_objects())

    await reconnect(150)
    tasks, objects = await reconnect(10)
    later, objects_later = await reconnect(150)

    assert connection.count > 300
    assert later == tasks
    assert len(connected_clients) == 1
    assert objects_later - objects < 75


async def set_up_beside(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set up, and do not wait for a connection."""
    if hass.config_entries.async_get_entry(entry.entry_id) is None:
        entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await calm(hass)


def _stamps(events: Sequence[Event[Any]]) -> list[datetime | None]:
    """Return the stamps of the readings that were shown."""
    return [
        dt_util.parse_datetime(event.data["new_state"].state)
        for event in events
        if event.data["entity_id"] == LAST_READING
    ]


def _timers(hass: HomeAssistant) -> set[str]:
    """Return what will be called of ours."""
    handles = hass.loop._scheduled  # type: ignore[attr-defined]  # there is no public way
    return {
        repr(handle)
        for handle in handles
        if not handle.cancelled() and "glucose_follow" in repr(handle)
    }


def _tasks() -> set[asyncio.Task[object]]:
    """Return what is under way of ours, and of the library that listens."""
    return {
        task
        for task in asyncio.all_tasks()
        if "custom_components/glucose_follow" in repr(task)
        or "engineio/async_client" in repr(task)
    }


def _complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged for people, but for how slow the machine is."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno > logging.INFO
        and record.name.partition(".")[0] in _NAMES
        and not record.getMessage().startswith("Executing")
    ]
