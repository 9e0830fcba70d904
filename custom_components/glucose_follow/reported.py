"""What not every site reports, and when it last was."""

from collections.abc import Callable, Mapping
from datetime import datetime

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .const import REPORTED_AGAIN, VANISHED_AFTER


class Reported:
    """Remembers which entities have something to say."""

    def __init__(
        self, seen: Mapping[str, datetime], changed: Callable[[], None]
    ) -> None:
        """Begin with what was known; `changed` writes it down."""
        self.seen = dict(seen)
        self._changed = changed

    def was(self, key: str) -> bool:
        """Return whether something was reported lately, and so has an entity."""
        seen = self.seen.get(key)
        return seen is not None and dt_util.utcnow() - seen < VANISHED_AFTER

    @callback
    def async_note(self, key: str) -> None:
        """Remember that something is reported; once a day is enough."""
        now, seen = dt_util.utcnow(), self.seen.get(key)
        if seen is None or abs(now - seen) >= REPORTED_AGAIN:
            self.seen[key] = now
            self._changed()

    @callback
    def async_forget(self, key: str) -> None:
        """Forget that something was ever reported: somebody removed it."""
        if self.seen.pop(key, None):
            self._changed()
