"""What time it is where readings are stamped.

Our clock may be wrong, may jump, and may have slept with the machine. Showing
an old value as current is the one mistake that must not come of it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

SKEW = timedelta(minutes=2)
"""A difference that makes ages wrong enough to use the source's clock."""

_SKEW_ENDS = timedelta(seconds=90)
"""Close enough to use our own again; less than `SKEW`, so that it does not flap."""


_JUMP = timedelta(seconds=5)
"""More than scheduling and a slow network explain."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """A moment by two clocks."""

    ours: datetime
    """What our clock says; aware, UTC."""

    monotonic: float
    """Seconds of the clock that never jumps."""


class Clock:
    """Tells the present by three clocks: ours, the source's, and a monotonic one.

    Time never passes slower than the monotonic clock says, so setting our clock
    back makes nothing younger; and a jump forward, which looks the same as a
    machine that slept, is believed until the source says otherwise. Neither takes
    back what the other did: a machine may sleep after its clock was set back.
    """

    def __init__(self, moment: Moment) -> None:
        """Begin with our clock, which is all there is to believe."""
        self.skew = timedelta()
        """What is added to our clock; zero unless it is wrong."""
        self._set_back = timedelta()
        """By how much our clock was set back since the source said the time."""
        self._anchor = moment.ours
        self._anchored = moment.monotonic

    def now(self, moment: Moment) -> datetime:
        """Return what `moment`, which is the present, is by the clock to believe.

        Whoever asks often makes it exact: of two jumps in between, only the sum
        is seen.

        Returns:
            Aware, UTC.
        """
        ours = moment.ours + self.skew + self._set_back
        passed = timedelta(seconds=moment.monotonic - self._anchored)
        least = self._anchor + passed
        if ours > least + _JUMP:
            self._anchor, self._anchored = ours, moment.monotonic
        elif ours < least - _JUMP:
            self._set_back += least - ours
        return max(ours, least)

    def compare(self, asked: Moment, answered: Moment, theirs: datetime | None) -> bool:
        """Take in what the source's clock said, between asking and the answer.

        An answer that tells no time proves nothing about ours, and neither does
        one during which our clock jumped or the machine slept.

        Args:
            asked: When the request left.
            answered: When the answer was there.
            theirs: The source's clock, None if it did not say.

        Returns:
            Whether the clocks could be compared, or there was nothing to compare.
        """
        if theirs is None:
            return True
        took = answered.ours - asked.ours
        passed = timedelta(seconds=answered.monotonic - asked.monotonic)
        if abs(took - passed) > _JUMP:
            return False
        skew = theirs - (asked.ours + took / 2)
        limit = _SKEW_ENDS if self.skew else SKEW
        self.skew = skew if abs(skew) > limit else timedelta()
        self._set_back = timedelta()
        self._anchor = answered.ours + self.skew
        self._anchored = answered.monotonic
        return True
