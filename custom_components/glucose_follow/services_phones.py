"""An action that tells phones, each by itself.

An automation ends at an action that does not exist, whatever it was told to do about
errors. The phone that somebody replaced would keep an alarm from all others.
"""

import asyncio
from typing import Any

from homeassistant.components.notify.const import (
    ATTR_DATA,
    ATTR_MESSAGE,
    ATTR_TITLE,
    DOMAIN as NOTIFY_DOMAIN,
)
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.util import slugify
import probatio

from .const import DOMAIN, LOGGER

PATIENCE = 30
"""After how many seconds nobody waits for a phone; its app gives up after ten."""

TELL_SCHEMA = probatio.Schema(
    {
        probatio.Required(ATTR_DEVICE_ID): probatio.All(cv.ensure_list, [cv.string]),
        probatio.Required(ATTR_MESSAGE): cv.string,
        probatio.Optional(ATTR_TITLE): cv.string,
        probatio.Optional(ATTR_DATA): dict,
    }
)


@callback
def async_register(hass: HomeAssistant) -> None:
    """Register what tells phones."""
    phones = _Phones(hass)
    hass.services.async_register(DOMAIN, "tell_phones", phones.async_tell, TELL_SCHEMA)


class _Phones:
    """Tells phones, and knows which ones could not be told."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know of no phone that fails."""
        self._hass = hass
        self._failed: set[str] = set()

    async def async_tell(self, call: ServiceCall) -> None:
        """Tell all phones at once, whatever becomes of one of them.

        Raises:
            HomeAssistantError: Some could not be told; all others were.
        """
        phones = dict.fromkeys(call.data[ATTR_DEVICE_ID])
        told = await asyncio.gather(*(self._async_try(each, call) for each in phones))
        if not all(told):
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="phones_not_told",
                translation_placeholders={
                    "failed": str(told.count(False)),
                    "phones": str(len(told)),
                },
            )

    async def _async_try(self, device_id: str, call: ServiceCall) -> bool:
        """Tell a phone; return whether that worked."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._async_tell_one(device_id, call)
        except Exception as err:  # noqa: BLE001 - one phone must not keep others asleep
            self._complain(device_id, err)
            return False
        self._failed.discard(device_id)
        return True

    async def _async_tell_one(self, device_id: str, call: ServiceCall) -> None:
        """Tell a phone by its notify action, which has buttons and critical alerts.

        Source: homeassistant/components/notify/legacy.py and mobile_app/notify.py, which
        name it after the name that the app registered, not the one that a person gave.

        Raises:
            LookupError: Nobody has the phone any more.
        """
        device = dr.async_get(self._hass).async_get(device_id)
        if device is None:
            raise LookupError(device_id)
        said: dict[str, Any] = dict(call.data)
        del said[ATTR_DEVICE_ID]
        await self._hass.services.async_call(
            NOTIFY_DOMAIN,
            slugify(f"mobile_app_{device.name}"),
            said,
            blocking=True,
            context=call.context,
        )

    def _complain(self, device_id: str, err: Exception) -> None:
        """Say that a phone cannot be told, once until it can; errors may have names."""
        if device_id not in self._failed:
            self._failed.add(device_id)
            LOGGER.warning(
                "The phone with device id %s could not be told: %s",
                device_id,
                type(err).__name__,
            )
