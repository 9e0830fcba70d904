"""Since when stamps are known that a clock which is ahead has made."""

from collections.abc import Sequence
from datetime import datetime, timedelta

_MOST = 3000


class FirstSeen:
    """Remembers when stamps of the future were seen, which will be the present.

    A reading is as old as its first sight, at least. The last one of a series has
    been measured by now, so those before it are older by what lies between them.
    """

    def __init__(self, gap: timedelta) -> None:
        """Know nothing.

        Args:
            gap: The longest pause between two readings of one series.
        """
        self._gap = gap
        self._seen: dict[datetime, datetime] = {}

    def of(self, stamp: datetime, now: datetime) -> datetime:
        """Return when a stamp was first seen: `now` if it never was ahead."""
        return self._seen.get(stamp, now)

    def note(self, stamps: Sequence[datetime], now: datetime) -> None:
        """Remember stamps, all of one batch; what is long past is forgotten.

        Args:
            stamps: The newest that is believed and those ahead of it; oldest first.
            now: The present; aware.
        """
        last = after = max(stamps, default=now)
        for stamp in reversed(stamps[-_MOST:]):
            if after - stamp > self._gap:
                last = stamp
            after = stamp
            if last > now:
                seen = min(now, stamp - (last - now))
                self._seen[stamp] = min(self._seen.get(stamp, seen), seen)
        self._forget(now)

    def _forget(self, now: datetime) -> None:
        """Forget what is a day old, and the first of what is too much."""
        kept = [stamp for stamp in self._seen if stamp > now - timedelta(days=1)]
        self._seen = {stamp: self._seen[stamp] for stamp in kept[-_MOST:]}
