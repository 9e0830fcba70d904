"""A simulated person, for rehearsals, simulators, tests and benchmarks.

Every value is a closed function of seed and time, so two processes that know
the seed see the same person, and any day can be had without living through the
days before it. It is lively rather than physiological: meals raise glucose,
insulin lowers it, some boluses are wrong.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
import math
from random import Random

from .models import LOWEST_MGDL, Reading, ReadingKind, Treatment, TreatmentKind
from .trend import direction_of_rate

_SENSOR_LIMIT = 401
_MEAL_HOURS = ((7.2, 45), (12.6, 60), (18.8, 70), (15.7, 18))
_BASE_MGDL = 116.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1) // timedelta.resolution
_CARBS_PEAK = timedelta(minutes=55) // timedelta.resolution
_INSULIN_PEAK = timedelta(minutes=105) // timedelta.resolution
_REACH = timedelta(hours=12) // timedelta.resolution
"""How long something done matters, in microseconds like the others."""

_MGDL_PER_GRAM = 2.9
_MGDL_PER_UNIT = 15.0
_WAVES = ((4, 0.7), (6, 1.7), (9, 5.3), (8, 24))
"""How high in mg/dL, and how long in hours."""


class Scenario(StrEnum):
    """What the person is going through."""

    DAY = "day"
    LOW = "low"
    HIGH = "high"
    FALLING = "falling"
    RISING = "rising"
    SIGNAL_LOSS = "signal_loss"


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedPerson:
    """A person who lives the scenario from `since` on, and ordinary days before."""

    seed: int
    """Two people with the same seed live the same days."""

    scenario: Scenario = Scenario.DAY
    """What happens from `since` on."""

    since: datetime | None = None
    """When the scenario began; aware, None for `DAY`."""

    period: timedelta = timedelta(minutes=5)
    """Time between two readings."""

    def readings(self, after: datetime, until: datetime) -> list[Reading]:
        """Return the readings in (`after`, `until`], oldest first."""
        if self.scenario is Scenario.SIGNAL_LOSS and self.since is not None:
            until = min(until, self.since)
        if until <= after:
            return []
        return [
            reading
            for hour in range(_hour(after), _hour(until) + 1)
            for reading in _readings_of(self, hour)
            if after < reading.at <= until
        ]

    def in_hour(self, hour: int) -> Iterator[Reading]:
        """Yield the readings of an hour since 1970, oldest first."""
        begin = datetime.fromtimestamp(hour * 3600, UTC)
        for at in self._stamps(begin, begin + timedelta(hours=1)):
            if _hour(at) == hour:
                yield self._reading(at)

    def treatments(self, start: datetime, until: datetime) -> list[Treatment]:
        """Return what the person did in [`start`, `until`], oldest first."""
        done = (
            treatment
            for day in _days(start, until)
            for treatment in _day_of(self.seed, day)
            if start <= treatment.at <= until
        )
        return sorted(done, key=lambda treatment: treatment.at)

    def mgdl(self, at: datetime) -> float:
        """Return the true glucose at `at`, in mg/dL."""
        usual = self._usual(at)
        if self.since is None or at < self.since:
            return usual
        minutes = (at - self.since) / timedelta(minutes=1)
        target = _scripted(self.scenario, minutes, self._usual(self.since))
        if target is None:
            return usual
        is_sudden = self.scenario in {Scenario.FALLING, Scenario.RISING}
        left = 0.0 if is_sudden else math.exp(-minutes / 1.5)
        return target + (usual - target) * left

    def _reading(self, at: datetime) -> Reading:
        noise = Random(f"{self.seed}:{at.timestamp():.3f}").gauss(0, 1.5)
        mgdl = self.mgdl(at)
        value = round(mgdl + noise)
        rate = mgdl - self.mgdl(at - timedelta(minutes=1))
        direction = direction_of_rate(rate)
        if value <= LOWEST_MGDL:
            return Reading(
                at=at, mgdl=LOWEST_MGDL, direction=direction, kind=ReadingKind.LOW
            )
        if value >= _SENSOR_LIMIT:
            return Reading(
                at=at, mgdl=_SENSOR_LIMIT, direction=direction, kind=ReadingKind.HIGH
            )
        return Reading(at=at, mgdl=value, direction=direction)

    def _stamps(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Yield the moments of measurement around the span, oldest first.

        A real sensor keeps its period to about half a second.
        """
        period = self.period.total_seconds()
        phase = Random(self.seed).uniform(0, period)
        slot = math.floor((after.timestamp() - phase) / period)
        while (start := phase + slot * period) <= until.timestamp() + period:
            jitter = Random(f"{self.seed}:{slot}").gauss(0, 0.45)
            limit = period / 10
            moment = round(start + max(-limit, min(limit, jitter)), 3)
            yield datetime.fromtimestamp(moment, UTC)
            slot += 1

    def _usual(self, at: datetime) -> float:
        """Return glucose on an ordinary day: a base, a wave, meals and insulin."""
        hour = at.timestamp() / 3600
        wave = sum(
            size * math.sin(2 * math.pi * (hour / period + phase))
            for (size, period), phase in zip(_WAVES, _phases(self.seed), strict=True)
        )
        return _counterregulated(_BASE_MGDL + wave + _effects(self.seed, at))


def _hour(at: datetime) -> int:
    """Return the hour since 1970."""
    return math.floor(at.timestamp() / 3600)


@lru_cache(maxsize=128)
def _readings_of(person: SimulatedPerson, hour: int) -> tuple[Reading, ...]:
    """Return the readings of an hour, which are asked for again and again."""
    return tuple(person.in_hour(hour))


def _effects(seed: int, at: datetime) -> float:
    """Return what earlier meals and insulin add to glucose at `at`, in mg/dL."""
    now = (at - _EPOCH) // timedelta.resolution
    total = 0.0
    for day in range((now - _REACH) // _DAY, now // _DAY + 1):
        for begin, mgdl, peak in _effects_of(seed, day):
            if begin <= now:
                total += mgdl * _bump((now - begin) / peak)
    return total


@lru_cache(maxsize=4096)
def _effects_of(seed: int, day: int) -> tuple[tuple[int, float, int], ...]:
    """Return when in microseconds since 1970, how much, and how long until then."""
    return tuple(
        ((treatment.at - _EPOCH) // timedelta.resolution, mgdl, peak)
        for treatment in _day_of(seed, day)
        for mgdl, peak in (
            ((treatment.carbs or 0) * _MGDL_PER_GRAM, _CARBS_PEAK),
            ((treatment.insulin or 0) * -_MGDL_PER_UNIT, _INSULIN_PEAK),
        )
        if mgdl
    )


@lru_cache(maxsize=64)
def _phases(seed: int) -> tuple[float, ...]:
    """Return where in each of their waves the person is in 1970, as a part of it."""
    rng = Random(seed)
    return tuple(rng.random() for _ in _WAVES)


def _counterregulated(mgdl: float) -> float:
    """Return glucose after the body has resisted a fall, in mg/dL."""
    return max(30.0, mgdl if mgdl > 75 else 75 - (75 - mgdl) * 0.6)


def _bump(x: float) -> float:
    """Return a smooth rise to 1 at `x` = 1 that fades away afterwards."""
    return x * math.exp(1 - x)


def _scripted(scenario: Scenario, minutes: float, start: float) -> float | None:
    """Return where a scenario wants glucose after `minutes`, None if nowhere.

    Falling and rising begin at once, take 45 minutes, and come back.
    """
    swing = 1 - abs((minutes % 90) - 45) / 45
    match scenario:
        case Scenario.LOW:
            return 52 + 3 * math.sin(minutes / 9)
        case Scenario.HIGH:
            return 272 + 8 * math.sin(minutes / 11)
        case Scenario.FALLING:
            return max(start, 150.0) * (1 - swing) + 50 * swing
        case Scenario.RISING:
            return min(start, 140.0) * (1 - swing) + 270 * swing
    return None


def _days(start: datetime, until: datetime) -> range:
    """Return the days since 1970 that touch the span."""
    day = 86_400
    return range(int(start.timestamp() // day), int(until.timestamp() // day) + 1)


@lru_cache(maxsize=4096)
def _day_of(seed: int, day: int) -> tuple[Treatment, ...]:
    """Return all that the person does on a day, in no particular order."""
    rng = Random(f"{seed}:{day}")
    midnight = datetime.fromtimestamp(day * 86_400, UTC)
    return tuple(
        treatment
        for number, (hour, grams) in enumerate(_MEAL_HOURS)
        for treatment in _meal(
            f"{seed}-{day}-{number}",
            rng,
            midnight + timedelta(hours=rng.gauss(hour, 0.5)),
            max(8.0, rng.gauss(grams, 12)),
        )
    )


def _meal(meal_id: str, rng: Random, at: datetime, grams: float) -> Iterator[Treatment]:
    """Yield a meal, its bolus, and what a loop adds to it."""
    yield Treatment(
        at=at,
        id=f"{meal_id}-carbs",
        kind=TreatmentKind.CARBS,
        carbs=round(grams),
        entered_by="simulator",
    )
    yield Treatment(
        at=at + timedelta(minutes=rng.uniform(-10, 20)),
        id=f"{meal_id}-bolus",
        kind=TreatmentKind.BOLUS,
        insulin=round(max(0.5, grams / 10 * rng.uniform(0.55, 1.4)), 1),
        entered_by="simulator",
    )
    for number in range(rng.randint(0, 2)):
        yield Treatment(
            at=at + timedelta(minutes=40 + 25 * number),
            id=f"{meal_id}-smb-{number}",
            kind=TreatmentKind.BOLUS,
            insulin=round(rng.uniform(0.1, 0.6), 2),
            is_automatic=True,
            entered_by="simulator",
        )
