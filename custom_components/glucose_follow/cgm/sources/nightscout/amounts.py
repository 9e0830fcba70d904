"""How much of what a treatment was: insulin, glucose, basal rate, target."""

from datetime import datetime
import json

from ...models import METER_MGDL, GlucoseUnit, TemporaryTarget
from ...transport import Json
from .fields import Document, between, later, normalised, number, text

MGDL_PER_MMOL = 18.016
"""As Home Assistant converts."""

MOST_UNITS, MOST_GRAMS = 100.0, 500.0
"""More than this in one treatment is a slip of the finger."""

_MOST_RATE = 100.0
"""Units per hour; the strongest pumps give a third of it."""
_MOST_PERCENT = 1000.0
_SAME_PERCENT = 0.01

_METER_MMOL = 0.6, 33.4
_SURELY_MGDL, _SURELY_MMOL = 34.0, 20.0
"""What a meter can only mean in mg/dL from here on, and in mmol/L up to there."""

_TARGET = 40.0, 400.0
_TARGET_MMOL_UNTIL = 20.0
"""Nightscout's own limit: a target below it is in mmol/L, whatever it says."""

_LONG_ACTING = (
    "abasaglar",
    "awiqli",
    "basaglar",
    "humulinn",
    "insulatard",
    "insumanbasal",
    "lantus",
    "levemir",
    "novolinn",
    "nph",
    "protaphane",
    "rezvoglar",
    "semglee",
    "toujeo",
    "tresiba",
)


def insulin(document: Document) -> tuple[float | None, bool]:
    """Return the units of insulin, and whether they act all day.

    Of both kinds in one treatment, only the one that acts at once. Negative
    units are returned as they are: nobody can have meant them.
    """
    units, slow = _units(document), _long_acting_units(document)
    quick = round((units or 0.0) - slow, 3)
    if units is None or slow <= 0 or quick <= 0:
        return units, slow > 0
    return quick, False


def minutes(document: Document) -> float | None:
    """Return how long a treatment takes, None if it does not say."""
    milliseconds = number(document.get("durationInMilliseconds"))
    told = number(document.get("duration"))
    if milliseconds is not None:
        told = milliseconds / 60_000
    return told if told is not None and told >= 0 else None


def rate(document: Document) -> float | None:
    """Return the units per hour of a temporary basal rate, None if in percent."""
    told = between(document.get("absolute"), 0, _MOST_RATE)
    if told is not None:
        return told
    told, change = between(document.get("rate"), 0, _MOST_RATE), percent(document)
    if told and change is not None and abs(told - (100 + change)) < _SAME_PERCENT:
        # AAPS 3.0 writes the percentage there; of none at all both are nothing.
        return None
    return told


def percent(document: Document) -> float | None:
    """Return by how much the scheduled basal rate is changed."""
    return between(document.get("percent"), -100, _MOST_PERCENT)


def finger_stick(document: Document) -> int | None:
    """Return what a meter measured in mg/dL, None if it did not.

    Not every app tells the unit. What could be meant in either is not guessed:
    25 would be a severe low in one and a severe high in the other.
    """
    value = number(document.get("glucose"))
    if value is None or normalised(document.get("glucoseType")) == "sensor":
        return None
    unit = _unit(document.get("units")) or _meant_unit(value)
    least, most = _METER_MMOL if unit is GlucoseUnit.MMOL else METER_MGDL
    if unit is None or not least <= value <= most:
        return None
    return round(value * MGDL_PER_MMOL if unit is GlucoseUnit.MMOL else value)


def target(document: Document, at: datetime) -> TemporaryTarget | None:
    """Return the glucose to aim for, None if it only ends the one before."""
    duration = minutes(document)
    low = _target_mgdl(document, "targetBottom")
    high = _target_mgdl(document, "targetTop")
    if not duration or low is None or high is None:
        return None
    return TemporaryTarget(
        low=min(low, high), high=max(low, high), until=later(at, duration)
    )


def event(document: Document) -> str | None:
    """Return what the pump calls a treatment, in every uploader's copy.

    Some pumps only count what they did, and the next pump begins anew.
    """
    if found := _name(document.get("pumpId")):
        serial = _name(document.get("pumpSerial"))
        return f"{serial} {found}" if serial else found
    names = (_name(document.get(key)) for key in ("syncIdentifier", "pump_event_id"))
    return next(filter(None, names), None)


def _name(told: Json) -> str | None:
    """Return a name that is told as text or as a number other than 0."""
    found = text(told) or number(told) or None
    return f"{found:.0f}" if isinstance(found, float) else found


def _units(document: Document) -> float | None:
    """Return the units of all that was given, whatever insulin it was.

    A bolus that is spread over time tells its whole amount apart from what was
    given at once, which may be nothing.

    Source: cgm-remote-monitor, lib/client/careportal.js; AAPS, BolusExtension.
    """
    told = [number(document.get(key)) or 0.0 for key in ("insulin", "enteredinsulin")]
    return min(told) if min(told) < 0 else max(told) or None


def _long_acting_units(document: Document) -> float:
    """Return how much of a treatment's insulin acts all day.

    xDrip+ lists the insulins of a treatment as text, AAPS marks the treatment.
    """
    if document.get("isBasalInsulin") is True:
        return _units(document) or 0.0
    injections = _injections(document.get("insulinInjections"))
    return sum(
        between(injection.get("units"), 0, MOST_UNITS) or 0.0
        for injection in injections
        if normalised(injection.get("insulin")).startswith(_LONG_ACTING)
    )


def _injections(value: Json) -> list[Document]:
    """Return the injections that a text lists."""
    try:
        listed: Json = json.loads(value) if isinstance(value, str) else value
    except ValueError, RecursionError:
        return []
    if not isinstance(listed, list):
        return []
    return [injection for injection in listed if isinstance(injection, dict)]


def _unit(value: Json) -> GlucoseUnit | None:
    """Return the unit that a document names."""
    told = value.lower() if isinstance(value, str) else ""
    if told.startswith("mmol"):
        return GlucoseUnit.MMOL
    return GlucoseUnit.MGDL if told.startswith("mg") else None


def _meant_unit(value: float) -> GlucoseUnit | None:
    """Return the unit that a value can only be meant in."""
    if value < _SURELY_MMOL or (value < _SURELY_MGDL and not value.is_integer()):
        return GlucoseUnit.MMOL
    return GlucoseUnit.MGDL if value >= _SURELY_MGDL else None


def _target_mgdl(document: Document, key: str) -> int | None:
    """Return an end of a target in mg/dL."""
    value = number(document.get(key))
    if value is None:
        return None
    is_mmol = _unit(document.get("units")) is GlucoseUnit.MMOL
    if is_mmol or value < _TARGET_MMOL_UNTIL:
        value *= MGDL_PER_MMOL
    least, most = _TARGET
    return round(value) if least <= value <= most else None
