"""From when to when an account has data: the cheapest thing to ask."""

from dataclasses import dataclass
from datetime import UTC, datetime

from ...errors import CgmResponseError
from ...transport import Json
from .fields import Document, moment, text

EPOCH = datetime.fromtimestamp(0, UTC)

_KINDS = ("egvs", "events", "calibrations")


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """The first and the last moment that there are documents of."""

    start: datetime
    """Aware, UTC."""

    end: datetime
    """Aware, UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DataRange:
    """What an account has; equal to an earlier one if nothing has moved."""

    user_id: str | None
    """The account for our application, None where the API has no envelope."""

    egvs: Span | None
    events: Span | None
    calibrations: Span | None

    unclear: frozenset[str] = frozenset()
    """Kinds of which it says something that makes no sense, so not that there are
    none."""

    @property
    def end(self) -> datetime | None:
        """Return the last moment that there is anything of, None without data."""
        spans = (self.egvs, self.events, self.calibrations)
        return max((span.end for span in spans if span), default=None)

    def hides_news(self, now: datetime) -> bool:
        """Return whether it may stay as it is although there is something new.

        A receiver whose clock is ahead says once and for all where it ends.
        """
        return self.end is not None and self.end > now


def data_range(answer: Json) -> DataRange:
    """Return what an answer says.

    Raises:
        CgmResponseError: It is no data range.
    """
    if not isinstance(answer, dict):
        raise CgmResponseError("A data range was promised")
    return DataRange(
        user_id=text(answer.get("userId")),
        egvs=_span(answer, "egvs"),
        events=_span(answer, "events"),
        calibrations=_span(answer, "calibrations"),
        unclear=frozenset(key for key in _KINDS if _is_unclear(answer, key)),
    )


def _span(answer: Document, key: str) -> Span | None:
    """Return where one kind of data begins and ends, None if that is not told.

    A receiver that was never set writes the year 1, and has none.
    """
    start, end = _border(answer, key, "start"), _border(answer, key, "end")
    if start is None or end is None or end < EPOCH:
        return None
    return Span(start=start, end=end)


def _is_unclear(answer: Document, key: str) -> bool:
    """Return whether it is told neither that there is one kind nor that there is none.

    What is held must not be dropped for that.
    """
    end = _border(answer, key, "end")
    is_none = answer.get(key) is None or (end is not None and end < EPOCH)
    return not is_none and _span(answer, key) is None


def _border(answer: Document, key: str, side: str) -> datetime | None:
    """Return one border of a range."""
    told = answer.get(key)
    border = told.get(side) if isinstance(told, dict) else None
    return moment(border.get("systemTime")) if isinstance(border, dict) else None
