"""Restarts, refusals, and clocks that cannot be trusted."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED, EVENT_STATE_CHANGED
from homeassistant.core import (
    CoreState,
    Event,
    EventStateChangedData,
    HomeAssistant,
    callback,
)
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow import const, coordinator
from custom_components.glucose_follow.const import DOMAIN
from custom_components.glucose_follow.turn import async_take_turn
from simulators.nightscout import NightscoutSimulator, faults
from simulators.nightscout.faults import Fault

from .conftest import Clocks
from .home import (
    GLUCOSE,
    SIGNAL_LOST,
    fire_due,
    pass_time,
    restart,
    set_up,
    settle,
    state,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


async def _stop(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Run once, so that there is something to remember, and stop."""
    await set_up(hass, entry)
    assert state(hass, GLUCOSE).isdigit()
    assert await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)


@pytest.mark.parametrize(
    "fault",
    [faults.Unreachable(), faults.Refuse(), faults.Html(), faults.RateLimit(60)],
)
async def test_an_entry_that_worked_starts_without_its_source(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
    fault: Fault,
) -> None:
    await _stop(hass, entry)
    clocks.tick(20 * MINUTE)
    site.fault = fault

    await set_up(hass, entry)

    assert entry.state is ConfigEntryState.LOADED
    assert state(hass, GLUCOSE) == "unavailable"
    assert state(hass, SIGNAL_LOST) == "on"
    assert state(hass, "sensor.alex_last_reading") == "2026-11-21T11:56:36+00:00"
    assert state(hass, "sensor.alex_sensor_status") == "no_data"


async def test_a_refused_credential_at_the_start_begins_reauth(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    await _stop(hass, entry)
    site.fault = faults.Refuse()

    await set_up(hass, entry)

    flows = hass.config_entries.flow.async_progress()
    assert [flow["context"]["source"] for flow in flows] == ["reauth"]


async def test_a_start_without_news_shows_nothing_old(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    await _stop(hass, entry)
    clocks.tick(20 * MINUTE)
    site.fault = faults.Silence()

    await set_up(hass, entry)

    assert state(hass, GLUCOSE) == "unknown"
    assert state(hass, SIGNAL_LOST) == "on"


async def test_a_short_restart_without_the_source_is_not_a_lost_signal(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    await _stop(hass, entry)
    site.fault = faults.Unreachable()

    await set_up(hass, entry)
    short = state(hass, SIGNAL_LOST), state(hass, GLUCOSE)
    await pass_time(hass, clocks, 13 * MINUTE)

    assert short == ("off", "unavailable")
    assert state(hass, SIGNAL_LOST) == "on"


async def test_the_start_does_not_wait_for_a_source_that_hangs(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await _stop(hass, entry)
    site.fault = faults.Hang()
    monkeypatch.setattr(coordinator, "START_WAITS", 0.05)
    assert const.START_WAITS <= 10

    starting = hass.async_create_task(hass.config_entries.async_setup(entry.entry_id))
    await site.wait_for_requests(len(site.requests) + 1)
    for _ in range(20):
        clocks.tick(timedelta(seconds=0.1))
        await asyncio.sleep(0)
    assert await starting
    was = state(hass, GLUCOSE), state(hass, SIGNAL_LOST)
    site.fault = None
    await settle(hass)

    assert was == ("unavailable", "off")
    assert state(hass, GLUCOSE).isdigit()


async def test_an_entry_that_never_worked_is_not_ready(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    site.fault = faults.Unreachable()

    await set_up(hass, entry)

    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.reason == "The source does not answer"


async def test_an_entry_that_never_worked_and_is_refused_asks_for_a_credential(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    site.fault = faults.Refuse()

    await set_up(hass, entry)

    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert [
        flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()
    ] == ["reauth"]


async def test_the_source_is_identified_once_it_answers_again(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    await _stop(hass, entry)
    site.fault = faults.Unreachable()
    await set_up(hass, entry)
    site.fault = None

    await pass_time(hass, clocks, MINUTE)

    assert state(hass, GLUCOSE).isdigit()
    assert state(hass, "sensor.alex_last_bolus") != "unavailable"


async def test_first_sight_of_a_stamp_that_is_ahead_survives_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, clocks: Clocks
) -> None:
    async with NightscoutSimulator(clock=clocks.world) as empty:
        entry.add_to_hass(hass)
        hass.config_entries.async_update_entry(
            entry, data={"source": "nightscout", "url": str(empty.url)}
        )
        empty.add_entry(at=clocks.world() + 9 * MINUTE, sgv=123)
        await set_up(hass, entry)
        first = state(hass, GLUCOSE)
        clocks.tick(10 * MINUTE)
        await restart(hass, entry)
        second = state(hass, GLUCOSE)
        clocks.tick(6 * MINUTE)

        await restart(hass, entry)

        assert (first, second) == ("123", "123")
        assert state(hass, GLUCOSE) == "unknown"
        assert state(hass, SIGNAL_LOST) == "on"


async def test_what_is_known_is_looked_at_again_when_everything_has_started(
    hass: HomeAssistant, entry: MockConfigEntry, clocks: Clocks
) -> None:
    hass.set_state(CoreState.starting)
    await set_up(hass, entry)
    clocks.suspend(20 * MINUTE)
    hass.set_state(CoreState.running)

    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()

    assert state(hass, SIGNAL_LOST) == "on"


async def test_nothing_old_is_shown_while_others_still_start(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    hass.set_state(CoreState.starting)
    await set_up(hass, entry)
    first = state(hass, GLUCOSE)
    site.fault = faults.Unreachable()

    await pass_time(hass, clocks, 18 * MINUTE, step=MINUTE)

    assert first.isdigit()
    assert state(hass, GLUCOSE) == "unavailable"


async def test_waking_up_shows_nothing_old_and_asks_at_once(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    await set_up(hass, entry)
    await pass_time(hass, clocks, 12 * MINUTE)
    site.fault = faults.Hang()

    clocks.suspend(40 * MINUTE)
    await _tick(hass, clocks)
    asleep = state(hass, GLUCOSE), state(hass, SIGNAL_LOST)
    site.fault = None
    await settle(hass)

    assert asleep == ("unknown", "on")
    assert state(hass, GLUCOSE).isdigit()
    assert state(hass, SIGNAL_LOST) == "off"


@pytest.mark.parametrize("wrong", [3 * HOUR, timedelta()])
async def test_waking_up_after_the_clock_was_set_back_shows_nothing_old(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
    wrong: timedelta,
) -> None:
    """The site could not say in between what time it is."""
    clocks.set_wrong(wrong)
    await set_up(hass, entry)
    await pass_time(hass, clocks, 12 * MINUTE)
    site.fault = faults.Unreachable()
    clocks.set_wrong(wrong - 3 * HOUR)
    await pass_time(hass, clocks, MINUTE)
    before = state(hass, GLUCOSE)

    clocks.suspend(40 * MINUTE)
    await _tick(hass, clocks)

    assert before.isdigit()
    assert not state(hass, GLUCOSE).isdigit()
    assert state(hass, SIGNAL_LOST) == "on"


@pytest.mark.parametrize("fault", [faults.Refuse(), faults.RateLimit(1800)])
async def test_a_machine_that_slept_has_left_the_site_alone(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
    fault: faults.Fault,
) -> None:
    """One of its clocks stood still; waiting on that one would take half an hour."""
    await set_up(hass, entry)
    site.fault = fault
    await pass_time(hass, clocks, 12 * MINUTE)
    site.fault = None
    site.requests.clear()
    await pass_time(hass, clocks, MINUTE)
    before = len(site.requests)

    clocks.suspend(40 * MINUTE)
    await _tick(hass, clocks)
    await settle(hass)

    assert before == 0
    assert state(hass, GLUCOSE).isdigit()


@pytest.mark.parametrize("jump", [2 * HOUR, -2 * HOUR])
async def test_a_clock_that_jumps_makes_nothing_look_younger(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
    jump: timedelta,
) -> None:
    await set_up(hass, entry)
    await pass_time(hass, clocks, 12 * MINUTE)
    site.fault = faults.Unreachable()

    clocks.set_wrong(jump)
    await pass_time(hass, clocks, timedelta(minutes=15, seconds=30))

    assert state(hass, GLUCOSE) == "unavailable"
    assert state(hass, SIGNAL_LOST) == "on"


async def test_a_clock_that_jumps_ahead_hides_glucose_within_a_tick(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    await set_up(hass, entry)
    site.fault = faults.Unreachable()

    clocks.set_wrong(2 * HOUR)
    await pass_time(hass, clocks, timedelta(seconds=21), step=timedelta(seconds=21))

    assert state(hass, GLUCOSE) == "unavailable"
    assert state(hass, SIGNAL_LOST) == "on"


@pytest.mark.parametrize("wrong", [2 * HOUR, HOUR, 3 * MINUTE, -3 * MINUTE, -2 * HOUR])
async def test_ages_follow_the_source_where_our_clock_is_wrong(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
    issue_registry: ir.IssueRegistry,
    wrong: timedelta,
) -> None:
    clocks.set_wrong(wrong)

    await set_up(hass, entry)
    await pass_time(hass, clocks, 12 * MINUTE)
    shown = state(hass, GLUCOSE), state(hass, SIGNAL_LOST)
    issue = issue_registry.async_get_issue(DOMAIN, f"clock_skew_{entry.entry_id}")
    site.fault = faults.Silence()
    await pass_time(hass, clocks, 16 * MINUTE)
    old = state(hass, GLUCOSE)
    site.fault = None
    clocks.set_wrong(timedelta())
    await pass_time(hass, clocks, 6 * MINUTE)

    assert shown[0].isdigit()
    assert shown[1] == "off"
    assert issue is not None
    assert issue.translation_placeholders == {
        "name": "Alex",
        "minutes": str(round(abs(wrong) / MINUTE)),
    }
    assert old == "unknown"
    assert not issue_registry.async_get_issue(DOMAIN, f"clock_skew_{entry.entry_id}")
    assert state(hass, GLUCOSE).isdigit()


async def test_a_clock_that_is_a_little_wrong_is_nobodys_business(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    issue_registry: ir.IssueRegistry,
) -> None:
    clocks.set_wrong(MINUTE)

    await set_up(hass, entry)

    assert not issue_registry.issues


async def test_a_card_is_not_written_to_after_each_reading(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    hass_storage: dict[str, Any],
) -> None:
    """What was told is written down soon, so that nothing is told twice."""
    await set_up(hass, entry)
    await pass_time(hass, clocks, 15 * MINUTE)
    start, written = clocks.world(), set()

    for _ in range(60):
        await pass_time(hass, clocks, MINUTE)
        written.add(_newest_written(entry, hass_storage))

    done = [each for each in entry.runtime_data.data.treatments if each.at > start]
    assert len(done) == 1
    assert 3 <= len(written) <= 5 + len(done)


async def test_a_reading_is_written_down_within_a_quarter_of_an_hour(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    hass_storage: dict[str, Any],
) -> None:
    await set_up(hass, entry)
    known = []

    for _ in range(31):
        await pass_time(hass, clocks, MINUTE)
        known.append(state(hass, "sensor.alex_last_reading"))
    written = _newest_written(entry, hass_storage)

    assert datetime.fromisoformat(written) >= datetime.fromisoformat(known[-16])


async def test_a_stamp_that_is_ahead_is_written_down_within_a_minute(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
    hass_storage: dict[str, Any],
) -> None:
    await set_up(hass, entry)
    await pass_time(hass, clocks, 5 * MINUTE)
    before = _newest_written(entry, hass_storage)
    while _newest_written(entry, hass_storage) == before:
        await pass_time(hass, clocks, MINUTE)
    stamp = clocks.world() + 9 * MINUTE
    site.add_entry(at=stamp, sgv=123)
    await pass_time(hass, clocks, 6 * MINUTE)
    assert state(hass, GLUCOSE) == "123"

    assert datetime.fromisoformat(_newest_written(entry, hass_storage)) == stamp


def _newest_written(entry: MockConfigEntry, hass_storage: dict[str, Any]) -> str:
    """Return the stamp of the newest reading that a crash would leave."""
    stored = hass_storage[f"{DOMAIN}.{entry.entry_id}"]["data"]
    newest: str = stored["newest_at"]
    return newest


async def test_removing_the_entry_forgets_everything(
    hass: HomeAssistant, entry: MockConfigEntry, hass_storage: dict[str, object]
) -> None:
    await set_up(hass, entry)
    key = f"{DOMAIN}.{entry.entry_id}"
    was_there = key in hass_storage

    await hass.config_entries.async_remove(entry.entry_id)
    await settle(hass)

    assert was_there
    assert key not in hass_storage


async def _tick(hass: HomeAssistant, clocks: Clocks) -> None:
    """Let 21 seconds pass without waiting for requests."""
    clocks.tick(timedelta(seconds=21))
    fire_due(hass)
    await hass.async_block_till_done()


async def _turns(hass: HomeAssistant, entry: MockConfigEntry) -> list[set[str]]:
    """Return of which platforms states were written, by turn of a second set-up."""
    await set_up(hass, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    turns: list[set[str]] = [set()]

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        turns[-1].add(event.data["entity_id"].partition(".")[0])

    @callback
    def count() -> None:
        turns.append(set())
        if entry.state is not ConfigEntryState.LOADED:
            hass.loop.call_soon(count)

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    count()
    assert await hass.config_entries.async_setup(entry.entry_id)
    return turns


async def test_each_platform_has_a_turn_of_the_loop_to_itself(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """All of them in one turn would hold up whatever else is due."""
    turns = await _turns(hass, entry)

    assert max(map(len, turns)) == 1
    assert set.union(*turns) > {"binary_sensor", "sensor", "switch"}


async def test_events_can_be_heard_before_other_platforms_take_their_turns(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """A treatment that is read in between must be told."""
    turns = await _turns(hass, entry)

    assert next(filter(None, turns)) == {"event"}


async def test_answers_that_come_together_are_taken_in_one_by_one(
    hass: HomeAssistant,
) -> None:
    turns: list[int] = []
    turn = 0

    async def answer() -> None:
        await async_take_turn(hass)
        turns.append(turn)

    answers = asyncio.gather(*(answer() for _ in range(5)))
    while not answers.done():
        turn += 1
        await asyncio.sleep(0)

    assert len(set(turns)) == 5
