"""What tests do to Home Assistant, and what they look at."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
import time
from unittest.mock import patch

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import event
from homeassistant.util.async_ import get_scheduled_timer_handles
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from .conftest import Clocks

GLUCOSE = "sensor.alex_glucose"
SIGNAL_LOST = "binary_sensor.alex_signal_lost"
LISTENING = "glucose_follow push"
"""What the task is called that has no end."""


async def settle(hass: HomeAssistant) -> None:
    """Wait until nothing is under way."""
    await hass.async_block_till_done(wait_background_tasks=True)


def busy(hass: HomeAssistant) -> bool:
    """Return whether anything is under way but listening."""
    tasks = hass._tasks | hass._background_tasks
    return any(
        not isinstance(task, asyncio.Task) or task.get_name() != LISTENING
        for task in tasks
    )


async def calm(hass: HomeAssistant) -> None:
    """Wait until nothing is under way but listening, and nothing is on its way."""
    quiet = 0
    while quiet < 50:
        await asyncio.sleep(0)
        quiet = 0 if busy(hass) else quiet + 1
        if quiet == 25:
            # What was sent may need another process to let the kernel work.
            time.sleep(0.0005)  # noqa: ASYNC251 - the loop's clock stands still


type Rest = Callable[[HomeAssistant], Awaitable[None]]
"""How to wait until nothing is under way."""


async def set_up(
    hass: HomeAssistant, entry: MockConfigEntry, *, rest: Rest = settle
) -> None:
    """Set an entry up, successfully or not."""
    if hass.config_entries.async_get_entry(entry.entry_id) is None:
        entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await rest(hass)


async def restart(
    hass: HomeAssistant, entry: MockConfigEntry, *, rest: Rest = settle
) -> None:
    """Unload and set up again: what is remembered comes from the store."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    await rest(hass)
    await set_up(hass, entry, rest=rest)


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
    rest: Rest = settle,
) -> None:
    """Let time pass in steps, and everything happen that is due."""
    while passed > timedelta():
        clocks.tick(min(step, passed))
        passed -= step
        fire_due(hass)
        await rest(hass)


def state(hass: HomeAssistant, entity_id: str) -> str:
    """Return an entity's state."""
    found = hass.states.get(entity_id)
    assert found is not None, entity_id
    return found.state


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so, for up to half a minute of the processor.

    Every other clock may stand still.
    """
    ends = time.process_time() + 30
    while not condition():
        await asyncio.sleep(0)
        if time.process_time() > ends:
            pytest.fail("It never was")
