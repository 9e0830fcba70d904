"""The next half hour: the loop's forecast, else our own, else none.

Ours is the second-order model that Nightscout calls AR2. It was chosen by
measurement on the simulated person (`scripts/benchmark alarms` prints it all):
against the damped slope its error is smaller at 15 and at 30 minutes, and it
announces fewer lows that do not come, while about as many come unannounced, with
five-minute and with one-minute sensors. A straight line is wrong four times as often.

Source: cgm-remote-monitor, lib/plugins/ar2.js.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
import math

from . import trend
from .models import Forecast, Reading, Reported
from .ranges import HYSTERESIS

SOON = timedelta(minutes=20)
"""How far ahead a low is worth announcing."""

_HORIZON = timedelta(minutes=30)
_STEP = timedelta(minutes=5)
_MINUTE = timedelta(minutes=1)

_LOOP_LASTS = timedelta(minutes=10)
"""A loop runs every five minutes; one that missed a run knows less than we do."""

_EXPECTED_FOR = timedelta(minutes=30)
"""A low that was expected so long ago and did not come is not expected any more."""

_CENTRE = 140.0
_NOW, _BEFORE = 1.716, -0.723
_LEAST, _MOST = 36.0, 400.0
"""The model knows glucose as a logarithm, and only within these bounds."""

_ERROR, _ERROR_GROWS = 2.1, 0.72
"""Root mean square error in mg/dL: this, times minutes to the power of that.

It is 15 after 15 minutes and 24 after 30, as measured on people who loop.
"""

_NINE_OF_TEN = 1.64
"""Standard deviations to either side that hold nine of ten outcomes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlook:
    """What is expected of the next half hour; None is not known."""

    forecast: Forecast | None = None
    """From about the newest reading on, at most half an hour."""

    is_low_soon: bool | None = None
    """Whether glucose is low, or likely to be within 20 minutes."""

    low_in: int | None = None
    """Minutes until then, 0 if it is low, None if that is not expected."""

    lasts: timedelta | None = None
    """How long this stays so by itself, None for as long as nobody says more."""


class Own:
    """Our own look ahead, worked out when it is first asked for, and once."""

    def __init__(
        self, readings: Sequence[Reading], breaks: Sequence[datetime], low: int
    ) -> None:
        """Know everything that it comes from.

        Args:
            readings: Oldest first; not empty.
            breaks: As `trend.rate` has them.
            low: The person's threshold in mg/dL.
        """
        self.newest, self.low = readings[-1], low
        self._readings, self._breaks = readings, breaks

    @cached_property
    def forecast(self) -> Forecast | None:
        """Return our forecast, None on thin data."""
        return own_forecast(self._readings, self._breaks)

    @cached_property
    def is_low_soon(self) -> bool:
        """Return whether it is low within 20 minutes, or was and is not clear."""
        return _is_low_soon(self._readings, self._breaks, self.low)


def outlook(own: Own, *, loops: Reported[Forecast] | None, now: datetime) -> Outlook:
    """Return what is expected after the newest reading.

    Args:
        own: What we expect; the newest reading is current.
        loops: What the loop expects, however old; used for ten minutes.
        now: The present; aware.
    """
    newest, low = own.newest, own.low
    theirs = _loops(loops, newest.at, now)
    expected = theirs or own.forecast
    theirs_lasts = loops.at - now + _LOOP_LASTS if loops and theirs else None
    if newest.mgdl < low:
        return Outlook(
            forecast=expected, is_low_soon=True, low_in=0, lasts=theirs_lasts
        )
    if expected is None:
        return Outlook()
    is_soon = _lowest(expected, newest.at) < low
    crossed = _crossed(expected, newest.at, low)
    counts = () if crossed is None else (_minute_lasts(crossed, now),)
    ends = [lasts for lasts in (theirs_lasts, *counts) if lasts is not None]
    return Outlook(
        forecast=expected,
        is_low_soon=is_soon or (not theirs and own.is_low_soon),
        low_in=None if crossed is None else _minutes_until(crossed, now),
        lasts=min(ends, default=None),
    )


def in_half_an_hour(forecast: Forecast) -> float | None:
    """Return the last value in mg/dL, None if a loop looks less far ahead."""
    ahead = (len(forecast.mgdl) - 1) * forecast.period
    return forecast.mgdl[-1] if ahead > _HORIZON - 2 * _STEP else None


def own_forecast(
    readings: Sequence[Reading], breaks: Sequence[datetime] = ()
) -> Forecast | None:
    """Return where the newest readings lead in half an hour, every five minutes.

    Its first value is the newest reading.

    Args:
        readings: Oldest first.
        breaks: As `trend.rate` has them.

    Returns:
        None on thin data: where `trend.rate` is unknown.
    """
    slope = trend.newest_slope(readings, breaks)
    if slope is None:
        return None
    newest = readings[-1]
    values = _continued(newest.mgdl, newest.mgdl - slope * (_STEP / _MINUTE))
    errors = [_error(number * _STEP) for number in range(len(values))]
    pairs = list(zip(values, errors, strict=True))
    return Forecast(
        start=newest.at,
        period=_STEP,
        mgdl=tuple(values),
        lowest=tuple(_bounded(value - error) for value, error in pairs),
        highest=tuple(_bounded(value + error) for value, error in pairs),
    )


def _continued(mgdl: float, five_minutes_ago: float) -> list[float]:
    """Return the model's values in mg/dL, every five minutes, beginning with `mgdl`."""
    values = [mgdl]
    before, now = (
        math.log(_bounded(value) / _CENTRE) for value in (five_minutes_ago, mgdl)
    )
    for _ in range(_HORIZON // _STEP):
        before, now = now, _NOW * now + _BEFORE * before
        values.append(_bounded(_CENTRE * math.exp(now)))
    return values


def _error(ahead: timedelta) -> float:
    """Return within how many mg/dL nine of ten forecasts are right."""
    return _NINE_OF_TEN * _ERROR * math.pow(ahead / _MINUTE, _ERROR_GROWS)


def _bounded(mgdl: float) -> float:
    """Return a value that the model can bear."""
    return max(_LEAST, min(_MOST, mgdl))


def _loops(
    told: Reported[Forecast] | None, start: datetime, now: datetime
) -> Forecast | None:
    """Return the half hour from about `start` on of what a loop expects, if recent.

    Its forecast goes on for hours, and begins when the loop ran.
    """
    if told is None or now - told.at >= _LOOP_LASTS:
        return None
    forecast = told.value
    first = max(0, (start - forecast.start) // forecast.period)
    end = (start + _HORIZON - forecast.start) // forecast.period + 1
    begins = forecast.start + first * forecast.period
    if begins > start + SOON or not (values := forecast.mgdl[first:end]):
        return None
    return replace(
        forecast,
        start=begins,
        mgdl=values,
        lowest=forecast.lowest[first:end],
        highest=forecast.highest[first:end],
    )


def _values(forecast: Forecast) -> Iterator[tuple[datetime, float]]:
    """Yield the values of a forecast with their times."""
    for number, value in enumerate(forecast.mgdl):
        yield forecast.start + number * forecast.period, value


def _lowest(forecast: Forecast, start: datetime) -> float:
    """Return the lowest value that is worth announcing at `start`."""
    return min(value for at, value in _values(forecast) if at <= start + SOON)


def _is_low_soon(
    readings: Sequence[Reading], breaks: Sequence[datetime], low: int
) -> bool:
    """Return whether our forecast is low within 20 minutes, or was and is not clear.

    Looked for backwards: the newest forecast that is clearly one or the other
    decides.
    """
    oldest = readings[-1].at - _EXPECTED_FOR
    end = len(readings)
    while (forecast := own_forecast(readings[:end], breaks)) is not None:
        lowest = _lowest(forecast, forecast.start)
        is_clear = not low <= lowest < low + HYSTERESIS
        if is_clear or forecast.start < oldest:
            return lowest < low
        end -= 1
    return False


def _crossed(forecast: Forecast, start: datetime, low: int) -> datetime | None:
    """Return when a forecast falls below `low`, None if not within 20 minutes."""
    before = None
    for at, value in _values(forecast):
        if at > start + SOON:
            break
        if value < low:
            if before is None:
                return at
            share = (before[1] - low) / (before[1] - value)
            return before[0] + (at - before[0]) * share
        before = at, value
    return None


def _minutes_until(moment: datetime, now: datetime) -> int:
    """Return whole minutes that are left, at least 0."""
    return max(0, math.ceil((moment - now) / _MINUTE))


def _minute_lasts(moment: datetime, now: datetime) -> timedelta | None:
    """Return how long as many whole minutes are left, None once none is."""
    minutes = _minutes_until(moment, now)
    return moment - now - (minutes - 1) * _MINUTE if minutes else None
