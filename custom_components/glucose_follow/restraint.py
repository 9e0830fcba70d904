"""When a source is left alone: it asked for it, or refused the credential."""

from datetime import datetime, timedelta
from hashlib import sha256
import json

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import UpdateFailed
from homeassistant.util import dt as dt_util

from .cgm.errors import CgmAuthError, CgmError, CgmRateLimitError
from .const import DOMAIN, REFUSED_AGAIN, REFUSED_FIRST
from .errors import translation_key
from .store import Pause


class Restraint:
    """Remembers refusals, and for how long nobody may ask."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        refused: str | None,
        pause: Pause | None,
        *,
        retries_refused: bool,
    ) -> None:
        """Begin with the settings that were refused for good, if any were.

        Args:
            hass: Has the flows that ask for a credential.
            entry: Of the source.
            refused: Fingerprint of those settings.
            pause: What the source asked for before.
            retries_refused: Whether the source knows by itself what of them not
                to show again, so that it may be asked all the same.
        """
        self.refusals = 0
        """How often the credential was refused since it was last accepted."""
        self.refused = refused
        """Fingerprint of the settings that were refused for good."""
        self._hass = hass
        self._entry = entry
        self._retries_refused = retries_refused
        self._rest: tuple[float, datetime, CgmError] | None = None
        """Until when by two clocks, and why."""
        self.pause: Pause | None = None
        """What the source asked for, None unless it did."""
        self._resume(pause)

    @property
    def is_refused(self) -> bool:
        """Return whether asking again has to wait until somebody acts.

        Remembered across restarts, and forgotten as soon as the settings that
        were refused are others.
        """
        return not self._retries_refused and was_refused(self._entry, self.refused)

    @property
    def is_over(self) -> bool:
        """Return whether the source does not want to be left alone."""
        return not (self.refusals or self.is_refused or self._is_resting)

    @property
    def _is_resting(self) -> bool:
        """Return whether the source is left alone for a while.

        A machine that slept left it alone, too, and one clock stood still.
        """
        if self._rest is None:
            return False
        steady, ours, _ = self._rest
        return self._hass.loop.time() < steady and dt_util.utcnow() < ours

    @callback
    def refuse_to_ask(self) -> None:
        """Keep everybody from asking a source that wants to be left alone.

        Raises:
            UpdateFailed: With the error that made it so.
        """
        if self.is_refused:
            raise update_failed(CgmAuthError("Refused before"))
        if self._rest is not None and self._is_resting:
            raise update_failed(self._rest[2])

    @callback
    def async_refused_for_good(self) -> None:
        """Ask no more with these settings."""
        self.refused = _fingerprint(self._entry)

    @callback
    def async_refused(self) -> timedelta:
        """Count one more refusal; return how long to wait."""
        self.refusals += 1
        return REFUSED_FIRST if self.refusals == 1 else REFUSED_AGAIN

    @callback
    def async_rest(self, wait: timedelta, err: CgmError) -> None:
        """Leave the source alone for a while."""
        # A second early: the timer that asks again must not be turned away.
        left = wait - timedelta(seconds=1)
        steady = self._hass.loop.time() + left.total_seconds()
        self._rest = (steady, dt_util.utcnow() + left, err)
        self.pause = None
        # Others are asked once after a restart, or nothing would be pushed meanwhile.
        if isinstance(err, CgmRateLimitError) and not self._retries_refused:
            self.pause = Pause(
                until=dt_util.utcnow() + wait,
                length=wait,
                settings=_fingerprint(self._entry),
            )

    def _resume(self, pause: Pause | None) -> None:
        """Leave the source alone for what is left of a pause.

        It is over for other settings: whoever entered them was let in.
        """
        if pause is None or pause.settings != _fingerprint(self._entry):
            return
        left = min(pause.until - dt_util.utcnow(), pause.length)
        if left > timedelta():
            self.async_rest(left, CgmRateLimitError("Asked to wait before"))

    @callback
    def async_answered(self) -> None:
        """Rest no more, and withdraw the question for a credential: it is good."""
        self._rest = self.pause = None
        if not self.refusals:
            return
        self.refusals = 0
        flows = self._entry.async_get_active_flows(self._hass, {SOURCE_REAUTH})
        for flow in list(flows):
            self._hass.config_entries.flow.async_abort(flow["flow_id"])


def update_failed(err: CgmError, retry_after: float | None = None) -> UpdateFailed:
    """Return an error as Home Assistant knows it."""
    return UpdateFailed(
        translation_domain=DOMAIN,
        translation_key=translation_key(err),
        retry_after=retry_after,
    )


def was_refused(entry: ConfigEntry, refused: str | None) -> bool:
    """Return whether a fingerprint is of the settings as they are."""
    return refused is not None and refused == _fingerprint(entry)


def _fingerprint(entry: ConfigEntry) -> str:
    """Return what is different once the settings are."""
    told = json.dumps(dict(entry.data), sort_keys=True, default=str)
    return sha256(told.encode()).hexdigest()[:16]
