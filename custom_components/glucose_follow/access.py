"""What keeps an entry's access token valid, whichever way it was got."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from . import oauth
from .cgm.sources.dexcom_api import AccessToken
from .const import CONF_AUTH_IMPLEMENTATION, CONF_SESSION_TOKEN, CONF_SOURCE, SourceKind
from .factory import create_login
from .restraint import was_refused


@callback
def access_token(
    hass: HomeAssistant, entry: ConfigEntry, refused: str | None
) -> AccessToken:
    """Return what gives an entry's source a valid token, if it asks for one.

    Args:
        hass: Lends its session.
        entry: Of the source.
        refused: Fingerprint of the settings that were refused for good.
    """
    is_tidepool = entry.data[CONF_SOURCE] == SourceKind.TIDEPOOL
    if not is_tidepool or CONF_AUTH_IMPLEMENTATION in entry.data:
        return oauth.keeper(hass, entry).access_token

    def keep(token: str) -> None:
        """Store a token before anybody uses it: it is refreshed, not got anew."""
        hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_SESSION_TOKEN: token}
        )

    is_refused = was_refused(entry, refused)
    return create_login(hass, entry.data, keep, is_refused=is_refused).token
