"""Glucose of sensors, meters and calibrations, and ketones.

Source: TidepoolApi, reference/data/models/ and docs/device-data/oor-values.md.
"""

from ...models import (
    HIGHEST_MGDL,
    LOWEST_MGDL,
    METER_MGDL,
    Direction,
    Reading,
    ReadingKind,
    TreatmentKind,
)
from .facts import Fact, Told
from .fields import Document, amount, mgdl, parts, text

_MOST_KETONE = 20.0
"""mmol/L; meters go to eight."""

_DEXCOM_HIGH = 401
_LIBRE_LIMIT = 500

_DIRECTIONS = {
    "rapidRise": Direction.DOUBLE_UP,
    "moderateRise": Direction.SINGLE_UP,
    "slowRise": Direction.FORTY_FIVE_UP,
    "constant": Direction.FLAT,
    "slowFall": Direction.FORTY_FIVE_DOWN,
    "moderateFall": Direction.SINGLE_DOWN,
    "rapidFall": Direction.DOUBLE_DOWN,
}
_KINDS = {"low": ReadingKind.LOW, "high": ReadingKind.HIGH}


def reading(told: Told) -> Reading | None:
    """Return what a sensor measured (`cbg`), None if it says nothing usable."""
    value = mgdl(told.get("value"))
    if value is None:
        return None
    kind = _kind(told, value)
    if kind is ReadingKind.MEASURED and not LOWEST_MGDL <= value <= HIGHEST_MGDL:
        return None
    return Reading(
        at=told.at,
        mgdl=min(max(value, LOWEST_MGDL), HIGHEST_MGDL),
        direction=_DIRECTIONS.get(text(told.get("trend")) or ""),
        kind=kind,
    )


def finger_stick(told: Told) -> list[Fact] | None:
    """Return what a meter measured (`smbg`, `calibration`), None if unusable.

    One that shows LO or HI was used, but its number is not what it measured.
    """
    value = mgdl(told.get("value"))
    if not value:
        return None
    least, most = METER_MGDL
    is_measured = _limit(told) is None and least <= value <= most
    number = value if is_measured else None
    return [told.fact(TreatmentKind.FINGER_STICK, mgdl=number)]


def ketone(told: Told) -> list[Fact] | None:
    """Return a ketone measurement (`bloodKetone`), None if unusable."""
    value = amount(told.get("value"), _MOST_KETONE)
    if value is None:
        return None
    return [told.fact(TreatmentKind.BLOOD_KETONE, ketone=round(value, 2))]


def _kind(told: Told, value: int) -> ReadingKind:
    """Return whether a number is a sensor's limit.

    An annotation says so; its threshold, which is always mg/dL, is not needed.
    Not every app writes one, so the limits of Dexcom and Libre count too.
    """
    if limit := _limit(told):
        return _KINDS.get(text(limit.get("value")) or "", ReadingKind.MEASURED)
    if value == LOWEST_MGDL:
        return ReadingKind.LOW
    is_limit = value == _DEXCOM_HIGH or value > _LIBRE_LIMIT
    return ReadingKind.HIGH if is_limit else ReadingKind.MEASURED


def _limit(told: Told) -> Document | None:
    """Return what says that a value is out of a device's range, None if it is in."""
    found = parts(told.document, "annotations")
    limits = (each for each in found if each.get("code") == "bg/out-of-range")
    return next(limits, None)
