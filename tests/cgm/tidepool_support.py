"""Documents of Tidepool, and what is said to be done in them."""

from datetime import UTC, datetime
import json

from custom_components.glucose_follow.cgm.models import Reading, Treatment
from custom_components.glucose_follow.cgm.sources.tidepool import decode
from custom_components.glucose_follow.cgm.sources.tidepool.facts import Told
from custom_components.glucose_follow.cgm.transport import Json

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOON_TEXT = "2026-11-21T12:00:00.000Z"


def told(kind: str, **fields: Json) -> Told:
    """Return a document of noon."""
    element = {"type": kind, "id": "0123", "time": NOON_TEXT, **fields}
    found = decode.told(json.loads(json.dumps(element)))
    assert found is not None
    return found


def reading(**fields: Json) -> Reading | None:
    """Return what a sensor value says."""
    return decode.reading(told("cbg", **fields))


def done(kind: str, **fields: Json) -> Treatment:
    """Return the one thing that a document says was done."""
    (fact,) = decode.facts(told(kind, **fields)) or ()
    return fact.treatment


def nothing(kind: str, **fields: Json) -> bool:
    """Return whether a document is fine, and says that nothing was done."""
    return decode.facts(told(kind, **fields)) == []


def unusable(kind: str, **fields: Json) -> bool:
    """Return whether a document says nothing usable."""
    return decode.facts(told(kind, **fields)) is None
