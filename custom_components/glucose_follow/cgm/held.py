"""Which part of the last day is held, and what to ask a source for."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from .clock import SKEW
from .models import Sample
from .timeline import SPAN, Timeline

_OVERLAP = timedelta(minutes=15)
"""Asked for again each time: readings arrive late and in any order."""


class Held:
    """Remembers since when a timeline has everything that the source had."""

    def __init__(self, timeline: Timeline) -> None:
        """Hold nothing yet."""
        self._timeline = timeline
        self._from = datetime.max.replace(tzinfo=UTC)

    def reaches(self, start: datetime, now: datetime) -> bool:
        """Return whether every reading after `start` is held that the source had."""
        return start >= max(self._from, now - SPAN)

    def since(self, now: datetime) -> datetime:
        """Return what to ask a source from: what is missing, and a little more."""
        day, timeline = now - SPAN, self._timeline
        if not timeline.readings or timeline.newest_at is None:
            return day
        if not self.reaches(day + SKEW, now):
            # Our clock was ahead when the day was asked for, and is no more.
            return day
        start = timeline.newest_at - _OVERLAP
        return max(day, min(start, timeline.gap_start(now) or start))

    def merge(
        self, samples: Iterable[Sample], now: datetime, since: datetime | None = None
    ) -> bool:
        """Take in a batch, and drop what is more than a day old.

        Args:
            samples: What a source said, in any order.
            now: The present; aware. What a clock that is ahead drops is missing.
            since: From when on the batch is complete, None if nobody says so; aware.

        Returns:
            Whether there is a newer reading than any seen before.
        """
        start = self._from if since is None else min(self._from, since)
        self._from = max(start, now - SPAN)
        return self._timeline.merge(samples, now)
