"""From when to when an account has data: the cheapest thing to ask."""

from dataclasses import dataclass
from datetime import UTC, datetime

from ...errors import CgmResponseError
from ...transport import Json
from .fields import Document, moment, text

EPOCH = datetime.fromtimestamp(0, UTC)


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
    )


def _span(answer: Document, key: str) -> Span | None:
    """Return where one kind of data begins and ends, None if there is none.

    Without a usable time at both ends there is none either: a receiver that was
    never set writes the year 1.
    """
    told = answer.get(key)
    if not isinstance(told, dict):
        return None
    start, end = _system_time(told, "start"), _system_time(told, "end")
    if start is None or end is None or end < EPOCH:
        return None
    return Span(start=start, end=end)


def _system_time(told: Document, key: str) -> datetime | None:
    """Return one border of a range."""
    border = told.get(key)
    return moment(border.get("systemTime")) if isinstance(border, dict) else None
