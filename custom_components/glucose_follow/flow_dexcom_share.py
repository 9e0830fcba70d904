"""Adding a person through Dexcom Share."""

from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigFlowResult
from homeassistant.const import CONF_NAME, CONF_PASSWORD, CONF_REGION, CONF_USERNAME
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig
from homeassistant.util import dt as dt_util
import probatio

from .cgm.models import Account
from .cgm.sources.dexcom_share import Region
from .const import CONF_ACCEPTED_AT, CONF_ACCOUNT_ID, CONF_SOURCE, SourceKind
from .flow import PASSWORD_NEEDED, SECRET, TEXT, PersonFlow

_REGION = SelectSelector(
    SelectSelectorConfig(
        options=[region.value for region in Region], translation_key="region"
    )
)
DEXCOM_SHARE_LOGIN_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_USERNAME): TEXT,
        probatio.Required(probatio.Secret(CONF_PASSWORD)): SECRET,
        probatio.Required(CONF_REGION): _REGION,
    }
)
DEXCOM_SHARE_SCHEMA = probatio.Schema(
    {probatio.Required(CONF_NAME): TEXT, **DEXCOM_SHARE_LOGIN_SCHEMA.schema}
)
RECONFIGURE_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_NAME): TEXT,
        probatio.Required(CONF_USERNAME): TEXT,
        probatio.Optional(probatio.Secret(CONF_PASSWORD)): SECRET,
        probatio.Required(CONF_REGION): _REGION,
    }
)


class DexcomShareFlow(PersonFlow):
    """Asks for the login of the person who shares."""

    async def async_step_dexcom_share(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a login; it is tried once, because failures lock the account."""
        errors: dict[str, str] = {}
        if user_input is not None:
            data = self._share_data(user_input)
            account, errors = await self._async_try_share(data)
            if account:
                await self._abort_if_taken(account.id)
                name = user_input[CONF_NAME].strip() or "Dexcom"
                return self._finish(name, {**data, CONF_ACCOUNT_ID: account.id})
        is_new = self.source != SOURCE_RECONFIGURE
        return self._form(
            "dexcom_share" if is_new else "reconfigure_dexcom_share",
            DEXCOM_SHARE_SCHEMA if is_new else RECONFIGURE_SCHEMA,
            errors,
            user_input or self._known(),
        )

    async def async_step_reconfigure_dexcom_share(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a login in place of the one that is kept."""
        return await self.async_step_dexcom_share(user_input)

    async def async_step_reauth_dexcom_share(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the login as it is now; the account stays the same."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            data = self._share_data(user_input)
            account, errors = await self._async_try_share(data)
            if account:
                await self.async_set_unique_id(account.id, raise_on_progress=False)
                self._abort_if_unique_id_mismatch(reason="wrong_account")
                data[CONF_ACCOUNT_ID] = account.id
                return self.async_update_reload_and_abort(entry, data=data)
        known = {key: entry.data[key] for key in (CONF_USERNAME, CONF_REGION)}
        return self._form(
            "reauth_dexcom_share",
            DEXCOM_SHARE_LOGIN_SCHEMA,
            errors,
            user_input or known,
        )

    async def _async_try_share(
        self, data: dict[str, Any]
    ) -> tuple[Account | None, dict[str, str]]:
        """Return whose login it is, or why nobody's; one without password is not tried."""
        if not data[CONF_PASSWORD]:
            return None, PASSWORD_NEEDED
        return await self._async_identify(data)

    def _share_data(self, user_input: dict[str, Any]) -> dict[str, Any]:
        """Return how a login is stored; a password is kept as it was typed.

        It says when that was: the same login is none that was refused before, once
        it is accepted.
        """
        login = {
            CONF_SOURCE: SourceKind.DEXCOM_SHARE.value,
            CONF_USERNAME: user_input[CONF_USERNAME].strip(),
            CONF_REGION: user_input[CONF_REGION],
        }
        return {
            **login,
            CONF_PASSWORD: self._password(login, user_input.get(CONF_PASSWORD)),
            CONF_ACCEPTED_AT: dt_util.utcnow().isoformat(),
        }
