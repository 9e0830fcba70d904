"""A home with things of Home Assistant's demo platform in it."""

from unittest.mock import patch

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .home import settle


async def furnish(hass: HomeAssistant, *platforms: Platform) -> None:
    """Furnish a home with what some platforms have; they are polled for ever."""
    demo = "homeassistant.components.demo.COMPONENTS_WITH"
    assert await async_setup_component(hass, "homeassistant", {})
    with (
        patch(f"{demo}_CONFIG_ENTRY_DEMO_PLATFORM", list(platforms)),
        patch(f"{demo}_DEMO_PLATFORM", []),
    ):
        assert await async_setup_component(hass, "demo", {"demo": {}})
        await settle(hass)
