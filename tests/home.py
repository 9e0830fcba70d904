"""What tests do to Home Assistant, and what they look at."""

from datetime import timedelta

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from .conftest import Clocks

GLUCOSE = "sensor.alex_glucose"
SIGNAL_LOST = "binary_sensor.alex_signal_lost"


async def settle(hass: HomeAssistant) -> None:
    """Wait until nothing is under way."""
    await hass.async_block_till_done(wait_background_tasks=True)


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set an entry up, successfully or not."""
    if hass.config_entries.async_get_entry(entry.entry_id) is None:
        entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)


async def restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Unload and set up again: what is remembered comes from the store."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)
    await set_up(hass, entry)


async def pass_time(
    hass: HomeAssistant,
    clocks: Clocks,
    passed: timedelta,
    *,
    step: timedelta = timedelta(seconds=10),
) -> None:
    """Let time pass in steps, and everything happen that is due."""
    while passed > timedelta():
        clocks.tick(min(step, passed))
        passed -= step
        async_fire_time_changed(hass)
        await settle(hass)


def state(hass: HomeAssistant, entity_id: str) -> str:
    """Return an entity's state."""
    found = hass.states.get(entity_id)
    assert found is not None, entity_id
    return found.state
