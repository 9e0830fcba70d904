"""What all config flows of a person have in common."""

from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
)
from homeassistant.const import CONF_NAME, CONF_PASSWORD, CONF_TOKEN
from homeassistant.helpers.selector import (
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio

from .cgm.errors import CgmError
from .cgm.models import Account, GlucoseUnit, Thresholds
from .cgm.source import CgmSource
from .cgm.sources.dexcom_api import AccessToken
from .const import (
    CONF_ACCESS_TOKEN,
    CONF_API_SECRET_SHA1,
    CONF_SESSION_TOKEN,
    CONF_UNIT,
    LOGGER,
)
from .errors import translation_key
from .factory import create_source
from .options import with_thresholds

if TYPE_CHECKING:
    from .coordinator import CgmConfigEntry

TEXT = TextSelector(TextSelectorConfig(autocomplete="off"))
SECRET = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
)

PASSWORD_NEEDED = {CONF_PASSWORD: "password_needed"}
"""What a form says where no password is typed, and none is kept for the login."""

_SECRETS = frozenset(
    {
        CONF_ACCESS_TOKEN,
        CONF_API_SECRET_SHA1,
        CONF_PASSWORD,
        CONF_SESSION_TOKEN,
        CONF_TOKEN,
    }
)
"""What no form begins with: it would be sent to the browser."""


class PersonFlow(ConfigFlow):
    """Makes sure that a source works before an entry is made of it."""

    async def _async_identify(
        self, data: dict[str, Any], token: AccessToken | None = None
    ) -> tuple[Account | None, dict[str, str]]:
        """Return whose data these settings open, or why they open none."""
        source = create_source(self.hass, data, dict, token)
        return await self._async_answer(source, source.identify())

    async def _async_answer[T](
        self, source: CgmSource, question: Awaitable[T]
    ) -> tuple[T | None, dict[str, str]]:
        """Return what a source answers, or why it does not; it is not used again."""
        try:
            return await self._async_told(question)
        finally:
            await source.close()

    async def _async_told[T](
        self, question: Awaitable[T]
    ) -> tuple[T | None, dict[str, str]]:
        """Return what is answered, or what a form says of why it is not."""
        try:
            return await question, {}
        except CgmError as err:
            return None, {"base": translation_key(err)}
        except Exception:  # noqa: BLE001 - a form must never end in a traceback
            LOGGER.exception("Unexpected error while checking a source")
            return None, {"base": "unknown"}

    def _finish(
        self,
        name: str,
        data: dict[str, Any],
        unit: GlucoseUnit | None = None,
        *,
        options: dict[str, Any] | None = None,
        thresholds: Thresholds | None = None,
    ) -> ConfigFlowResult:
        """Keep what was found to work, in a new entry or in the one at hand.

        Unit and thresholds of the source are only what a new entry begins with.
        """
        if self.source == SOURCE_RECONFIGURE:
            entry = self._get_reconfigure_entry()
            return self.async_update_reload_and_abort(
                entry,
                unique_id=self.unique_id,
                title=name,
                data=data,
                options={**entry.options, **(options or {})},
            )
        begun: dict[str, Any] = {CONF_UNIT: unit or GlucoseUnit.MGDL}
        if thresholds is not None:
            begun = with_thresholds(begun, thresholds)
        return self.async_create_entry(
            title=name, data=data, options={**begun, **(options or {})}
        )

    async def _abort_if_taken(self, unique_id: str) -> None:
        """Stop where another entry follows the same person already.

        A form that somebody left open elsewhere is no reason to stop.
        """
        entry = await self.async_set_unique_id(unique_id, raise_on_progress=False)
        if self.source != SOURCE_RECONFIGURE or (
            entry is not None and entry is not self._get_reconfigure_entry()
        ):
            self._abort_if_unique_id_configured()

    def _kept(self) -> Mapping[str, Any]:
        """Return the data of the entry at hand, none where there will be a new one."""
        if self.source != SOURCE_RECONFIGURE:
            return {}
        return self._get_reconfigure_entry().data

    def _is_refused(self) -> bool:
        """Return whether the settings of the entry at hand were refused for good."""
        if self.source != SOURCE_RECONFIGURE:
            return False
        entry: CgmConfigEntry = self._get_reconfigure_entry()
        is_loaded = entry.state is ConfigEntryState.LOADED
        return is_loaded and entry.runtime_data.restraint.is_refused

    def _known(self) -> dict[str, Any]:
        """Return what a form begins with: what the entry at hand says, but no secret."""
        if self.source != SOURCE_RECONFIGURE:
            return {}
        entry = self._get_reconfigure_entry()
        told = {key: entry.data[key] for key in entry.data if key not in _SECRETS}
        return {CONF_NAME: entry.title, **entry.options, **told}

    def _password(self, login: Mapping[str, Any], typed: str | None) -> str:
        """Return a login's password: if none is typed, the one that is kept for it.

        It must not be sent with another user name, or to another place, nor again
        once it was refused.

        Args:
            login: The rest of it, as it is stored.
            typed: May be empty.
        """
        kept = {} if self._is_refused() else self._kept()
        is_same = all(kept.get(key) == value for key, value in login.items())
        return typed or (kept.get(CONF_PASSWORD, "") if is_same else "")

    def _form(
        self,
        step_id: str,
        schema: probatio.Schema,
        errors: dict[str, str],
        typed: dict[str, Any] | None,
        **placeholders: str,
    ) -> ConfigFlowResult:
        """Return a form that keeps what was typed."""
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, typed),
            errors=errors,
            description_placeholders=placeholders,
        )
