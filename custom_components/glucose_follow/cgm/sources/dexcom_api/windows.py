"""Stretches of time, as the API wants to be asked for them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

_SECOND = timedelta(seconds=1)


def windows(
    start: datetime, end: datetime, longest: timedelta
) -> Iterator[tuple[str, str]]:
    """Yield `startDate` and `endDate` of the windows that hold [`start`, `end`].

    The API leaves the end of a window out, so the last one is a second longer,
    and each begins where the one before it ended. Nothing if `end` is earlier.
    """
    begin = start.replace(microsecond=0)
    after = end.replace(microsecond=0) + _SECOND
    while begin < after:
        until = min(begin + longest, after)
        yield stamp(begin), stamp(until)
        begin = until


def stamp(at: datetime) -> str:
    """Return a moment as the API reads it: UTC, to the second, without a zone."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
