"""Simulated ways a reading takes from the sensor to where it can be asked for."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
import math
from random import Random

DAY = 86_400.0
REQUEST = 0.3
"""Seconds a request takes."""

HANG = 30.0
"""Seconds until a request without an answer is given up."""

type Lag = Callable[[Random], float]
"""Seconds between a reading's stamp and its availability."""


def phone(shift: float = 2.5, median: float = 3.7, spread: float = 0.62) -> Lag:
    """Return the lag of a sensor whose phone uploads at once.

    The default fits a published export of a Dexcom G6 with Loop: 5 % within
    3.8 s, half within 6.2 s, 95 % within 12.6 s.
    """
    return lambda rng: shift + rng.lognormvariate(math.log(median), spread)


def steady(mean: float, deviation: float) -> Lag:
    """Return the lag of a bridge that polls at a fixed distance."""
    return lambda rng: max(0.0, rng.gauss(mean, deviation))


def mobile(direct: Lag, slow: float, slowest: float) -> Lag:
    """Return the lag of a phone whose network often takes its time."""

    def lag(rng: Random) -> float:
        """Return one lag in seconds."""
        kind = rng.random()
        if kind < slowest:
            return direct(rng) + rng.uniform(60, 250)
        if kind < slowest + slow:
            return direct(rng) + rng.uniform(15, 90)
        return direct(rng)

    return lag


def uniform(least: float, most: float) -> Lag:
    """Return a lag that is anything between two bounds."""
    return lambda rng: rng.uniform(least, most)


@dataclass(frozen=True, kw_only=True)
class Path:
    """A sensor, a way to the source, and the difference between the clocks."""

    lag: Lag
    """How long a reading is on its way."""

    period: float = 300.0
    """Seconds between two readings."""

    skew: float = 0.0
    """Seconds our clock is ahead of the source's."""


TUNED_ON: dict[str, Path] = {
    "quick": Path(lag=phone(2.0, 2.6, 0.5)),
    "slow_phone": Path(lag=phone(3.0, 5.5, 0.7)),
    "slow_phone_ahead": Path(lag=phone(3.0, 5.5, 0.7), skew=97.0),
    "quick_behind": Path(lag=phone(2.0, 2.6, 0.5), skew=-41.0),
    "bridge_22": Path(lag=steady(22, 2)),
    "mobile_light": Path(lag=mobile(phone(2.0, 2.6, 0.5), 0.2, 0.04)),
    "mobile_heavy": Path(lag=mobile(phone(2.0, 2.6, 0.5), 0.4, 0.03)),
    "minute_slow": Path(lag=uniform(4, 18), period=60.0),
}
"""What constants were chosen on; nothing measured here is ever reported."""

REPORTED: dict[str, Path] = {
    "direct": Path(lag=phone()),
    "skew_ahead_13": Path(lag=phone(), skew=13.0),
    "skew_behind_13": Path(lag=phone(), skew=-13.0),
    "skew_ahead_300": Path(lag=phone(), skew=300.0),
    "skew_behind_300": Path(lag=phone(), skew=-300.0),
    "slow_35": Path(lag=steady(35, 1.2)),
    "cellular": Path(lag=mobile(phone(), 0.35, 0.02)),
    "one_minute": Path(lag=uniform(2, 12), period=60.0),
}
"""What is reported: other lag laws and other seeds than constants were chosen on."""

SHARED = frozenset({"direct", "cellular"})
"""Which of these are ways to Dexcom Share: its clock is right, its sensors are slow."""

TUNING_SEEDS = range(100)
REPORTED_SEEDS = range(1000, 1100)


@dataclass(frozen=True, kw_only=True)
class Feed:
    """What a source has when, in seconds of its own clock."""

    moments: list[float] = field(repr=False)
    """When a newer reading than all before can first be asked for, ascending."""

    stamps: list[float] = field(repr=False)
    """That reading's stamp."""

    outages: list[tuple[float, float]]
    """When no request is answered, ascending."""

    def outage(self, at: float) -> tuple[float, float] | None:
        """Return the outage at this moment, None if there is none."""
        index = bisect_right(self.outages, (at, math.inf))
        if index and at < self.outages[index - 1][1]:
            return self.outages[index - 1]
        return None


def simulate(path: Path, days: float, rng: Random) -> Feed:
    """Return what a source has, with every fault a real one shows."""
    outages = _spans(rng, days, per_day=0.1, length=lambda: rng.uniform(600, 2400))
    offline = _spans(rng, days, per_day=0.5, length=lambda: rng.expovariate(1 / 2400))
    offline += _spans(rng, days, per_day=1 / 7, length=lambda: rng.uniform(7200, 28800))
    blocked = [*sorted(offline), *outages]
    arrivals: list[tuple[float, float]] = []
    for stamp in _stamps(path.period, days, rng):
        arrival = stamp + path.lag(rng)
        if rng.random() < 0.01:
            # A packet the phone missed comes with the next one.
            arrival += path.period
        for start, end in blocked:
            if start <= arrival < end:
                arrival = end
        arrivals.append((arrival, stamp))
    return _front(arrivals, outages)


def _stamps(period: float, days: float, rng: Random) -> list[float]:
    """Return when the sensor measured, with a change of sensor every ten days."""
    stamps: list[float] = []
    at, change = rng.uniform(0, period), rng.uniform(1, 10) * DAY
    while at < days * DAY:
        stamps.append(at + rng.gauss(0, 0.45))
        at += period
        if at > change:
            at += rng.choice((1800, 7200)) + rng.uniform(0, period)
            change += 10 * DAY
    return stamps


def _spans(
    rng: Random, days: float, *, per_day: float, length: Callable[[], float]
) -> list[tuple[float, float]]:
    """Return periods that begin at random moments, ascending and apart."""
    spans: list[tuple[float, float]] = []
    at = rng.expovariate(per_day / DAY)
    while at < days * DAY:
        spans.append((at, at + length()))
        at = spans[-1][1] + rng.expovariate(per_day / DAY)
    return spans


def _front(
    arrivals: list[tuple[float, float]], outages: list[tuple[float, float]]
) -> Feed:
    """Return only the arrivals that are newer than all before them."""
    moments: list[float] = []
    stamps: list[float] = []
    for arrival, stamp in sorted(arrivals):
        if stamps and stamp <= stamps[-1]:
            continue
        if moments and arrival == moments[-1]:
            moments.pop()
            stamps.pop()
        moments.append(arrival)
        stamps.append(stamp)
    return Feed(moments=moments, stamps=stamps, outages=outages)
