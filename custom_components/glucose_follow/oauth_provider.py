"""Where people log in with OAuth, and what each provider wants to be asked."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.application_credentials import (
    AuthImplementation,
    AuthorizationServer,
    ClientCredential,
)
from homeassistant.exceptions import OAuth2TokenRequestConnectionError
from homeassistant.helpers.config_entry_oauth2_flow import AbstractOAuth2Implementation

from .cgm.sources.dexcom_api import SCOPE, Environment, authorize_url, token_url
from .const import CONF_ENVIRONMENT, DOMAIN


class DexcomImplementation(AuthImplementation):
    """A credential that is bound to Dexcom, where an account lives."""

    @property
    @override
    def extra_authorize_data(self) -> dict[str, str]:
        """Return what the person is asked to allow."""
        return {"scope": SCOPE}

    @override
    async def _token_request(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return tokens; what is none never reaches a log.

        Raises:
            OAuth2TokenRequestError: None were given.
            OAuth2TokenRequestConnectionError: None arrived.
        """
        try:
            token = await super()._token_request(data)
            lifetime = int(token["expires_in"])
        except (KeyError, TypeError, ValueError) as err:
            raise OAuth2TokenRequestConnectionError(domain=DOMAIN) from err
        if not (token.get("access_token") and token.get("refresh_token")):
            raise OAuth2TokenRequestConnectionError(domain=DOMAIN)
        return {**token, "expires_in": lifetime}


def implementation(
    picked: AbstractOAuth2Implementation, data: Mapping[str, Any]
) -> AbstractOAuth2Implementation:
    """Return a credential bound to where an entry's account lives.

    Args:
        picked: The credential as Home Assistant knows it.
        data: Of the entry, or what is about to become an entry.
    """
    if not isinstance(picked, AuthImplementation):
        # Somebody else's, such as an account link: it knows where it leads.
        return picked
    environment = Environment(data[CONF_ENVIRONMENT])
    return DexcomImplementation(
        picked.hass,
        picked.domain,
        ClientCredential(picked.client_id, picked.client_secret, picked.name),
        AuthorizationServer(
            authorize_url=str(authorize_url(environment)),
            token_url=str(token_url(environment)),
        ),
    )
