"""When to ask a source next: pure, without a clock of its own.

Two things are learned from the answers: the time between readings, and the time
between a reading's stamp and the moment it can be had. The second absorbs
whatever lies between: sensor, phone, network, and the difference between the
source's clock and ours. Nothing compares a stamp with our clock in any other way.
"""

from datetime import datetime, timedelta
from random import Random

from .budget import LIMITED_FLOOR, LONGEST_SILENCE, Budget, Caps
from .rhythm import TOLERANCE, Rhythm

__all__ = ["Caps", "Schedule"]

_NONE = timedelta()
_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)

_UNPLANNED = 20 * _SECOND

_GRACE = 20 * _SECOND
"""What is pushed is there long before; later, it is asked for once."""

_RECONCILE = 14 * _MINUTE
"""A little less than the age at which what is known is doubted."""

# A source with a reading a minute shows its second one by the end of these.
_PROBES = (20 * _SECOND, 45 * _SECOND)
_LADDER = tuple(step * _SECOND for step in (4, 4, 5, 8, 15, 45, 75))
_STALE_LADDER = ((15 * _MINUTE, _MINUTE), (_HOUR, 2 * _MINUTE))
_STRETCH = 1.25

_ERROR_STEP, _ERROR_CAP = 5.0, 30.0
_SHORT_OUTAGE = 15 * _MINUTE
_LONG_OUTAGE_CAP = 240.0
"""With a request that hangs for 30 seconds still less than five minutes."""

_RATE_LIMIT_CAP = 3600.0


class Schedule:
    """Decide when to ask a source again, from what it answered so far.

    Every time is aware and in our clock, except the stamps of readings. Either
    clock may be wrong or jump; what was learned is then learned again.
    """

    def __init__(self, *, caps: Caps = Caps(), rng: Random | None = None) -> None:
        """Know nothing yet; `rng` is where the jitter of failures comes from."""
        self._rng = rng or Random()
        self._budget = Budget(caps)
        self._clock = _Clock()
        self._rhythm = Rhythm()
        self.is_pushed = False
        """Whether the source says by itself what is new, so that asking can rest."""
        self._asked: datetime | None = None
        self._newest: datetime | None = None
        self._seen: datetime | None = None
        self._empty: datetime | None = None
        self._probes = iter(_PROBES)
        self._tries = 0
        self._failures = 0
        self._failing_since: datetime | None = None

    @property
    def period(self) -> timedelta:
        """Return the learned time between two readings."""
        return self._rhythm.period

    @property
    def late_at(self) -> datetime | None:
        """Return when the next reading is late if it is pushed, None if unknown."""
        if self._newest is None:
            return None
        return self._clock.ours(self._due(self._newest) + _GRACE)

    def polled(
        self, *, asked: datetime, now: datetime, newest: datetime | None
    ) -> datetime:
        """Return when to ask next, after a request that was answered.

        Args:
            asked: When the request was sent.
            now: When it was answered.
            newest: Stamp of the newest reading known, in the source's clock;
                None if there never was one.
        """
        asked, now = self._sent(asked, now)
        self._failures, self._failing_since = 0, None
        if newest is None or newest == self._newest:
            self._found_nothing(asked)
        else:
            self._found(newest, asked, is_planned=not self._clock.is_surprised)
        return self._plan(self._when(now), asked, now)

    def heard(self, *, now: datetime, newest: datetime | None) -> None:
        """Learn from what the source said unasked.

        Args:
            now: The present.
            newest: As for `polled`.
        """
        now = self._told(now)
        if newest is not None and newest != self._newest:
            # A moment before it was not there, or it would have been said.
            self._empty = now
            self._found(newest, now, is_planned=True)

    def replanned(self, *, now: datetime) -> datetime:
        """Return when to ask next, as `is_pushed` and what was heard have it now.

        Args:
            now: The present, some time after the first request.
        """
        now = self._told(now)
        return self._plan(self._when(now), self._asked or now, now)

    def failed(
        self,
        *,
        asked: datetime,
        now: datetime,
        retry_after: float | None = None,
        is_rate_limited: bool = False,
    ) -> datetime:
        """Return when to ask next, after a request that failed.

        Args:
            asked: When the request was sent.
            now: When it failed.
            retry_after: Seconds the source wants to be left alone.
            is_rate_limited: Whether it failed for having asked too often.
        """
        asked, now = self._sent(asked, now)
        self._failing_since = self._failing_since or asked
        self._failures += 1
        if is_rate_limited:
            self._budget.limited = now
            delay = self._rate_limit_delay(retry_after)
        else:
            delay = self._error_delay(asked - self._failing_since, retry_after)
        return self._plan(now + delay * _SECOND, asked, now)

    def _sent(self, asked: datetime, now: datetime) -> tuple[datetime, datetime]:
        """Return when a request was sent and ended, in a clock that never jumps."""
        asked, now = self._clock.steady(asked, now)
        if self._clock.is_surprised:
            self._rhythm.doubt()
        self._budget.spend(asked)
        self._asked = asked
        return asked, now

    def _told(self, now: datetime) -> datetime:
        """Return when something was heard, in a clock that never jumps."""
        now = self._clock.told(now)
        if self._clock.is_surprised:
            self._rhythm.doubt()
        return now

    def _plan(self, when: datetime, asked: datetime, now: datetime) -> datetime:
        """Return the first affordable moment from `when` on, in our clock."""
        when = self._budget.first_affordable(max(when, now), asked)
        return self._clock.planned(when)

    def _found_nothing(self, asked: datetime) -> None:
        """Remember a request that brought nothing new."""
        self._empty = asked
        self._seen = self._seen or asked
        if self._clock.is_early:
            self._rhythm.doubt()
        if self._newest is not None and asked >= self._due(self._newest) - TOLERANCE:
            self._tries = min(self._tries + 1, len(_LADDER) - 1)

    def _found(self, newest: datetime, asked: datetime, *, is_planned: bool) -> None:
        """Remember a new reading, and learn from when it was found."""
        if self._newest is None:
            self._rhythm.guess(asked - newest)
        else:
            self._rhythm.learn(
                newest - self._newest,
                asked - newest,
                self._empty - newest if self._empty else timedelta.min,
                is_planned=is_planned,
            )
        self._newest, self._seen, self._tries = newest, asked, 0

    def _due(self, newest: datetime) -> datetime:
        """Return when the reading after `newest` should be there."""
        return newest + (self._rhythm.period + self._rhythm.offset)

    def _when(self, now: datetime) -> datetime:
        """Return when to ask next, be it to see that what is pushed is all."""
        if not self.is_pushed or self._asked is None or self._newest is None:
            return min(self._wanted(now), now + LONGEST_SILENCE)
        rest = self._asked + _RECONCILE
        late = self._due(self._newest) + _GRACE
        return late if self._asked < late < rest else rest

    def _wanted(self, now: datetime) -> datetime:
        """Return when to ask next if asking cost nothing."""
        age = now - (self._seen or now)
        if self._newest is None:
            return now + _stale_step(age)
        due = self._due(self._newest)
        if due > now:
            is_measured = bool(self._rhythm.gaps)
            return due if is_measured else min(due, now + next(self._probes, _HOUR))
        is_late = age < 2 * self.period
        step = _LADDER[self._tries] if is_late else _stale_step(age)
        slot = due + (now + _STRETCH * step - due) // self.period * self.period
        return slot if slot > now else now + step

    def _error_delay(self, outage: timedelta, retry_after: float | None) -> float:
        """Return seconds to wait after an ordinary failure."""
        cap = _ERROR_CAP if outage <= _SHORT_OUTAGE else _LONG_OUTAGE_CAP
        # The exponent is bounded, or an outage of days overflows a float.
        ceiling = min(cap, _ERROR_STEP * 2.0 ** min(self._failures - 1, 10))
        delay = self._rng.uniform(0.5, 1) * ceiling
        return max(delay, min(_LONG_OUTAGE_CAP, retry_after or 0.0))

    def _rate_limit_delay(self, retry_after: float | None) -> float:
        """Return seconds to wait after having asked too often."""
        doubled = LIMITED_FLOOR * 2.0 ** min(self._failures - 1, 10)
        told = min(_LONG_OUTAGE_CAP, doubled) if retry_after is None else retry_after
        return min(_RATE_LIMIT_CAP, max(LIMITED_FLOOR, told))


def _stale_step(age: timedelta) -> timedelta:
    """Return how long to wait for a source that has been silent for `age`."""
    steps = (step for limit, step in _STALE_LADDER if age < limit)
    return next(steps, LONGEST_SILENCE)


class _Clock:
    """Our clock with its jumps taken out."""

    def __init__(self) -> None:
        """Trust the clock until it is seen to jump."""
        self.is_surprised = self.is_early = False
        self._jumped = _NONE
        self._heard: datetime | None = None
        self._planned: datetime | None = None

    def steady(self, asked: datetime, now: datetime) -> tuple[datetime, datetime]:
        """Return both moments as they would be had our clock never jumped.

        A jump ahead looks like a computer that slept, so it is left in: what is
        learned next tells the two apart.
        """
        self.is_surprised = self.is_early = False
        if not _NONE <= now - asked <= _MINUTE:
            self._jumped += now - asked
            self.is_surprised, asked = True, now
        asked, now = asked - self._jumped, now - self._jumped
        if self._heard is not None and self._planned is not None:
            jump = asked - self._planned
            self.is_surprised |= jump > _UNPLANNED
            self.is_early = jump < -_UNPLANNED
            if asked < self._heard:
                self._jumped += jump
                self.is_surprised, asked, now = True, asked - jump, now - jump
        self._heard = now
        return asked, now

    def told(self, now: datetime) -> datetime:
        """Return a moment at which nothing was planned, as had our clock not jumped."""
        now -= self._jumped
        self.is_surprised = self._heard is not None and now < self._heard
        if self._heard is not None and now < self._heard:
            self._jumped += now - self._heard
            now = self._heard
        return now

    def planned(self, when: datetime) -> datetime:
        """Return `when` in our clock, and expect the next request then."""
        self._planned = when
        return self.ours(when)

    def ours(self, when: datetime) -> datetime:
        """Return `when` in our clock."""
        return when + self._jumped
