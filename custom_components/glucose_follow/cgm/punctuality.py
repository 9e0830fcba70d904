"""Whether readings of a source that is not called live arrive in time after all."""

from collections import deque
from datetime import datetime, timedelta

from .data import STALE_AFTER

_SPAN = timedelta(days=1)
_LEAST = 48
"""Looks that a day needs to be one; at most half an hour apart on average."""

_MOST_LATE = 0.1
"""Share of looks that may find nothing recent: sensors are changed."""


class Punctuality:
    """What was found at each look of the last day."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._looks: deque[tuple[datetime, bool]] = deque()
        self._since: datetime | None = None

    def look(self, now: datetime, newest_at: datetime | None) -> None:
        """Take in what was found.

        The moments of looking have nothing to do with those of uploading, so a
        source that is behind for half of the time is found so half of the time.

        Args:
            now: The present; aware.
            newest_at: Stamp of the newest reading, None without one; aware.
        """
        if self._since is None or (self._looks and now < self._looks[-1][0]):
            self._looks.clear()
            self._since = now
        is_recent = newest_at is not None and now - newest_at < STALE_AFTER
        self._looks.append((now, is_recent))
        while self._looks[0][0] < now - _SPAN:
            self._looks.popleft()

    @property
    def is_punctual(self) -> bool:
        """Return whether a whole day's readings arrived in time."""
        if self._since is None or len(self._looks) < _LEAST:
            return False
        is_day = self._looks[-1][0] - self._since >= _SPAN
        late = sum(not is_recent for _, is_recent in self._looks)
        return is_day and late <= _MOST_LATE * len(self._looks)
