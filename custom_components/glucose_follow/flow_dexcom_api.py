"""Adding a person through Dexcom's official API."""

from typing import Any
from uuid import uuid4

from homeassistant.config_entries import SOURCE_REAUTH, ConfigFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.helpers.config_entry_oauth2_flow import MY_AUTH_CALLBACK_PATH
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig
import probatio

from .application_credentials import DEXCOM_DOCUMENTATION
from .cgm.models import Account
from .cgm.sources.dexcom_api import Environment
from .const import (
    CONF_ACCOUNT_ID,
    CONF_AUTH_IMPLEMENTATION,
    CONF_ENVIRONMENT,
    CONF_SOURCE,
    SourceKind,
)
from .flow import TEXT
from .flow_oauth import OAuthFlow

DEXCOM_API_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_NAME): TEXT,
        probatio.Required(CONF_ENVIRONMENT): SelectSelector(
            SelectSelectorConfig(
                options=[environment.value for environment in Environment],
                translation_key="environment",
            )
        ),
    }
)
REAUTH_SCHEMA = probatio.Schema({})


class DexcomApiFlow(OAuthFlow):
    """Asks where the account lives, then lets the person log in there."""

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__()
        self._name = ""

    async def async_step_dexcom_api(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whom to follow, and where the account lives."""
        if user_input is None:
            return self._dexcom_form({})
        self._name = user_input[CONF_NAME].strip() or "Dexcom"
        data = {
            CONF_SOURCE: SourceKind.DEXCOM_API.value,
            CONF_ENVIRONMENT: user_input[CONF_ENVIRONMENT],
            # Version 2 does not say whose data it has.
            CONF_ACCOUNT_ID: self._known().get(CONF_ACCOUNT_ID, uuid4().hex),
        }
        return await self._send_to_log_in(data, self._dexcom_opened)

    async def async_step_reauth_dexcom_api(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say that somebody has to log in again."""
        if user_input is None:
            return self._dexcom_form({})
        data = dict(self._get_reauth_entry().data)
        return await self._send_to_log_in(data, self._dexcom_opened)

    async def _dexcom_opened(self) -> ConfigFlowResult:
        """Keep the token if it opens anything."""
        account, errors = await self._async_identify(self._data)
        if account is None:
            return self._dexcom_form(errors)
        self._data[CONF_ACCOUNT_ID] = account.id
        if self.source == SOURCE_REAUTH:
            return await self._renew(account)
        await self._abort_if_taken(account.id)
        return self._finish(self._name, self._data)

    async def _renew(self, account: Account) -> ConfigFlowResult:
        """Give the entry its new token, unless it is another person's."""
        entry = self._get_reauth_entry()
        await self.async_set_unique_id(account.id, raise_on_progress=False)
        # Dexcom calls one person differently for each application.
        before = entry.data.get(CONF_AUTH_IMPLEMENTATION)
        if self._data[CONF_AUTH_IMPLEMENTATION] == before:
            self._abort_if_unique_id_mismatch(reason="wrong_account")
        return self.async_update_reload_and_abort(
            entry, unique_id=account.id, data=self._data
        )

    def _dexcom_form(self, errors: dict[str, str]) -> ConfigFlowResult:
        """Return the form that the flow began with."""
        is_reauth = self.source == SOURCE_REAUTH
        typed = {CONF_NAME: self._name, **self._data} if self._name else self._known()
        schema = REAUTH_SCHEMA if is_reauth else DEXCOM_API_SCHEMA
        return self._form(
            "reauth_dexcom_api" if is_reauth else "dexcom_api",
            schema,
            errors,
            typed,
            documentation=DEXCOM_DOCUMENTATION,
            redirect_url=MY_AUTH_CALLBACK_PATH,
        )
