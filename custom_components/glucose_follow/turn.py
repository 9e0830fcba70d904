"""Keeps many people's answers from holding the loop together."""

import asyncio

from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN

_LOCK: HassKey[asyncio.Lock] = HassKey(f"{DOMAIN}_turn")


async def async_take_turn(hass: HomeAssistant) -> None:
    """Return in a turn of the loop in which nobody else's answer is taken in.

    Whatever arrived while the loop was busy is ready in one turn, and each answer
    takes milliseconds until all entities are written.
    """
    async with hass.data.setdefault(_LOCK, asyncio.Lock()):
        await asyncio.sleep(0)
