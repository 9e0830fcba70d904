"""One run of a policy against a simulated source."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from .policies import Policy
from .sources import DAY, REQUEST, Feed, Path

_EPOCH = datetime(2026, 3, 1, tzinfo=UTC)
_ERROR_RATE = 0.005


@dataclass(kw_only=True)
class Outcome:
    """What one run, or several of them, came to."""

    waits: list[float] = field(default_factory=list)
    """Seconds from available to known, of every newest reading."""

    sent: list[float] = field(default_factory=list)
    """When requests were sent, in seconds."""

    wasted: int = 0
    """How many of them brought nothing new."""

    hours: float = 0.0
    """How long that took."""

    def add(self, other: Outcome) -> None:
        """Take in another run."""
        self.waits += other.waits
        self.sent += other.sent
        self.wasted += other.wasted
        self.hours += other.hours


class Follower:
    """A policy with a clock of its own, asking a source."""

    def __init__(self, policy: Policy, skew: float) -> None:
        """Take seconds our clock is ahead of the source's."""
        self.skew = skew
        self._policy = policy

    def answered(self, asked: float, ended: float, newest: float | None) -> float:
        """Return when to ask next, after an answer."""
        when = self._policy.polled(
            asked=self._ours(asked),
            now=self._ours(ended),
            newest=None if newest is None else _EPOCH + timedelta(seconds=newest),
        )
        return self._true(when)

    def failed(self, asked: float, ended: float) -> float:
        """Return when to ask next, after a failure."""
        when = self._policy.failed(asked=self._ours(asked), now=self._ours(ended))
        return self._true(when)

    def _ours(self, seconds: float) -> datetime:
        """Return what our clock shows."""
        return _EPOCH + timedelta(seconds=seconds + self.skew)

    def _true(self, when: datetime) -> float:
        """Return when it really is what our clock will show then."""
        return (when - _EPOCH).total_seconds() - self.skew


def follow(
    feed: Feed, policy: Policy, *, path: Path, days: float, rng: Random
) -> Outcome:
    """Return how a policy fares, from its very first request on."""
    follower = Follower(policy, path.skew)
    at = start = rng.uniform(2, 3) * path.period
    outcome = Outcome(hours=(days * DAY - start) / 3600)
    known = bisect_right(feed.moments, start)
    while at < days * DAY:
        outcome.sent.append(at)
        ended = at + REQUEST
        if feed.outage(at) or rng.random() < _ERROR_RATE:
            outcome.wasted += 1
            at = follower.failed(at, ended)
            continue
        had = bisect_right(feed.moments, at + REQUEST / 2)
        outcome.wasted += had <= known
        outcome.waits += [ended - moment for moment in feed.moments[known:had]]
        known = max(known, had)
        at = follower.answered(at, ended, feed.stamps[known - 1] if known else None)
    return outcome


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that this share of all does not exceed."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
