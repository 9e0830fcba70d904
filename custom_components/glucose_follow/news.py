"""Tells of what somebody, or a pump, has just done."""

from collections.abc import Callable
from datetime import datetime

from homeassistant.core import CALLBACK_TYPE, callback

from .cgm.models import Treatment
from .cgm.treatments import Announcer, TreatmentLog
from .const import LATE_NEWS_WITHIN, NEWS_WITHIN


class TreatmentNews:
    """Tells of every treatment once, if it is still news."""

    def __init__(self) -> None:
        """Have told nothing yet."""
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
            self._announcer = Announcer(NEWS_WITHIN if is_live else LATE_NEWS_WITHIN)
        for treatment in self._announcer.news(log.treatments, now):
            for listener in list(self._listeners):
                listener(treatment)
