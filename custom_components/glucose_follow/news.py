"""Tells of what somebody, or a pump, has just done."""

from collections.abc import Callable
from datetime import datetime

from homeassistant.core import CALLBACK_TYPE, callback

from .cgm.models import Treatment, TreatmentKind
from .cgm.treatments import Announcer, TreatmentLog
from .const import LATE_NEWS_WITHIN, NEWS_WITHIN

UNTOLD = {TreatmentKind.BASAL, TreatmentKind.TEMP_BASAL, TreatmentKind.OTHER}
"""What pumps do all the time, and what nobody can name."""


class TreatmentNews:
    """Tells of every treatment once, if it is still news."""

    def __init__(
        self, told_until: datetime | None, changed: Callable[[], None]
    ) -> None:
        """Go on after an earlier life; `changed` writes down what was told."""
        self.told_until = told_until
        """When the newest that was ever told was done, None if nothing was."""
        self._changed = changed
        self._announcer: Announcer | None = None
        self._listeners: set[Callable[[Treatment], None]] = set()

    @callback
    def async_listen(self, listener: Callable[[Treatment], None]) -> CALLBACK_TYPE:
        """Tell of every treatment that is news; return how to stop."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    @callback
    def async_tell(self, log: TreatmentLog, now: datetime, *, is_live: bool) -> None:
        """Tell what is new in a log."""
        if not log.is_told:
            return
        if self._announcer is None:
            within = NEWS_WITHIN if is_live else LATE_NEWS_WITHIN
            self._announcer = Announcer(within, self.told_until)
        for treatment in self._announcer.news(log.treatments, now):
            if treatment.kind not in UNTOLD:
                self._tell(treatment, now)

    @callback
    def _tell(self, treatment: Treatment, now: datetime) -> None:
        """Tell of a treatment, and remember that it was told."""
        until = self.told_until
        # A clock that was ahead may have told what is yet to come.
        if until is None or not treatment.at <= until <= now:
            self.told_until = treatment.at
            self._changed()
        for listener in list(self._listeners):
            listener(treatment)
