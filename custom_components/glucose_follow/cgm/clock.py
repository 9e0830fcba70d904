"""What time it is where readings are stamped.

Our clock may be wrong, may jump, and may have slept with the machine. Showing
an old value as current is the one mistake that must not come of it.
"""

from datetime import datetime, timedelta

SKEW = timedelta(minutes=2)
"""A difference that makes ages wrong enough to use the source's clock."""

_SKEW_ENDS = timedelta(seconds=90)
"""Close enough to use our own again; less than `SKEW`, so that it does not flap."""


class Clock:
    """Tells the present by three clocks: ours, the source's, and a monotonic one.

    Time never passes slower than the monotonic clock says, so setting our clock
    back makes nothing younger; and a jump forward, which looks the same as a
    machine that slept, is believed until the source says otherwise.
    """

    def __init__(self, ours: datetime, monotonic: float) -> None:
        """Begin with our clock, which is all there is to believe."""
        self.skew = timedelta()
        """What is added to our clock; zero unless it is wrong."""
        self._anchor = ours
        self._anchored = monotonic

    def now(self, ours: datetime, monotonic: float) -> datetime:
        """Return the present; aware, UTC.

        Args:
            ours: What our clock says; aware, UTC.
            monotonic: Seconds of the clock that never jumps.
        """
        passed = timedelta(seconds=monotonic - self._anchored)
        return max(ours + self.skew, self._anchor + passed)

    def compare(
        self, asked: datetime, ours: datetime, monotonic: float, theirs: datetime | None
    ) -> None:
        """Take in what the source's clock said between `asked` and `ours`.

        Args:
            asked: Our clock when the request left; aware, UTC.
            ours: Our clock when the answer was there.
            monotonic: The clock that never jumps, then.
            theirs: The source's clock, None if it did not say.
        """
        if theirs is not None:
            skew = theirs - (asked + (ours - asked) / 2)
            limit = _SKEW_ENDS if self.skew else SKEW
            self.skew = skew if abs(skew) > limit else timedelta()
        self._anchor, self._anchored = ours + self.skew, monotonic
