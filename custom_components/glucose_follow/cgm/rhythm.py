"""When readings come: learned, reading by reading."""

from collections import deque
from datetime import timedelta
from statistics import median_low

_NONE = timedelta()
_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)

_COMMON_PERIODS = (timedelta(minutes=1), timedelta(minutes=5))
_SHORTEST_PERIOD, _LONGEST_PERIOD = 10 * _SECOND, 15 * _MINUTE
_SHORTEST_GAP = timedelta(seconds=8)
"""Two uploaders stamp one measurement up to 4 seconds apart."""

_FIRST_OFFSET = 10 * _SECOND
"""Nine of ten readings that a phone passes on can be had by then."""

# Chosen by simulation, on paths and seeds of their own: a higher quantile asks
# later and less often. Later than an outlier, a reading says nothing about the
# usual; earlier than the impossible, it proves the offset wrong.
_QUANTILE = 0.88
_DOWN, _UP = (1 - _QUANTILE) * _SECOND, _QUANTILE * _SECOND
TOLERANCE = 2 * _SECOND
_OUTLIER, _IMPOSSIBLE = 20 * _SECOND, 30 * _SECOND
_PATIENCE_SURE, _PATIENCE_DOUBTING = 7, 2
_PUNCTUAL_IN_A_ROW = 20
_FIRST_STRIDE, _LONGEST_STRIDE = 5 * _SECOND, _MINUTE


class Rhythm:
    """What was learned about when readings come."""

    def __init__(self) -> None:
        """Suppose a reading every five minutes and clocks that agree."""
        self.period = _COMMON_PERIODS[-1]
        self.offset = _FIRST_OFFSET
        self.gaps = deque[timedelta](maxlen=12)
        self._patience = 1
        self._stride = _FIRST_STRIDE
        self._punctual = 0
        self._outliers: list[tuple[timedelta, timedelta]] = []

    def guess(self, found: timedelta) -> None:
        """Suppose clocks that differ by whole periods, knowing one reading's age."""
        self.offset = _FIRST_OFFSET
        self.offset += (found - _FIRST_OFFSET) // self.period * self.period

    def doubt(self) -> None:
        """Let the next readings overrule what was learned."""
        self._patience = min(self._patience, _PATIENCE_DOUBTING)
        self._stride = max(self._stride, _FIRST_STRIDE)

    def learn(
        self,
        gap: timedelta,
        found: timedelta,
        lacking: timedelta,
        *,
        is_planned: bool,
    ) -> None:
        """Learn from one new reading.

        Args:
            gap: Between its stamp and that of the reading known before.
            found: Its age, by our clock, when it was found.
            lacking: Its age, by our clock, when it was last asked for in vain.
            is_planned: Whether it was asked for at about the planned moment.
        """
        if gap <= _NONE:
            self.doubt()
        is_sure = self._patience == _PATIENCE_SURE
        self._learn_period(gap)
        # What a phone kept to itself says nothing about when the next one comes.
        is_next = abs(gap - self.period) < 0.2 * self.period
        if found < self.offset - _IMPOSSIBLE and not is_sure:
            self.guess(found)
        elif found < self.offset - _IMPOSSIBLE or (
            found > self.offset + self.period and not is_planned
        ):
            self._restart(found)
        elif is_next and found <= self.offset + TOLERANCE:
            self._was_punctual()
        elif is_next and lacking >= self.offset - TOLERANCE:
            self._was_late(found, found - lacking)

    def _learn_period(self, gap: timedelta) -> None:
        """Learn the time between readings from the newest of them."""
        if gap < _SHORTEST_GAP:
            return
        self.gaps.append(gap)
        period = median_low(self.gaps)
        near = (one for one in _COMMON_PERIODS if abs(period - one) <= 0.05 * one)
        period = min(max(next(near, period), _SHORTEST_PERIOD), _LONGEST_PERIOD)
        if abs(period - self.period) > 0.2 * self.period:
            self.doubt()
        self.period = period

    def _restart(self, found: timedelta, unknown: timedelta = _NONE) -> None:
        """Begin again from a reading's age, `unknown` of which is too much."""
        self.offset = found - unknown / 2
        self._patience = _PATIENCE_DOUBTING
        self._stride = max(unknown / 4, _FIRST_STRIDE)
        self._punctual = 0
        self._outliers.clear()

    def _was_punctual(self) -> None:
        """Ask a little earlier; ever more so while nothing is ever late."""
        self._outliers.clear()
        self._punctual += 1
        self.offset -= self._stride
        if self._patience == _PATIENCE_SURE and self._punctual < _PUNCTUAL_IN_A_ROW:
            self._stride = _DOWN
        else:
            self._stride = min(2 * self._stride, _LONGEST_STRIDE)

    def _was_late(self, found: timedelta, unknown: timedelta) -> None:
        """Ask a little later, and far later only if readings insist.

        Args:
            found: The reading's age when it was found.
            unknown: How much earlier it may have been there.
        """
        is_outlier = found - self.offset > _OUTLIER
        self._punctual = 0
        if is_outlier:
            self._outliers.append((found, unknown))
            if len(self._outliers) >= self._patience:
                self._restart(*min(self._outliers))
            return
        self._outliers.clear()
        is_sure = self._patience == _PATIENCE_SURE
        self.offset = self.offset + _UP if is_sure else found
        self._patience, self._stride = _PATIENCE_SURE, _DOWN
