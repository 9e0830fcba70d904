"""Documents of version 3, and what version 2 made of the same facts.

Source: developer.dexcom.com, the v3 swagger and the v2 operation pages.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import NAMESPACE_OID, uuid5

from custom_components.glucose_follow.cgm.models import (
    Direction,
    Reading,
    ReadingKind,
    Treatment,
    TreatmentKind,
)

type Document = dict[str, object]

_TRENDS = {
    Direction.DOUBLE_UP: "doubleUp",
    Direction.SINGLE_UP: "singleUp",
    Direction.FORTY_FIVE_UP: "fortyFiveUp",
    Direction.FLAT: "flat",
    Direction.FORTY_FIVE_DOWN: "fortyFiveDown",
    Direction.SINGLE_DOWN: "singleDown",
    Direction.DOUBLE_DOWN: "doubleDown",
}
_STATUS = {ReadingKind.LOW: "low", ReadingKind.HIGH: "high"}
_ABROAD = timedelta(hours=-8)
"""How far from UTC the phone is."""

_V2_FIELDS = {
    "egvs": ("value", "realtimeValue", "smoothedValue", "status", "trend", "trendRate"),
    "events": (
        "eventType",
        "eventSubType",
        "value",
        "unit",
        "eventId",
        "eventStatus",
    ),
    "calibrations": ("unit", "value"),
    "devices": ("transmitterGeneration", "displayDevice", "lastUploadDate"),
}

_USUAL: dict[str, Document] = {
    "egvs": {"status": None, "trend": None, "unit": "mg/dL"},
    "events": {"eventStatus": "created", "eventSubType": None, "unit": None},
    "calibrations": {"unit": "mg/dL"},
    "alerts": {"alertState": "activeAlarming"},
}


def made(kind: str, at: datetime, **fields: object) -> Document:
    """Return a document of a kind, with what it usually has."""
    return {**_common(f"{kind} {fields}", at), **_USUAL[kind], **fields}


def egv(reading: Reading) -> Document:
    """Return a sensor value."""
    trend = _TRENDS[reading.direction] if reading.direction else "none"
    return {
        **_common("egv", reading.at),
        "transmitterTicks": round(reading.at.timestamp()) % 864_000,
        "value": reading.mgdl,
        "status": _STATUS.get(reading.kind),
        "trend": trend,
        "trendRate": None,
        "unit": "mg/dL",
        "rateUnit": "mg/dL/min",
    }


def logged(treatment: Treatment) -> Document:
    """Return carbs or fast insulin as the app logs them; values are text."""
    is_carbs = treatment.kind is TreatmentKind.CARBS
    amount = treatment.carbs if is_carbs else treatment.insulin
    return made(
        "events",
        treatment.at,
        recordId=record_id(treatment.id),
        eventType="carbs" if is_carbs else "insulin",
        eventSubType=None if is_carbs else "fastActing",
        value=f"{amount or 0:g}",
        unit="grams" if is_carbs else "units",
    )


def long_acting(at: datetime, units: str) -> Document:
    """Return insulin that works for a day."""
    return made(
        "events",
        at,
        eventType="insulin",
        eventSubType="longActing",
        value=units,
        unit="units",
    )


def calibration(at: datetime, mgdl: int) -> Document:
    """Return a finger stick that a sensor was calibrated with."""
    ticks = round(at.timestamp()) % 864_000
    common = _common("calibration", at)
    return {**common, "unit": "mg/dL", "value": mgdl, "transmitterTicks": ticks}


def alert(at: datetime, name: str, state: str = "activeAlarming") -> Document:
    """Return a warning."""
    return {**_common(f"alert {name}", at), "alertName": name, "alertState": state}


def device(last_upload: datetime) -> Document:
    """Return the phone with its transmitter."""
    return {
        "transmitterGeneration": "g7",
        "transmitterGenerationVariant": "g7",
        "displayDevice": "iOS",
        "displayApp": "G7",
        "lastUploadDate": naive(last_upload),
        "alertSchedules": [],
    }


def as_v2(kind: str, document: Document) -> Document:
    """Return a document as version 2 tells it: naive times, null for what is not."""
    told: Document = {key: document.get(key) for key in _V2_FIELDS[kind]}
    if kind == "devices":
        return told
    at = at_of(document)
    told |= {"systemTime": naive(at), "displayTime": naive(at + _ABROAD)}
    if kind == "egvs":
        told["realtimeValue"] = document.get("realtimeValue", document.get("value"))
        told["value"] = told["smoothedValue"] or told["realtimeValue"]
    if kind == "events":
        told["eventId"] = document.get("recordId")
        told["value"] = _number(document.get("value"))
    return told


def at_of(document: Document) -> datetime:
    """Return when a document is from; aware, UTC."""
    return _moment(str(document["systemTime"]))


@cache
def _moment(told: str) -> datetime:
    """Return a moment as it is told; every document is sorted again and again."""
    at = datetime.fromisoformat(told)
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)


def naive(at: datetime) -> str:
    """Return a moment as receivers write it: to the second, without a zone."""
    return at.replace(tzinfo=None, microsecond=0).isoformat()


def record_id(seed: str) -> str:
    """Return the id of what is told apart by a text."""
    return str(uuid5(NAMESPACE_OID, seed))


def times(at: datetime) -> Document:
    """Return both times of a document.

    Every fourth hour the receiver was at hand, which writes no offsets.
    """
    abroad = at + _ABROAD
    if at.hour % 4 == 3:
        return {"systemTime": naive(at), "displayTime": naive(abroad)}
    return {
        "systemTime": f"{naive(at)}Z",
        "displayTime": f"{naive(abroad)}-08:00",
    }


def _common(kind: str, at: datetime) -> Document:
    """Return what every document of version 3 has."""
    stamps = times(at)
    is_phone = str(stamps["systemTime"]).endswith("Z")
    return {
        "recordId": record_id(f"{kind} {at.isoformat()}"),
        **stamps,
        "displayDevice": "iOS" if is_phone else "receiver",
        "transmitterGeneration": "g7",
        "transmitterId": "",
        "displayApp": "G7",
    }


def _number(value: object) -> float | None:
    """Return the number in a text, None if there is none."""
    try:
        return float(str(value))
    except ValueError:
        return None
