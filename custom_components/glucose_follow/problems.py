"""Looks at each answer for what only a person can solve."""

from datetime import datetime, timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from . import repairs
from .cgm.punctuality import Punctuality
from .const import SILENT_AFTER


class Problems:
    """Raises and withdraws repairs of an entry."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Wait for the first answer."""
        self._hass = hass
        self._entry = entry
        self._punctuality = Punctuality()
        self._answered_at: datetime | None = None

    @callback
    def async_look(
        self, now: datetime, newest_at: datetime | None, skew: timedelta
    ) -> None:
        """Look at what an answer brought.

        Args:
            now: When; aware.
            newest_at: Stamp of the newest reading known; aware.
            skew: How far our clock is from the source's.
        """
        self._answered_at = self._answered_at or now
        is_silent = now - (newest_at or self._answered_at) >= SILENT_AFTER
        repairs.report_skew(self._hass, self._entry, skew)
        repairs.report_silence(self._hass, self._entry, is_silent=is_silent)
        self._punctuality.look(now, newest_at)
        is_punctual = self._punctuality.is_punctual
        repairs.offer_live(self._hass, self._entry, is_punctual=is_punctual)
