"""What people do in a browser, and what they need for it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
import re
from typing import Any

from playwright.async_api import Locator, Page

from custom_components.glucose_follow.cgm.person import SimulatedPerson
from simulators.home import Home
from simulators.nightscout import NightscoutSimulator

from .conftest import ARTEFACTS, TOKEN

BLUEPRINTS = Path(__file__).parents[2] / "blueprints/automation/glucose_follow"
MINUTE = timedelta(minutes=1)
NEWEST = 100
RED = [255, 0, 0]


@asynccontextmanager
async def open_site(*, is_lively: bool = False) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that one token opens.

    Args:
        is_lively: Whether a person uploads every 15 seconds, and the site says so;
            otherwise it is the test that uploads, and began with three readings.
    """
    async with NightscoutSimulator(
        person=_well_now() if is_lively else None,
        tokens={TOKEN: frozenset({"*"})},
        default_roles="denied",
        auth_fail_delay=0,
        title="Alex",
        has_sockets=is_lively,
    ) as site:
        if not is_lively:
            for number in (3, 2, 1):
                at = datetime.now(UTC) - number * 5 * MINUTE
                site.add_entry(at=at, sgv=NEWEST + 5 - 5 * number)
        yield site


def _well_now() -> SimulatedPerson:
    """Return somebody who is in range at this time of the day: nobody always is."""
    now = datetime.now(UTC)
    people = (
        SimulatedPerson(seed=seed, period=timedelta(seconds=15)) for seed in count(7)
    )
    return next(
        person
        for person in people
        if all(
            90 <= reading.mgdl <= 150
            for reading in person.readings(now - 20 * MINUTE, now + 20 * MINUTE)
        )
    )


async def follow(home: Home, site: NightscoutSimulator, name: str) -> None:
    """Add a person without looking."""
    await home.flow(
        {"next_step_id": "nightscout"},
        {"name": name, "url": str(site.url), "credential": TOKEN},
    )
    await home.wait_for(f"sensor.{name.lower()}_glucose", str.isdigit)


@asynccontextmanager
async def letting_go(home: Home, name: str) -> AsyncGenerator[None]:
    """Follow a person no longer afterwards, when their site is gone."""
    try:
        yield
    finally:
        entries = await home.command(type="config_entries/get", domain="glucose_follow")
        for entry in entries:
            if entry["title"] == name:
                await home.command(
                    type="config_entries/disable",
                    entry_id=entry["entry_id"],
                    disabled_by="user",
                )


async def until_well(home: Home, name: str) -> None:
    """Give a simulated person's name to somebody else until its bearer is in range."""
    entity = f"sensor.{name.lower()}_glucose"
    while not 80 <= int(await home.wait_for(entity, str.isdigit)) <= 170:
        entries = await home.command(type="config_entries/get", domain="glucose_follow")
        entry_id = next(each["entry_id"] for each in entries if each["title"] == name)
        await home.delete(f"/api/config/config_entries/entry/{entry_id}")
        await home.flow(
            {"next_step_id": "simulated"}, {"name": name, "scenario": "day"}
        )


async def light_of(home: Home, name: str, lamp: str) -> None:
    """Let a lamp follow a person, by our blueprint."""
    path = "glucose_follow/glucose_light"
    await home.command(
        type="blueprint/save",
        domain="automation",
        path=path,
        yaml=(BLUEPRINTS / "glucose_light.yaml").read_text("utf-8"),
        allow_override=True,
    )
    glucose = f"sensor.{name.lower()}_glucose"
    inputs = {"glucose": glucose, "lights": {"entity_id": lamp}}
    await home.post(
        f"/api/config/automation/config/{name.lower()}",
        {
            "alias": f"{name} light",
            "use_blueprint": {"path": f"{path}.yaml", "input": inputs},
        },
    )
    automation = f"automation.{name.lower()}_light"
    await home.wait_for(automation, lambda state: state == "on")


async def night_table(home: Home, name: str, lamp: str) -> str:
    """Make a dashboard with a person's card and a lamp; return its address."""
    path = f"night-{name.lower()}"
    glucose = f"sensor.{name.lower()}_glucose"
    await home.command(type="lovelace/dashboards/create", url_path=path, title="Night")
    cards = [
        {"type": "custom:glucose-follow-card", "entity": glucose},
        {
            "type": "tile",
            "entity": lamp,
            "grid_options": {"columns": 12},
            "features": [{"type": "light-brightness"}],
        },
    ]
    view = {"type": "sections", "sections": [{"cards": cards}]}
    await home.command(
        type="lovelace/config/save", url_path=path, config={"views": [view]}
    )
    return f"{home.url}/{path}"


async def is_red(home: Home, name: str, lamp: str, *, seconds: float = 40) -> None:
    """Wait until a person's lamp is red."""
    async with asyncio.timeout(seconds):
        while (await attributes(home, lamp)).get("rgb_color") != RED:
            await ask_now(home, name)
            await asyncio.sleep(0.5)
    assert await home.state(lamp) == "on"


async def attributes(home: Home, entity_id: str) -> dict[str, Any]:
    """Return all that is said of an entity."""
    found: dict[str, Any] = (await home.get(f"/api/states/{entity_id}"))["attributes"]
    return found


async def ask_now(home: Home, name: str) -> None:
    """Ask for readings, rather than wait for the schedule."""
    entity = {"entity_id": f"sensor.{name.lower()}_glucose"}
    await home.post("/api/services/homeassistant/update_entity", entity)


async def device_page(home: Home, name: str) -> str:
    """Return the address of a person's device."""
    for device in await home.command(type="config/device_registry/list"):
        if device["name"] == name:
            return f"{home.url}/config/devices/device/{device['id']}"
    raise LookupError(name)


def field(page: Page, place: int = 0) -> Locator:
    """Return a field for text in a form."""
    return page.locator("ha-selector-text").nth(place).locator("input")


def button(page: Page, name: str) -> Locator:
    """Return a button by all of its name."""
    return page.get_by_role("button", name=name, exact=True)


async def keep(page: Page, name: str, **size: int) -> None:
    """Keep what the page looks like, for people to look at."""
    usual = page.viewport_size
    if size:
        await page.set_viewport_size({"width": 1200, "height": 800, **size})
    await page.wait_for_timeout(500)
    await page.screenshot(path=ARTEFACTS / f"{name}.png", animations="disabled")
    if size and usual:
        await page.set_viewport_size(usual)


def complaints(home: Home, since: int = 0) -> list[str]:
    """Return what we complained about, and where we broke, since a place in the log."""
    trouble = (
        r"(ERROR|WARNING) .*\[custom_components\.|custom_components/glucose_follow/"
    )
    return [line for line in home.log[since:].splitlines() if re.search(trouble, line)]
