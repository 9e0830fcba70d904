"""Forecasts that were considered: how far off they are, and what they announce."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
import math
from statistics import fmean, linear_regression

from custom_components.glucose_follow.cgm import trend
from custom_components.glucose_follow.cgm.forecast import own_forecast
from custom_components.glucose_follow.cgm.models import Reading
from custom_components.glucose_follow.cgm.person import SimulatedPerson

from .deliveries import BEGIN, DAY, MINUTE

type Method = Callable[[Sequence[Reading]], Sequence[float] | None]
type Row = dict[str, float]

_AHEAD = range(0, 31, 5)
_LOW, _CLEAR = 70, 75
_WITHIN = timedelta(minutes=30)


def ours(readings: Sequence[Reading]) -> Sequence[float] | None:
    """Return what is shipped: AR2."""
    forecast = own_forecast(readings)
    return None if forecast is None else forecast.mgdl


def damped(readings: Sequence[Reading]) -> Sequence[float] | None:
    """Return the slope of the last ten minutes, fading by 8 % a minute."""
    if trend.rate(readings) is None:
        return None
    newest = readings[-1]
    recent = [each for each in readings if newest.at - each.at <= 10.5 * MINUTE]
    minutes = [(each.at - newest.at) / MINUTE for each in recent]
    slope = linear_regression(minutes, [each.mgdl for each in recent]).slope
    return [newest.mgdl + slope / 0.08 * (1 - math.exp(-0.08 * h)) for h in _AHEAD]


def straight(readings: Sequence[Reading]) -> Sequence[float] | None:
    """Return a line through the last two readings."""
    slope = trend.newest_slope(readings)
    return None if slope is None else [readings[-1].mgdl + slope * h for h in _AHEAD]


def unchanged(readings: Sequence[Reading]) -> Sequence[float] | None:
    """Return what needs no forecast."""
    return [readings[-1].mgdl] * len(_AHEAD)


METHODS: dict[str, Method] = {
    "unchanged": unchanged,
    "straight line": straight,
    "damped slope": damped,
    "AR2 (ours)": ours,
}


def measure(method: Method, *, period: timedelta, days: int, seeds: range) -> Row:
    """Return errors in mg/dL, and what is announced on the days of some people."""
    squares: dict[int, list[float]] = {15: [], 30: []}
    alarms = onsets = hits = caught = 0
    for seed in seeds:
        person = SimulatedPerson(seed=seed, period=period)
        readings = person.readings(BEGIN, BEGIN + days * DAY)
        forecasts = [
            method(readings[max(0, end - 20) : end])
            for end in range(1, len(readings) + 1)
        ]
        for minutes in squares:
            steps = minutes * MINUTE // period
            squares[minutes] += _squares(forecasts, readings, minutes, steps)
        announced, lows = _announced(forecasts, readings), low_onsets(readings)
        alarms += len(announced)
        onsets += len(lows)
        hits += sum(is_followed(alarm, lows) for alarm in announced)
        caught += sum(is_preceded(low, announced) for low in lows)
    total = days * len(seeds)
    return {
        "rmse_15": _root_mean(squares[15]),
        "rmse_30": _root_mean(squares[30]),
        "lows_per_day": onsets / total,
        "missed_per_day": (onsets - caught) / total,
        "false_per_day": (alarms - hits) / total,
    }


def low_onsets(readings: Sequence[Reading]) -> list[datetime]:
    """Return when each low began; it is over at 75."""
    onsets: list[datetime] = []
    is_low = False
    for reading in readings:
        if reading.mgdl < _LOW and not is_low:
            onsets.append(reading.at)
        is_low = reading.mgdl < (_CLEAR if is_low else _LOW)
    return onsets


def is_followed(alarm: datetime, onsets: Sequence[datetime]) -> bool:
    """Return whether a low begins within half an hour."""
    following = bisect_left(onsets, alarm)
    return following < len(onsets) and onsets[following] - alarm <= _WITHIN


def is_preceded(onset: datetime, alarms: Sequence[datetime]) -> bool:
    """Return whether somebody announced a low within the half hour before it."""
    before = bisect_left(alarms, onset) - 1
    return before >= 0 and onset - alarms[before] <= _WITHIN


def _squares(
    forecasts: Sequence[Sequence[float] | None],
    readings: Sequence[Reading],
    minutes: int,
    steps: int,
) -> list[float]:
    """Return squared errors some minutes ahead."""
    return [
        (forecast[minutes // 5] - later.mgdl) ** 2
        for forecast, later in zip(forecasts, readings[steps:], strict=False)
        if forecast is not None
    ]


def _announced(
    forecasts: Sequence[Sequence[float] | None], readings: Sequence[Reading]
) -> list[datetime]:
    """Return when a low within 20 minutes is announced, once until it is clear."""
    announced: list[datetime] = []
    is_expected = is_low = False
    for forecast, reading in zip(forecasts, readings, strict=True):
        is_low = reading.mgdl < (_CLEAR if is_low else _LOW)
        if forecast is None:
            continue
        was_expected = is_expected
        is_expected = min(forecast[:5]) < (_CLEAR if was_expected else _LOW)
        if is_expected and not was_expected and not is_low:
            announced.append(reading.at)
    return announced


def _root_mean(squares: Sequence[float]) -> float:
    """Return the root of the mean."""
    return math.sqrt(fmean(squares))
