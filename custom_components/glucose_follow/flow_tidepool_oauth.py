"""Adding a person through Tidepool, with an application that Tidepool knows."""

from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigFlowResult
from homeassistant.const import CONF_NAME, CONF_TOKEN
from homeassistant.helpers.config_entry_oauth2_flow import MY_AUTH_CALLBACK_PATH
import probatio

from .application_credentials import TIDEPOOL_DOCUMENTATION
from .cgm.sources.tidepool import Environment
from .const import CONF_ENVIRONMENT, CONF_SOURCE, SourceKind
from .flow import TEXT
from .flow_oauth import OAuthFlow
from .flow_tidepool_person import ENVIRONMENT, TidepoolPersonFlow
from .oauth import renewed

TIDEPOOL_OAUTH = "tidepool_oauth"
"""A second way to one source."""

TIDEPOOL_OAUTH_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_NAME): TEXT,
        probatio.Required(
            CONF_ENVIRONMENT, default=Environment.PRODUCTION.value
        ): ENVIRONMENT,
    }
)
REAUTH_SCHEMA = probatio.Schema({})


class TidepoolOAuthFlow(TidepoolPersonFlow, OAuthFlow):
    """Lets a person log in at Tidepool, and asks for whom of those they may see."""

    async def async_step_tidepool_oauth(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whom to follow, and at which Tidepool."""
        if user_input is None:
            return self._tidepool_oauth_form({})
        self._person_name = user_input[CONF_NAME].strip() or "Tidepool"
        data = {
            CONF_SOURCE: SourceKind.TIDEPOOL.value,
            CONF_ENVIRONMENT: user_input[CONF_ENVIRONMENT],
        }
        return await self._send_to_log_in(data, self._tidepool_opened)

    async def async_step_reauth_tidepool_oauth(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say that somebody has to log in again."""
        if user_input is None:
            return self._tidepool_oauth_form({})
        data = dict(self._get_reauth_entry().data)
        return await self._send_to_log_in(data, self._tidepool_opened)

    async def _tidepool_opened(self) -> ConfigFlowResult:
        """Go on with whom the login may see."""
        return await self._choose_person(
            self._data, lambda: self._access_token, self._tidepool_oauth_form
        )

    async def _access_token(self, refused: str | None) -> str:
        """Return a valid token; who takes long to choose somebody needs another.

        Raises:
            CgmError: There is no other.
        """
        if refused is not None:
            token = await renewed(self.flow_impl, self._data[CONF_TOKEN])
            self._data[CONF_TOKEN] = dict(token)
        return str(self._data[CONF_TOKEN]["access_token"])

    def _tidepool_oauth_form(self, errors: dict[str, str]) -> ConfigFlowResult:
        """Return the form that the flow began with."""
        is_reauth = self.source == SOURCE_REAUTH
        typed = {CONF_NAME: self._person_name, **self._data}
        return self._form(
            "reauth_tidepool_oauth" if is_reauth else TIDEPOOL_OAUTH,
            REAUTH_SCHEMA if is_reauth else TIDEPOOL_OAUTH_SCHEMA,
            errors,
            typed if self._person_name else self._known(),
            documentation=TIDEPOOL_DOCUMENTATION,
            redirect_url=MY_AUTH_CALLBACK_PATH,
        )
