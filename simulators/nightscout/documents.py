"""What a Nightscout site keeps: JSON objects, and the moments they are about."""

from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha1
from uuid import NAMESPACE_URL, uuid5

type Document = dict[str, object]


def object_id(seed: str) -> str:
    """Return an id as MongoDB makes them: 24 hexadecimal digits."""
    return sha1(seed.encode(), usedforsecurity=False).hexdigest()[:24]


def identifier(seed: str) -> str:
    """Return an id as phones make them: a UUID in lower case."""
    return str(uuid5(NAMESPACE_URL, seed))


def to_ms(at: datetime) -> int:
    """Return milliseconds since 1970."""
    return round(at.timestamp() * 1000)


def from_ms(ms: float) -> datetime:
    """Return the aware UTC moment of milliseconds since 1970."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def iso(at: datetime) -> str:
    """Return a moment as JavaScript writes it: UTC, milliseconds, Z."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def parse_moment(value: object) -> datetime | None:
    """Return the moment that a number of milliseconds or a text stands for.

    An unescaped plus of a time zone arrives as a space, and still counts.
    """
    try:
        if isinstance(value, int | float):
            return from_ms(value)
        return _read(str(value))
    except ValueError, OverflowError, OSError:
        return None


@lru_cache(maxsize=4096)
def _read(told: str) -> datetime:
    """Return the moment of a text; every query looks at those of all documents."""
    text = told.strip()
    head, gap, zone = text.rpartition(" ")
    if gap and "T" in head:
        text = f"{head}+{zone}"
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def moment_ms(document: Document) -> float:
    """Return what a document is sorted by, in milliseconds since 1970.

    One that nobody can date sorts as the newest: tests put such documents in
    to be tripped over, so every query returns them.
    """
    for field in ("date", "dateString", "created_at"):
        value = document.get(field)
        if isinstance(value, int | float):
            return float(value)
        if isinstance(value, str) and (at := parse_moment(value)):
            return at.timestamp() * 1000
    return float("inf")
