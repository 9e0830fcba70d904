"""What each hour of a long time was like."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from sys import maxsize
from typing import Protocol, runtime_checkable

from .models import Reading, Treatment, TreatmentKind

HOUR = timedelta(hours=1)

_WEEK = timedelta(days=7)
"""How often a year is read again at most."""

_DAY = timedelta(days=1)
"""How long a year that could not be read is left alone: asking takes long."""

_PARTS = 100_000
"""Of a unit or a gram. Whole numbers add up to the same in any order."""


@dataclass(kw_only=True, slots=True)
class HistoryProgress:
    """How far reading it is, without saying anything about a person."""

    state: str = "waiting"
    """`waiting`, `running`, `done` or `failed`."""

    days: int = 0
    """How many there are to read."""

    days_done: int = 0
    """How many of them are read."""

    readings: int = 0
    """How many readings were in them."""

    treatments: int = 0
    """How many treatments were in them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class YearRead:
    """When a whole year was last read."""

    at: datetime
    """Aware, UTC."""

    uploaded: datetime | None
    """When the newest upload began that was complete then; aware, UTC."""

    tried: datetime | None = None
    """When reading it again failed since; aware, UTC."""

    def is_over(self, uploaded: datetime | None, now: datetime) -> bool:
        """Return whether to read it again.

        What is uploaded at a clinic every few months is new for all of them.

        Args:
            uploaded: When the newest upload began, None if none is complete.
            now: The present; aware.
        """
        if uploaded is None or now - self.at < _WEEK:
            return False
        if self.tried is not None and now - self.tried < _DAY:
            return False
        return self.uploaded is None or uploaded > self.uploaded


@dataclass(frozen=True, kw_only=True, slots=True)
class Glucose:
    """Glucose of an hour, in mg/dL."""

    mean: float
    lowest: int
    highest: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Hour:
    """An hour in figures."""

    start: datetime
    """A full hour; aware, UTC."""

    glucose: Glucose | None
    """None without a reading."""

    insulin: float
    """Units of boluses; what acts for a day is none."""

    carbs: float
    """Grams."""


class Hours:
    """Every hour of a stretch of time, summed up as things are told in any order.

    Only figures are held. Python looks through all objects that live for long
    whenever there are a quarter more of them, and everybody waits for that.
    """

    def __init__(self, start: datetime, end: datetime) -> None:
        """Begin with nothing.

        Args:
            start: A full hour; aware, UTC.
            end: A full hour, left out; aware, UTC.
        """
        self.readings = 0
        """How many there were."""
        self.treatments = 0
        """How many there were."""
        self._start = start
        self._size = round((end - start) / HOUR)
        self._counts = array("q", [0]) * self._size
        self._sums = array("q", [0]) * self._size
        self._lowest = array("q", [maxsize]) * self._size
        self._highest = array("q", [0]) * self._size
        self._insulin = array("q", [0]) * self._size
        self._carbs = array("q", [0]) * self._size

    def add_reading(self, reading: Reading) -> None:
        """Count a reading, unless it is from before or after these hours."""
        place = self._place(reading.at)
        if place is None:
            return
        self.readings += 1
        self._counts[place] += 1
        self._sums[place] += reading.mgdl
        self._lowest[place] = min(self._lowest[place], reading.mgdl)
        self._highest[place] = max(self._highest[place], reading.mgdl)

    def add_treatment(self, treatment: Treatment) -> None:
        """Count a treatment, unless it is from before or after these hours."""
        place = self._place(treatment.at)
        if place is None:
            return
        self.treatments += 1
        if treatment.kind is not TreatmentKind.LONG_ACTING:
            self._insulin[place] += round((treatment.insulin or 0) * _PARTS)
        self._carbs[place] += round((treatment.carbs or 0) * _PARTS)

    def __iter__(self) -> Iterator[Hour]:
        """Yield every hour, oldest first."""
        for place in range(self._size):
            yield Hour(
                start=self._start + place * HOUR,
                glucose=self._glucose(place),
                insulin=round(self._insulin[place] / _PARTS, 3),
                carbs=round(self._carbs[place] / _PARTS, 1),
            )

    def _place(self, at: datetime) -> int | None:
        """Return which hour a moment is in, None if in none of these."""
        place = (at - self._start) // HOUR
        return place if 0 <= place < self._size else None

    def _glucose(self, place: int) -> Glucose | None:
        """Return the figures of an hour's readings."""
        if not (count := self._counts[place]):
            return None
        return Glucose(
            mean=self._sums[place] / count,
            lowest=self._lowest[place],
            highest=self._highest[place],
        )


@runtime_checkable
class HistorySource(Protocol):
    """A source that keeps what happened for years."""

    async def history(self, start: datetime, end: datetime) -> Hours:
        """Return what a stretch of time was like; nothing of it is held.

        Args:
            start: A full hour, included; aware, UTC.
            end: A full hour, left out; aware, UTC.

        Raises:
            CgmError: As named in `errors`.
        """

    def uploaded_at(self) -> datetime | None:
        """Return when the newest upload that was seen began, None if none was."""


def full_hour(at: datetime) -> datetime:
    """Return the full hour before a moment."""
    return at.replace(minute=0, second=0, microsecond=0)
