"""A simulated person's uploads, made when somebody asks for them."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
import math

from custom_components.glucose_follow.cgm.person import SimulatedPerson

from .documents import Document, from_ms, moment_ms, to_ms
from .styles import Style, entry_of, treatment_of

_HOUR_MS = 3_600_000


type Upload = tuple[datetime, Document]
"""When a document arrived, and the document, whose own time may be rounded."""


class Feed:
    """What a person's apps have uploaded until now.

    Documents are made hour by hour and kept. The person is a function of time,
    so a clock may jump in both directions and every hour stays the same.
    """

    def __init__(
        self,
        person: SimulatedPerson,
        style: Style,
        start: datetime,
        history: timedelta,
        lag: timedelta,
    ) -> None:
        """Begin `history` before `start`, or before any earlier moment asked for."""
        self._person = person
        self._style = style
        self._start = start
        self._history = history
        self._lag = lag
        self._entries: dict[int, tuple[Upload, ...]] = {}
        self._treatments: dict[int, tuple[Upload, ...]] = {}

    def entries(self, now: datetime, after_ms: float) -> Iterator[Document]:
        """Yield entries dated after `after_ms` that are there, newest first."""
        return self._span(self._entries, self._make_entries, now, after_ms)

    def treatments(self, now: datetime, after_ms: float) -> Iterator[Document]:
        """Yield treatments dated after `after_ms` that are there, newest first."""
        return self._span(self._treatments, self._make_treatments, now, after_ms)

    def _span(
        self,
        kept: dict[int, tuple[Upload, ...]],
        make: Callable[[datetime, datetime], tuple[Upload, ...]],
        now: datetime,
        after_ms: float,
    ) -> Iterator[Document]:
        """Yield what has arrived until now, newest first, an hour at a time."""
        oldest = to_ms(min(self._start, now) - self._history)
        bottom = max(after_ms, oldest)
        newest_hour = math.floor(to_ms(now) / _HOUR_MS)
        for hour in range(newest_hour, math.floor(bottom / _HOUR_MS) - 1, -1):
            if hour not in kept:
                begin = from_ms(hour * _HOUR_MS)
                kept[hour] = make(begin, begin + timedelta(hours=1))
            yield from (
                document
                for arrived, document in kept[hour]
                if arrived <= now and bottom < moment_ms(document)
            )

    def _make_entries(self, begin: datetime, end: datetime) -> tuple[Upload, ...]:
        """Return an hour of entries, newest first."""
        return tuple(
            (reading.at + self._lag, entry_of(self._style, reading))
            for reading in reversed(self._person.readings(begin, end))
        )

    def _make_treatments(self, begin: datetime, end: datetime) -> tuple[Upload, ...]:
        """Return an hour of treatments, newest first."""
        done = self._person.treatments(begin, end - timedelta.resolution)
        return tuple(
            (treatment.at + self._lag, treatment_of(self._style, treatment))
            for treatment in reversed(done)
        )
