"""Automations made from our blueprints."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import PropertyMock, patch

from homeassistant.components.blueprint.models import DomainBlueprints
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.setup import async_setup_component

from .home import settle

FOLDER = Path(__file__).parent.parent / "blueprints/automation"
BLUEPRINTS = sorted(path.stem for path in FOLDER.rglob("*.yaml"))


@contextmanager
def _ours() -> Generator[None]:
    """Let Home Assistant look for blueprints where ours are."""
    with patch.object(
        DomainBlueprints, "blueprint_folder", PropertyMock(return_value=FOLDER)
    ):
        yield


def _configuration(name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration of an automation."""
    return {
        "automation": {
            "id": "made",
            "alias": "Made",
            "use_blueprint": {"path": f"glucose_follow/{name}.yaml", "input": inputs},
        }
    }


async def make(hass: HomeAssistant, name: str, inputs: dict[str, Any]) -> None:
    """Make an automation, and let it run."""
    with _ours():
        assert await async_setup_component(
            hass, "automation", _configuration(name, inputs)
        )
    await settle(hass)
    made = hass.states.get("automation.made")
    assert made is not None
    assert made.state == "on"


async def stop(hass: HomeAssistant) -> None:
    """Stop the automation in the middle of what it does."""
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": "automation.made"}, blocking=True
    )


async def start_again(hass: HomeAssistant) -> None:
    """Let the automation run again, as it does when Home Assistant starts."""
    hass.set_state(CoreState.starting)
    await hass.services.async_call(
        "automation", "turn_on", {"entity_id": "automation.made"}, blocking=True
    )
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await settle(hass)
