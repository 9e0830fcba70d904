"""What pumps, loops and phones said, put together from all their documents."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from ...models import DeviceStatus, LoopState, Reported
from ...timeline import AHEAD
from .fields import Document, moment
from .loops import LoopReport, reports
from .pumps import PumpReport, UploaderReport, pump, uploader

_LOOP_COUNTS = timedelta(minutes=30)
"""How much older a loop's insulin on board may be and still beat the pump's.

Source: cgm-remote-monitor, lib/plugins/iob.js.
"""

_BESIDE = timedelta(minutes=60)
"""Uploaders heard within this of each other are all in use."""


class DeviceLog:
    """Takes documents from wherever they come, and knows what is newest in them.

    Documents may come again, late and in any order: each value goes by its own
    time. How old a value may be is for others to judge.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Know nothing yet.

        Args:
            clock: Returns the present; aware. What claims to be from after it
                would hide everything that is true until then, and is skipped.
        """
        self._clock = clock
        self._status = DeviceStatus()
        self._loop_insulin: Reported[float] | None = None
        self._pump_insulin: Reported[float] | None = None
        self._reservoir: Reported[float | None] | None = None
        self._battery: Reported[float | None] | None = None
        self._voltage: Reported[float | None] | None = None
        self._uploaders: dict[str, Reported[float]] = {}
        self.newest_at: datetime | None = None
        """When the newest document was written; aware, UTC."""

    def take(self, documents: Iterable[Document]) -> int:
        """Take documents in, and return how many were unusable."""
        limit, unusable = self._clock() + AHEAD, 0
        for document in documents:
            at = moment(document, "created_at", "mills", "date")
            if at is None or at > limit:
                unusable += 1
                continue
            self.newest_at = max(self.newest_at or at, at)
            self._take(document, at)
        return unusable

    def status(self) -> DeviceStatus:
        """Return what is newest of everything, however old it is."""
        return replace(
            self._status,
            insulin_on_board=self._insulin_on_board(),
            reservoir=_known(self._reservoir),
            pump_battery=_known(self._battery),
            pump_voltage=_known(self._voltage),
            uploader_battery=self._uploader_battery(),
        )

    def _take(self, document: Document, at: datetime) -> None:
        """Take in what a document says."""
        for report in reports(document, at):
            self._take_loop(report)
        if told := pump(document, at):
            self._take_pump(told)
        if wrote := uploader(document, at):
            self._take_uploader(wrote, is_newest=at == self.newest_at)

    def _take_loop(self, report: LoopReport) -> None:
        """Take in what a loop says."""
        known = self._status
        self._loop_insulin = _newer(self._loop_insulin, report.insulin_on_board)
        override = _newer(known.override, report.override)
        is_other = override is not known.override
        self._status = replace(
            known,
            carbs_on_board=_newer(known.carbs_on_board, report.carbs_on_board),
            loop=_newer(known.loop, report.state),
            looped_at=_looped_at(known.looped_at, report.state),
            forecast=_newer(known.forecast, report.forecast),
            enacted=max(
                filter(None, (known.enacted, report.enacted)),
                key=lambda treatment: treatment.at,
                default=None,
            ),
            override=override,
            override_until=report.override_until if is_other else known.override_until,
        )

    def _take_pump(self, report: PumpReport) -> None:
        """Take in what a pump says."""
        known = self._status
        self._pump_insulin = _newer(self._pump_insulin, report.insulin_on_board)
        self._reservoir = _newer(self._reservoir, report.reservoir)
        self._battery = _newer(self._battery, report.battery)
        self._voltage = _newer(self._voltage, report.voltage)
        self._status = replace(
            known,
            is_suspended=_newer(known.is_suspended, report.is_suspended),
            active_profile=_newer(known.active_profile, report.profile),
            pump_model=report.model or known.pump_model,
        )

    def _take_uploader(self, report: UploaderReport, *, is_newest: bool) -> None:
        """Take in what an uploader says."""
        if is_newest and report.model is not None:
            self._status = replace(self._status, uploader_model=report.model)
        battery = _newer(self._uploaders.get(report.device), _known(report.battery))
        if battery is None:
            return
        told = {**self._uploaders, report.device: battery}
        newest = max(each.at for each in told.values())
        self._uploaders = {
            device: each for device, each in told.items() if newest - each.at <= _BESIDE
        }

    def _insulin_on_board(self) -> Reported[float] | None:
        """Return insulin on board: the loop's, which counts basal insulin too."""
        loop, pump_s = self._loop_insulin, self._pump_insulin
        if loop is None or pump_s is None:
            return loop or pump_s
        return loop if pump_s.at - loop.at < _LOOP_COUNTS else pump_s

    def _uploader_battery(self) -> Reported[float] | None:
        """Return the battery that ends first: glucose ends with it."""
        told = self._uploaders.values()
        return min(told, key=lambda battery: battery.value, default=None)


def _newer[T](
    known: Reported[T] | None, told: Reported[T] | None
) -> Reported[T] | None:
    """Return the newer of two reports; of equally old ones the later told."""
    if known is None or told is None:
        return known or told
    return told if told.at >= known.at else known


def _known(told: Reported[float | None] | None) -> Reported[float] | None:
    """Return a report that knows its value, None for any other."""
    if told is None or told.value is None:
        return None
    return Reported(told.value, told.at)


def _looped_at(
    known: datetime | None, state: Reported[LoopState] | None
) -> datetime | None:
    """Return when the loop last ran without a fault."""
    if state is None or state.value is LoopState.ERROR:
        return known
    return max(known or state.at, state.at)
