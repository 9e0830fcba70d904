"""A home with things of Home Assistant's demo platform in it."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from homeassistant.components.demo.light import DemoLight
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
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


@contextmanager
def failing(
    entity_id: str, meanwhile: Callable[[], Awaitable[None]] | None = None
) -> Generator[None]:
    """Let a light not do what it is told, or something happen while it does."""
    turn_on = DemoLight.async_turn_on

    async def fail(light: DemoLight, **how: Any) -> None:
        if meanwhile is not None:
            await meanwhile()
        elif light.entity_id == entity_id:
            raise HomeAssistantError("It did not respond.")
        await turn_on(light, **how)

    with patch.object(DemoLight, "async_turn_on", fail):
        yield
