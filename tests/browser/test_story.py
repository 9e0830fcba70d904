"""Somebody follows a person, and lets a lamp act on it; all of it by clicks."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
import json
from pathlib import Path
import re

from aiohttp import web
from playwright.async_api import Browser, Locator, Page, expect
import pytest
import pytest_asyncio

from benchmarks.light import light_site, measure
from custom_components.glucose_follow.cgm.person import Scenario
from simulators.develop import add_dashboard
from simulators.home import Home

from .conftest import ARTEFACTS, TOKEN, free_port, log_in, open_browser
from .steps import (
    BLUEPRINTS,
    MINUTE,
    NEWEST,
    RED,
    ask_now,
    attributes,
    button,
    complaints,
    device_page,
    field,
    follow,
    is_red,
    keep,
    letting_go,
    light_of,
    night_table,
    open_site,
    until_well,
)

# One home for all: starting one takes longer than looking at it.
pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOT = Path(__file__).parents[2]
TEXTS = json.loads(
    (ROOT / "custom_components/glucose_follow/translations/en.json").read_text("utf-8")
)
NEW_TOKEN = "new-0123456789abcdef"


@dataclass
class House:
    """Where everything happens."""

    home: Home
    browser: Browser


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[House]:
    """Run a home that follows nobody yet, and a browser."""
    folder = tmp_path_factory.mktemp("house") / "home"
    async with Home(folder, port=free_port()) as home, open_browser() as browser:
        expect.set_options(timeout=15_000)
        yield House(home, browser)


@pytest.fixture
def home(house: House) -> Home:
    """Return the home."""
    return house.home


@pytest_asyncio.fixture(loop_scope="module")
async def page(house: House) -> AsyncGenerator[Page]:
    """Open a page."""
    page = await log_in(house.browser, house.home)
    yield page
    await page.context.close()


async def _begin_to_add(home: Home, page: Page) -> None:
    """Go to where the source is chosen."""
    await page.goto(
        f"{home.url}/config/integrations/dashboard/add?domain=glucose_follow"
    )
    await button(page, "OK").click()


async def _shows_what_is_known(page: Page, home: Home) -> None:
    """Wait until the page shows the glucose that Home Assistant knows."""
    async with asyncio.timeout(40):
        while True:
            known = await home.state("sensor.alex_glucose")
            if await page.get_by_text(f"{known} mg/dL").first.is_visible():
                return
            await page.wait_for_timeout(250)


async def test_a_person_is_added_and_followed(home: Home, page: Page) -> None:
    since = len(home.log)
    async with open_site(is_lively=True) as site, letting_go(home, "Alex"):
        await _begin_to_add(home, page)
        await expect(page.get_by_text("not a medical device")).to_be_visible()
        await keep(page, "1-menu")
        await page.get_by_text("Nightscout site").click()
        await field(page, 0).fill("Alex")
        await field(page, 1).fill(str(site.url))
        await field(page, 2).fill("wrong")
        await button(page, "Submit").click()
        await expect(page.get_by_text("This is not accepted")).to_be_visible()
        await keep(page, "2-wrong-credential")
        await field(page, 2).fill(TOKEN)
        await button(page, "Submit").click()
        await expect(page.get_by_text("Name and assign")).to_be_visible()
        await keep(page, "3-added")
        await button(page, "Skip and finish").click()

        await home.wait_for("sensor.alex_glucose", str.isdigit)
        await add_dashboard(home)
        await page.goto(f"{home.url}/glucose-demo")
        await _shows_what_is_known(page, home)
        await keep(page, "4-dashboard")
        before = await home.state("sensor.alex_last_reading")
        # Equal readings so close to each other are taken for one.
        await home.wait_for(
            "sensor.alex_last_reading", lambda state: state != before, seconds=70
        )
        await _shows_what_is_known(page, home)
        assert complaints(home, since) == []


async def test_every_value_follows_the_unit(home: Home, page: Page) -> None:
    since = len(home.log)
    async with open_site() as site, letting_go(home, "Kim"):
        await follow(home, site, "Kim")
        address = await device_page(home, "Kim")
        await page.goto(address)
        await expect(_row(page, "Glucose")).to_contain_text(f"{NEWEST} mg/dL")
        await expect(_row(page, "Delta")).to_contain_text("5 mg/dL")
        await keep(page, "5-device", height=2200)

        await page.goto(f"{home.url}/config/integrations/integration/glucose_follow")
        settings = page.locator("ha-config-entry-row", has_text="Kim")
        await settings.get_by_role("button", name="Configure").click()
        await page.get_by_role("radio", name="mmol/L").click()
        await page.locator("ha-selector-number input").first.fill("12")
        await keep(page, "6-settings", height=1500)
        await button(page, "Submit").click()
        await button(page, "Finish").click()

        await page.goto(address)
        await expect(_row(page, "Glucose")).to_contain_text("5.6 mmol/L")
        await expect(_row(page, "Delta")).to_contain_text("0.3 mmol/L")
        await expect(page.get_by_text("mg/dL")).to_have_count(0)
        limits = page.locator("hui-number-entity-row input")
        assert {await limit.input_value() for limit in await limits.all()} == {
            *("3.1", "3.9", "10", "13.9")
        }
        await keep(page, "7-unit", height=2200)
        await page.goto(f"{home.url}/config/integrations/integration/glucose_follow")
        await settings.get_by_role("button", name="Configure").click()
        await expect(page.get_by_role("radio", name="mmol/L")).to_be_checked()
        chosen = page.locator("ha-selector-number input").first
        await expect(chosen).to_have_value("12")
        assert complaints(home, since) == []


def _row(page: Page, name: str) -> Locator:
    """Return a row of a device's page."""
    return page.locator("hui-sensor-entity-row", has_text=name)


async def test_a_credential_that_was_revoked_is_asked_for(
    home: Home, page: Page
) -> None:
    async with open_site() as site, letting_go(home, "Robin"):
        await follow(home, site, "Robin")
        site.revoke(TOKEN)
        site.add_entry(at=datetime.now(UTC), sgv=111)
        await ask_now(home, "Robin")
        assert await home.state("sensor.robin_glucose") == str(NEWEST)

        await page.goto(f"{home.url}/config/integrations/dashboard")
        await expect(button(page, "Reconfigure")).to_be_visible()
        await keep(page, "8-revoked")
        await button(page, "Reconfigure").click()
        await expect(page.get_by_text("what you entered for Robin")).to_be_visible()
        await field(page).fill("wrong")
        await button(page, "Submit").click()
        await expect(page.get_by_text("This is not accepted")).to_be_visible()
        await keep(page, "9-wrong-again")
        site.grant(NEW_TOKEN, {"*"})
        await field(page).fill(NEW_TOKEN)
        await button(page, "Submit").click()
        await expect(page.get_by_text("was successful")).to_be_visible()

        await home.wait_for("sensor.robin_glucose", lambda state: state == "111")
        await button(page, "Close").last.click()
        await expect(button(page, "Reconfigure")).to_have_count(0)


async def test_a_lamp_turns_red_when_a_person_becomes_low(
    home: Home, page: Page
) -> None:
    since = len(home.log)
    lamp = await home.add_lamp("Bedside")
    async with (
        open_site(is_lively=True) as site,
        letting_go(home, "Toni"),
        _library() as address,
    ):
        await follow(home, site, "Toni")
        await _import_blueprint(home, page, f"{address}/glucose_light.yaml")
        await page.get_by_text("Glucose light", exact=True).click()
        await page.get_by_text("Select an entity").click()
        await page.get_by_text("Toni", exact=True).click()
        await button(page, "Add target").click()
        await page.get_by_text("Bedside", exact=True).click()
        await expect(page.get_by_text("Exclude target")).to_be_visible()
        await keep(page, "11-blueprint", height=1500)
        await button(page, "Save").click()
        await home.wait_for("automation.glucose_light", lambda state: state == "on")
        assert await home.state(lamp) != "on"

        await page.goto(await night_table(home, "Toni", lamp))
        site.live(Scenario.LOW, datetime.now(UTC) - 40 * MINUTE)
        await is_red(home, "Toni", lamp)
        await expect(page.locator("glucose-follow-card .chip").first).to_have_text(
            "Urgent low alarm"
        )
        await keep(page, "12-lamp")
        await page.locator("hui-grid-section").screenshot(path=ARTEFACTS / "light.png")

        site.live(Scenario.DAY)
        await ask_now(home, "Toni")
        await home.wait_for(lamp, lambda state: state == "off")
        assert complaints(home, since) == []


@asynccontextmanager
async def _library() -> AsyncGenerator[str]:
    """Serve our blueprints as a site on the internet would."""
    app = web.Application()
    app.router.add_static("/", BLUEPRINTS)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def _import_blueprint(home: Home, page: Page, address: str) -> None:
    """Import a blueprint from its address."""
    await page.goto(f"{home.url}/config/blueprint/dashboard")
    await button(page, "Import blueprint").click()
    dialog = page.locator("ha-dialog-import-blueprint")
    await dialog.locator("input").fill(address)
    await button(page, "Preview").click()
    await expect(
        dialog.get_by_text("Lights show where glucose is").first
    ).to_be_visible()
    await keep(page, "10-import")
    await dialog.get_by_role("button", name="Import blueprint").click()
    await expect(dialog.get_by_role("dialog")).to_have_count(0)


async def test_a_light_is_red_at_each_low(home: Home) -> None:
    """How soon is told by `scripts/benchmark light`, where nothing else runs."""
    async with light_site() as site, letting_go(home, "Pat"):
        took = await measure(home, site, 10)

    assert took["state of glucose to red"]["count"] == 10


async def test_a_lamp_turns_red_when_a_simulated_person_is_made_low(
    home: Home, page: Page
) -> None:
    """Their low is put just below where they are: it takes minutes to reach 70."""
    since = len(home.log)
    lamp = await home.add_lamp("Hall")
    async with letting_go(home, "Sam"):
        await _begin_to_add(home, page)
        await _add_sam(home, page)
        await until_well(home, "Sam")
        await light_of(home, "Sam", lamp)
        await page.goto(await device_page(home, "Sam"))
        await _raise_low(home, page)
        await page.locator("hui-select-entity-row ha-select").click()
        await keep(page, "14-scenario")
        assert await home.state("binary_sensor.sam_low") == "off"
        assert await home.state(lamp) != "on"

        await page.get_by_role("menuitem", name="Low", exact=True).click()
        await home.wait_for("select.sam_scenario", lambda state: state == "low")
        await page.goto(await night_table(home, "Sam", lamp))
        await is_red(home, "Sam", lamp, seconds=150)

        assert await home.state("binary_sensor.sam_low") == "on"
        chip = page.locator("glucose-follow-card .chip").first
        await expect(chip).to_have_text(re.compile(r"^\s*Low"))
        bulb = page.locator("hui-tile-card ha-tile-icon ha-state-icon")
        await expect(bulb).to_have_css("color", "rgb(255, 0, 0)")
        await keep(page, "15-simulated-lamp")
        assert complaints(home, since) == []


async def _add_sam(home: Home, page: Page) -> None:
    """Add a simulated person whose day is a lively one."""
    await page.get_by_text("Simulated person, to try").click()
    await field(page).fill("Sam")
    await keep(page, "13-simulated")
    await button(page, "Submit").click()
    await button(page, "Skip and finish").click()
    await home.wait_for("select.sam_scenario", lambda state: state == "day")
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def _raise_low(home: Home, page: Page) -> None:
    """Let Sam's low begin a little below where they are."""
    row = page.locator("hui-number-entity-row").filter(
        has=page.get_by_text("Low threshold", exact=True)
    )
    await expect(row.locator("input")).to_have_value("70")
    low = str(int(await home.state("sensor.sam_glucose") or "") - 5)
    await row.locator("input").fill(low)
    await row.locator("input").press("Enter")
    await home.wait_for("number.sam_low_threshold", lambda state: state == low)


async def test_an_automation_is_clicked_together_and_runs(
    home: Home, page: Page
) -> None:
    since = len(home.log)
    lamp = await home.add_lamp("Desk")
    async with open_site() as site, letting_go(home, "Luca"):
        await follow(home, site, "Luca")
        await page.goto(f"{home.url}/config/automation/edit/new")
        dialog = page.locator("add-automation-element-dialog")
        offered = dialog.locator("ha-md-list-item, ha-list-item-button").filter(
            has_text="Luca"
        )

        await button(page, "Add trigger").click()
        await dialog.get_by_text("Services", exact=True).click()
        await dialog.get_by_text("Luca", exact=True).click()
        await expect(dialog.get_by_text("Glucose Follow", exact=True)).to_be_visible()
        assert _names("triggers") <= await _offered(page)
        await keep(page, "16-triggers")
        await offered.get_by_text("Glucose became low").click()

        await button(page, "Add condition").click()
        await dialog.get_by_text("Luca", exact=True).first.click()
        await expect(dialog.get_by_text("Glucose is low")).to_be_visible()
        assert _names("conditions") <= await _offered(page)
        await dialog.get_by_text("Glucose is low").click()

        await button(page, "Add action").click()
        for name in ("Entities", "Light", "Desk"):
            await dialog.get_by_text(name, exact=True).click()
        await dialog.get_by_text("Turn on light").click()
        await page.locator("ha-service-control ha-checkbox").first.click()
        colour = page.locator("ha-selector-color_rgb input").first
        await colour.fill("#ff0000")
        await keep(page, "17-editor")

        await button(page, "Save").click()
        naming = page.locator("ha-dialog-automation-save")
        await naming.locator("input").first.fill("Red on lows")
        await naming.get_by_role("button", name="Save", exact=True).click()
        await home.wait_for("automation.red_on_lows", lambda state: state == "on")
        assert await home.state(lamp) != "on"
        site.add_entry(at=datetime.now(UTC), sgv=60)
        await ask_now(home, "Luca")

        await home.wait_for(lamp, lambda state: state == "on")
        assert (await attributes(home, lamp))["rgb_color"] == RED
        assert complaints(home, since) == []


def _names(kind: str) -> set[str]:
    """Return what our triggers or conditions are called."""
    return {text["name"] for text in TEXTS[kind].values()}


async def _offered(page: Page) -> set[str]:
    """Return what is offered for the target that was chosen."""
    items = page.locator("add-automation-element-dialog ha-list-item-button")
    return {text.split("\n")[0] for text in await items.all_inner_texts()}
