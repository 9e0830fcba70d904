"""What people do in a browser, and what they need for it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
import re
from typing import Any

from playwright.async_api import Locator, Page

from custom_components.glucose_follow.cgm.person import SimulatedPerson
from simulators.home import Home
from simulators.nightscout import NightscoutSimulator

from .conftest import ARTEFACTS, TOKEN

MINUTE = timedelta(minutes=1)
NEWEST = 100


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
