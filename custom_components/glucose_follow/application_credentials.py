"""What Home Assistant asks about a credential that a person registered."""

from homeassistant.components.application_credentials import (
    AuthImplementation,
    AuthorizationServer,
    ClientCredential,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.config_entry_oauth2_flow import MY_AUTH_CALLBACK_PATH

_DOCS = "https://github.com/glucose-follow/glucose-follow/blob/main/docs"
DEXCOM_DOCUMENTATION = f"{_DOCS}/dexcom-api.md"
TIDEPOOL_DOCUMENTATION = f"{_DOCS}/tidepool.md"


async def async_get_auth_implementation(
    hass: HomeAssistant, auth_domain: str, credential: ClientCredential
) -> AuthImplementation:
    """Return a credential that leads nowhere yet.

    Home Assistant does not know which provider it is for; `oauth_provider` binds it.
    """
    nowhere = AuthorizationServer(authorize_url="", token_url="")
    return AuthImplementation(hass, auth_domain, credential, nowhere)


async def async_get_description_placeholders(hass: HomeAssistant) -> dict[str, str]:
    """Return what the form for credentials tells."""
    return {
        "dexcom": DEXCOM_DOCUMENTATION,
        "tidepool": TIDEPOOL_DOCUMENTATION,
        "redirect_url": MY_AUTH_CALLBACK_PATH,
    }
