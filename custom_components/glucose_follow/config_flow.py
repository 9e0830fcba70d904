"""Adding a person, and changing where their glucose comes from."""

from collections.abc import Mapping
from secrets import randbits
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlow,
    OptionsFlowWithReload,
)
from homeassistant.const import CONF_NAME, CONF_URL
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.util import dt as dt_util
import probatio
from yarl import URL

from .cgm.errors import CgmError
from .cgm.models import Account, GlucoseUnit
from .cgm.person import Scenario
from .cgm.sources.nightscout import Address, Credential, parse_address, parse_credential
from .const import (
    CONF_ACCESS_TOKEN,
    CONF_API_SECRET_SHA1,
    CONF_CREDENTIAL,
    CONF_FORGET_CREDENTIAL,
    CONF_SCENARIO,
    CONF_SCENARIO_SINCE,
    CONF_SEED,
    CONF_SOURCE,
    CONF_STALE_AFTER,
    CONF_UNIT,
    DOMAIN,
    LOGGER,
    STALE_AFTER_LEAST,
    STALE_AFTER_MINUTES,
    STALE_AFTER_MOST,
    SourceKind,
)
from .errors import translation_key
from .factory import create_source

_PASSWORD = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
)
_NAME = TextSelector(TextSelectorConfig(autocomplete="off"))

NIGHTSCOUT_SCHEMA = probatio.Schema(
    {
        probatio.Optional(CONF_NAME): _NAME,
        # Text, not a web address: people paste them without a scheme.
        probatio.Required(CONF_URL): TextSelector(
            TextSelectorConfig(autocomplete="off")
        ),
        probatio.Optional(probatio.Secret(CONF_CREDENTIAL)): _PASSWORD,
    }
)
RECONFIGURE_SCHEMA = NIGHTSCOUT_SCHEMA.extend(
    {probatio.Optional(CONF_FORGET_CREDENTIAL, default=False): BooleanSelector()}
)
REAUTH_SCHEMA = probatio.Schema(
    {probatio.Required(probatio.Secret(CONF_CREDENTIAL)): _PASSWORD}
)
SIMULATED_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_NAME): _NAME,
        probatio.Required(CONF_SCENARIO, default=Scenario.DAY.value): SelectSelector(
            SelectSelectorConfig(
                options=[scenario.value for scenario in Scenario],
                translation_key="scenario",
            )
        ),
    }
)
OPTIONS_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_UNIT): SelectSelector(
            SelectSelectorConfig(
                options=[unit.value for unit in GlucoseUnit],
            )
        ),
        probatio.Required(
            CONF_STALE_AFTER, default=STALE_AFTER_MINUTES
        ): NumberSelector(
            NumberSelectorConfig(
                min=STALE_AFTER_LEAST,
                max=STALE_AFTER_MOST,
                mode=NumberSelectorMode.SLIDER,
                unit_of_measurement="min",
            )
        ),
    }
)


class GlucoseFollowConfigFlow(ConfigFlow, domain=DOMAIN):
    """Asks for one person's source, and makes sure that it works."""

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the form for settings."""
        return GlucoseFollowOptionsFlow()

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask where the glucose is."""
        return self.async_show_menu(
            step_id="user", menu_options=[kind.value for kind in SourceKind]
        )

    async def async_step_nightscout(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a site, and for what opens it."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                address = parse_address(user_input[CONF_URL])
            except CgmError as err:
                errors["base"] = translation_key(err)
            else:
                data = {
                    CONF_SOURCE: SourceKind.NIGHTSCOUT.value,
                    CONF_URL: str(address.url),
                    **self._credential_data(address, user_input),
                }
                self._abort_if_taken(await self.async_set_unique_id(address.id))
                account, errors = await self._async_identify(data)
                if account:
                    typed = user_input.get(CONF_NAME, "").strip()
                    known = self._known().get(CONF_NAME, "Nightscout")
                    name = typed or account.title or known
                    return self._finish(name, data, account.unit)
        is_new = self.source != SOURCE_RECONFIGURE
        return self._form(
            "nightscout" if is_new else "reconfigure",
            NIGHTSCOUT_SCHEMA if is_new else RECONFIGURE_SCHEMA,
            errors,
            user_input or self._known(),
        )

    async def async_step_simulated(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a name, and for what happens to its bearer."""
        known = self._known()
        if user_input is not None:
            name = user_input[CONF_NAME].strip() or "Simulated person"
            self._abort_if_taken(
                await self.async_set_unique_id(f"simulated-{name.casefold()}")
            )
            data = {
                CONF_SOURCE: SourceKind.SIMULATED.value,
                CONF_SEED: known.get(CONF_SEED, randbits(31)),
            }
            scenario = user_input[CONF_SCENARIO]
            if scenario == known.get(CONF_SCENARIO):
                return self._finish(name, data)
            since = dt_util.utcnow().isoformat()
            options = {CONF_SCENARIO: scenario, CONF_SCENARIO_SINCE: since}
            return self._finish(name, data, options=options)
        return self._form("simulated", SIMULATED_SCHEMA, {}, known)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the form that the entry was made with."""
        if self._get_reconfigure_entry().data[CONF_SOURCE] == SourceKind.SIMULATED:
            return await self.async_step_simulated(user_input)
        return await self.async_step_nightscout(user_input)

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Begin when a source refuses what it accepted before."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for what opens the site now."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            data = {
                CONF_SOURCE: entry.data[CONF_SOURCE],
                CONF_URL: entry.data[CONF_URL],
                **_stored(parse_credential(user_input[CONF_CREDENTIAL])),
            }
            account, errors = await self._async_identify(data)
            if account:
                return self.async_update_reload_and_abort(entry, data=data)
        return self._form("reauth_confirm", REAUTH_SCHEMA, errors, user_input)

    async def _async_identify(
        self, data: dict[str, Any]
    ) -> tuple[Account | None, dict[str, str]]:
        """Return whose data these settings open, or why they open none."""
        source = create_source(self.hass, data, dict)
        try:
            return await source.identify(), {}
        except CgmError as err:
            return None, {"base": translation_key(err)}
        except Exception:  # noqa: BLE001 - a form must never end in a traceback
            LOGGER.exception("Unexpected error while checking a source")
            return None, {"base": "unknown"}
        finally:
            await source.close()

    def _finish(
        self,
        name: str,
        data: dict[str, Any],
        unit: GlucoseUnit | None = None,
        *,
        options: dict[str, Any] | None = None,
    ) -> ConfigFlowResult:
        """Keep what was found to work, in a new entry or in the one at hand."""
        if self.source == SOURCE_RECONFIGURE:
            entry = self._get_reconfigure_entry()
            return self.async_update_reload_and_abort(
                entry,
                unique_id=self.unique_id,
                title=name,
                data=data,
                options={**entry.options, **(options or {})},
            )
        return self.async_create_entry(
            title=name,
            data=data,
            options={CONF_UNIT: unit or GlucoseUnit.MGDL, **(options or {})},
        )

    def _abort_if_taken(self, entry: ConfigEntry | None) -> None:
        """Stop where another entry follows the same person already."""
        if self.source != SOURCE_RECONFIGURE or (
            entry is not None and entry is not self._get_reconfigure_entry()
        ):
            self._abort_if_unique_id_configured()

    def _credential_data(
        self, address: Address, user_input: dict[str, Any]
    ) -> dict[str, str]:
        """Return how a credential is stored.

        Left empty, what was entered before stays, but for another host: it
        must not be sent to whoever answers at a mistyped address.
        """
        typed = user_input.get(CONF_CREDENTIAL, "").strip() or address.credential
        known = self._known()
        is_kept = (
            not typed
            and not user_input.get(CONF_FORGET_CREDENTIAL)
            and URL(known.get(CONF_URL, "")).host == address.url.host
        )
        if is_kept:
            keys = (CONF_ACCESS_TOKEN, CONF_API_SECRET_SHA1)
            return {key: known[key] for key in keys if key in known}
        return _stored(parse_credential(typed))

    def _known(self) -> dict[str, Any]:
        """Return what a form begins with: what the entry at hand says."""
        if self.source != SOURCE_RECONFIGURE:
            return {}
        entry = self._get_reconfigure_entry()
        return {CONF_NAME: entry.title, **entry.options, **entry.data}

    def _form(
        self,
        step_id: str,
        schema: probatio.Schema,
        errors: dict[str, str],
        typed: dict[str, Any] | None,
    ) -> ConfigFlowResult:
        """Return a form that keeps what was typed."""
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, typed),
            errors=errors,
        )


class GlucoseFollowOptionsFlow(OptionsFlowWithReload):
    """Asks how glucose is shown, and when it is too old to be."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for all of it in one form."""
        options = self.config_entry.options
        if user_input is not None:
            chosen = {**user_input, CONF_STALE_AFTER: int(user_input[CONF_STALE_AFTER])}
            return self.async_create_entry(data={**options, **chosen})
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(OPTIONS_SCHEMA, options),
        )


def _stored(credential: Credential) -> dict[str, str]:
    """Return how a credential is stored: what it is made of, nothing more."""
    stored = {
        CONF_ACCESS_TOKEN: credential.token,
        CONF_API_SECRET_SHA1: credential.secret_sha1,
    }
    return {key: value for key, value in stored.items() if value}
