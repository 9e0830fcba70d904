"""A year of history for Home Assistant's statistics, from sources that keep it.

States cannot be written for the past, and what is hours old has no statistics of
its own. So hours are imported as statistics beside those of sensors, a month at
a time, and read again for a month in which something may still have arrived, or
for the year after an upload.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from homeassistant.components.recorder.const import DOMAIN as RECORDER
from homeassistant.components.recorder.models import StatisticData
from homeassistant.components.recorder.statistics import (
    async_add_external_statistics,
    get_last_statistics,
    get_metadata,
    statistics_during_period,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.recorder import get_instance
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.update_coordinator import UpdateFailed

from .cgm.errors import CgmConnectionError, CgmError, CgmRateLimitError
from .cgm.hours import HistoryProgress, HistorySource, Hours, YearRead, full_hour
from .const import CONF_UNIT, DOMAIN, LOGGER
from .coordinator import CgmCoordinator
from .history_rows import AMOUNTS, GLUCOSE, Series, amount_rows, glucose_rows

_YEAR = timedelta(days=365)
_WINDOW = timedelta(days=30)
_AGAIN = timedelta(days=31)
"""Pumps are read once a month; what they bring changes hours of the past."""

_UPLOAD = timedelta(hours=1)
"""An upload is told of when it begins; so long after that it is complete."""

_EVERY = timedelta(hours=6)
_RETRY = timedelta(minutes=15)
_HOUR = timedelta(hours=1)


class HistoryImport:
    """Imports what a source keeps, in the background."""

    def __init__(
        self, hass: HomeAssistant, coordinator: CgmCoordinator, source: HistorySource
    ) -> None:
        """Import nothing before Home Assistant has started."""
        coordinator.history = HistoryProgress()
        self._hass = hass
        self._coordinator = coordinator
        self._entry = coordinator.config_entry
        self._source = source
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> None:
        """Import once Home Assistant has started, and again now and then."""
        if RECORDER not in self._hass.config.components:
            return
        self._entry.async_on_unload(async_at_started(self._hass, self._begin))
        self._entry.async_on_unload(self._forget)

    @callback
    def _begin(self, _: object = None) -> None:
        """Import in the background."""
        self._entry.async_create_background_task(
            self._hass, self._run(), f"{DOMAIN} history"
        )

    @callback
    def _forget(self) -> None:
        """Import no more."""
        if self._cancel is not None:
            self._cancel()

    async def _run(self) -> None:
        """Import, and decide when to do it again."""
        progress = self._coordinator.history = HistoryProgress(state="running")
        try:
            await self._import(progress)
        except (CgmError, UpdateFailed) as err:
            progress.state, wait = "failed", _pause(err)
            LOGGER.debug("History could not be read (%s)", type(err).__name__)
        else:
            progress.state, wait = "done", _EVERY
        self._cancel = async_call_later(self._hass, wait, self._begin)

    async def _import(self, progress: HistoryProgress) -> None:
        """Import all that may be new, a month at a time, then a year if it is due.

        Raises:
            CgmError: As documented on `HistorySource`.
            UpdateFailed: The source wants to be left alone.
        """
        now = self._coordinator.now().astimezone(UTC)
        read = YearRead(at=now, uploaded=self._uploaded(now))
        end, known = full_hour(now), await self._imported_until()
        start = end - _YEAR if known is None else min(known - _AGAIN, end)
        self._announce(end - start, progress)
        together = start if known is None else known + _HOUR
        found = await self._import_in_turn(start, together, end, progress)
        year = self._coordinator.year_read
        if known is None or year is None:
            self._remember(read)
        elif year.is_over(read.uploaded, now):
            await self._import_year(min(end - _YEAR, start), start, found, progress)
            self._remember(read)
        LOGGER.info(
            "Imported %s days of history: %s readings, %s treatments",
            *(progress.days, progress.readings, progress.treatments),
        )

    def _announce(self, span: timedelta, progress: HistoryProgress) -> None:
        """Say how much there is to read."""
        days = span // timedelta(days=1)
        progress.days += days
        LOGGER.info("Importing %s days of history", days)

    @callback
    def _remember(self, year: YearRead) -> None:
        """Write down when a year was read, or could not be."""
        self._coordinator.year_read = year
        self._coordinator.async_remember_soon()

    def _uploaded(self, now: datetime) -> datetime | None:
        """Return when the newest upload began, None if it may still go on."""
        at = self._source.uploaded_at()
        return at if at is not None and now - at >= _UPLOAD else None

    async def _import_in_turn(
        self,
        start: datetime,
        together: datetime,
        end: datetime,
        progress: HistoryProgress,
    ) -> list[Hours]:
        """Import a month after the other, hours that have rows together; return them.

        They get new sums: beside old ones, some hour would take back what another
        one was given.
        """
        totals, found = await self._totals(start), []
        while start < end:
            until = min(max(together, start + _WINDOW), end)
            hours = await self._read(start, until, progress)
            await self._write([hours], totals)
            found.append(hours)
            start = until
        return found

    async def _import_year(
        self,
        start: datetime,
        end: datetime,
        later: Sequence[Hours],
        progress: HistoryProgress,
    ) -> None:
        """Import what a year has before the hours just imported, with new sums for all.

        All is imported at once, or nothing.
        """
        self._announce(end - start, progress)
        try:
            found = await self._read_in_turn(start, end, progress)
        except CgmError, UpdateFailed:
            self._postpone_year()
            raise
        await self._write([*found, *later], await self._totals(start))

    def _postpone_year(self) -> None:
        """Remember that a year could not be read; say so the first time."""
        if (year := self._coordinator.year_read) is None:
            return
        if year.tried is None:
            LOGGER.warning(
                "A year of history could not be read again; it will be tried once a day"
            )
        tried = self._coordinator.now().astimezone(UTC)
        self._remember(replace(year, tried=tried))

    async def _read_in_turn(
        self, start: datetime, end: datetime, progress: HistoryProgress
    ) -> list[Hours]:
        """Read a month after the other."""
        found: list[Hours] = []
        while start < end:
            until = min(start + _WINDOW, end)
            found.append(await self._read(start, until, progress))
            start = until
        return found

    async def _read(
        self, start: datetime, end: datetime, progress: HistoryProgress
    ) -> Hours:
        """Return a stretch of hours."""
        self._coordinator.restraint.refuse_to_ask()
        hours = await self._source.history(start, end)
        progress.readings += hours.readings
        progress.treatments += hours.treatments
        progress.days_done += (end - start) // timedelta(days=1)
        return hours

    async def _write(self, found: Sequence[Hours], totals: dict[str, float]) -> None:
        """Import hours and add them to the totals: all sums of a series at once."""
        unit = await self._unit()
        for hours in found:
            await self._add(GLUCOSE, glucose_rows(hours, unit), unit)
        for series in AMOUNTS:
            rows: list[StatisticData] = []
            for hours in found:
                await asyncio.sleep(0)
                rows += amount_rows(series, hours, totals.get(series.key))
                if rows:
                    totals[series.key] = rows[-1]["sum"] or 0.0
            await self._add(series, rows)

    async def _add(
        self, series: Series, rows: list[StatisticData], unit: str | None = None
    ) -> None:
        """Hand rows to the recorder, and wait until its thread has written them.

        They would pile up before a recorder that is slower than the source.
        """
        if rows:
            metadata = series.metadata(self._entry, unit)
            async_add_external_statistics(self._hass, metadata, rows)
            await get_instance(self._hass).async_block_till_done()

    async def _unit(self) -> str:
        """Return the unit that glucose was imported in, or the person's own.

        Rows that are there are not converted when another unit is named.
        """
        statistic_id = GLUCOSE.statistic_id(self._entry)
        known = await self._ask(
            lambda: get_metadata(self._hass, statistic_ids={statistic_id})
        )
        unit = known[statistic_id][1]["unit_of_measurement"] if known else None
        return unit or str(self._entry.options[CONF_UNIT])

    async def _imported_until(self) -> datetime | None:
        """Return the newest hour that was imported, None if none was."""
        newest: list[datetime] = []
        for series in (GLUCOSE, *AMOUNTS):
            statistic_id = series.statistic_id(self._entry)
            ask = partial(get_last_statistics, self._hass, 1, statistic_id)
            rows = await self._ask(partial(ask, False, {"mean", "sum"}))
            newest += [
                datetime.fromtimestamp(row["start"], UTC)
                for row in rows.get(statistic_id, ())
            ]
        return max(newest, default=None)

    async def _totals(self, start: datetime) -> dict[str, float]:
        """Return the totals that the rows before a moment end with, by series."""
        names = {series.statistic_id(self._entry): series.key for series in AMOUNTS}
        rows = await self._ask(
            lambda: statistics_during_period(
                self._hass, start - _HOUR, start, set(names), "hour", None, {"sum"}
            )
        )
        return {
            names[name]: found[-1]["sum"] or 0.0
            for name, found in rows.items()
            if found
        }

    async def _ask[T](self, question: Callable[[], T]) -> T:
        """Return what the recorder's database says."""
        return await get_instance(self._hass).async_add_executor_job(question)


def _pause(err: CgmError | UpdateFailed) -> timedelta:
    """Return how long to wait after a failure, not less than the source asks for."""
    asked = None
    if isinstance(err, CgmConnectionError | CgmRateLimitError):
        asked = err.retry_after
    return max(_RETRY, timedelta(seconds=asked or 0))


@callback
def forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Remove what was imported for an entry that is removed."""
    if RECORDER in hass.config.components:
        names = [series.statistic_id(entry) for series in (GLUCOSE, *AMOUNTS)]
        get_instance(hass).async_clear_statistics(names)
