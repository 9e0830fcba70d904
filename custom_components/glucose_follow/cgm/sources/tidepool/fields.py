"""Fields of documents: nothing is relied on, and nothing here raises."""

from collections.abc import Mapping
from datetime import UTC, datetime
import math

from ...transport import Json

type Document = Mapping[str, Json]

MGDL_PER_MMOL = 18.01559
"""Tidepool's own; with another one values would not come back as they were."""

_MOST_MMOL = 55.0
"""What the platform accepts at most."""

_LONGEST = 366 * 24 * 3_600_000
"""Milliseconds: a year, which nothing lasts, and every calendar has."""


def mgdl(value: Json) -> int | None:
    """Return glucose in mg/dL, None if it is none.

    It is mmol/L, whatever unit a document names: older ones were converted and
    kept their label.

    Source: TidepoolApi, docs/device-data/units.md; jellyfish, lib/schema/schema.js.
    """
    found = number(value)
    if found is None or not 0 <= found <= _MOST_MMOL:
        return None
    return round(found * MGDL_PER_MMOL)


def moment(value: Json) -> datetime | None:
    """Return a time, None if it is none; aware, UTC."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value.strip())
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except ValueError, OverflowError:
        return None


def stamp(at: datetime) -> str:
    """Return a moment as the server reads it: with a zone, or it is an error."""
    utc = at.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='milliseconds')}Z"


def number(value: Json) -> float | None:
    """Return a number told as one or as text, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except ValueError, OverflowError:
        return None
    return found if math.isfinite(found) else None


def amount(value: Json, most: float) -> float | None:
    """Return a number that is neither negative nor more than anybody means."""
    found = number(value)
    return found if found is not None and 0 <= found <= most else None


def text(value: Json) -> str | None:
    """Return a text that says something, None for anything else."""
    return value.strip() or None if isinstance(value, str) else None


def minutes(value: Json) -> float | None:
    """Return a duration, which is told in milliseconds, None without one."""
    found = amount(value, _LONGEST)
    return found / 60_000 if found else None


def part(document: Document, *keys: str) -> Document:
    """Return what is below some keys, nothing if that is no document."""
    for key in keys:
        below = document.get(key)
        document = below if isinstance(below, dict) else {}
    return document


def parts(document: Document, key: str) -> list[Document]:
    """Return the documents in a list of a document, none without a list."""
    listed = document.get(key)
    if not isinstance(listed, list):
        return []
    return [each for each in listed if isinstance(each, dict)]
