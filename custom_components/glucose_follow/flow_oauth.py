"""Logging in at a provider, with a credential that the person registered there."""

from collections.abc import Mapping
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

from .const import DOMAIN, LOGGER
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

    @property
    @override
    def logger(self) -> logging.Logger:
        """Return the integration's own."""
        return LOGGER

    @override
    async def async_step_pick_implementation(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the credential, even if there is one: it may be another provider's."""
        known = await self._implementations()
        if not known:
            # Home Assistant then asks for a credential.
            return await super().async_step_pick_implementation()
        picked = known.get(user_input[CONF_IMPLEMENTATION]) if user_input else None
        if picked is not None:
            self.flow_impl = implementation(picked, self._data)
            return await self.async_step_auth()
        suggested = {CONF_IMPLEMENTATION: next(iter(known))}
        return self._form("pick_implementation", pick_schema(known), {}, suggested)

    async def _implementations(self) -> dict[str, AbstractOAuth2Implementation]:
        """Return the credentials that there are for us."""
        try:
            return await async_get_implementations(self.hass, DOMAIN)
        except ImplementationUnavailableError:
            return {}
