"""How far a connection is trusted over which a source says what is new: pure."""

from datetime import datetime, timedelta
from random import Random

_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)

_LADDER = (2 * _SECOND, 15 * _SECOND, _MINUTE, 4 * _MINUTE, 15 * _MINUTE)
_REFUSED_LADDER = (5 * _MINUTE, 30 * _MINUTE)
_LASTING = 15 * _MINUTE
"""A connection that held for so long was none of a row that keeps failing."""

_MOST_MISSED = 3
"""Readings that had to be asked for, until another connection is worth a try."""


class Connection:
    """What is known of a connection, of this one and of those before it.

    It is trusted once it has brought a reading, beyond what it says when it
    comes up: some are accepted and stay silent for ever. What it fails to bring
    ends the trust, and until then nobody asks the source as often as otherwise.
    """

    def __init__(self, rng: Random | None = None) -> None:
        """Know of no connection; `rng` is where the jitter comes from."""
        self._rng = rng or Random()
        self._since: datetime | None = None
        self._failures = 0
        self._refusals = 0
        self._missed = 0
        self.is_trusted = False
        """Whether what is new will be said without being asked for."""
        self.count = 0
        """How many connections there were, this one included."""

    @property
    def is_up(self) -> bool:
        """Return whether there is a connection."""
        return self._since is not None

    @property
    def is_useless(self) -> bool:
        """Return whether another connection might bring what this one does not."""
        return self._missed >= _MOST_MISSED

    def heard(self, now: datetime, *, has_newest: bool) -> None:
        """Take in that the source said something.

        Args:
            now: The present; aware.
            has_newest: Whether it said the newest reading, known already or not:
                some are a few seconds late.
        """
        self._refusals = 0
        if self._since is None:
            self._since, self._missed = now, 0
            self.count += 1
        elif has_newest:
            self.is_trusted, self._missed = True, 0

    def missed(self) -> None:
        """Take in that a reading had to be asked for."""
        if self.is_up:
            self.is_trusted = False
            self._missed += 1

    def ended(self, now: datetime, *, is_refused: bool = False) -> timedelta:
        """Return how long to wait for the next attempt.

        Args:
            now: The present; aware.
            is_refused: Whether the source does not want to talk to us.
        """
        if self._since is not None and now - self._since >= _LASTING:
            self._failures = 0
        self._since, self.is_trusted, self._missed = None, False, 0
        if is_refused:
            self._refusals += 1
            return _step(_REFUSED_LADDER, self._refusals)
        self._failures += 1
        return self._rng.uniform(0.5, 1) * _step(_LADDER, self._failures)


def _step(ladder: tuple[timedelta, ...], count: int) -> timedelta:
    """Return the step for the first, second... of a row."""
    return ladder[min(count, len(ladder)) - 1]
