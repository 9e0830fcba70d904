"""What a card is told of a person: small, and only what changed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from homeassistant.util.json import JsonObjectType, JsonValueType

from .cgm.alarm_state import AlarmState
from .cgm.data import CgmData
from .cgm.models import (
    Forecast,
    Reading,
    ReadingKind,
    Reported,
    Treatment,
    TreatmentKind,
)

_KINDS = {ReadingKind.LOW: -1, ReadingKind.MEASURED: 0, ReadingKind.HIGH: 1}


def judged(data: CgmData, since: datetime) -> JsonObjectType:
    """Return all that is known but the readings themselves.

    Glucose is mg/dL and times are epoch milliseconds, whatever people read.

    Args:
        data: What the coordinator published.
        since: Treatments before it are left out; aware.
    """
    thresholds = data.thresholds
    return {
        "delta": data.delta,
        "direction": data.direction,
        "forecast": _forecast(data.forecast),
        "is_signal_lost": data.is_signal_lost,
        "last_bolus": _given(data),
        "latest": _reading(data.latest) if data.latest else None,
        "low_in": data.low_in,
        # Not its stamp: a phone that is ahead makes nothing younger.
        "newest_at": milliseconds(data.newest_since) if data.newest_since else None,
        "range": data.glucose_range,
        "sensor_status": data.sensor_status,
        "status": {
            "insulin_on_board": _reported(data.status.insulin_on_board),
            "carbs_on_board": _reported(data.status.carbs_on_board),
        },
        "thresholds": {
            "urgent_low": thresholds.urgent_low,
            "low": thresholds.low,
            "high": thresholds.high,
            "urgent_high": thresholds.urgent_high,
        },
        "treatments": [
            _treatment(treatment)
            for treatment in data.treatments
            if treatment.at >= since and _is_shown(treatment)
        ],
    }


def alarmed(state: AlarmState, now: datetime) -> JsonObjectType:
    """Return the worst alarm that is not snoozed, and how long others are.

    Args:
        state: What the engine remembers.
        now: The present; aware.
    """
    loud = (level for level in state.active if state.snoozed.get(level, now) <= now)
    until = state.snoozed_until
    return {
        "active": next(loud, None),
        "snoozed_until": milliseconds(until) if until else None,
    }


def all_readings(readings: Sequence[Reading], since: datetime) -> list[JsonValueType]:
    """Return the readings from `since` on, oldest first, as time, value and kind."""
    return [_reading(reading) for reading in readings if reading.at >= since]


def new_readings(
    known: Sequence[Reading], now: Sequence[Reading], since: datetime
) -> list[JsonValueType] | None:
    """Return what has to be told to whoever knows `known`, oldest first.

    Returns:
        New and corrected readings; None if one was taken back, so that all have
        to be told again. Leaving the window is not being taken back.
    """
    told = set(known)
    stamps = {reading.at for reading in now}
    if any(reading.at >= since and reading.at not in stamps for reading in told):
        return None
    return [_reading(reading) for reading in now if reading not in told]


def changed(before: JsonObjectType, now: JsonObjectType) -> JsonObjectType:
    """Return the values that are others than before."""
    return {
        key: value
        for key, value in now.items()
        if key not in before or before[key] != value
    }


def milliseconds(at: datetime) -> int:
    """Return a moment as browsers count."""
    return round(at.timestamp() * 1000)


def _reading(reading: Reading) -> list[JsonValueType]:
    """Return time, value, and whether the value is only the sensor's limit."""
    return [milliseconds(reading.at), reading.mgdl, _KINDS[reading.kind]]


def _treatment(treatment: Treatment) -> list[JsonValueType]:
    """Return time, insulin, carbs, and whether a loop decided it."""
    return [
        milliseconds(treatment.at),
        treatment.insulin,
        treatment.carbs,
        treatment.is_automatic,
    ]


def _is_shown(treatment: Treatment) -> bool:
    """Return whether a treatment is a bolus or a meal."""
    is_bolus = bool(treatment.insulin) and (
        treatment.kind is not TreatmentKind.LONG_ACTING
    )
    return is_bolus or bool(treatment.carbs)


def _given(data: CgmData) -> list[JsonValueType] | None:
    """Return when a person last gave insulin and how much, None if unknown."""
    bolus = data.last_bolus
    if bolus is None or not data.are_treatments_known:
        return None
    return [milliseconds(bolus.at), bolus.insulin]


def _reported(said: Reported[float] | None) -> list[JsonValueType] | None:
    """Return when a device said a number, and the number."""
    return [milliseconds(said.at), said.value] if said else None


def _forecast(forecast: Forecast | None) -> JsonObjectType | None:
    """Return where glucose is expected to go."""
    if forecast is None:
        return None
    return {
        "start": milliseconds(forecast.start),
        "period": round(forecast.period / timedelta(milliseconds=1)),
        "mgdl": _rounded(forecast.mgdl),
        "lowest": _rounded(forecast.lowest),
        "highest": _rounded(forecast.highest),
    }


def _rounded(values: Sequence[float]) -> list[JsonValueType]:
    """Return values as exact as a screen can show them."""
    return [round(value) for value in values]
