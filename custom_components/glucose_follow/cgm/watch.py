"""When to look again at what is known: a clock that ticks finds nothing to do."""

from datetime import datetime, timedelta

from .clock import Moment

_APART = timedelta(milliseconds=20)
"""Two clocks that were read one after the other are not further apart."""


class Watch:
    """Tells at each tick whether time has changed anything, and costs next to nothing.

    What somebody says is looked at when it is said; only time passes unheard.
    """

    def __init__(self) -> None:
        """Have looked at nothing yet."""
        self._looked: tuple[Moment, datetime] | None = None
        self._until: datetime | None = None

    def looked(self, moment: Moment, now: datetime, until: datetime | None) -> None:
        """Take in that somebody looked.

        Args:
            moment: When, by our clocks.
            now: The same by the clock to believe; aware.
            until: Before when time alone changes nothing; aware.
        """
        self._looked, self._until = (moment, now), until

    def is_due(self, moment: Moment, now: datetime) -> bool:
        """Return whether to look again.

        Whenever one of our clocks jumped as well: whoever waits for a moment on
        the other one has to wait anew.
        """
        if self._looked is None or self._until is None:
            return True
        before, looked = self._looked
        passed = timedelta(seconds=moment.monotonic - before.monotonic)
        is_apart = abs(moment.ours - before.ours - passed) > _APART
        return is_apart or not looked <= now < self._until
