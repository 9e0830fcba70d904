"""Ways to decide when to ask next: ours, and what others do."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Protocol, override

from custom_components.glucose_follow.cgm.schedule import Schedule
from custom_components.glucose_follow.cgm.sources.dexcom_share import DexcomShareSource


class Policy(Protocol):
    """What decides when to ask next; `Schedule` is one."""

    def polled(
        self, *, asked: datetime, now: datetime, newest: datetime | None
    ) -> datetime:
        """Return when to ask next, after a request that was answered."""

    def failed(self, *, asked: datetime, now: datetime) -> datetime:
        """Return when to ask next, after a request that failed."""


class Fixed(Policy):
    """Ask at a fixed distance, whatever happens."""

    def __init__(self, seconds: float) -> None:
        """Take the distance in seconds."""
        self._distance = timedelta(seconds=seconds)

    @override
    def polled(
        self, *, asked: datetime, now: datetime, newest: datetime | None
    ) -> datetime:
        """Return when to ask next, after a request that was answered."""
        return now + self._distance

    @override
    def failed(self, *, asked: datetime, now: datetime) -> datetime:
        """Return when to ask next, after a request that failed."""
        return now + self._distance


class LoopFollow(Policy):
    """Ask ten seconds after a reading is due by our clock, then ever less often.

    Written from the published behaviour of its default settings: a distance by
    the age of the newest reading, with nothing learned.
    """

    @override
    def polled(
        self, *, asked: datetime, now: datetime, newest: datetime | None
    ) -> datetime:
        """Return when to ask next, after a request that was answered."""
        age = (now - newest).total_seconds() if newest else 1200.0
        if age < 300:
            return now + timedelta(seconds=310 - age)
        steps = ((420, 5), (600, 30), (1200, 60))
        step = next((step for limit, step in steps if age < limit), 300)
        return now + timedelta(seconds=step)

    @override
    def failed(self, *, asked: datetime, now: datetime) -> datetime:
        """Return when to ask next, after a request that failed."""
        return now + timedelta(seconds=10)


POLICIES: Mapping[str, Callable[[Random], Policy]] = {
    "adaptive": lambda rng: Schedule(rng=rng),
    "fixed_60": lambda _: Fixed(60),
    "fixed_180": lambda _: Fixed(180),
    "loopfollow": lambda _: LoopFollow(),
}
"""Makers of policies; ours is the class that runs in Home Assistant."""

SHARE: Mapping[str, Callable[[Random], Policy]] = {
    "share": lambda rng: Schedule(caps=DexcomShareSource.caps, rng=rng),
}
"""Ours with what Dexcom Share can bear; compared only where its readings go."""
