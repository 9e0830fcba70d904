"""What tests do to Home Assistant, and what they look at."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import process_time
from unittest.mock import patch

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import event
from homeassistant.util.async_ import get_scheduled_timer_handles
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

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


@callback
def fire_due(hass: HomeAssistant) -> None:
    """Let happen what is due, and what is spread over the next half second.

    As the plugin's `async_fire_time_changed`, which makes two mocks for each timer:
    a sixth of the time of all tests in which time passes.
    """
    spread = timedelta(microseconds=event.RANDOM_MICROSECOND_MAX)
    present = datetime.now(UTC) + spread
    until = hass.loop.time() + spread.total_seconds()
    with (
        patch.object(event, "time_tracker_utcnow", lambda: present),
        patch.object(event, "time_tracker_timestamp", present.timestamp),
    ):
        for timer in list(get_scheduled_timer_handles(hass.loop)):
            if timer.when() <= until and not timer.cancelled():
                timer._run()
                timer.cancel()


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
        fire_due(hass)
        await settle(hass)


def state(hass: HomeAssistant, entity_id: str) -> str:
    """Return an entity's state."""
    found = hass.states.get(entity_id)
    assert found is not None, entity_id
    return found.state


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so, for up to half a minute of the processor.

    Every other clock may stand still.
    """
    ends = process_time() + 30
    while not condition():
        await asyncio.sleep(0)
        if process_time() > ends:
            pytest.fail("It never was")
