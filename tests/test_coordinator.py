"""Being there first, asking little, and never showing what is too old."""

from datetime import timedelta
from itertools import pairwise
import logging

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.glucose_follow.const import CONF_STALE_AFTER, DOMAIN
from simulators.nightscout import NightscoutSimulator, faults

from .conftest import Clocks
from .home import GLUCOSE, SIGNAL_LOST, pass_time, set_up, settle, state

MINUTE = timedelta(minutes=1)


def _asked(site: NightscoutSimulator, kind: str = "entries") -> int:
    return sum(request.kind == kind for request in site.requests)


async def test_a_new_reading_is_there_within_seconds(
    hass: HomeAssistant, entry: MockConfigEntry, clocks: Clocks
) -> None:
    await set_up(hass, entry)
    await pass_time(hass, clocks, 30 * MINUTE, step=timedelta(seconds=5))
    changes = async_capture_events(hass, "state_changed")

    await pass_time(hass, clocks, 30 * MINUTE, step=timedelta(seconds=1))

    stamps = [
        dt_util.parse_datetime(event.data["new_state"].state)
        for event in changes
        if event.data["entity_id"] == "sensor.alex_last_reading"
    ]
    shown = [
        event.data["new_state"].last_updated
        for event in changes
        if event.data["entity_id"] == "sensor.alex_last_reading"
    ]
    assert len(stamps) == 6
    waits = [
        (seen - at).total_seconds()
        for seen, at in zip(shown, stamps, strict=True)
        if at is not None
    ]
    assert max(waits) < 15
    assert sorted(waits)[3] < 8


async def test_a_quiet_site_is_asked_little(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    await set_up(hass, entry)
    await pass_time(hass, clocks, 30 * MINUTE, step=timedelta(seconds=5))
    before = _asked(site), _asked(site, "treatments")

    await pass_time(hass, clocks, 60 * MINUTE, step=timedelta(seconds=2))

    assert _asked(site) - before[0] <= 17
    assert _asked(site, "treatments") - before[1] <= 13


async def test_only_what_is_missing_is_asked_for(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    await set_up(hass, entry)

    await pass_time(hass, clocks, 10 * MINUTE)

    newest = [request for request in site.requests if request.kind == "entries"][-1]
    since = int(newest.query["date$gt"]) / 1000
    assert clocks.world().timestamp() - since < 26 * 60
    assert int(newest.query["limit"]) > 0


async def test_a_reading_disappears_the_moment_it_is_too_old(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    await set_up(hass, entry)
    newest = dt_util.parse_datetime(state(hass, "sensor.alex_last_reading"))
    assert newest is not None
    coordinator = entry.runtime_data
    newest = coordinator.data.newest_at
    site.fault = faults.Silence()

    left = newest + 15 * MINUTE - clocks.world()
    await pass_time(hass, clocks, left - timedelta(seconds=1))
    before = state(hass, GLUCOSE), state(hass, SIGNAL_LOST)
    await pass_time(hass, clocks, timedelta(seconds=2), step=timedelta(seconds=1))

    assert before[0].isdigit()
    assert before[1] == "off"
    for key in ("glucose", "delta", "direction"):
        assert state(hass, f"sensor.alex_{key}") == "unknown"
    assert state(hass, SIGNAL_LOST) == "on"
    assert state(hass, "sensor.alex_sensor_status") == "no_data"
    assert dt_util.parse_datetime(
        state(hass, "sensor.alex_last_reading")
    ) == newest.replace(microsecond=0)


async def test_too_old_is_what_the_person_says(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, CONF_STALE_AFTER: 8}
    )
    await set_up(hass, entry)
    site.fault = faults.Silence()

    await pass_time(hass, clocks, 9 * MINUTE)

    assert state(hass, GLUCOSE) == "unknown"


async def test_a_single_failed_request_changes_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    await set_up(hass, entry)
    changes = async_capture_events(hass, "state_changed")
    site.fault = faults.ServerError(times=1)

    await pass_time(hass, clocks, timedelta(seconds=40), step=timedelta(seconds=1))

    assert state(hass, GLUCOSE).isdigit()
    assert not [
        event for event in changes if event.data["new_state"].state == "unavailable"
    ]


async def test_glucose_is_unavailable_once_old_and_nobody_answers(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    await set_up(hass, entry)
    site.fault = faults.Unreachable()

    await pass_time(hass, clocks, 20 * MINUTE)

    for key in ("glucose", "delta", "direction", "last_bolus", "last_carbs_time"):
        assert state(hass, f"sensor.alex_{key}") == "unavailable"
    assert state(hass, SIGNAL_LOST) == "on"
    assert state(hass, "sensor.alex_last_reading") not in {"unknown", "unavailable"}


@pytest.mark.parametrize("outage", [5, 12, 25, 90])
async def test_an_outage_loses_no_reading_and_ends_at_once(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
    outage: int,
) -> None:
    await set_up(hass, entry)
    site.fault = faults.Unreachable()
    await pass_time(hass, clocks, outage * MINUTE)
    site.fault = None

    await pass_time(hass, clocks, MINUTE if outage <= 12 else 5 * MINUTE)

    assert state(hass, GLUCOSE).isdigit()
    readings = entry.runtime_data.data.readings
    gaps = [later.at - earlier.at for earlier, later in pairwise(readings)]
    assert max(gaps) < 6 * MINUTE


async def test_an_outage_is_logged_once_and_so_is_its_end(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await set_up(hass, entry)
    caplog.clear()
    caplog.set_level(logging.INFO)
    site.fault = faults.Unreachable()
    await pass_time(hass, clocks, 20 * MINUTE)
    site.fault = None
    await pass_time(hass, clocks, 6 * MINUTE)

    ours = [
        record
        for record in caplog.records
        if record.name == "custom_components.glucose_follow"
        and record.levelno >= logging.INFO
    ]

    assert [record.levelname for record in ours] == ["ERROR", "INFO"]
    assert "does not answer" in ours[0].getMessage()
    assert "recovered" in ours[1].getMessage()


async def test_failing_treatments_leave_glucose_alone(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    await set_up(hass, entry)
    site.fault = faults.ServerError(only=("treatments",))

    await pass_time(hass, clocks, 20 * MINUTE)

    assert state(hass, GLUCOSE).isdigit()
    assert state(hass, "sensor.alex_last_bolus") == "unavailable"


async def test_hanging_treatments_do_not_delay_glucose(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    await set_up(hass, entry)
    site.fault = faults.Hang(only=("treatments",))
    before = entry.runtime_data.data.newest_at

    for _ in range(40):
        clocks.tick(timedelta(seconds=10))
        await entry.runtime_data.async_refresh()
        await hass.async_block_till_done()
    after = entry.runtime_data.data.newest_at
    site.fault = None
    await settle(hass)

    assert before is not None
    assert after is not None
    assert after - before >= 5 * MINUTE


async def test_the_site_is_left_alone_for_as_long_as_it_wishes(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    await set_up(hass, entry)
    site.fault = faults.RateLimit(600)
    await pass_time(hass, clocks, 6 * MINUTE)
    before = _asked(site)

    await pass_time(hass, clocks, 3 * MINUTE)
    quiet = _asked(site)
    site.fault = None
    await pass_time(hass, clocks, 8 * MINUTE)

    assert quiet == before
    assert state(hass, GLUCOSE).isdigit()


async def test_a_refused_credential_is_tried_gently_while_reauth_waits(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    await set_up(hass, entry)
    site.fault = faults.Refuse()
    await pass_time(hass, clocks, 6 * MINUTE)
    flows = hass.config_entries.flow.async_progress()
    before = _asked(site)

    await pass_time(hass, clocks, 66 * MINUTE)

    assert [flow["step_id"] for flow in flows] == ["reauth_confirm"]
    assert _asked(site) - before <= 3
    assert len(hass.config_entries.flow.async_progress()) == 1
    assert entry.state is ConfigEntryState.LOADED


async def test_a_site_that_said_401_while_it_came_back_is_followed_again(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    await set_up(hass, entry)
    site.fault = faults.Refuse()
    await pass_time(hass, clocks, 5 * MINUTE)
    site.fault = None

    await pass_time(hass, clocks, 6 * MINUTE)

    assert state(hass, GLUCOSE).isdigit()
    assert state(hass, SIGNAL_LOST) == "off"
    assert not hass.config_entries.flow.async_progress()


async def test_readings_keep_coming_when_every_entity_is_disabled(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
    entity_registry: er.EntityRegistry,
) -> None:
    await set_up(hass, entry)
    for entity in er.async_entries_for_config_entry(entity_registry, entry.entry_id):
        entity_registry.async_update_entity(
            entity.entity_id, disabled_by=er.RegistryEntryDisabler.USER
        )
    await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    coordinator = entry.runtime_data
    waits = []

    for _ in range(300):
        before = coordinator.data.newest_at
        await pass_time(hass, clocks, timedelta(seconds=5))
        if coordinator.data.newest_at != before:
            waits.append(clocks.world() - coordinator.data.newest_at)

    assert len(waits) == 5
    assert max(waits[2:]) < timedelta(seconds=20)


async def test_switched_off_polling_is_said_and_respected(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
    issue_registry: ir.IssueRegistry,
) -> None:
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, pref_disable_polling=True)
    await set_up(hass, entry)
    asked = _asked(site)
    issue = issue_registry.async_get_issue(DOMAIN, f"polling_disabled_{entry.entry_id}")

    await pass_time(hass, clocks, 20 * MINUTE)
    was_silent = _asked(site) == asked
    old = state(hass, GLUCOSE)
    hass.config_entries.async_update_entry(entry, pref_disable_polling=False)
    await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)

    assert issue is not None
    assert was_silent
    assert old == "unknown"
    assert not issue_registry.async_get_issue(
        DOMAIN, f"polling_disabled_{entry.entry_id}"
    )
    assert state(hass, GLUCOSE).isdigit()


async def test_two_equal_readings_are_two_readings(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    site.fault = faults.Silence()
    await set_up(hass, entry)
    site.fault = None
    coordinator = entry.runtime_data
    site.add_entry(at=clocks.world(), sgv=120)
    await coordinator.async_refresh()
    before = state(hass, "sensor.alex_last_reading")
    clocks.tick(5 * MINUTE)
    site.add_entry(at=clocks.world(), sgv=120)

    await coordinator.async_refresh()
    await settle(hass)

    assert state(hass, GLUCOSE) == "120"
    assert state(hass, "sensor.alex_last_reading") > before


async def test_a_sensor_error_hides_glucose_at_once(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    await set_up(hass, entry)
    clocks.tick(timedelta(seconds=30))
    site.add_entry(at=clocks.world(), sgv=10)

    await entry.runtime_data.async_refresh()
    await settle(hass)

    assert state(hass, GLUCOSE) == "unknown"
    assert state(hass, "sensor.alex_sensor_status") == "sensor_error"
    assert state(hass, SIGNAL_LOST) == "off"


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(days=400)])
async def test_a_stamp_far_ahead_is_neither_shown_nor_hides_what_follows(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
    ahead: timedelta,
) -> None:
    site.add_entry(at=clocks.world() + ahead, sgv=333)
    await set_up(hass, entry)
    first = state(hass, GLUCOSE)
    before = entry.runtime_data.data.newest_at

    await pass_time(hass, clocks, 6 * MINUTE)

    assert first.isdigit()
    assert first != "333"
    assert entry.runtime_data.data.newest_at > before
    assert state(hass, GLUCOSE) != "333"


async def test_a_phone_that_fills_its_gap_late_is_listened_to(
    hass: HomeAssistant, entry: MockConfigEntry, clocks: Clocks
) -> None:
    async with NightscoutSimulator(clock=clocks.world) as empty:
        entry.add_to_hass(hass)
        hass.config_entries.async_update_entry(
            entry, data={"source": "nightscout", "url": str(empty.url)}
        )
        start = clocks.world()
        empty.add_entry(at=start, sgv=100)
        await set_up(hass, entry)
        clocks.tick(180 * MINUTE)
        empty.add_entry(at=clocks.world(), sgv=150)
        await entry.runtime_data.async_refresh()
        alone = len(entry.runtime_data.data.readings)
        for minutes in range(5, 180, 5):
            empty.add_entry(at=start + minutes * MINUTE, sgv=100 + minutes // 5)

        await pass_time(hass, clocks, 6 * MINUTE)

        assert alone == 2
        assert len(entry.runtime_data.data.readings) == 37


async def test_what_an_earlier_silence_left_out_comes_with_the_first_answer(
    hass: HomeAssistant, entry: MockConfigEntry, clocks: Clocks
) -> None:
    """A phone that is back may bring what is older than what was asked for."""
    async with NightscoutSimulator(clock=clocks.world) as site:
        entry.add_to_hass(hass)
        hass.config_entries.async_update_entry(
            entry, data={"source": "nightscout", "url": str(site.url)}
        )
        start = clocks.world() - 720 * MINUTE
        for minutes in (*range(0, 60, 5), *range(180, 720, 5)):
            site.add_entry(at=start + minutes * MINUTE, sgv=100 + minutes // 5)
        await set_up(hass, entry)
        await pass_time(hass, clocks, 90 * MINUTE)
        for minutes in (*range(60, 180, 5), *range(720, 811, 5)):
            site.add_entry(at=start + minutes * MINUTE, sgv=100 + minutes // 5)
        asked = _asked(site)

        await entry.runtime_data.async_refresh()

        assert len(entry.runtime_data.data.readings) == 163
        assert _asked(site) == asked + 1


async def test_unloading_leaves_nothing_behind(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    await set_up(hass, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    asked = len(site.requests)

    await pass_time(hass, clocks, 30 * MINUTE)

    assert len(site.requests) == asked
    assert not [
        handle
        for handle in hass.loop._scheduled  # type: ignore[attr-defined]  # of the loop
        if not handle.cancelled() and "glucose_follow" in repr(handle)
    ]


async def test_a_disabled_entry_asks_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
) -> None:
    await set_up(hass, entry)
    await hass.config_entries.async_set_disabled_by(
        entry.entry_id, ConfigEntryDisabler.USER
    )
    asked = len(site.requests)

    await pass_time(hass, clocks, 10 * MINUTE)

    assert len(site.requests) == asked
