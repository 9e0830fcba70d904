"""An automation with a trigger, a condition and a light, in the real thing."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.async_api import Page, expect
import pytest

from simulators.home import Home
from simulators.nightscout import NightscoutSimulator

from .conftest import TOKEN

MINUTE = timedelta(minutes=1)
LAMP = "light.lamp"
TRIGGERS = {
    "alarm",
    "became_high",
    "became_low",
    "changing_fast",
    "crossed_threshold",
    "entered_range",
    "forecast_low",
    "signal_lost",
    "signal_returned",
}
"""Treatments are those of another entity."""
CONDITIONS = {
    "is_changing_fast",
    "is_high",
    "is_in_range",
    "is_known",
    "is_low",
    "is_signal_lost",
    "is_snoozed",
}
ALEX = {"entity_id": "sensor.alex_glucose"}


@pytest.fixture
async def site() -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that nobody uploads to but the test."""
    async with NightscoutSimulator(tokens={TOKEN: frozenset({"*"})}) as running:
        for minutes in (15, 10, 5):
            running.add_entry(at=datetime.now(UTC) - minutes * MINUTE, sgv=100)
        yield running


async def _add_lamp(home: Home) -> None:
    """Add a light that needs no hardware."""
    path = "/api/config/config_entries/flow"
    flow = (await home.post(path, {"handler": "template"}))["flow_id"]
    await home.post(f"{path}/{flow}", {"next_step_id": "light"})
    await home.post(f"{path}/{flow}", {"name": "Lamp", "turn_on": [], "turn_off": []})
    await home.wait_for(LAMP, lambda state: state != "")


def _automation() -> dict[str, Any]:
    """Return what the editor saves."""
    return {
        "alias": "Red on lows",
        "triggers": [
            {
                "trigger": "glucose_follow.became_low",
                "target": ALEX,
                "options": {"behavior": "each", "for": {"seconds": 0}},
            }
        ],
        "conditions": [
            {
                "condition": "glucose_follow.is_low",
                "target": ALEX,
                "options": {"behavior": "any", "urgent_only": False},
            }
        ],
        "actions": [{"action": "light.turn_on", "target": {"entity_id": LAMP}}],
        "mode": "single",
    }


async def test_the_editor_shows_an_automation_and_it_turns_a_light_on(
    home: Home, site: NightscoutSimulator, page: Page
) -> None:
    await home.flow(
        {"next_step_id": "nightscout"},
        {"name": "Alex", "url": str(site.url), "credential": TOKEN},
    )
    await home.wait_for("sensor.alex_glucose", str.isdigit)
    await _add_lamp(home)
    await home.post("/api/config/automation/config/made", _automation())
    await home.wait_for("automation.red_on_lows", lambda state: state == "on")

    await page.goto(f"{home.url}/config/automation/edit/made")
    for words in ("Glucose became low", "Glucose is low"):
        await expect(page.get_by_text(words).first).to_be_visible(timeout=30_000)

    assert await home.state(LAMP) != "on"
    site.add_entry(at=datetime.now(UTC), sgv=60)
    await home.post("/api/services/homeassistant/update_entity", ALEX)
    await home.wait_for(LAMP, lambda state: state == "on")


async def test_the_editor_offers_every_trigger_and_condition_for_a_person(
    home: Home, site: NightscoutSimulator
) -> None:
    await home.flow(
        {"next_step_id": "nightscout"},
        {"name": "Alex", "url": str(site.url), "credential": TOKEN},
    )
    await home.wait_for("sensor.alex_glucose", str.isdigit)

    assert await _offered(home, "triggers") == TRIGGERS
    assert await _offered(home, "conditions") == CONDITIONS


async def _offered(home: Home, kind: str) -> set[str]:
    """Return what the editor offers for Alex, as soon as it offers anything of ours."""
    async with asyncio.timeout(30):
        while True:
            offered = await home.command(type=f"get_{kind}_for_target", target=ALEX)
            ours = {
                key.removeprefix("glucose_follow.")
                for key in offered
                if key.startswith("glucose_follow.")
            }
            if ours:
                return ours
            await asyncio.sleep(0.2)
