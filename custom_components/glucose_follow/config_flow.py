"""Adding a person, and changing where their glucose comes from."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowResult,
    OptionsFlow,
    OptionsFlowWithReload,
)
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
)
import probatio

from . import flow_alarms
from .cgm.models import GlucoseUnit
from .cgm.source import Feature
from .const import (
    CONF_AUTH_IMPLEMENTATION,
    CONF_LIVE,
    CONF_SOURCE,
    CONF_STALE_AFTER,
    CONF_UNIT,
    DOMAIN,
    STALE_AFTER_LEAST,
    STALE_AFTER_MINUTES,
    STALE_AFTER_MOST,
    SourceKind,
)
from .flow_dexcom_api import DexcomApiFlow
from .flow_dexcom_share import DexcomShareFlow
from .flow_nightscout import NightscoutFlow
from .flow_simulated import SimulatedFlow
from .flow_tidepool import TidepoolFlow
from .flow_tidepool_oauth import TIDEPOOL_OAUTH, TidepoolOAuthFlow
from .flow_voice import VOICE_FIELDS, voice_options

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
        **VOICE_FIELDS,
    }
)


TIDEPOOL_OPTIONS_SCHEMA = OPTIONS_SCHEMA.extend(
    {probatio.Required(CONF_LIVE, default=False): BooleanSelector()}
)


class GlucoseFollowConfigFlow(
    NightscoutFlow,
    DexcomShareFlow,
    TidepoolFlow,
    # Last but one: Home Assistant's own flow for OAuth begins nobody after it.
    TidepoolOAuthFlow,
    DexcomApiFlow,
    SimulatedFlow,
    domain=DOMAIN,
):
    """Asks where one person's glucose is; each source has its own steps."""

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
        options = [kind.value for kind in SourceKind]
        options.insert(options.index(SourceKind.TIDEPOOL) + 1, TIDEPOOL_OAUTH)
        return self.async_show_menu(step_id="user", menu_options=options)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the form that the entry was made with."""
        data = self._get_reconfigure_entry().data
        match SourceKind(data[CONF_SOURCE]):
            case SourceKind.DEXCOM_SHARE:
                return await self.async_step_reconfigure_dexcom_share(user_input)
            case SourceKind.DEXCOM_API:
                return await self.async_step_dexcom_api(user_input)
            case SourceKind.TIDEPOOL if CONF_AUTH_IMPLEMENTATION in data:
                return await self.async_step_tidepool_oauth(user_input)
            case SourceKind.TIDEPOOL:
                return await self.async_step_reconfigure_tidepool(user_input)
            case SourceKind.SIMULATED:
                return await self.async_step_simulated(user_input)
        return await self.async_step_nightscout(user_input)

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Begin when a source refuses what it accepted before."""
        match SourceKind(entry_data[CONF_SOURCE]):
            case SourceKind.DEXCOM_SHARE:
                return await self.async_step_reauth_dexcom_share()
            case SourceKind.DEXCOM_API:
                return await self.async_step_reauth_dexcom_api()
            case SourceKind.TIDEPOOL if CONF_AUTH_IMPLEMENTATION in entry_data:
                return await self.async_step_reauth_tidepool_oauth()
            case SourceKind.TIDEPOOL:
                return await self.async_step_reauth_tidepool()
        return await self.async_step_reauth_confirm()


class GlucoseFollowOptionsFlow(OptionsFlowWithReload):
    """Asks how glucose is shown, when it is too old to be, and how to alarm."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for all of it in one form."""
        options = self.config_entry.options
        errors: dict[str, str] = {}
        if user_input is not None:
            if flow_alarms.is_complete(user_input):
                typed = {CONF_STALE_AFTER: int(user_input[CONF_STALE_AFTER])}
                chosen = flow_alarms.chosen(options, {**user_input, **typed})
                return self.async_create_entry(data=voice_options(chosen, user_input))
            errors["base"] = "window_incomplete"
        begun = user_input or {**options, **flow_alarms.suggested(options)}
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(self._schema(), begun),
            errors=errors,
        )

    def _schema(self) -> probatio.Schema:
        """Return the form; nobody is alarmed by what is hours old."""
        entry = self.config_entry
        is_tidepool = entry.data[CONF_SOURCE] == SourceKind.TIDEPOOL
        schema = TIDEPOOL_OPTIONS_SCHEMA if is_tidepool else OPTIONS_SCHEMA
        is_loaded = entry.state is ConfigEntryState.LOADED
        if is_loaded and Feature.LIVE not in entry.runtime_data.features:
            return schema
        return schema.extend(flow_alarms.SECTIONS)
