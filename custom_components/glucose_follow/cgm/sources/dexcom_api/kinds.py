"""The kinds of documents that tell what was done."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from ...errors import CgmAuthError, CgmError, CgmResponseError
from ...models import Treatment
from . import devices, events
from .data_range import EPOCH, DataRange, Span
from .fields import Document


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """How one kind is asked for and understood."""

    name: str
    """What the API calls it."""

    span: Callable[[DataRange, datetime], Span | None]
    """Returns where it begins and ends now, None if there is none."""

    decode: Callable[[Document], Treatment | None]
    """Returns what a document says, None if that is nothing usable."""

    current: Callable[[Iterable[Document]], list[Document]] = list
    """Returns those documents that tell how it is now."""

    is_needed: bool = False
    """Whether nothing is known without it: others hold no insulin and no carbs."""

    is_in_v2: bool = True
    """Whether version 2 knows it."""


def _until_now(told: DataRange, now: datetime) -> Span | None:
    """Return when there may be alerts: the range says nothing of them.

    One may follow the last value.
    """
    is_empty = told.end is None and not told.unclear
    return None if is_empty else Span(start=EPOCH, end=now)


KINDS = (
    Kind(
        name="events",
        span=lambda told, _: told.events,
        decode=events.event,
        current=events.current,
        is_needed=True,
    ),
    Kind(
        name="calibrations",
        span=lambda told, _: told.calibrations,
        decode=events.calibration,
    ),
    Kind(
        name="alerts",
        span=_until_now,
        decode=devices.alert,
        current=devices.given,
        is_in_v2=False,
    ),
)


def is_refused(err: CgmError) -> bool:
    """Return whether an application may not read a kind, or there is none.

    The API documents 401 and no 403 for that; a renewed token tells it from one
    that has ended.
    """
    if isinstance(err, CgmAuthError):
        return err.is_recognised or err.is_renewed
    return isinstance(err, CgmResponseError) and err.status == 404
