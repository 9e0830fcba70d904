"""What people log in Dexcom's app, and what they calibrate with.

Source: developer.dexcom.com, the v3 swagger and the v2 operation pages; values
as tidepool-org/platform met them.
"""

from collections.abc import Iterable

from ...models import METER_MGDL, Treatment, TreatmentKind
from .decode import identity
from .fields import Document, in_mgdl, moment, number, text

_MOST = {"insulin": 100.0, "carbs": 500.0}
"""More than this in one event is a slip of the finger."""

_KINDS = {
    "insulin": TreatmentKind.BOLUS,
    "carbs": TreatmentKind.CARBS,
    "exercise": TreatmentKind.EXERCISE,
    "bloodGlucose": TreatmentKind.FINGER_STICK,
    "notes": TreatmentKind.NOTE,
    "note": TreatmentKind.NOTE,
}

_STATUS_ORDER = ("created", "updated", "deleted")
"""Of one event told more than once, the last of these is how it is now."""


def current(logged: Iterable[Document]) -> list[Document]:
    """Return events as they are now: without deleted ones, edited ones last."""
    told = sorted(logged, key=_age)
    gone = {identity(document, "") for document in told if _is_deleted(document)} - {""}
    return [
        document
        for document in told
        if not _is_deleted(document) and identity(document, "") not in gone
    ]


def event(document: Document) -> Treatment | None:
    """Return what was logged, None if the document says nothing usable.

    An event without an amount (its value is empty, or -1) was still logged.
    """
    at = moment(document.get("systemTime"))
    name = text(document.get("eventType"))
    amount = _amount(document)
    if at is None or name is None or (amount or 0) > _MOST.get(name, float("inf")):
        return None
    kind = _kind(document, name)
    return Treatment(
        at=at,
        id=identity(document, f"{at.isoformat()} {name}"),
        kind=kind,
        insulin=amount if name == "insulin" else None,
        carbs=amount if kind is TreatmentKind.CARBS else None,
        duration=amount if kind is TreatmentKind.EXERCISE else None,
        mgdl=_mgdl(document, amount) if name == "bloodGlucose" else None,
        note=_note(document, name),
    )


def calibration(document: Document) -> Treatment | None:
    """Return a finger stick that a sensor was calibrated with, None if unusable."""
    at = moment(document.get("systemTime"))
    mgdl = _mgdl(document, _amount(document))
    if at is None or mgdl is None:
        return None
    return Treatment(
        at=at,
        # Version 2 has no ids, and an event may have the same time.
        id=identity(document, f"{at.isoformat()} calibration"),
        kind=TreatmentKind.FINGER_STICK,
        mgdl=mgdl,
    )


def _age(document: Document) -> int:
    """Return how late in its life an event was told; larger is later."""
    status = text(document.get("eventStatus"))
    return _STATUS_ORDER.index(status) if status in _STATUS_ORDER else 0


def _is_deleted(document: Document) -> bool:
    """Return whether somebody took an event back."""
    return document.get("eventStatus") == "deleted"


def _kind(document: Document, name: str) -> TreatmentKind:
    """Return what was done.

    Long-acting insulin is no bolus. Older receivers say nothing of how insulin
    acts, and know only the fast one.
    """
    if name == "insulin" and document.get("eventSubType") == "longActing":
        return TreatmentKind.LONG_ACTING
    return _KINDS.get(name, TreatmentKind.OTHER)


def _amount(document: Document) -> float | None:
    """Return a value above 0, None for the ways to say that there is none."""
    value = number(document.get("value"))
    return value if value is not None and value > 0 else None


def _note(document: Document, name: str) -> str | None:
    """Return what a treatment has no field of its own for."""
    if name in {"notes", "note"}:
        value = document.get("value")
        told = None if isinstance(value, str) else number(value)
        return text(value) if told is None else f"{told:g}"
    return (
        text(document.get("eventSubType")) if name in {"exercise", "health"} else None
    )


def _mgdl(document: Document, amount: float | None) -> int | None:
    """Return a finger stick's glucose in mg/dL, None if no meter shows it.

    A number without a unit is mg/dL: what is too small for that is not guessed at.
    """
    if amount is None:
        return None
    found = in_mgdl(amount, document.get("unit"))
    least, most = METER_MGDL
    return found if found is not None and least <= found <= most else None
