"""A year of Tidepool becomes statistics."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
import logging
from typing import Any

from homeassistant.components.recorder.statistics import (
    get_metadata,
    statistics_during_period,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.glucose_follow.cgm.hours import YearRead
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.glucose_follow.history_import import HistoryImport
from custom_components.glucose_follow.store import CgmStore
from simulators.tidepool import Fault, RecordedRequest, TidepoolSimulator
from tests.conftest import NOW, Clocks
from tests.home import pass_time, restart, set_up, settle
from tests.tidepool import entry_of, lead_to

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
GLUCOSE = "glucose_follow:01jtidepool000000000000000_glucose"
INSULIN = "glucose_follow:01jtidepool000000000000000_insulin"
CARBS = "glucose_follow:01jtidepool000000000000000_carbs"
PERSON = SimulatedPerson(seed=7)

type Row = dict[str, Any]


@pytest.fixture
async def tidepool(
    clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[TidepoolSimulator]:
    """Run a Tidepool that knows a person for three days."""
    async with TidepoolSimulator(
        clock=clocks.world, person=PERSON, history=3 * DAY, token_life=30 * DAY
    ) as server:
        lead_to(server, monkeypatch)
        yield server


async def rows_of(
    hass: HomeAssistant, name: str, since: datetime = NOW - 400 * DAY
) -> list[Row]:
    """Return all rows of a series, oldest first."""
    await async_wait_recording_done(hass)
    found = await get_instance(hass).async_add_executor_job(
        statistics_during_period,
        *(hass, since, None, {name}, "hour", None),
        {"mean", "min", "max", "state", "sum"},
    )
    return [dict(row) for row in found.get(name, ())]


async def totals(hass: HomeAssistant, name: str) -> tuple[float, float]:
    """Return the sum of all hours, and what the last of them says of it."""
    rows = await rows_of(hass, name)
    return sum(row["state"] for row in rows), rows[-1]["sum"]


async def imported(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set an entry up, and wait until its history is imported."""
    await set_up(hass, entry)
    await async_wait_recording_done(hass)


def stretches(tidepool: TidepoolSimulator) -> list[RecordedRequest]:
    """Return the requests for all documents of a stretch of time."""
    return [
        each
        for each in tidepool.requests
        if {"startDate", "endDate"} <= each.query.keys() and "latest" not in each.query
    ]


def asked_since(tidepool: TidepoolSimulator) -> datetime:
    """Return when the oldest glucose is from that was asked for."""
    return min(
        datetime.fromisoformat(each.query["startDate"])
        for each in stretches(tidepool)
        if each.query["type"] == "cbg"
    )


def done_until(end: datetime) -> tuple[float, float]:
    """Return units and grams of the person until a moment."""
    done = PERSON.treatments(NOW - 3 * DAY + timedelta.resolution, end)
    return (
        sum(each.insulin or 0 for each in done),
        sum(each.carbs or 0 for each in done),
    )


async def test_every_hour_of_glucose_becomes_a_row(
    hass: HomeAssistant, tidepool: TidepoolSimulator
) -> None:
    await imported(hass, entry_of())

    rows = await rows_of(hass, GLUCOSE)

    assert len(rows) == 72
    first = datetime.fromtimestamp(rows[0]["start"], NOW.tzinfo)
    assert first == NOW - 3 * DAY
    values = [each.mgdl for each in PERSON.readings(first, first + HOUR)]
    assert rows[0]["mean"] == pytest.approx(sum(values) / len(values))
    assert (rows[0]["min"], rows[0]["max"]) == (min(values), max(values))


async def test_amounts_are_summed_up_and_nothing_counts_twice(
    hass: HomeAssistant, tidepool: TidepoolSimulator
) -> None:
    await imported(hass, entry_of())

    insulin, carbs = done_until(NOW)
    assert await totals(hass, INSULIN) == pytest.approx((insulin, insulin))
    assert await totals(hass, CARBS) == pytest.approx((carbs, carbs))


async def test_what_comes_later_is_added_and_what_changed_is_changed(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    await imported(hass, entry_of())
    late = tidepool.archive.add("bolus", NOW - 30 * HOUR, normal=5)

    await pass_time(hass, clocks, 6.2 * HOUR, step=10 * timedelta(minutes=1))
    added = await totals(hass, INSULIN)
    tidepool.archive.remove(late)
    await pass_time(hass, clocks, 6.2 * HOUR, step=10 * timedelta(minutes=1))
    removed = await totals(hass, INSULIN)

    insulin, _ = done_until(NOW + 6 * HOUR)
    later, _ = done_until(NOW + 12 * HOUR)
    assert added == pytest.approx((insulin + 5, insulin + 5))
    assert removed == pytest.approx((later, later))
    assert len(await rows_of(hass, GLUCOSE)) == 84


async def test_a_year_is_asked_for_once_and_then_a_month(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    await imported(hass, entry_of())
    first = stretches(tidepool)
    tidepool.requests.clear()

    await pass_time(hass, clocks, 6.2 * HOUR, step=10 * timedelta(minutes=1))
    again = stretches(tidepool)

    assert len(first) == 2 * 13
    assert first[0].query["startDate"] == "2025-11-21T12:00:00.000Z"
    assert len(again) == 2 * 2
    assert again[0].query["startDate"] == "2026-10-21T11:00:00.000Z"


async def test_a_restart_goes_on_where_the_sums_ended(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    """The month that is read again begins in the middle of what is there."""
    entry = entry_of()
    for days in range(40, 100, 7):
        tidepool.archive.add("bolus", NOW - days * DAY, normal=days)
    await imported(hass, entry)
    before = await totals(hass, INSULIN)

    assert await hass.config_entries.async_unload(entry.entry_id)
    await imported(hass, entry)

    assert await totals(hass, INSULIN) == before


async def test_glucose_keeps_the_unit_that_it_was_imported_in(
    hass: HomeAssistant, tidepool: TidepoolSimulator
) -> None:
    """Another one would be written over the rows without converting them."""
    entry = entry_of()
    await imported(hass, entry)
    before = await rows_of(hass, GLUCOSE)
    hass.config_entries.async_update_entry(entry, options={"unit": "mmol/L"})

    await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)

    assert await rows_of(hass, GLUCOSE) == before


async def test_glucose_is_imported_in_the_persons_unit(
    hass: HomeAssistant, tidepool: TidepoolSimulator
) -> None:
    await imported(hass, entry_of(unit="mmol/L"))

    rows = await rows_of(hass, GLUCOSE)
    known = await get_instance(hass).async_add_executor_job(
        lambda: get_metadata(hass, statistic_ids={GLUCOSE, INSULIN})
    )

    assert all(2 < row["mean"] < 22 for row in rows)
    assert known[GLUCOSE][1]["unit_of_measurement"] == "mmol/L"
    assert known[GLUCOSE][1]["name"] == "Alex: glucose"
    assert known[INSULIN][1]["unit_of_measurement"] == "U"


async def test_begin_and_end_are_logged_and_progress_can_be_reported(
    hass: HomeAssistant, tidepool: TidepoolSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "custom_components.glucose_follow")
    entry = entry_of()

    await imported(hass, entry)
    told = await async_get_config_entry_diagnostics(hass, entry)

    lines = [record.message for record in caplog.records if "history" in record.message]
    readings = len(PERSON.readings(NOW - 3 * DAY, NOW))
    assert lines[0] == "Importing 365 days of history"
    assert lines[1].startswith(f"Imported 365 days of history: {readings} readings, ")
    assert told["history"]["state"] == "done"
    assert told["history"]["days"] == told["history"]["days_done"] == 365
    assert told["history"]["readings"] == readings
    assert told["history"]["treatments"] > 0


async def test_a_failure_is_tried_again_and_nothing_is_lost(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    entry = entry_of()
    tidepool.fails_after = 20
    await imported(hass, entry)
    failed = (await async_get_config_entry_diagnostics(hass, entry))["history"]
    tidepool.fails_after = None

    await pass_time(hass, clocks, 16 * timedelta(minutes=1))

    assert failed["state"] == "failed"
    assert 0 < failed["days_done"] < 365
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert told["history"]["state"] == "done"
    insulin, _ = done_until(NOW)
    assert await totals(hass, INSULIN) == pytest.approx((insulin, insulin))


@pytest.mark.parametrize("fails_after", range(4))
async def test_no_hour_takes_anything_back_after_a_failure(
    hass: HomeAssistant, tidepool: TidepoolSimulator, fails_after: int
) -> None:
    """New sums in front of old ones would be an hour in which insulin was negative."""
    entry = entry_of()
    for days in range(1, 40):
        tidepool.archive.add("bolus", NOW - days * DAY, normal=2)
    await imported(hass, entry)
    for days in range(3, 30):
        tidepool.archive.add("bolus", NOW - days * DAY - HOUR, normal=4)
    again = HistoryImport(hass, entry.runtime_data, entry.runtime_data.source)
    tidepool.requests.clear()
    tidepool.fails_after = fails_after

    await again._run()

    again._forget()
    rows = await rows_of(hass, INSULIN)
    sums = [row["sum"] for row in rows]
    assert sums == sorted(sums)
    assert sums[-1] == pytest.approx(sum(row["state"] for row in rows))


async def test_a_restart_in_the_middle_loses_nothing(
    hass: HomeAssistant, tidepool: TidepoolSimulator
) -> None:
    """What was imported by then is asked for again for a month only."""
    entry = entry_of()
    for days in range(40, 70, 9):
        tidepool.archive.add("bolus", NOW - days * DAY, normal=days)
        tidepool.archive.add("cbg", NOW - days * DAY, value=5)
    tidepool.fails_after = 43
    await imported(hass, entry)
    partly = await totals(hass, INSULIN)
    tidepool.fails_after = None
    tidepool.requests.clear()

    await restart(hass, entry)

    asked = stretches(tidepool)
    units = done_until(NOW)[0] + sum(range(40, 70, 9))
    assert 0 < partly[1] < units
    assert await totals(hass, INSULIN) == pytest.approx((units, units))
    assert len(await rows_of(hass, GLUCOSE)) == 72 + 4
    assert len(asked) == 2 * 3


async def read_at_a_clinic(tidepool: TidepoolSimulator, clocks: Clocks) -> None:
    """Upload what a pump has of three months, and let that take a while."""
    for days in range(5, 92):
        tidepool.archive.add("bolus", NOW - days * DAY - HOUR / 2, normal=5)
    tidepool.archive.add("upload", clocks.world())
    clocks.tick(2 * HOUR)


async def test_what_a_clinic_uploads_is_read_for_all_of_its_months(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    entry = entry_of()
    tidepool.archive.add("bolus", NOW - 100 * DAY, normal=1)
    await imported(hass, entry)
    clocks.tick(7 * DAY)
    await read_at_a_clinic(tidepool, clocks)
    tidepool.requests.clear()

    await restart(hass, entry)
    rows = await rows_of(hass, INSULIN)
    whole = stretches(tidepool)
    tidepool.requests.clear()
    await restart(hass, entry)

    sums = [row["sum"] for row in rows]
    units = done_until(clocks.world())[0] + 1 + 87 * 5
    assert sum(row["state"] for row in rows) == pytest.approx(units)
    assert sums == sorted(sums)
    assert sums[-1] == pytest.approx(units)
    assert len(whole) == 2 * 13
    assert len(stretches(tidepool)) == 2
    assert await totals(hass, INSULIN) == pytest.approx((units, units))


@pytest.mark.parametrize("days", [1, 6.9])
async def test_a_year_is_read_again_once_a_week_at_most(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks, days: float
) -> None:
    """What is uploaded in the meantime is not forgotten over a restart."""
    entry = entry_of()
    await imported(hass, entry)
    clocks.tick(days * DAY)
    await read_at_a_clinic(tidepool, clocks)
    tidepool.requests.clear()

    await restart(hass, entry)
    early = len(stretches(tidepool))
    clocks.tick((7 - days) * DAY)
    tidepool.requests.clear()
    await restart(hass, entry)

    assert early == 2 * 2
    assert asked_since(tidepool) == clocks.world() - 365 * DAY
    assert len(stretches(tidepool)) <= 2 * 14


async def test_an_upload_that_goes_on_is_waited_for(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    entry = entry_of()
    await imported(hass, entry)
    clocks.tick(8 * DAY)
    tidepool.archive.add("upload", clocks.world() - HOUR / 2)
    tidepool.requests.clear()

    await restart(hass, entry)
    during = len(stretches(tidepool))
    tidepool.requests.clear()
    await pass_time(hass, clocks, 6.2 * HOUR, step=10 * timedelta(minutes=1))

    assert during == 2 * 2
    assert len(stretches(tidepool)) == 2 * 14


async def test_a_month_that_could_not_be_read_again_changes_nothing(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    entry = entry_of()
    await imported(hass, entry)
    before = await rows_of(hass, INSULIN)
    clocks.tick(7 * DAY)
    await read_at_a_clinic(tidepool, clocks)
    tidepool.requests.clear()
    tidepool.fails_after = 9

    await restart(hass, entry)
    failed = await rows_of(hass, INSULIN)
    tidepool.fails_after = None
    tidepool.requests.clear()
    await pass_time(hass, clocks, 16 * timedelta(minutes=1))

    units = done_until(clocks.world())[0] + 87 * 5
    assert failed == before
    assert len(stretches(tidepool)) == 2 * 13
    assert await totals(hass, INSULIN) == pytest.approx((units, units))


@pytest.mark.parametrize("fails_after", [20, 40])
async def test_a_year_that_could_not_be_read_again_keeps_no_month_back(
    hass: HomeAssistant,
    tidepool: TidepoolSimulator,
    clocks: Clocks,
    fails_after: int,
) -> None:
    entry = entry_of()
    tidepool.archive.add("bolus", NOW - 100 * DAY, normal=1)
    await imported(hass, entry)
    clocks.tick(7 * DAY)
    await read_at_a_clinic(tidepool, clocks)
    tidepool.requests.clear()
    tidepool.fails_after = fails_after

    await restart(hass, entry)

    rows = await rows_of(hass, INSULIN)
    sums = [row["sum"] for row in rows]
    units = done_until(clocks.world())[0] + 1 + len(range(5, 32)) * 5
    assert rows[-1]["end"] == clocks.world().timestamp()
    assert sums == sorted(sums)
    assert sums[-1] == pytest.approx(units)
    assert sum(row["state"] for row in rows) == pytest.approx(units)


async def test_a_year_that_could_not_be_read_again_is_tried_once_a_day(
    hass: HomeAssistant,
    tidepool: TidepoolSimulator,
    clocks: Clocks,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One document can spoil a month for ever; and a restart asks no sooner."""
    entry = entry_of()
    await imported(hass, entry)
    clocks.tick(7 * DAY)
    await read_at_a_clinic(tidepool, clocks)
    tidepool.fails_after = len(tidepool.requests) + 20
    await restart(hass, entry)
    tidepool.fails_after = None

    tidepool.requests.clear()
    await pass_time(hass, clocks, HOUR, step=10 * timedelta(minutes=1))
    soon = stretches(tidepool)
    clocks.tick(22 * HOUR)
    tidepool.requests.clear()
    await restart(hass, entry)
    early = stretches(tidepool)
    clocks.tick(HOUR)
    tidepool.requests.clear()
    tidepool.fails_after = 20
    await restart(hass, entry)
    tidepool.fails_after = None
    again = asked_since(tidepool)
    clocks.tick(DAY)
    tidepool.requests.clear()
    await restart(hass, entry)

    units = done_until(clocks.world())[0] + 87 * 5
    assert (len(soon), len(early)) == (2, 2 * 2)
    assert again == clocks.world() - DAY - 365 * DAY
    assert asked_since(tidepool) == clocks.world() - 365 * DAY
    assert await totals(hass, INSULIN) == pytest.approx((units, units))
    warnings = [
        record
        for record in caplog.records
        if record.levelno == logging.WARNING and "A year of history" in record.message
    ]
    assert len(warnings) == 1


async def test_a_year_that_an_older_version_read_is_remembered(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    hass_storage["glucose_follow.alex"] = {
        "version": 1,
        "key": "glucose_follow.alex",
        "data": {
            "features": None,
            "refused": None,
            "newest_at": None,
            "newest_seen": None,
            "year_read": {"at": NOW.isoformat(), "uploaded": None},
        },
    }

    remembered = await CgmStore(hass, "alex").async_load()

    assert remembered.year_read == YearRead(at=NOW, uploaded=None)


@pytest.mark.parametrize("status", [429, 503])
async def test_history_is_not_tried_again_before_the_source_allows_it(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks, status: int
) -> None:
    tidepool.fails_after = 20
    tidepool.fails_with = (status, 3600)
    await imported(hass, entry_of())
    tidepool.fails_after = None
    tidepool.requests.clear()

    await pass_time(hass, clocks, 59 * HOUR / 60, step=HOUR / 60)
    early = stretches(tidepool)
    await pass_time(hass, clocks, 2 * HOUR / 60, step=HOUR / 60)

    assert early == []
    assert stretches(tidepool)


async def test_a_source_that_wants_to_be_left_alone_is(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    entry = entry_of()
    await imported(hass, entry)
    tidepool.fault = Fault.RATE_LIMIT
    await pass_time(hass, clocks, 11 * timedelta(minutes=1), step=HOUR / 60)
    tidepool.requests.clear()

    again = HistoryImport(hass, entry.runtime_data, entry.runtime_data.source)
    await again._run()
    again._forget()

    assert tidepool.requests == []
    assert entry.runtime_data.history.state == "failed"


async def test_an_account_without_data_has_no_rows(
    hass: HomeAssistant, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with TidepoolSimulator(clock=clocks.world) as server:
        lead_to(server, monkeypatch)
        await imported(hass, entry_of())

        for name in (GLUCOSE, INSULIN, CARBS):
            assert await rows_of(hass, name) == []


async def test_whoever_is_removed_is_forgotten(
    hass: HomeAssistant, tidepool: TidepoolSimulator
) -> None:
    entry = entry_of()
    await imported(hass, entry)
    await rows_of(hass, GLUCOSE)

    await hass.config_entries.async_remove(entry.entry_id)
    await settle(hass)

    for name in (GLUCOSE, INSULIN, CARBS):
        assert await rows_of(hass, name) == []
