"""Automations that only say that they ran."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.setup import async_setup_component

from simulators.nightscout import NightscoutSimulator

from .conftest import Clocks
from .home import pass_time, settle

MINUTE = timedelta(minutes=1)
GLUCOSE_OF_ALEX = {"entity_id": "sensor.alex_glucose"}


class Heard:
    """What an automation was told each time that it ran."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Listen from now on."""
        self.told: list[Mapping[str, Any]] = []

        @callback
        def ran(event: Event[Any]) -> None:
            self.told.append(event.data["trigger"])

        hass.bus.async_listen("told", ran)


async def automate(
    hass: HomeAssistant,
    trigger: str,
    options: Mapping[str, Any] | None = None,
    *,
    target: Mapping[str, Any] | None = None,
    conditions: list[dict[str, Any]] | None = None,
) -> Heard:
    """Set up an automation with one of our triggers; return what it hears."""
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "id": "told",
                "alias": "Told",
                "triggers": {
                    "trigger": f"glucose_follow.{trigger}",
                    "target": dict(target or GLUCOSE_OF_ALEX),
                    "options": dict(options or {}),
                },
                "conditions": conditions or [],
                "actions": {
                    "event": "told",
                    "event_data": {"trigger": "{{ trigger }}"},
                },
                "mode": "queued",
            }
        },
    )
    await settle(hass)
    assert hass.states.get("automation.told").state == "on"  # type: ignore[union-attr]  # without it the test fails
    return Heard(hass)


async def read(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks, *values: int
) -> None:
    """Let a reading arrive every five minutes."""
    for value in values:
        site.add_entry(at=clocks.world(), sgv=value)
        await pass_time(hass, clocks, 5 * MINUTE, step=MINUTE / 3)
