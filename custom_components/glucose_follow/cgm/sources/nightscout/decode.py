"""Documents of a Nightscout site, whoever uploaded them.

Every uploader writes them a little differently, so nothing is relied on: what
cannot be understood is left out, and nothing here raises.

Source: the documents of cgm-remote-monitor 15.0.7, AAPS, Loop, Trio, xDrip+.
"""

from collections.abc import Iterator
from datetime import datetime
import re

from ...models import (
    HIGHEST_MGDL,
    LOWEST_MGDL,
    Direction,
    Reading,
    ReadingKind,
    Sample,
    SensorFault,
    SensorStatus,
    Treatment,
    TreatmentKind,
)
from ...transport import Json
from . import amounts
from .fields import Document, between, moment, normalised, number, text

__all__ = ["Document", "documents", "is_glucose", "sample", "treatment"]

_FIRST_CODE, _LAST_CODE = 1, 38
_NOT_READY_CODES = frozenset({1, 5})
"""Sensor not active, and not calibrated; lib/plugins/errorcodes.js."""

_DEXCOM_LIMIT = 400
_DEXCOM_HIGH = 401
_LIBRE_LIMIT = 500
_DEXCOM = re.compile(r"dexcom|share|\bg[4567]\b", re.IGNORECASE)

_DIRECTIONS = {
    "tripleup": Direction.DOUBLE_UP,
    "doubleup": Direction.DOUBLE_UP,
    "singleup": Direction.SINGLE_UP,
    "fortyfiveup": Direction.FORTY_FIVE_UP,
    "flat": Direction.FLAT,
    "fortyfivedown": Direction.FORTY_FIVE_DOWN,
    "singledown": Direction.SINGLE_DOWN,
    "doubledown": Direction.DOUBLE_DOWN,
    "tripledown": Direction.DOUBLE_DOWN,
}

_KINDS = {
    "tempbasal": TreatmentKind.TEMP_BASAL,
    "tempbasalstart": TreatmentKind.TEMP_BASAL,
    "tempbasalend": TreatmentKind.TEMP_BASAL,
    "suspendpump": TreatmentKind.SUSPEND,
    "pumpsuspend": TreatmentKind.SUSPEND,
    "basalsuspension": TreatmentKind.SUSPEND,
    "resumepump": TreatmentKind.RESUME,
    "pumpresume": TreatmentKind.RESUME,
    "basalresume": TreatmentKind.RESUME,
    "sitechange": TreatmentKind.SITE_CHANGE,
    "podchange": TreatmentKind.SITE_CHANGE,
    "sensorstart": TreatmentKind.SENSOR_START,
    "sensorchange": TreatmentKind.SENSOR_START,
    "sensorstop": TreatmentKind.SENSOR_STOP,
    "insulinchange": TreatmentKind.INSULIN_CHANGE,
    "pumpbatterychange": TreatmentKind.PUMP_BATTERY_CHANGE,
    "exercise": TreatmentKind.EXERCISE,
    "note": TreatmentKind.NOTE,
    "announcement": TreatmentKind.NOTE,
    "question": TreatmentKind.NOTE,
    "profileswitch": TreatmentKind.PROFILE_SWITCH,
    "temporarytarget": TreatmentKind.TEMPORARY_TARGET,
    "temporarytargetcancel": TreatmentKind.TEMPORARY_TARGET,
    "temporaryoverride": TreatmentKind.OVERRIDE,
    "temporaryoverridecancel": TreatmentKind.OVERRIDE,
    "bgcheck": TreatmentKind.FINGER_STICK,
}

_PUMP_NOTES = {
    "pumpsuspend": TreatmentKind.SUSPEND,
    "pumpresume": TreatmentKind.RESUME,
}
"""What Trio and its relatives note when a pump stops and goes on."""

_ENDINGS = frozenset({"tempbasalend", "temporaryoverridecancel"})
_SPREAD = "combobolus"
_OREF_ON_IOS = frozenset({"trio", "iaps", "freeaps-x"})
"""They call an override an exercise."""

_NAMES = {
    TreatmentKind.OVERRIDE: "reason",
    TreatmentKind.TEMPORARY_TARGET: "reason",
    TreatmentKind.PROFILE_SWITCH: "profile",
}
"""Where the name of what was chosen is."""

_PRIMING = frozenset(
    {TreatmentKind.SITE_CHANGE, TreatmentKind.INSULIN_CHANGE, TreatmentKind.PRIME}
)
"""Insulin in these filled a tube, not a person."""


def documents(answer: Json) -> Iterator[Document]:
    """Yield the documents in an answer; a body of `null` has none."""
    if isinstance(answer, list):
        yield from (document for document in answer if isinstance(document, dict))


def is_glucose(document: Document) -> bool:
    """Return whether an entry is about sensor glucose, usable or not."""
    return document.get("type", "sgv") == "sgv"


def sample(document: Document) -> Sample | None:
    """Return what a sensor sent, None if the entry says nothing usable."""
    at = moment(document, "date", "mills", "dateString", "sysTime", "created_at")
    value = number(document.get("sgv"))
    if at is None or value is None or document.get("isValid") is False:
        return None
    if value < LOWEST_MGDL and not value.is_integer():
        # Neither a code nor mg/dL; some app may have meant mmol/L.
        return None
    mgdl = round(value)
    if _FIRST_CODE <= mgdl <= _LAST_CODE:
        is_waiting = mgdl in _NOT_READY_CODES
        status = SensorStatus.WARMUP if is_waiting else SensorStatus.SENSOR_ERROR
        return SensorFault(at=at, status=status)
    if not LOWEST_MGDL <= mgdl <= HIGHEST_MGDL:
        return None
    return Reading(
        at=at,
        mgdl=mgdl,
        direction=_DIRECTIONS.get(normalised(document.get("direction"))),
        kind=_reading_kind(mgdl, text(document.get("device")) or ""),
    )


def treatment(document: Document) -> Treatment | None:
    """Return what was done, None if the document says nothing usable."""
    at = moment(document, "created_at", "mills", "date", "timestamp")
    if at is None or document.get("isValid") is False:
        return None
    units, acts_all_day = amounts.insulin(document)
    grams = number(document.get("carbs"))
    insulin = between(units, 0, amounts.MOST_UNITS)
    carbs = between(grams, 0, amounts.MOST_GRAMS)
    is_slip = (insulin, carbs) != (units, grams)
    if is_slip and not (insulin or carbs):
        return None
    name = normalised(document.get("eventType"))
    named = _named_kind(document, name)
    given = None if named in _PRIMING else insulin
    kind = _treatment_kind(given, carbs or None, named, acts_all_day=acts_all_day)
    is_basal = kind is TreatmentKind.TEMP_BASAL
    return Treatment(
        at=at,
        id=_identity(document, at, name),
        kind=kind,
        insulin=given,
        carbs=carbs or None,
        rate=amounts.rate(document) if is_basal else _rate_without(kind),
        percent=amounts.percent(document) if is_basal else None,
        mgdl=_finger_stick(document, named),
        is_automatic=_is_automatic(document, name),
        is_spread=name == _SPREAD,
        duration=0.0 if name in _ENDINGS else amounts.minutes(document),
        note=_note(document, kind),
        entered_by=text(document.get("enteredBy")),
        target=amounts.target(document, at)
        if kind is TreatmentKind.TEMPORARY_TARGET
        else None,
        event=amounts.event(document),
    )


def _reading_kind(mgdl: int, device: str) -> ReadingKind:
    """Return whether a number is a sensor's limit.

    Dexcom reports 39 and 401 (400 from some uploaders) beyond its range, Libre
    goes on to 500.
    """
    if mgdl == LOWEST_MGDL:
        return ReadingKind.LOW
    is_dexcom_limit = mgdl >= _DEXCOM_LIMIT and _DEXCOM.search(device) is not None
    if is_dexcom_limit or mgdl == _DEXCOM_HIGH or mgdl > _LIBRE_LIMIT:
        return ReadingKind.HIGH
    return ReadingKind.MEASURED


def _treatment_kind(
    insulin: float | None,
    carbs: float | None,
    named: TreatmentKind,
    *,
    acts_all_day: bool,
) -> TreatmentKind:
    """Return what was done: fields first, because names differ by uploader."""
    if insulin is not None:
        return TreatmentKind.LONG_ACTING if acts_all_day else TreatmentKind.BOLUS
    if carbs is not None:
        return TreatmentKind.CARBS
    return named


def _named_kind(document: Document, name: str) -> TreatmentKind:
    """Return what an uploader says was done, by its name for it."""
    kind = _KINDS.get(name, TreatmentKind.OTHER)
    if document.get("type") == "PRIMING" and kind not in _PRIMING:
        return TreatmentKind.PRIME
    if kind is TreatmentKind.NOTE:
        return _PUMP_NOTES.get(normalised(document.get("notes")), kind)
    if kind is TreatmentKind.TEMP_BASAL and document.get("reason") == "suspend":
        return TreatmentKind.SUSPEND
    if kind is TreatmentKind.EXERCISE:
        is_override = normalised(document.get("enteredBy")) in _OREF_ON_IOS
        return TreatmentKind.OVERRIDE if is_override else kind
    if kind is TreatmentKind.FINGER_STICK:
        is_sensor = normalised(document.get("glucoseType")) == "sensor"
        return TreatmentKind.OTHER if is_sensor else kind
    return kind


def _rate_without(kind: TreatmentKind) -> float | None:
    """Return the basal rate of what is no temporary basal rate."""
    return 0.0 if kind is TreatmentKind.SUSPEND else None


def _finger_stick(document: Document, named: TreatmentKind) -> int | None:
    """Return what a meter measured, on its own or for a bolus or a meal."""
    is_finger = normalised(document.get("glucoseType")) == "finger"
    is_told = is_finger or named is TreatmentKind.FINGER_STICK
    return amounts.finger_stick(document) if is_told else None


def _note(document: Document, kind: TreatmentKind) -> str | None:
    """Return what somebody wrote, or the name of what was chosen."""
    name = _NAMES.get(kind, "notes")
    return text(document.get(name)) or text(document.get("notes"))


def _is_automatic(document: Document, name: str) -> bool:
    """Return whether a loop gave it: AAPS, Trio and Loop each say so differently."""
    return (
        document.get("isSMB") is True
        or document.get("automatic") is True
        or document.get("type") == "SMB"
        or name == "smb"
    )


def identity(document: Document) -> str | None:
    """Return what the site calls a treatment, None if it has no name."""
    names = (text(document.get(key)) for key in ("identifier", "_id", "id"))
    return next(filter(None, names), None)


def _identity(document: Document, at: datetime, name: str) -> str:
    """Return what tells a treatment from others, also after it was edited."""
    return identity(document) or f"{at.isoformat()} {name}"
