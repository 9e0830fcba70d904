"""The documents of different uploaders, field by field as they were recorded."""

from collections.abc import Callable
from datetime import timedelta, timezone
from enum import StrEnum
import json

from custom_components.glucose_follow.cgm.models import (
    Direction,
    Reading,
    Treatment,
    TreatmentKind,
)

from .documents import Document, identifier, iso, object_id, to_ms

_RIG = timezone(timedelta(hours=1))

DIRECTIONS = {
    Direction.DOUBLE_UP: "DoubleUp",
    Direction.SINGLE_UP: "SingleUp",
    Direction.FORTY_FIVE_UP: "FortyFiveUp",
    Direction.FLAT: "Flat",
    Direction.FORTY_FIVE_DOWN: "FortyFiveDown",
    Direction.SINGLE_DOWN: "SingleDown",
    Direction.DOUBLE_DOWN: "DoubleDown",
}


class Style(StrEnum):
    """Whose documents a site holds."""

    PLAIN = "plain"
    AAPS = "aaps"
    LOOP = "loop"
    TRIO = "trio"
    OPENAPS = "openaps"
    XDRIP = "xdrip"
    TWO_UPLOADERS = "two_uploaders"


_APPS: dict[Style, tuple[Style, ...]] = {Style.TWO_UPLOADERS: (Style.AAPS, Style.XDRIP)}
"""Who uploads, where it is more than one app."""


def entries_of(style: Style, reading: Reading) -> list[Document]:
    """Return the documents in which a person's apps upload a reading."""
    return [_entry_of(app, reading) for app in _APPS.get(style, (style,))]


def treatments_of(style: Style, treatment: Treatment) -> list[Document]:
    """Return the documents in which a person's apps upload a treatment."""
    return [_treatment_of(app, treatment) for app in _APPS.get(style, (style,))]


def _entry_of(style: Style, reading: Reading) -> Document:
    """Return the document in which an app uploads a reading."""
    direction = DIRECTIONS[reading.direction] if reading.direction else "NONE"
    common: Document = {
        "type": "sgv",
        "sgv": reading.mgdl,
        "date": to_ms(reading.at),
        "direction": direction,
    }
    return _ENTRIES[style](reading, common)


def _treatment_of(style: Style, treatment: Treatment) -> Document:
    """Return the document in which an app uploads a treatment."""
    return _TREATMENTS[style](treatment, _what_was_given(treatment))


def _what_was_given(treatment: Treatment) -> Document:
    """Return the fields that all apps name alike, without the absent ones."""
    given: Document = {
        "insulin": treatment.insulin,
        "carbs": treatment.carbs,
        "duration": treatment.duration,
        "notes": treatment.note,
        "rate": treatment.rate,
        "absolute": treatment.rate,
    }
    return {field: value for field, value in given.items() if value is not None}


def _plain_entry(reading: Reading, common: Document) -> Document:
    """Return an entry of xDrip+, uploaded through v1."""
    stamp = iso(reading.at)
    return {
        "_id": object_id(f"xdrip entry {stamp}"),
        "device": "xDrip-DexcomG6 8G1234",
        **common,
        "dateString": stamp,
        "filtered": reading.mgdl * 1000,
        "unfiltered": reading.mgdl * 1000,
        "rssi": 100,
        "noise": 1,
        "sysTime": stamp,
        "utcOffset": 0,
    }


def _aaps_entry(reading: Reading, common: Document) -> Document:
    """Return an entry of AndroidAPS: through v3, so without `dateString`."""
    stamp = iso(reading.at)
    return {
        **common,
        "device": "AndroidAPS-DexcomG6",
        "unfiltered": reading.mgdl * 923,
        "noise": 0,
        "units": "mg/dl",
        **_aaps_origin(f"entry {stamp}", to_ms(reading.at), stamp),
    }


def _aaps_origin(seed: str, ms: int, stamp: str) -> Document:
    """Return what v3 and AndroidAPS write into every document."""
    return {
        "app": "AAPS",
        "date": ms,
        "created_at": stamp,
        "utcOffset": 60,
        "isValid": True,
        "identifier": identifier(seed),
        "srvModified": ms,
        "srvCreated": ms,
        "subject": "phone",
        "_id": object_id(seed),
    }


def _loop_entry(reading: Reading, common: Document) -> Document:
    """Return an entry of Loop, which keeps whole seconds only."""
    at = reading.at.replace(microsecond=0)
    return {
        "_id": object_id(f"entry {iso(at)}"),
        "sysTime": iso(at),
        **common,
        "date": to_ms(at),
        "device": "Dexcom G7 DXCM0G",
        "dateString": iso(at),
        "trend": _trend(reading.direction),
        "isCalibration": False,
        "utcOffset": 0,
    }


def _trend(direction: Direction | None) -> int:
    """Return the number that Dexcom gives a direction, 0 for none."""
    return list(DIRECTIONS).index(direction) + 1 if direction else 0


def _trio_entry(reading: Reading, common: Document) -> Document:
    """Return an entry of Trio: a broken millisecond, and no `device`."""
    stamp = iso(reading.at)
    return {
        "_id": object_id(f"entry {stamp}"),
        "sysTime": stamp,
        **common,
        "date": to_ms(reading.at) + 0.7898,
        "dateString": stamp,
        "glucose": reading.mgdl,
        "filtered": reading.mgdl,
        "unfiltered": reading.mgdl,
        "identifier": identifier(f"entry {stamp}").upper(),
        "utcOffset": 0,
    }


def _plain_treatment(treatment: Treatment, given: Document) -> Document:
    """Return a treatment as the careportal writes it."""
    automatic: Document = {"automatic": True} if treatment.is_automatic else {}
    return {
        "_id": object_id(treatment.id),
        "eventType": _event_type(treatment, bolus="Meal Bolus"),
        **given,
        **automatic,
        "created_at": iso(treatment.at),
        "enteredBy": treatment.entered_by or "careportal",
        "utcOffset": 0,
    }


def _aaps_treatment(treatment: Treatment, given: Document) -> Document:
    """Return a treatment of AndroidAPS."""
    origin = "openaps://AndroidAPS"
    bolus: Document = {
        "type": "SMB" if treatment.is_automatic else "NORMAL",
        "isSMB": treatment.is_automatic,
        "pumpType": "DANA_RS",
    }
    return {
        "eventType": _event_type(treatment, bolus="Meal Bolus"),
        **given,
        **(bolus if treatment.insulin else {}),
        **({"pumpId": to_ms(treatment.at)} if treatment.insulin else {}),
        **_aaps_origin(treatment.id, to_ms(treatment.at), iso(treatment.at)),
        "enteredBy": origin,
        "device": origin,
    }


def _loop_treatment(treatment: Treatment, given: Document) -> Document:
    """Return a treatment of Loop, which keeps whole seconds only."""
    at = treatment.at.replace(microsecond=0)
    automatic: Document = {
        "programmed": treatment.insulin,
        "unabsorbed": 0,
        "type": "normal",
        "automatic": True,
        "duration": 0.38,
        "insulinType": "Humalog",
    }
    return {
        "_id": object_id(treatment.id),
        "eventType": _event_type(treatment, bolus="Correction Bolus"),
        **given,
        **(automatic if treatment.is_automatic and treatment.insulin else {}),
        "created_at": iso(at),
        "timestamp": iso(at).replace(".000", ""),
        "syncIdentifier": identifier(treatment.id).upper(),
        "enteredBy": "loop://iPhone",
        "utcOffset": 0,
    }


def _trio_treatment(treatment: Treatment, given: Document) -> Document:
    """Return a treatment of Trio."""
    food: Document = {"fat": 0, "protein": 0, "foodType": ""}
    return {
        "_id": object_id(treatment.id),
        "eventType": _event_type(treatment, bolus="Bolus", automatic="SMB"),
        **given,
        **(food if treatment.carbs else {}),
        "created_at": iso(treatment.at),
        "enteredBy": "Trio",
        "id": identifier(treatment.id).upper(),
        "utcOffset": 0,
    }


def _openaps_treatment(treatment: Treatment, given: Document) -> Document:
    """Return a treatment of a rig, in the time of its own clock."""
    local = treatment.at.astimezone(_RIG).isoformat(timespec="seconds")
    automatic = {"insulin": treatment.insulin} if treatment.insulin else {}
    return {
        "_id": object_id(treatment.id),
        "eventType": _event_type(treatment, bolus="Bolus", automatic="SMB"),
        **given,
        **automatic,
        "created_at": iso(treatment.at.replace(microsecond=0)),
        "timestamp": local,
        "enteredBy": "openaps://medtronic/722",
        "utcOffset": 60,
    }


def _xdrip_treatment(treatment: Treatment, given: Document) -> Document:
    """Return a treatment of xDrip+, which names none."""
    insulins = [{"insulin": "Novorapid", "units": treatment.insulin}]
    return {
        "_id": object_id(f"xdrip {treatment.id}"),
        "uuid": identifier(f"xdrip {treatment.id}"),
        "eventType": "<none>"
        if treatment.insulin or treatment.carbs
        else _event_type(treatment, bolus=""),
        **given,
        **({"insulinInjections": json.dumps(insulins)} if treatment.insulin else {}),
        "created_at": iso(treatment.at),
        "timestamp": to_ms(treatment.at),
        "sysTime": iso(treatment.at),
        "enteredBy": "xdrip",
        "utcOffset": 0,
    }


def _event_type(
    treatment: Treatment, *, bolus: str, automatic: str = "Correction Bolus"
) -> str:
    """Return what an app calls a treatment."""
    if treatment.kind is TreatmentKind.CARBS:
        return "Carb Correction"
    if treatment.kind is TreatmentKind.BOLUS:
        return automatic if treatment.is_automatic else bolus
    return treatment.kind.replace("_", " ").title()


_ENTRIES: dict[Style, Callable[[Reading, Document], Document]] = {
    Style.PLAIN: _plain_entry,
    Style.AAPS: _aaps_entry,
    Style.LOOP: _loop_entry,
    Style.TRIO: _trio_entry,
    Style.OPENAPS: _plain_entry,
    Style.XDRIP: _plain_entry,
}

_TREATMENTS: dict[Style, Callable[[Treatment, Document], Document]] = {
    Style.PLAIN: _plain_treatment,
    Style.AAPS: _aaps_treatment,
    Style.LOOP: _loop_treatment,
    Style.TRIO: _trio_treatment,
    Style.OPENAPS: _openaps_treatment,
    Style.XDRIP: _xdrip_treatment,
}
