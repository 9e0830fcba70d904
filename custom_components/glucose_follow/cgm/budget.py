"""What a source can bear, and what it has borne in the last hour."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST_SILENCE = timedelta(minutes=5)
"""A source that can bear it is asked at least so often."""

LIMITED_FLOOR = 60.0
"""Least seconds between two requests to a source that complained."""

_SECOND = timedelta(seconds=1)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Caps:
    """What a source can bear, and how much it has."""

    floor: float = 3.0
    """Least seconds between two requests."""

    per_hour: int | None = None
    """Most requests in any hour, None if unlimited."""

    retries_refused: bool = True
    """Whether a refused credential may be tried again before somebody acts.

    Where repeated logins lock an account, it may not.
    """

    reach: timedelta | None = None
    """How far back its readings go, None if nobody knows an end."""


class Budget:
    """The requests of the last hour against what the source can bear."""

    def __init__(self, caps: Caps) -> None:
        """Start with nothing spent."""
        self._caps = caps
        self._sent = deque[datetime]()
        self.limited: datetime | None = None

    def spend(self, asked: datetime) -> None:
        """Count a request."""
        self._sent.append(asked)
        while self._sent[0] <= asked - _HOUR:
            self._sent.popleft()

    def first_affordable(self, when: datetime, asked: datetime) -> datetime:
        """Return the first moment from `when` on at which a request fits."""
        floor = self._caps.floor
        # A source that complained is left alone more, for an hour.
        if self.limited is not None and asked - self.limited < _HOUR:
            floor = max(floor, LIMITED_FLOOR)
        when = max(when, asked + floor * _SECOND)
        per_hour = self._caps.per_hour
        if per_hour is None:
            return when
        even = _HOUR / per_hour
        latest = self._sent[-1] + max(even, min(1.5 * even, LONGEST_SILENCE))
        while not self._is_affordable(when, latest, per_hour):
            later = when + 5 * _SECOND
            when = min(later, latest) if when < latest else later
        return when

    def _is_affordable(self, when: datetime, latest: datetime, per_hour: int) -> bool:
        """Return whether the hour allows a request then, and rests after it.

        Spending an hour's requests at once would leave nothing to ask with, so
        as many as it takes never to be silent for long are kept back.
        """
        rest = latest - self._sent[-1]
        kept = -(-_HOUR // rest) if when < latest else 1
        return all(
            sum(at > when + index * rest - _HOUR for at in self._sent) + index
            < per_hour
            for index in range(kept)
        )
