"""Automations made from our blueprints."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import PropertyMock, patch

from homeassistant.components.blueprint.models import DomainBlueprints
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
)

from .home import settle

FOLDER = Path(__file__).parent.parent / "blueprints/automation"
BLUEPRINTS = sorted(path.stem for path in FOLDER.rglob("*.yaml"))
UNKNOWN_PHONE = "0123456789abcdef0123456789abcdef"
"""The device of a phone that is gone."""

_ALL = {"entity_id": "all"}


@contextmanager
def _ours() -> Generator[None]:
    """Let Home Assistant look for blueprints where ours are."""
    with patch.object(
        DomainBlueprints, "blueprint_folder", PropertyMock(return_value=FOLDER)
    ):
        yield


def silent_phone(hass: HomeAssistant, name: str) -> str:
    """Return the device of a phone that nothing can be sent to."""
    app = MockConfigEntry(domain="mobile_app", title=name)
    app.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=app.entry_id, identifiers={("mobile_app", name)}, name=name
    )
    return device.id


def phone(hass: HomeAssistant, name: str) -> tuple[str, list[ServiceCall]]:
    """Return the device of a phone, and what it is told."""
    told = async_mock_service(hass, "notify", _action(name))
    return silent_phone(hass, name), told


def failing_phone(hass: HomeAssistant, name: str) -> tuple[str, list[ServiceCall]]:
    """Return the device of a phone that never gets what is sent, and what that was."""
    failure = HomeAssistantError(f"{name} does not answer")
    sent = async_mock_service(hass, "notify", _action(name), raise_exception=failure)
    return silent_phone(hass, name), sent


def _action(name: str) -> str:
    """Return what the app of a phone is told by."""
    return f"mobile_app_{name.lower().replace(' ', '_')}"


async def make(hass: HomeAssistant, name: str, inputs: dict[str, Any]) -> None:
    """Make an automation, and let it run."""
    await make_all(hass, {name: inputs})


async def make_all(hass: HomeAssistant, wanted: dict[str, dict[str, Any]]) -> None:
    """Make an automation from each of some blueprints, and let them run."""
    with _ours():
        assert await async_setup_component(hass, "automation", _config(wanted))
    await settle(hass)
    made = hass.states.async_all("automation")
    assert [each.state for each in made] == ["on"] * len(wanted)


async def save_all(hass: HomeAssistant, wanted: dict[str, dict[str, Any]]) -> None:
    """Do what the editor does when an automation was made or changed."""
    load = patch("homeassistant.config.load_yaml_config_file", autospec=True)
    with _ours(), load as config:
        config.return_value = _config(wanted)
        await hass.services.async_call("automation", "reload", blocking=True)
    await settle(hass)


def _config(wanted: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return a configuration with an automation from each of some blueprints."""
    automations = [
        {
            "id": name,
            "alias": name,
            "use_blueprint": {"path": f"glucose_follow/{name}.yaml", "input": inputs},
        }
        for name, inputs in wanted.items()
    ]
    return {"automation": automations}


async def stop(hass: HomeAssistant) -> None:
    """Stop the automations in the middle of what they do."""
    await hass.services.async_call("automation", "turn_off", _ALL, blocking=True)


async def start_again(hass: HomeAssistant) -> None:
    """Let the automations run again, and wait until they have done what they can."""
    await begin_again(hass)
    await settle(hass)


async def begin_again(hass: HomeAssistant) -> None:
    """Let the automations run again, as they do when Home Assistant starts."""
    hass.set_state(CoreState.starting)
    await hass.services.async_call("automation", "turn_on", _ALL, blocking=True)
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
