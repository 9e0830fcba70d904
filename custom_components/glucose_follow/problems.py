"""Looks at each answer for what only a person can solve."""

from collections.abc import Callable
from datetime import datetime, timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from . import repairs
from .cgm.punctuality import Punctuality
from .const import CONF_SOURCE, SILENT_AFTER, SourceKind


class Problems:
    """Raises and withdraws repairs of an entry."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        silent_since: datetime | None,
        changed: Callable[[], None],
    ) -> None:
        """Begin with what was known; `changed` writes it down."""
        self.silent_since = silent_since
        """Since when every answer has been empty, None if the newest was not."""
        self._hass = hass
        self._entry = entry
        self._punctuality = Punctuality()
        self._changed = changed

    @callback
    def async_look(
        self,
        now: datetime,
        newest_at: datetime | None,
        skew: timedelta,
        *,
        is_empty: bool,
    ) -> None:
        """Look at what an answer brought.

        Args:
            now: When; aware.
            newest_at: Stamp of the newest reading known; aware.
            skew: How far our clock is from the source's.
            is_empty: Whether there was no reading in it, not even a known one.
        """
        repairs.report_skew(self._hass, self._entry, skew)
        # Other sources tell only what is new, so that nothing is nothing unusual.
        if self._entry.data[CONF_SOURCE] == SourceKind.DEXCOM_SHARE:
            self._look_for_silence(now, is_empty=is_empty)
        self._punctuality.look(now, newest_at)
        is_punctual = self._punctuality.is_punctual
        repairs.offer_live(self._hass, self._entry, is_punctual=is_punctual)

    @callback
    def _look_for_silence(self, now: datetime, *, is_empty: bool) -> None:
        """Say so once every answer of a day was empty, however often we restarted."""
        since = min(self.silent_since or now, now) if is_empty else None
        if since != self.silent_since:
            self.silent_since = since
            self._changed()
        is_silent = since is not None and now - since >= SILENT_AFTER
        repairs.report_silence(self._hass, self._entry, is_silent=is_silent)
