"""Where people log in with OAuth, and what each provider wants to be asked."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.application_credentials import (
    AuthImplementation,
    AuthorizationServer,
    ClientCredential,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import OAuth2TokenRequestConnectionError
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.config_entry_oauth2_flow import (
    AbstractOAuth2Implementation,
    LocalOAuth2Implementation,
    LocalOAuth2ImplementationWithPkce,
)
from homeassistant.util.hass_dict import HassKey

from .cgm.sources.dexcom_api import SCOPE, Environment, authorize_url, token_url
from .cgm.sources.tidepool import (
    SCOPE as TIDEPOOL_SCOPE,
    Environment as TidepoolEnvironment,
    Realm,
    find_realm,
)
from .const import CONF_ENVIRONMENT, CONF_SOURCE, DOMAIN, SourceKind

_NEEDED = ("access_token", "refresh_token")
"""What an answer must have, besides how long it is good for."""

_LONGEST = 366 * 86_400.0
"""Seconds; nobody who says more means it."""

_NO_TOKEN = (LookupError, TypeError, ValueError, OverflowError, RecursionError)
"""What comes of answers that are none."""

_REALMS: HassKey[dict[TidepoolEnvironment, Realm]] = HassKey(f"{DOMAIN}_realms")
"""Where Tidepool said that people log in; asked again after whatever fails there."""


def _kept(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored of an answer: texts, and a number that can be.

    What can not be would keep Home Assistant from storing any entry.

    Raises:
        LookupError: There is no token in it, or not how long it is good for.
        TypeError: It is something else altogether.
        ValueError: What is in it is no token.
        OverflowError: Its life has no end.
    """
    # Some providers add who somebody is, which nobody here needs.
    kept = {key: _text(told[key]) for key in _NEEDED}
    if "token_type" in told:
        kept["token_type"] = _text(told["token_type"])
    lifetime = min(max(float(told["expires_in"]), 0.0), _LONGEST)
    return {**kept, "expires_in": int(lifetime)}


def _text(told: object) -> str:
    """Return a text that can be stored.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(told, str) or not told:
        raise ValueError("A token was promised")
    told.encode()
    return told


class _Checked(LocalOAuth2Implementation):
    """A credential whose tokens are looked at before anybody relies on them."""

    @override
    async def _token_request(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return tokens; what is none never reaches a log.

        Raises:
            OAuth2TokenRequestError: None were given.
            OAuth2TokenRequestConnectionError: None arrived.
        """
        try:
            return _kept(await super()._token_request(data))
        except _NO_TOKEN as err:
            raise OAuth2TokenRequestConnectionError(domain=DOMAIN) from err


class DexcomImplementation(_Checked, AuthImplementation):
    """A credential that is bound to Dexcom, where an account lives."""

    @property
    @override
    def extra_authorize_data(self) -> dict[str, str]:
        """Return what the person is asked to allow."""
        return {"scope": SCOPE}


class TidepoolImplementation(_Checked, LocalOAuth2ImplementationWithPkce):
    """A credential that is bound to one of Tidepool's realms.

    The application has no secret there: it proves that it asked. What was
    entered as one, because Home Assistant insists, is not even kept here.
    """

    def __init__(
        self, picked: AuthImplementation, environment: TidepoolEnvironment, realm: Realm
    ) -> None:
        """Think of a proof, for one login."""
        super().__init__(
            picked.hass,
            picked.domain,
            picked.client_id,
            str(realm.authorize_url),
            str(realm.token_url),
        )
        self._environment = environment

    @property
    @override
    def extra_authorize_data(self) -> dict[str, str]:
        """Return what the person is asked to allow, and what the proof is of."""
        return {"scope": TIDEPOOL_SCOPE, **super().extra_authorize_data}

    @override
    async def _token_request(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return tokens; whatever fails, the realm may have moved.

        Raises:
            OAuth2TokenRequestError: None were given.
            OAuth2TokenRequestConnectionError: None arrived.
        """
        try:
            return await super()._token_request(data)
        except BaseException:
            self.hass.data[_REALMS].pop(self._environment, None)
            raise


async def implementation(
    picked: AbstractOAuth2Implementation, data: Mapping[str, Any]
) -> AbstractOAuth2Implementation:
    """Return a credential bound to where an entry's account lives.

    Home Assistant knows neither which provider a credential is for nor where
    accounts live: the entry says both.

    Args:
        picked: The credential as Home Assistant knows it.
        data: Of the entry, or what is about to become an entry.

    Raises:
        CgmError: The provider does not say where people log in.
    """
    if not isinstance(picked, AuthImplementation):
        # Somebody else's, such as an account link: it knows where it leads.
        return picked
    if data[CONF_SOURCE] == SourceKind.TIDEPOOL:
        environment = TidepoolEnvironment(data[CONF_ENVIRONMENT])
        realm = await _realm(picked.hass, environment)
        return TidepoolImplementation(picked, environment, realm)
    return _of_dexcom(picked, Environment(data[CONF_ENVIRONMENT]))


def _of_dexcom(
    picked: AuthImplementation, environment: Environment
) -> DexcomImplementation:
    """Return a credential bound to one of Dexcom's regions."""
    return DexcomImplementation(
        picked.hass,
        picked.domain,
        ClientCredential(picked.client_id, picked.client_secret, picked.name),
        AuthorizationServer(
            authorize_url=str(authorize_url(environment)),
            token_url=str(token_url(environment)),
        ),
    )


async def _realm(hass: HomeAssistant, environment: TidepoolEnvironment) -> Realm:
    """Return where an environment lets people log in.

    Raises:
        CgmError: It does not say.
    """
    known = hass.data.setdefault(_REALMS, {})
    if environment not in known:
        session = async_get_clientsession(hass)
        known[environment] = await find_realm(session, environment)
    return known[environment]
