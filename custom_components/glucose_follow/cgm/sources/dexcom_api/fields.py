"""Fields of documents: nothing is relied on, and nothing here raises."""

from collections.abc import Mapping
from datetime import UTC, datetime
import math
import re

from ...transport import Json

type Document = Mapping[str, Json]

_MGDL_PER_MMOL = 18.0182

_LONE_DIGIT = re.compile(r"(?<![\d.])\d(?!\d)")
"""Some uploaders write 3:07 for 03:07; digits of a fraction are none of these."""


def moment(value: Json) -> datetime | None:
    """Return a `systemTime`, None if it is none; aware, UTC.

    Phones write an offset. Receivers write none, and mean UTC.
    """
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(_LONE_DIGIT.sub(r"0\g<0>", value.strip()))
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except ValueError, OverflowError:
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


def in_mgdl(value: float, unit: Json) -> int | None:
    """Return an amount of glucose in mg/dL, None if it is too large for a number."""
    found = value * (_MGDL_PER_MMOL if _is_mmol(unit) else 1)
    return round(found) if math.isfinite(found) else None


def text(value: Json) -> str | None:
    """Return a text that says something, None for anything else."""
    return value.strip() or None if isinstance(value, str) else None


def _is_mmol(unit: Json) -> bool:
    """Return whether a unit is mmol/L; the API's own is mg/dL."""
    return isinstance(unit, str) and unit.lower().startswith("mmol")
