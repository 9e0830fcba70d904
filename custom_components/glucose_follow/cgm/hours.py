"""What each hour of a long time was like."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import Protocol, runtime_checkable

from .models import Reading, Treatment, TreatmentKind

HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """What a stretch of time brought."""

    readings: Sequence[Reading]
    """Oldest first."""

    treatments: Sequence[Treatment]
    """Boluses, injections and carbs, oldest first."""


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


@runtime_checkable
class HistorySource(Protocol):
    """A source that keeps what happened for years."""

    async def history(self, start: datetime, end: datetime) -> History:
        """Return what a stretch of time brought; nothing of it is held.

        Args:
            start: Aware, included.
            end: Aware, left out.

        Raises:
            CgmError: As named in `errors`.
        """


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


def full_hour(at: datetime) -> datetime:
    """Return the full hour before a moment."""
    return at.replace(minute=0, second=0, microsecond=0)


def hours(history: History, start: datetime, end: datetime) -> Iterator[Hour]:
    """Yield every hour of a stretch of time, oldest first.

    Args:
        history: What it brought.
        start: A full hour; aware, UTC.
        end: A full hour, left out; aware, UTC.
    """
    count = round((end - start) / HOUR)
    values: list[list[int]] = [[] for _ in range(count)]
    insulin, carbs = [0.0] * count, [0.0] * count
    for reading in history.readings:
        values[(reading.at - start) // HOUR].append(reading.mgdl)
    for treatment in history.treatments:
        place = (treatment.at - start) // HOUR
        if treatment.kind is not TreatmentKind.LONG_ACTING:
            insulin[place] += treatment.insulin or 0
        carbs[place] += treatment.carbs or 0
    for place in range(count):
        yield Hour(
            start=start + place * HOUR,
            glucose=_glucose(values[place]),
            insulin=round(insulin[place], 3),
            carbs=round(carbs[place], 1),
        )


def _glucose(values: list[int]) -> Glucose | None:
    """Return the figures of an hour's values."""
    if not values:
        return None
    return Glucose(mean=fmean(values), lowest=min(values), highest=max(values))
