"""Sensor values of both versions of the API.

Source: developer.dexcom.com, the v3 swagger and the v2 operation pages; limits
as in tidepool-org/platform, dexcom/.
"""

from ...errors import CgmResponseError
from ...models import LOWEST_MGDL, Direction, Reading, ReadingKind
from ...transport import Json
from .fields import Document, in_mgdl, moment, number, text

_SENSOR_LIMIT = 401
_MOST_MGDL = 1000

_DIRECTIONS = {
    "doubleUp": Direction.DOUBLE_UP,
    "singleUp": Direction.SINGLE_UP,
    "fortyFiveUp": Direction.FORTY_FIVE_UP,
    "flat": Direction.FLAT,
    "fortyFiveDown": Direction.FORTY_FIVE_DOWN,
    "singleDown": Direction.SINGLE_DOWN,
    "doubleDown": Direction.DOUBLE_DOWN,
}

_KINDS = {"low": ReadingKind.LOW, "high": ReadingKind.HIGH}


def documents(answer: Json, name: str) -> list[Document]:
    """Return the documents of an answer, each with the unit that all of them share.

    Args:
        answer: What the API said.
        name: What version 2 calls the list; version 3 calls all `records`.

    Raises:
        CgmResponseError: There is no list. Dexcom ONE answers a bare one.
    """
    shared: Document = {}
    if isinstance(answer, dict):
        shared = {"unit": answer["unit"]} if "unit" in answer else {}
        answer = answer.get("records", answer.get(name))
    if not isinstance(answer, list):
        raise CgmResponseError("A list was promised")
    return [
        {**shared, **document} if isinstance(document, dict) else {}
        for document in answer
    ]


def identity(document: Document, otherwise: str) -> str:
    """Return what stays the same when a document is changed, or what is given."""
    for key in ("recordId", "eventId"):
        if found := text(document.get(key)):
            return found
    return otherwise


def reading(document: Document) -> Reading | None:
    """Return what a sensor measured, None if the document says nothing usable."""
    at = moment(document.get("systemTime"))
    value = _mgdl(document)
    kind = _kind(document, value)
    mgdl = _within_limits(value, kind)
    if at is None or mgdl is None:
        return None
    trend = text(document.get("trend")) or ""
    return Reading(at=at, mgdl=mgdl, direction=_DIRECTIONS.get(trend), kind=kind)


def _mgdl(document: Document) -> int | None:
    """Return the best value of a document: a smoothed one comes later, if at all."""
    for key in ("smoothedValue", "realtimeValue", "value"):
        if (value := number(document.get(key))) is not None:
            return in_mgdl(value, document.get("unit"))
    return None


def _kind(document: Document, mgdl: int | None) -> ReadingKind:
    """Return whether a value is a sensor's limit: 39 and 401, or as it says."""
    if mgdl == LOWEST_MGDL:
        return ReadingKind.LOW
    if mgdl is not None and mgdl >= _SENSOR_LIMIT:
        return ReadingKind.HIGH
    return _KINDS.get(text(document.get("status")) or "", ReadingKind.MEASURED)


def _within_limits(mgdl: int | None, kind: ReadingKind) -> int | None:
    """Return a value that readings can have, None if it is none at all.

    Below its range a sensor has no number to give, and some apps send none.
    """
    if mgdl is not None and LOWEST_MGDL <= mgdl <= _SENSOR_LIMIT:
        return mgdl
    match kind:
        case ReadingKind.LOW:
            return LOWEST_MGDL
        case ReadingKind.HIGH if mgdl is None or _SENSOR_LIMIT < mgdl <= _MOST_MGDL:
            return _SENSOR_LIMIT
    return None
