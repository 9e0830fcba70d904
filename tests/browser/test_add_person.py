"""Somebody adds a person and looks at what they see."""

import asyncio
import re

from playwright.async_api import Page, expect

from simulators.develop import add_dashboard
from simulators.home import Home
from simulators.nightscout import NightscoutSimulator

from .conftest import ARTEFACTS, TOKEN


async def _look(page: Page, name: str) -> None:
    """Keep what the page looks like now."""
    await page.wait_for_timeout(700)
    await page.screenshot(path=ARTEFACTS / f"{name}.png")


async def _shows_what_is_known(page: Page, home: Home) -> None:
    """Wait until the page shows the glucose that Home Assistant knows."""
    async with asyncio.timeout(40):
        while True:
            known = await home.state("sensor.alex_glucose")
            if await page.get_by_text(f"{known} mg/dL").first.is_visible():
                return
            await page.wait_for_timeout(250)


async def test_a_person_is_added_and_followed(
    home: Home, site: NightscoutSimulator, page: Page
) -> None:
    await page.goto(
        f"{home.url}/config/integrations/dashboard/add?domain=glucose_follow"
    )
    await page.get_by_role("button", name="OK").click()
    await expect(page.get_by_text("not a medical device")).to_be_visible()
    await _look(page, "1-menu")
    await page.get_by_text("Nightscout site").click()
    name, address, credential = (
        page.locator("ha-selector-text").nth(place).locator("input")
        for place in range(3)
    )
    await name.fill("Alex")
    await address.fill(str(site.url))
    await credential.fill("wrong")
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_text("This is not accepted")).to_be_visible()
    await _look(page, "2-wrong-credential")
    await credential.fill(TOKEN)
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_text("Name and assign")).to_be_visible()
    await _look(page, "3-added")
    await page.get_by_role("button", name="Skip and finish").click()

    await home.wait_for("sensor.alex_glucose", str.isdigit)
    await add_dashboard(home)
    await page.goto(f"{home.url}/glucose-demo")
    await _shows_what_is_known(page, home)
    await _look(page, "4-dashboard")
    before = await home.state("sensor.alex_last_reading")
    await home.wait_for(
        "sensor.alex_last_reading", lambda state: state != before, seconds=60
    )
    await _shows_what_is_known(page, home)
    assert not re.search(r"(ERROR|WARNING) .*\[custom_components\.", home.log)
    assert "custom_components/glucose_follow/" not in home.log
