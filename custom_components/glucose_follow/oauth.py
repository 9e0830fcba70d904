"""Access tokens of accounts that are opened with OAuth."""

import asyncio
from collections.abc import Mapping
import time
from typing import Any

from aiohttp import ClientConnectorError, hdrs
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import (
    ConfigEntryAuthFailed,
    ConfigEntryNotReady,
    OAuth2TokenRequestConnectionError,
    OAuth2TokenRequestError,
)
from homeassistant.helpers.config_entry_oauth2_flow import (
    AbstractOAuth2Implementation,
    async_get_config_entry_implementation,
)
from homeassistant.util.hass_dict import HassKey

from .cgm.errors import CgmAuthError, CgmConnectionError, CgmError, CgmRateLimitError
from .const import CONF_SOURCE, DOMAIN, SourceKind
from .oauth_provider import implementation

type Token = Mapping[str, Any]
"""What Home Assistant keeps of an answer to a code or a refresh token."""

_EARLY = 1 / 12
"""Of its life, the part before its end in which a token is renewed: a failure may
pass by then."""

_MARGIN = 30.0
"""Seconds before its end at which a token is no longer used."""

_TIMEOUT = 30

_SPENT = "is_spent"
"""Marks a token whose refresh token may have been used: it works only once, and
whoever shows it twice can lose what the first time gave."""

_FAULTS = (ConfigEntryAuthFailed, ConfigEntryNotReady, TimeoutError)
"""What Home Assistant raises where there is no new token."""


class TokenKeeper:
    """Keeps an entry's access token valid, with one refresh at a time.

    It outlives reloads, because a refresh must not be asked for twice.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Begin with what the entry has."""
        self._hass = hass
        self._entry = entry
        self._task: asyncio.Task[CgmError | None] | None = None

    async def access_token(self, refused: str | None) -> str:
        """Return a valid access token.

        Args:
            refused: One that was refused although it should be valid.

        Raises:
            CgmAuthError: Somebody has to log in again.
            CgmConnectionError: The provider is out of order.
            CgmRateLimitError: It wants to be left alone.
        """
        is_usable = self._lasts(_MARGIN) and self._token["access_token"] != refused
        early = _EARLY * float(self._token["expires_in"])
        if is_usable and (self._lasts(early) or _SPENT in self._token):
            return str(self._token["access_token"])
        if (err := await self._renewed()) and not is_usable:
            raise err
        return str(self._token["access_token"])

    @property
    def _token(self) -> Token:
        """Return what is known now; a login may have replaced it."""
        token: Token = self._entry.data[CONF_TOKEN]
        return token

    def _lasts(self, seconds: float) -> bool:
        """Return whether the access token is good for some time."""
        return float(self._token["expires_at"]) > time.time() + seconds

    async def _renewed(self) -> CgmError | None:
        """Return why there is no new token, None if there is.

        Whoever gives up waiting, a reload for example, does not end the refresh.
        """
        if _SPENT in self._token:
            return CgmAuthError("The refresh token may be used up")
        if self._task is None or self._task.done():
            self._task = self._hass.async_create_task(
                self._renew(self._token), f"{DOMAIN} token refresh"
            )
        return await asyncio.shield(self._task)

    async def _renew(self, old: Token) -> CgmError | None:
        """Replace the token; return why that was not possible."""
        try:
            bound = await implementation(
                await async_get_config_entry_implementation(self._hass, self._entry),
                self._entry.data,
            )
            new = await _refreshed(bound, old)
        except CgmError as err:
            return err
        except _FAULTS as err:
            if self._may_be_spent(err):
                self._replace(old, {**old, _SPENT: True})
            return _as_ours(err)
        self._replace(old, new)
        return None

    def _may_be_spent(self, err: Exception) -> bool:
        """Return whether a refresh token must not be shown again.

        It is good after a refusal to talk, and if it never left this machine.
        """
        if isinstance(err, OAuth2TokenRequestError):
            return _is_refusal(err)
        if self._entry.data[CONF_SOURCE] == SourceKind.TIDEPOOL:
            # Its own apps show one again until it is refused: what a lost answer
            # brought is lost either way.
            return False
        is_lost = isinstance(err, OAuth2TokenRequestConnectionError | TimeoutError)
        return is_lost and not isinstance(err.__cause__, ClientConnectorError)

    def _replace(self, old: Token, new: Token) -> None:
        """Keep a token, unless a login that was finished meanwhile has a better one."""
        if self._token == old:
            data = {**self._entry.data, CONF_TOKEN: dict(new)}
            self._hass.config_entries.async_update_entry(self._entry, data=data)


async def renewed(bound: AbstractOAuth2Implementation, token: Token) -> Token:
    """Return the token that follows one of which there is no entry yet.

    Raises:
        CgmError: As documented on `TokenKeeper.access_token`.
    """
    try:
        return await _refreshed(bound, token)
    except _FAULTS as err:
        fault = _as_ours(err)
    # Out here, or it would carry along what names addresses.
    raise fault


async def _refreshed(bound: AbstractOAuth2Implementation, token: Token) -> Token:
    """Return the token that a refresh token is good for."""
    async with asyncio.timeout(_TIMEOUT):
        new: Token = await bound.async_refresh_token(dict(token))
        return new


def _as_ours(err: Exception) -> CgmError:
    """Return an error of Home Assistant as one of ours."""
    if _is_refusal(err):
        return CgmAuthError("The refresh token is not accepted")
    if isinstance(err, OAuth2TokenRequestError) and err.status == 429:
        return CgmRateLimitError("Asked for tokens too often")
    return CgmConnectionError("No new token arrived")


def _is_refusal(err: Exception) -> bool:
    """Return whether somebody has to log in again.

    A provider that refuses says so in JSON; what stands before it has pages.

    Source: RFC 6749, 5.2.
    """
    if not isinstance(err, OAuth2TokenRequestError):
        return isinstance(err, ConfigEntryAuthFailed)
    told = err.headers.get(hdrs.CONTENT_TYPE, "") if err.headers else ""
    return err.status in {400, 401} and "json" in told


_KEEPERS: HassKey[dict[str, TokenKeeper]] = HassKey(f"{DOMAIN}_tokens")


def keeper(hass: HomeAssistant, entry: ConfigEntry) -> TokenKeeper:
    """Return the one keeper of an entry's token."""
    keepers = hass.data.setdefault(_KEEPERS, {})
    return keepers.setdefault(entry.entry_id, TokenKeeper(hass, entry))


def forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Let go of the keeper of an entry that is removed."""
    hass.data.get(_KEEPERS, {}).pop(entry.entry_id, None)
