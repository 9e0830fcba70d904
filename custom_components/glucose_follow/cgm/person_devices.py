"""What a simulated person's pump, loop and phone report.

Like the person, all of it is a closed function of seed and time. Insulin and
carbs on board are computed here as a loop would, because there is no loop.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
import math
from random import Random

from .models import (
    BasalSchedule,
    DeviceStatus,
    Forecast,
    LoopState,
    ProfileUse,
    Reported,
    Treatment,
    TreatmentKind,
)
from .person import Scenario, SimulatedPerson

LOOP_PERIOD = timedelta(minutes=5)
PROFILE_NAME = "Default"
RATES = ((0, 0.7), (3, 0.95), (6, 1.1), (10, 0.85), (17, 0.95), (22, 0.75))
"""Hours after midnight and units per hour."""

CHANGES = {
    TreatmentKind.SENSOR_START: timedelta(days=10),
    TreatmentKind.SITE_CHANGE: timedelta(days=3),
    TreatmentKind.INSULIN_CHANGE: timedelta(days=3),
    TreatmentKind.PUMP_BATTERY_CHANGE: timedelta(days=21),
}
"""How often each is done."""

_INSULIN_PEAK, _INSULIN_ENDS = 75.0, 360.0
_CARBS_END = 180.0
_EPOCH = datetime(2020, 1, 1, 8, tzinfo=UTC)

_FULL, _UNITS_PER_HOUR = 180.0, 1.9
_PHONE_HOURS = 26.0
_PUMP_BATTERY_LEFT = 0.15

_TARGET = 105.0
_TEMP_BASAL_PERIOD = timedelta(minutes=30)
_MOST_TIMES = 2.2
"""What a temporary basal rate is of the scheduled one, at most."""

_FORECAST_STEPS = 24
_SETTLES = 70.0
"""Minutes in which glucose comes most of the way to the target."""

_TIMES = tuple(
    step * LOOP_PERIOD / timedelta(minutes=1) for step in range(_FORECAST_STEPS)
)
"""Minutes ahead of each value of a forecast."""

_LEFT = tuple(math.exp(-time / _SETTLES) for time in _TIMES)
"""Which part of the way to the target is left then."""


def status(person: SimulatedPerson, now: datetime) -> DeviceStatus:
    """Return what the devices had reported by `now`; aware, UTC.

    Whoever loses the signal of the sensor loses that of everything else.
    """
    at = _heard(person, now)
    changed = {kind: last_change(person, kind, at) for kind in CHANGES}
    return DeviceStatus(
        insulin_on_board=Reported(insulin_on_board(person, at), at),
        carbs_on_board=Reported(carbs_on_board(person, at), at),
        loop=Reported(LoopState.LOOPING, at),
        looped_at=at,
        is_suspended=Reported(False, at),
        reservoir=Reported(reservoir(person, at), at),
        pump_battery=Reported(pump_battery(person, at), at),
        uploader_battery=Reported(phone_battery(person, at), at),
        forecast=Reported(forecast(person, at), at),
        sensor_started=changed[TreatmentKind.SENSOR_START],
        site_changed=changed[TreatmentKind.SITE_CHANGE],
        insulin_changed=changed[TreatmentKind.INSULIN_CHANGE],
        pump_battery_changed=changed[TreatmentKind.PUMP_BATTERY_CHANGE],
        profiles=(profile(),),
        enacted=next(iter(temp_basals(person, at - _TEMP_BASAL_PERIOD, at)), None),
    )


def profile() -> ProfileUse:
    """Return the one profile that the person ever used."""
    rates = tuple((hour * 3600, rate) for hour, rate in RATES)
    basal = BasalSchedule(zone=UTC, rates=rates)
    return ProfileUse(start=_EPOCH, name=PROFILE_NAME, basal=basal)


def ticks(start: datetime, until: datetime) -> Iterator[datetime]:
    """Yield when the loop ran in [`start`, `until`), earliest first."""
    return _multiples(LOOP_PERIOD, start, until)


def insulin_on_board(person: SimulatedPerson, at: datetime) -> float:
    """Return units on board by the exponential model of rapid insulin.

    Source: oref0, lib/iob/calculate.js; LoopKit, ExponentialInsulinModel.swift.
    """
    given = person.treatments(at - timedelta(minutes=_INSULIN_ENDS), at)
    left = sum((each.insulin or 0) * _insulin_left(each, at) for each in given)
    return round(left, 2)


def carbs_on_board(person: SimulatedPerson, at: datetime) -> float:
    """Return grams on board; they are absorbed evenly, which is rare in life."""
    eaten = person.treatments(at - timedelta(minutes=_CARBS_END), at)
    left = sum(
        (each.carbs or 0) * (1 - _minutes(each, at) / _CARBS_END) for each in eaten
    )
    return float(round(left))


def reservoir(person: SimulatedPerson, at: datetime) -> float:
    """Return the units that are left in the pump."""
    filled = last_change(person, TreatmentKind.INSULIN_CHANGE, at)
    return round(_FULL - (at - filled) / timedelta(hours=1) * _UNITS_PER_HOUR, 1)


def pump_battery(person: SimulatedPerson, at: datetime) -> float:
    """Return the percent that are left in the pump's battery."""
    kind = TreatmentKind.PUMP_BATTERY_CHANGE
    used = (at - last_change(person, kind, at)) / CHANGES[kind]
    return float(round(100 * (1 - used * (1 - _PUMP_BATTERY_LEFT))))


def phone_battery(person: SimulatedPerson, at: datetime) -> float:
    """Return the percent that are left in the phone, which is charged at night."""
    hours = (at - _EPOCH) / timedelta(hours=1) + person.seed % 24
    return float(round(100 - 90 * (hours % 24) / _PHONE_HOURS))


def last_change(person: SimulatedPerson, kind: TreatmentKind, at: datetime) -> datetime:
    """Return when something was changed for the last time by `at`."""
    every = CHANGES[kind]
    offset = _part(person.seed, kind) * every
    count = (at - _EPOCH - offset) // every
    moment = _EPOCH + offset + count * every
    return moment.replace(microsecond=0)


@lru_cache(maxsize=256)
def _part(seed: int, kind: TreatmentKind) -> float:
    """Return after which part of its time the first change was."""
    return Random(f"{seed} {kind}").random()


def changes(
    person: SimulatedPerson, start: datetime, until: datetime
) -> Iterator[Treatment]:
    """Yield what was changed in [`start`, `until`), in any order."""
    for kind in CHANGES:
        at = last_change(person, kind, until - timedelta.resolution)
        if at >= start:
            yield Treatment(
                at=at, id=f"{person.seed}-{kind}-{at.timestamp()}", kind=kind
            )


def temp_basals(
    person: SimulatedPerson, start: datetime, until: datetime
) -> Iterator[Treatment]:
    """Yield the temporary basal rates set in (`start`, `until`], earliest first."""
    begin, end = start + timedelta.resolution, until + timedelta.resolution
    for at in _multiples(_TEMP_BASAL_PERIOD, begin, end):
        wish = 1 + (person.mgdl(at) - _TARGET) / 60
        rate = _scheduled(at) * min(max(wish, 0.0), _MOST_TIMES)
        yield Treatment(
            at=at,
            id=f"{person.seed}-temp-{at.timestamp():.0f}",
            kind=TreatmentKind.TEMP_BASAL,
            rate=round(round(rate / 0.05) * 0.05, 2),
            duration=30.0,
            is_automatic=True,
        )


def forecast(person: SimulatedPerson, at: datetime) -> Forecast:
    """Return where a loop would expect glucose to go: slowly to its target."""
    now = person.mgdl(at)
    mgdl = [_TARGET + (now - _TARGET) * left for left in _LEFT]
    return Forecast(
        start=at,
        period=LOOP_PERIOD,
        mgdl=tuple(round(value, 1) for value in mgdl),
        lowest=tuple(
            round(value - time / 4, 1) for value, time in zip(mgdl, _TIMES, strict=True)
        ),
        highest=tuple(
            round(value + time / 3, 1) for value, time in zip(mgdl, _TIMES, strict=True)
        ),
    )


def _heard(person: SimulatedPerson, now: datetime) -> datetime:
    """Return when the loop last ran and could say so."""
    if person.scenario is Scenario.SIGNAL_LOSS and person.since is not None:
        now = min(now, person.since)
    return _EPOCH + (now - _EPOCH) // LOOP_PERIOD * LOOP_PERIOD


def _multiples(
    every: timedelta, start: datetime, until: datetime
) -> Iterator[datetime]:
    """Yield the moments of a rhythm in [`start`, `until`)."""
    at = _EPOCH - (_EPOCH - start) // every * every
    while at < until:
        yield at
        at += every


def _minutes(treatment: Treatment, at: datetime) -> float:
    """Return how many minutes ago something was done."""
    return (at - treatment.at) / timedelta(minutes=1)


def _insulin_left(treatment: Treatment, at: datetime) -> float:
    """Return which part of a bolus is still on board."""
    time = _minutes(treatment, at)
    tau = (
        _INSULIN_PEAK
        * (1 - _INSULIN_PEAK / _INSULIN_ENDS)
        / (1 - 2 * _INSULIN_PEAK / _INSULIN_ENDS)
    )
    rise = 2 * tau / _INSULIN_ENDS
    scale = 1 / (1 - rise + (1 + rise) * math.exp(-_INSULIN_ENDS / tau))
    shape = (time**2 / (tau * _INSULIN_ENDS * (1 - rise)) - time / tau - 1) * math.exp(
        -time / tau
    ) + 1
    return 1 - scale * (1 - rise) * shape


def _scheduled(at: datetime) -> float:
    """Return the scheduled units per hour."""
    return max(entry for entry in RATES if entry[0] <= at.hour)[1]
