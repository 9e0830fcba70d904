"""Adding a person through Tidepool, with a password."""

from functools import partial
from typing import Any

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigFlowResult,
)
from homeassistant.const import CONF_NAME, CONF_PASSWORD, CONF_USERNAME
import probatio

from .cgm.sources.tidepool import AccessToken, Environment
from .const import CONF_ENVIRONMENT, CONF_SESSION_TOKEN, CONF_SOURCE, SourceKind
from .factory import create_login
from .flow import PASSWORD_NEEDED, SECRET, TEXT
from .flow_tidepool_person import ENVIRONMENT, Login, TidepoolPersonFlow

_PERSON: dict[probatio.Marker, Any] = {
    probatio.Required(CONF_NAME): TEXT,
    probatio.Required(
        CONF_ENVIRONMENT, default=Environment.PRODUCTION.value
    ): ENVIRONMENT,
    probatio.Required(CONF_USERNAME): TEXT,
}
TIDEPOOL_SCHEMA = probatio.Schema(
    {**_PERSON, probatio.Required(probatio.Secret(CONF_PASSWORD)): SECRET}
)
RECONFIGURE_SCHEMA = probatio.Schema(
    {**_PERSON, probatio.Optional(probatio.Secret(CONF_PASSWORD)): SECRET}
)
TIDEPOOL_LOGIN_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_USERNAME): TEXT,
        probatio.Required(probatio.Secret(CONF_PASSWORD)): SECRET,
    }
)


class TidepoolFlow(TidepoolPersonFlow):
    """Asks for a login, and for whom of those it may see."""

    async def async_step_tidepool(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a login; a session begins, and is kept."""
        if user_input is None:
            return self._tidepool_form(self._known(), {})
        self._person_name = user_input[CONF_NAME].strip() or "Tidepool"
        return await self._log_in(user_input, user_input[CONF_ENVIRONMENT])

    async def async_step_reconfigure_tidepool(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a login in place of the one that is kept."""
        return await self.async_step_tidepool(user_input)

    async def async_step_reauth_tidepool(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a login as it is now; it has to see the same person."""
        data = self._get_reauth_entry().data
        if user_input is None:
            known = {CONF_USERNAME: data[CONF_USERNAME]}
            return self._form("reauth_tidepool", TIDEPOOL_LOGIN_SCHEMA, {}, known)
        return await self._log_in(user_input, data[CONF_ENVIRONMENT])

    async def _log_in(
        self, user_input: dict[str, Any], environment: str
    ) -> ConfigFlowResult:
        """Go on with whom a login may see; every token that it gets is kept.

        The password is kept as it was typed, and it is needed: a session that
        nobody refreshed for a while is over.
        """
        login: Login = {
            CONF_SOURCE: SourceKind.TIDEPOOL.value,
            CONF_ENVIRONMENT: environment,
            CONF_USERNAME: user_input[CONF_USERNAME].strip(),
        }
        login[CONF_PASSWORD] = self._password(login, user_input.get(CONF_PASSWORD))
        if not login[CONF_PASSWORD]:
            return self._tidepool_form(user_input, PASSWORD_NEEDED)
        keep = partial(login.__setitem__, CONF_SESSION_TOKEN)

        def token() -> AccessToken:
            return create_login(self.hass, login, keep).token

        return await self._choose_person(
            login, token, partial(self._tidepool_form, user_input)
        )

    def _tidepool_form(
        self, typed: dict[str, Any], errors: dict[str, str]
    ) -> ConfigFlowResult:
        """Return the form that the flow began with."""
        if self.source == SOURCE_REAUTH:
            return self._form("reauth_tidepool", TIDEPOOL_LOGIN_SCHEMA, errors, typed)
        if self.source == SOURCE_RECONFIGURE:
            return self._form("reconfigure_tidepool", RECONFIGURE_SCHEMA, errors, typed)
        return self._form("tidepool", TIDEPOOL_SCHEMA, errors, typed)
