"""How long a source that came back goes unnoticed."""

from collections.abc import Callable
from random import Random

from .follow import Follower
from .policies import Policy
from .sources import HANG, REQUEST

OUTAGES = (2, 5, 10, 15, 30, 60, 180)
"""Minutes."""

_LAG = 8.0
_PERIOD = 300.0


def longest_recovery(
    policy: Callable[[Random], Policy],
    *,
    minutes: float,
    is_hanging: bool,
    seeds: range,
) -> float:
    """Return the most seconds from back to known to be back.

    Outages begin at any moment of an hour of health. One that ended before a
    request met it was never noticed, and does not count.
    """
    return max(
        _recovery(policy(Random(seed)), minutes * 60, is_hanging, Random(seed))
        for seed in seeds
    )


def _recovery(policy: Policy, outage: float, is_hanging: bool, rng: Random) -> float:
    """Return seconds from back to known to be back in one run."""
    follower = Follower(policy, 0.0)
    start = 3600 + rng.uniform(0, _PERIOD)
    end = start + outage
    at, is_noticed = rng.uniform(0, _PERIOD), False
    while True:
        if start <= at < end:
            is_noticed = True
            at = follower.failed(at, at + (HANG if is_hanging else REQUEST))
            continue
        ended = at + REQUEST
        if at >= end:
            return ended - end if is_noticed else 0.0
        newest = (ended - _LAG) // _PERIOD * _PERIOD
        at = follower.answered(at, ended, newest)
