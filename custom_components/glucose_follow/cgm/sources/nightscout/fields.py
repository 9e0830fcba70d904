"""Fields of documents: what they say, or None, and never an exception."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
import math
import re

from ...transport import Json

type Document = Mapping[str, Json]

_SECONDS_UNTIL = 100_000_000_000
"""Epoch numbers below this are seconds, not milliseconds: 1973 against 5138."""


def moment(document: Document, *keys: str) -> datetime | None:
    """Return the first usable time among the fields; aware, UTC."""
    for key in keys:
        found = parsed(document.get(key))
        if found is not None:
            return found
    return None


def parsed(value: Json) -> datetime | None:
    """Return a time told as ISO text or as seconds or milliseconds since 1970."""
    told = number(value)
    try:
        if told is not None:
            seconds = told if abs(told) < _SECONDS_UNTIL else told / 1000
            return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except ValueError, OverflowError, OSError:
        pass
    return None


def later(at: datetime, minutes: float) -> datetime | None:
    """Return a moment some minutes later, None if it is beyond any calendar."""
    try:
        return at + timedelta(minutes=minutes)
    except OverflowError:
        return None


def number(value: Json) -> float | None:
    """Return a number told as one or as text, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except ValueError, OverflowError:
        return None
    return found if math.isfinite(found) else None


def between(value: Json, least: float, most: float) -> float | None:
    """Return a number that can be meant, None for any other."""
    found = number(value)
    return found if found is not None and least <= found <= most else None


def text(value: Json) -> str | None:
    """Return a text that says something, None for anything else."""
    return value.strip() or None if isinstance(value, str) else None


def normalised(value: Json) -> str:
    """Return a name without its case, spaces and underscores."""
    return re.sub(r"[\s_]", "", value).lower() if isinstance(value, str) else ""


def part(value: Json) -> Document:
    """Return a document within a document, an empty one if it is none.

    Of several, the first: oref lists insulin on board for hours to come.
    """
    if isinstance(value, list):
        value = value[0] if value else None
    return value if isinstance(value, dict) else {}


def zoned(value: Json) -> datetime | None:
    """Return a time that says by whose clock it is, None for any other."""
    if isinstance(value, str) and number(value) is None and not _has_zone(value):
        return None
    return parsed(value)


def _has_zone(told: str) -> bool:
    """Return whether a text is a moment with the offset of its clock."""
    try:
        return datetime.fromisoformat(told).tzinfo is not None
    except ValueError:
        return False
