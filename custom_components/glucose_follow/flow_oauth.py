"""Logging in at a provider, with a credential that the person registered there."""

from collections.abc import Awaitable, Callable, Collection, Mapping
import logging
from typing import Any, override

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.exceptions import ImplementationUnavailableError
from homeassistant.helpers.config_entry_oauth2_flow import (
    AbstractOAuth2FlowHandler,
    AbstractOAuth2Implementation,
    async_get_implementations,
)
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
)
import probatio

from .const import CONF_AUTH_IMPLEMENTATION, CONF_SOURCE, DOMAIN, LOGGER
from .flow import PersonFlow
from .oauth_provider import implementation

CONF_IMPLEMENTATION = "implementation"


def pick_schema(
    known: Mapping[str, AbstractOAuth2Implementation],
) -> probatio.Schema:
    """Return a form to choose a credential in."""
    options = [
        SelectOptionDict(value=key, label=credential.name)
        for key, credential in known.items()
    ]
    selector = SelectSelector(SelectSelectorConfig(options=options))
    return probatio.Schema({probatio.Required(CONF_IMPLEMENTATION): selector})


class OAuthFlow(AbstractOAuth2FlowHandler, PersonFlow):
    """Sends a person to log in; each provider says before where and after what."""

    DOMAIN = DOMAIN

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__()
        self._data: dict[str, Any] = {}
        """What becomes the entry's data; with a token once there is one."""
        self._then: Callable[[], Awaitable[ConfigFlowResult]]
        """Goes on with the token."""

    @property
    @override
    def logger(self) -> logging.Logger:
        """Return the integration's own."""
        return LOGGER

    async def _send_to_log_in(
        self, data: dict[str, Any], then: Callable[[], Awaitable[ConfigFlowResult]]
    ) -> ConfigFlowResult:
        """Let a person choose a credential and log in, and go on with the token."""
        self._data, self._then = data, then
        return await self.async_step_pick_implementation()

    @override
    async def async_oauth_create_entry(self, data: dict[str, Any]) -> ConfigFlowResult:
        """Go on with the token of whoever asked for it."""
        self._data |= data
        return await self._then()

    @override
    async def async_step_pick_implementation(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the credential, even if there is one: it may be another provider's."""
        known = await self._implementations()
        if not known:
            # Home Assistant then asks for a credential.
            return await super().async_step_pick_implementation()
        errors: dict[str, str] = {}
        picked = known.get(user_input[CONF_IMPLEMENTATION]) if user_input else None
        if picked is not None:
            bound, errors = await self._async_told(implementation(picked, self._data))
            if bound is not None:
                self.flow_impl = bound
                return await self.async_step_auth()
        suggested = user_input or {CONF_IMPLEMENTATION: self._suggested(known)}
        return self._form("pick_implementation", pick_schema(known), errors, suggested)

    def _suggested(self, known: Collection[str]) -> str:
        """Return the credential that is likely meant.

        It is the one that the entry has, else one that is not in use at another
        provider.
        """
        used = {
            entry.data.get(CONF_AUTH_IMPLEMENTATION): entry.data[CONF_SOURCE]
            for entry in self._async_current_entries()
        }
        own = {**self._known(), **self._data}.get(CONF_AUTH_IMPLEMENTATION)
        here = self._data[CONF_SOURCE]
        return min(known, key=lambda key: (key != own, used.get(key, here) != here))

    async def _implementations(self) -> dict[str, AbstractOAuth2Implementation]:
        """Return the credentials that there are for us."""
        try:
            return await async_get_implementations(self.hass, DOMAIN)
        except ImplementationUnavailableError:
            return {}
