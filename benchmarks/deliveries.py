"""What arrives of a person's readings, and when: phones, sensors and homes fail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from custom_components.glucose_follow.cgm.models import (
    Reading,
    Sample,
    SensorFault,
    SensorStatus,
    Treatment,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.person import SimulatedPerson

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
WARMUP = 2 * timedelta(hours=1)
SENSOR_LASTS = 10 * DAY

type Span = tuple[datetime, datetime]


@dataclass(frozen=True, kw_only=True)
class Story:
    """All that happens to a person, a sensor, a phone and a home."""

    readings: list[Reading]
    """What the sensor measured, oldest first, delivered or not."""

    deliveries: list[tuple[datetime, list[Sample]]]
    """What can be asked for from when on, in that order."""

    restarts: list[Span]
    """When Home Assistant does not run."""

    treatments: tuple[Treatment, ...]
    """When sensors were started."""


def tell(seed: int, days: int, period: timedelta) -> Story:
    """Return what happens in some days; the same for the same seed.

    A packet in a hundred is lost and comes with the next; a phone is offline every
    other day for about 40 minutes and once a week for hours, and sends its newest
    reading first when it is back; a sensor fails for a while every third day and is
    replaced every tenth; Home Assistant restarts every day, or crashes.
    """
    rng = Random(f"alarms {seed}")
    person = SimulatedPerson(seed=seed, period=period)
    started = [BEGIN + number * SENSOR_LASTS for number in range(1, days // 10 + 1)]
    silent = [(at - 5 * MINUTE, at + WARMUP) for at in started]
    failing = _spans(rng, days, 1 / 3, lambda: rng.uniform(10, 40) * MINUTE)
    readings = [
        reading
        for reading in person.readings(BEGIN, BEGIN + days * DAY)
        if not (_within(reading.at, silent) or _within(reading.at, failing))
    ]
    offline = _spans(rng, days, 0.5, lambda: rng.expovariate(1 / 40) * MINUTE)
    offline += _spans(rng, days, 1 / 7, lambda: rng.uniform(120, 480) * MINUTE)
    faults = [
        SensorFault(at=start + MINUTE, status=SensorStatus.SENSOR_ERROR)
        for start, _ in failing
    ]
    return Story(
        readings=readings,
        deliveries=_delivered([*readings, *faults], offline, rng),
        restarts=_spans(rng, days, 1, lambda: rng.uniform(0.5, 20) * MINUTE),
        treatments=tuple(
            Treatment(at=at, id=str(at), kind=TreatmentKind.SENSOR_START)
            for at in started
        ),
    )


def _delivered(
    samples: Sequence[Sample], offline: Sequence[Span], rng: Random
) -> list[tuple[datetime, list[Sample]]]:
    """Return samples by when they arrive."""
    arrivals: list[tuple[datetime, list[Sample]]] = []
    kept: list[Sample] = []
    for sample in sorted(samples, key=lambda sample: sample.at):
        at = sample.at + timedelta(seconds=rng.uniform(4, 14))
        if (outage := _within(at, offline)) is not None:
            # The newest one first; what the phone kept follows a little later.
            back = outage[1] + timedelta(seconds=rng.uniform(2, 30))
            arrivals.append((max(at, back), [sample]))
        elif rng.random() < 0.01:
            kept.append(sample)
        else:
            arrivals.append((at, [*kept, sample]))
            kept = []
    return sorted(arrivals, key=lambda arrival: arrival[0])


def _spans(
    rng: Random, days: int, per_day: float, length: Callable[[], timedelta]
) -> list[Span]:
    """Return when something is wrong, never twice at once."""
    spans: list[Span] = []
    at = BEGIN
    while True:
        at += rng.expovariate(per_day) * DAY
        if at >= BEGIN + days * DAY:
            return spans
        spans.append((at, at + length()))
        at = spans[-1][1]


def _within(moment: datetime, spans: Sequence[Span]) -> Span | None:
    """Return the span that a moment is in, None if in none."""
    return next((span for span in spans if span[0] <= moment < span[1]), None)
