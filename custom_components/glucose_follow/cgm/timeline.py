"""The readings of a day, whoever brought them and in whatever order."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from operator import attrgetter

from .first_seen import FirstSeen
from .models import Reading, Sample, SensorFault

SPAN = timedelta(hours=24)
"""How far back readings are kept."""

AHEAD = timedelta(minutes=10)
"""A stamp further ahead of the clock than this is nobody's present."""

_SAME_MOMENT = timedelta(seconds=3)
SAME_VALUE = timedelta(seconds=30)
"""Two uploaders stamp one reading up to four seconds apart, and never change it."""

_MOST = 3000
"""More than two one-minute sensors can send in a day."""

_GAP = timedelta(minutes=12.5)
"""A five-minute sensor that lost two readings in a row."""

_FILLING = timedelta(hours=1)
"""How long after a gap somebody may still be filling it."""

_ARRIVING = timedelta(minutes=15)
"""How long after a gap, and after the first answer, the whole day's are asked for."""

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""What is older was never measured, and nothing can be subtracted from year 1."""

_at = attrgetter("at")


class Timeline:
    """Readings and sensor faults, oldest first, without repetitions.

    The newest stamp only ever moves forward, and keeps the moment it was first
    seen: a stamp from a clock that is ahead must not make a reading look
    younger than it is.
    """

    def __init__(
        self, newest_at: datetime | None = None, newest_seen: datetime | None = None
    ) -> None:
        """Begin where an earlier timeline ended.

        Args:
            newest_at: Stamp of the newest reading known before, if any.
            newest_seen: When that reading was first seen.
        """
        self.newest_at = newest_at
        """Stamp of the newest reading ever seen; aware, UTC."""
        self.newest_seen = newest_seen
        """When that reading was first seen, by the clock given to `merge`."""
        self.ahead = 0
        """How many stamps of the last batch were too far ahead to believe."""
        self._readings: list[Reading] = []
        self._faults: list[SensorFault] = []
        self._published: tuple[Reading, ...] | None = None
        self._outage: tuple[datetime, datetime] | None = None
        self._begun: datetime | None = None
        self._first_seen = FirstSeen(_GAP)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Return the readings of the last day, oldest first."""
        if self._published is None:
            self._published = tuple(self._readings)
        return self._published

    @property
    def faults(self) -> tuple[SensorFault, ...]:
        """Return the sensor faults of the last day, oldest first."""
        return tuple(self._faults)

    @property
    def is_newest_held(self) -> bool:
        """Return whether the newest stamp ever seen still has its reading.

        It may be known from before a restart, or the source's database was
        lost; the reading before it is not the newest then. A twin from another
        uploader is the same reading.
        """
        if self.newest is None or self.newest_at is None:
            return False
        return self.newest_at - self.newest.at < SAME_VALUE

    @property
    def newest(self) -> Reading | None:
        """Return the newest reading, whatever its age."""
        return self._readings[-1] if self._readings else None

    def gap_start(self, now: datetime) -> datetime | None:
        """Return where the oldest gap that may still be filled begins.

        A phone that was offline sends its newest reading first and the missed
        ones after it, in any order: what is left of a long gap may end hours ago,
        and so may an earlier gap that it had no time to fill. All of it may be
        there with the answer that tells that the phone is back.
        """
        outage = self._outage_start(now, _ARRIVING)
        if outage is not None or self._is_new(now) or self._is_silent(now):
            gap = self._first_gap(now - SPAN)
            return min(filter(None, (outage, gap)), default=None)
        return self._first_gap(
            min(now - _FILLING, self._outage_start(now, _FILLING) or now)
        )

    def _is_new(self, now: datetime) -> bool:
        """Return whether it is not known for long what is still arriving."""
        return self._begun is not None and _is_within(_ARRIVING, self._begun, now)

    def _is_silent(self, now: datetime) -> bool:
        """Return whether readings are missing at this moment."""
        return self.newest_at is not None and now - self.newest_at > _GAP

    def _first_gap(self, since: datetime) -> datetime | None:
        """Return the last stamp before the oldest gap that ends after `since`."""
        start = bisect_left(self._readings, since, key=_at)
        for before, after in pairwise(self._readings[max(0, start - 1) :]):
            if after.at - before.at > _GAP:
                return before.at
        return None

    def merge(self, samples: Iterable[Sample], now: datetime) -> bool:
        """Take in a batch, in any order, and drop what is older than a day.

        Args:
            samples: What a source answered; repetitions are welcome.
            now: The present; aware.

        Returns:
            Whether there is a newer reading than any seen before.
        """
        known = self.newest_at
        batch = sorted(samples, key=_at)
        end = bisect_right(batch, now + AHEAD, key=_at)
        self.ahead = len(batch) - end
        believed = batch[bisect_right(batch, _EARLIEST, key=_at) : end]
        silent_since = self._silent_since(believed, now)
        # More would be dropped again, and holds everybody up meanwhile.
        for sample in believed[-_MOST:]:
            if isinstance(sample, Reading):
                _add(self._readings, sample)
            else:
                self._add_fault(sample)
        self._trim(now)
        self._published = None
        newest = self.newest
        self._note_ahead(batch[end:], now)
        if self._begun is None and newest is not None:
            self._begun = now
        if newest is None or (known is not None and newest.at <= known):
            return False
        if silent_since is not None:
            self._outage = silent_since, now
        self.newest_at = newest.at
        self.newest_seen = self._first_seen.of(newest.at, now)
        return True

    def _note_ahead(self, ahead: Sequence[Sample], now: datetime) -> None:
        """Remember what is too far ahead, and what it follows: it is not new later."""
        stamps = [sample.at for sample in ahead if isinstance(sample, Reading)]
        before = [self.newest.at] if stamps and self.newest else []
        self._first_seen.note([*before, *stamps], now)

    def _silent_since(self, batch: Sequence[Sample], now: datetime) -> datetime | None:
        """Return what a phone that is back may be filling from, None if it was there.

        That may be an earlier silence, too: of a long one, single readings may be
        missing when the newest one is there.
        """
        known = self.newest_at
        if known is None or not batch or batch[-1].at - known <= _GAP:
            return None
        earlier = self._unfilled_start(), self._first_gap(now - SPAN)
        return min(filter(None, (known, *earlier)))

    def _unfilled_start(self) -> datetime | None:
        """Return the last stamp before a silence that nobody had an hour to fill.

        The phone may have fallen silent again at once, whenever that ended.
        """
        if self._outage is None or self.newest_seen is None:
            return None
        since, ended = self._outage
        return since if self.newest_seen - ended < _FILLING else None

    def _outage_start(self, now: datetime, lately: timedelta) -> datetime | None:
        """Return the last stamp before a silence that ended lately, None if none."""
        if self._outage is None or not _is_within(lately, self._outage[1], now):
            return None
        return self._outage[0]

    def _add_fault(self, fault: SensorFault) -> None:
        """Put a fault in its place, unless one is there."""
        place = bisect_left(self._faults, fault.at, key=_at)
        if place == len(self._faults) or self._faults[place].at != fault.at:
            self._faults.insert(place, fault)

    def _trim(self, now: datetime) -> None:
        """Drop what is older than a day, but never the newest reading."""
        old = bisect_left(self._readings, now - SPAN, key=_at)
        surplus = len(self._readings) - _MOST
        del self._readings[: max(0, surplus, min(old, len(self._readings) - 1))]
        old_faults = bisect_left(self._faults, now - SPAN, key=_at)
        del self._faults[: max(old_faults, len(self._faults) - _MOST)]


def once_each(readings: Iterable[Reading]) -> list[Reading]:
    """Return readings oldest first and without repetitions, as a timeline has them."""
    found: list[Reading] = []
    for reading in sorted(readings, key=_at):
        _add(found, reading)
    return found


def _add(readings: list[Reading], reading: Reading) -> None:
    """Put a reading in its place, unless it is one that is there."""
    if (twin := _twin(readings, reading)) is None:
        insort(readings, reading, key=_at)
        return
    known = readings[twin]
    if known.mgdl == reading.mgdl:
        direction = known.direction or reading.direction
        readings[twin] = replace(known, direction=direction)
    elif known.at == reading.at:
        # The same document again, corrected.
        readings[twin] = reading


def _twin(readings: Sequence[Reading], reading: Reading) -> int | None:
    """Return the place of the reading that is the same one, None if new."""
    exact = bisect_left(readings, reading.at, key=_at)
    if exact < len(readings) and readings[exact].at == reading.at:
        return exact
    start = bisect_left(readings, reading.at - SAME_VALUE, key=_at)
    end = bisect_right(readings, reading.at + SAME_VALUE, key=_at)
    for place in range(start, end):
        apart = abs(readings[place].at - reading.at)
        is_same_value = readings[place].mgdl == reading.mgdl
        if apart < _SAME_MOMENT or (is_same_value and apart < SAME_VALUE):
            return place
    return None


def _is_within(span: timedelta, begin: datetime, now: datetime) -> bool:
    """Return whether something began less than `span` ago, and has begun.

    What a clock that was ahead saw begin has not, once the clock is right.
    """
    return timedelta() <= now - begin < span
