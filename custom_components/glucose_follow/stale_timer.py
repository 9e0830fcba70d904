"""Looks again the moment that the newest reading grows old."""

from collections.abc import Callable
from datetime import datetime

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

_LATE = 0.05
"""Seconds; a timer may fire a few milliseconds before the wall clock agrees."""

_SAME = 0.02
"""Seconds; moments that are no further apart are one."""


class StaleTimer:
    """Waits for one moment, the last that was asked for."""

    def __init__(self, hass: HomeAssistant, look: Callable[[], None]) -> None:
        """Wait for nothing yet."""
        self._hass = hass
        self._look = look
        self._at = 0.0
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def async_wait(self, now: datetime, until: datetime | None) -> None:
        """Look again at `until`, or never if that has passed."""
        if until is None or until <= now:
            self.async_cancel()
            return
        seconds = (until - now).total_seconds() + _LATE
        at = self._hass.loop.time() + seconds
        if self._cancel is not None and abs(at - self._at) < _SAME:
            return
        self.async_cancel()
        self._at = at
        self._cancel = async_call_later(self._hass, seconds, self._is_due)

    @callback
    def _is_due(self, _: datetime) -> None:
        """Look."""
        self._cancel = None
        self._look()

    @callback
    def async_cancel(self) -> None:
        """Wait no more."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
