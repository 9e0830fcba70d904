"""When sensor, site, insulin and pump battery were last changed, however long ago."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from ...models import Treatment, TreatmentKind
from ...treatments import TREATMENTS_SPAN
from .decode import treatment
from .fields import Document

EVENT_TYPES = (
    "Sensor Start",
    "Sensor Change",
    "Site Change",
    "Pod Change",
    "Insulin Change",
    "Pump Battery Change",
)
"""What is asked for by name, exactly as uploaders write it."""

_KINDS = frozenset(
    {
        TreatmentKind.SENSOR_START,
        TreatmentKind.SITE_CHANGE,
        TreatmentKind.INSULIN_CHANGE,
        TreatmentKind.PUMP_BATTERY_CHANGE,
    }
)

_FOREIGN = timedelta(hours=24)
"""A date that is not in UTC may keep a treatment out of an answer for a while."""


def surely_told(since: datetime, now: datetime) -> datetime:
    """Return from when on nothing can be missing from the usual treatments.

    Args:
        since: Where they begin; aware.
        now: The present; aware.
    """
    return max(since + _FOREIGN, now - TREATMENTS_SPAN)


class AgeLog:
    """The last change of each kind, from seldom questions and usual treatments."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._last: dict[TreatmentKind, Treatment] = {}

    @property
    def moments(self) -> Mapping[TreatmentKind, datetime]:
        """Return when each kind was last done; aware, UTC."""
        return {kind: done.at for kind, done in self._last.items()}

    def told(self, documents: Sequence[Document], now: datetime) -> None:
        """Take in everything that was asked for by name.

        Args:
            documents: Of all kinds; what is no longer among them is forgotten.
            now: The present; aware. What is planned has not been done.
        """
        self._last = {}
        done = (treatment(document) for document in documents)
        self._take([each for each in done if each is not None], now)

    def seen(self, done: Sequence[Treatment], since: datetime, now: datetime) -> bool:
        """Take in the usual treatments.

        Args:
            done: Everything from `since` on.
            since: Where they begin; aware.
            now: The present; aware.

        Returns:
            Whether all has to be asked for again: what was the last of its kind
            is no longer there, or was corrected.
        """
        told = {each.id: each for each in done}
        start = surely_told(since, now)
        gone = [
            kind
            for kind, last in self._last.items()
            if not _is_still_so(last, told.get(last.id), start)
        ]
        for kind in gone:
            del self._last[kind]
        self._take(done, now)
        return bool(gone)

    def _take(self, done: Sequence[Treatment], now: datetime) -> None:
        """Take in what is newer than what is known."""
        for each in done:
            known = self._last.get(each.kind)
            is_newer = known is None or each.at >= known.at
            if each.kind in _KINDS and each.at <= now and is_newer:
                self._last[each.kind] = each


def _is_still_so(last: Treatment, told: Treatment | None, start: datetime) -> bool:
    """Return whether a change is what it was, or may only be missing.

    Args:
        last: As it was known.
        told: As it is now, None if it was not told.
        start: From when on everything is told; aware.
    """
    if told is None:
        return last.at < start
    return (told.kind, told.at) == (last.kind, last.at)
