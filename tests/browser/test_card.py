"""Somebody looks at the card, and it never shows more than is true."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import json
import re
from typing import Any

from playwright.async_api import Browser, Locator, Page, expect
import pytest
import pytest_asyncio

from custom_components.glucose_follow.card import FILE
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from simulators.home import Home
from simulators.nightscout import NightscoutSimulator
from simulators.nightscout.styles import Style

from .conftest import ARTEFACTS, TOKEN, free_port, log_in, open_browser
from .pictured import relive

# One home for all: starting one takes longer than looking at it.
pytestmark = pytest.mark.asyncio(loop_scope="module")

MINUTE = timedelta(minutes=1)
STALE_AFTER = 8 * MINUTE
CARD = "custom:glucose-follow-card"
SIZES = {"phone": (390, 844), "tablet": (1024, 768), "wall": (1280, 800)}
LANGUAGES = {
    "en": "in range",
    "de": "im Zielbereich",
    "ar": "ضمن النطاق",
}
MEALS = ((20, 3.5, 40), (7, 5.5, 62), (2.4, 4.0, 45))


@dataclass
class House:
    """Where everything happens."""

    home: Home
    alex: NightscoutSimulator
    """Sends a reading every 15 seconds."""
    browser: Browser


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[House]:
    """Run a home that follows Alex, and a browser."""
    folder = tmp_path_factory.mktemp("house") / "home"
    person = SimulatedPerson(seed=7, period=timedelta(seconds=15))
    async with (
        _site(person) as alex,
        Home(folder, port=free_port()) as home,
        open_browser() as browser,
    ):
        await _follow(home, alex, "Alex")
        await home.wait_for("sensor.alex_glucose", str.isdigit)
        expect.set_options(timeout=15_000)
        yield House(home, alex, browser)


@pytest_asyncio.fixture(loop_scope="module")
async def page(house: House) -> AsyncGenerator[Page]:
    """Open a page."""
    page = await log_in(house.browser, house.home)
    yield page
    await page.context.close()


def _site(person: SimulatedPerson | None = None) -> NightscoutSimulator:
    """Return a site that one token opens."""
    return NightscoutSimulator(
        person=person,
        style=Style.LOOP,
        tokens={TOKEN: frozenset({"*"})},
        default_roles="denied",
        auth_fail_delay=0,
    )


async def _follow(home: Home, site: NightscoutSimulator, name: str) -> dict[str, Any]:
    """Add a person; return their entry."""
    result = await home.flow(
        {"next_step_id": "nightscout"},
        {"name": name, "url": str(site.url), "credential": TOKEN},
    )
    entry: dict[str, Any] = result["result"]
    return entry


async def _dashboard(home: Home, path: str, *views: dict[str, Any]) -> str:
    """Make a dashboard of views, and return its address."""
    path = f"glucose-{path}"
    await home.command(type="lovelace/dashboards/create", url_path=path, title=path)
    await home.command(
        type="lovelace/config/save", url_path=path, config={"views": list(views)}
    )
    return f"{home.url}/{path}"


def _view(**card: object) -> dict[str, Any]:
    """Return a view of one card."""
    usual = {"type": CARD, "entity": "sensor.alex_glucose"}
    return {
        "type": "sections",
        "path": "card",
        "sections": [{"cards": [usual | card]}],
    }


def _wall(**card: object) -> dict[str, Any]:
    """Return a view that a wall fills."""
    usual = {"type": CARD, "entity": "sensor.alex_glucose", "layout": "wall"}
    return {"type": "panel", "path": "wall", "cards": [usual | card]}


async def _keep(page: Page, name: str) -> None:
    """Keep what the page looks like, for people to look at."""
    await page.wait_for_timeout(200)
    await page.screenshot(path=ARTEFACTS / f"card-{name}.png", animations="disabled")


async def _until(is_right: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    """Wait until something is as it should be.

    Raises:
        TimeoutError: It never was.
    """
    ends = asyncio.get_running_loop().time() + seconds
    while not await is_right():
        await asyncio.sleep(0.1)
        if asyncio.get_running_loop().time() > ends:
            raise TimeoutError


def _part(page: Page, selector: str) -> Locator:
    """Return a part of the card."""
    return page.locator(f"glucose-follow-card {selector}")


async def _shows(home: Home, page: Page) -> bool:
    """Return whether the card shows what Home Assistant knows."""
    known = await home.state("sensor.alex_glucose")
    shown: str = await _part(page, ".value").inner_text()
    return shown == known


async def test_a_card_is_added_by_clicks(house: House, page: Page) -> None:
    """Three clicks to a working card, a fourth to keep it, and no typing."""
    empty = {"type": "sections", "sections": [{"cards": []}]}
    await page.goto(await _dashboard(house.home, "clicks", empty))
    await page.get_by_role("button", name="Edit dashboard").click()

    await page.get_by_role("button", name="Add card").first.click()
    await page.get_by_text("By card").click()
    offered = page.locator("hui-card-picker .card").filter(
        has=page.locator("glucose-follow-card")
    )
    await expect(offered.locator(".value")).to_have_text(re.compile(r"^\d+$"))
    await offered.scroll_into_view_if_needed()
    await _keep(page, "picker")
    await offered.click()
    preview = page.locator("hui-dialog-edit-card glucose-follow-card .value")
    await expect(preview).to_have_text(re.compile(r"^\d+$"))
    await _keep(page, "editor")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("button", name="Done").click()

    await _until(lambda: _shows(house.home, page))
    saved = await house.home.command(type="lovelace/config", url_path="glucose-clicks")
    (section,) = saved["views"][0]["sections"]
    assert section["cards"][0]["type"] == CARD
    assert section["cards"][0]["entity"] == "sensor.alex_glucose"


async def test_a_dashboard_is_made_by_clicks(house: House, page: Page) -> None:
    await page.goto(f"{house.home.url}/config/lovelace/dashboards")
    await page.get_by_role("button", name="Add dashboard").click()
    await page.locator("dashboard-card", has_text="A view for each person").click()
    create = page.get_by_role("button", name="Create")
    await create.click()
    # The dialog closes once the dashboard is saved; who leaves before, loses it.
    await expect(create).to_be_hidden()
    await page.goto(f"{house.home.url}/dashboard-glucose")

    await _until(lambda: _shows(house.home, page))
    await expect(page).to_have_url(re.compile("/alex-glucose$"))
    await expect(page.get_by_text("Insulin and carbs")).to_be_visible()
    await expect(page.get_by_text("Last bolus", exact=True)).to_be_visible()
    await _keep(page, "dashboard")


async def test_a_new_reading_is_shown_without_a_reload(
    house: House, page: Page
) -> None:
    await page.goto(await _dashboard(house.home, "live", _view()))
    await _until(lambda: _shows(house.home, page))
    await page.evaluate("window.isStillThere = true")
    before = await house.home.state("sensor.alex_last_reading")

    await _ask_until(house.home, lambda state: state != before)

    await _until(lambda: _shows(house.home, page), seconds=3)
    await expect(_part(page, ".sub")).to_contain_text("just now")
    assert await page.evaluate("window.isStillThere")


async def _ask_until(home: Home, is_right: Callable[[str], bool]) -> None:
    """Ask for readings until there is a new one; nobody waits for the schedule."""
    entity_id = "sensor.alex_last_reading"
    async with asyncio.timeout(60):
        while not is_right(await home.state(entity_id) or ""):
            await home.post(
                "/api/services/homeassistant/update_entity", {"entity_id": entity_id}
            )


async def test_an_old_reading_is_unmistakable_from_the_moment_it_is_old(
    house: House, page: Page
) -> None:
    now = datetime.now(UTC)
    newest = now - STALE_AFTER + timedelta(seconds=25)
    async with _site() as site:
        for minutes in range(0, 180, 5):
            site.add_entry(at=newest - minutes * MINUTE, sgv=120 + minutes // 3)
        entry = await _follow(house.home, site, "Sam")
        await _make_stale_sooner(house.home, entry["entry_id"])
        entity = {"entity": "sensor.sam_glucose"}
        await page.goto(await _dashboard(house.home, "old", _view(**entity)))
        await expect(_part(page, ".value")).to_have_text("120")
        await expect(_part(page, ".chip")).to_have_text("In range")

        chip = _part(page, ".chip")
        await expect(chip).to_have_text("No reading for 8 min", timeout=30_000)

        late = datetime.now(UTC) - newest - STALE_AFTER
        assert timedelta(seconds=-1) < late < timedelta(seconds=4)
        assert "line-through" in await _part(page, ".value").evaluate(
            "element => getComputedStyle(element).textDecorationLine"
        )
        await expect(_part(page, "span.arrow")).to_have_count(0)
        await expect(_part(page, ".sub")).to_contain_text("Last reading")
        await _keep(page, "old")
        said = await _part(page, ".head").get_attribute("aria-label")
        assert said is not None
        assert "120" not in said


async def _make_stale_sooner(home: Home, entry_id: str) -> None:
    """Let readings of a person be old after eight minutes."""
    path = "/api/config/config_entries/options/flow"
    form = await home.post(path, {"handler": entry_id})
    chosen = {"unit": "mg/dL", "stale_after": STALE_AFTER // MINUTE}
    await home.post(f"{path}/{form['flow_id']}", chosen)


async def test_an_alarm_is_snoozed(house: House, page: Page) -> None:
    now = datetime.now(UTC)
    async with _site() as site:
        for minutes in range(0, 180, 5):
            site.add_entry(at=now - minutes * MINUTE, sgv=min(50 + minutes * 2, 140))
        await _follow(house.home, site, "Kim")
        entity = {"entity": "sensor.kim_glucose"}
        await page.goto(await _dashboard(house.home, "alarm", _view(**entity)))
        chip = _part(page, ".chip").first
        await expect(chip).to_have_text("Urgent low alarm")
        await _keep(page, "alarm")

        await page.get_by_role("button", name="Snooze", exact=True).press("Enter")
        await expect(_part(page, ".choice button").first).to_be_focused()
        await expect(page.get_by_role("button", name="Snooze for 2 hr")).to_have_count(
            0
        )
        await page.get_by_role("button", name="Snooze for 15 min").click()

        await expect(chip).to_have_text("Urgent low")
        await expect(_part(page, ".quiet")).to_contain_text("Snoozed until")
        await _keep(page, "snoozed")
        until = await house.home.state("sensor.kim_snoozed_until")
        assert until is not None
        quiet = datetime.fromisoformat(until) - now
        assert 14 * MINUTE < quiet < 17 * MINUTE


async def test_a_wall_is_dark_at_night_but_for_whom_it_matters(
    house: House, page: Page
) -> None:
    async with _site() as calm, _site() as silent:
        for site, age in ((calm, 0), (silent, 30)):
            newest = datetime.now(UTC) - age * MINUTE
            for minutes in range(0, 180, 5):
                site.add_entry(at=newest - minutes * MINUTE, sgv=110 + minutes // 3)
        await _follow(house.home, calm, "Robin")
        await _follow(house.home, silent, "Toni")
        wall = _wall(
            entity="sensor.robin_glucose",
            others=["sensor.toni_glucose"],
            dim_from="00:00:00",
            dim_until="23:59:59",
        )
        await page.set_viewport_size({"width": 1280, "height": 800})
        await page.goto(await _dashboard(house.home, "night", wall))

        chips = _part(page, ".chip")
        await expect(chips).to_have_text(["In range", re.compile("No reading for 3")])
        await _keep(page, "night")
        left, right = await page.locator("glucose-follow-person").all()
        assert await _opacity(left) < await _opacity(right) == 1
        assert await _edge(left, "right") <= await _edge(right, "left")


async def _opacity(element: Locator) -> float:
    """Return how much of an element can be seen, from 0 to 1."""
    seen = await element.evaluate("element => getComputedStyle(element).opacity")
    return float(seen)


async def _edge(element: Locator, side: str) -> float:
    """Return where an element begins or ends."""
    box = "(element, side) => element.getBoundingClientRect()[side]"
    return float(await element.evaluate(box, side))


async def test_a_card_outlives_a_restart(house: House, page: Page) -> None:
    """And says that it is cut off if nobody comes back within a minute."""
    address = await _dashboard(house.home, "restart", _view())
    await page.clock.install()
    await page.goto(address)
    await _until(lambda: _shows(house.home, page))
    await page.evaluate("window.isStillThere = true")

    await house.home.stop()
    try:
        await page.clock.fast_forward(61_000)
        await expect(_part(page, ".chip")).to_have_text("Not connected")
        assert "line-through" in await _part(page, ".value").evaluate(
            "element => getComputedStyle(element).textDecorationLine"
        )
        await _keep(page, "not-connected")
    finally:
        await house.home.start()

    await expect(_part(page, ".chip")).not_to_have_text("Not connected", timeout=40_000)
    await _until(lambda: _shows(house.home, page))
    assert await page.evaluate("window.isStillThere")


async def test_a_reading_is_told_to_a_finger_and_to_a_keyboard(
    house: House, page: Page
) -> None:
    await page.goto(await _dashboard(house.home, "details", _view(hours=3)))
    graph = page.get_by_role("slider", name="Glucose of the last 3 hours")
    await expect(graph).to_have_attribute("aria-valuetext", re.compile(r"\d+ mg/dL"))

    await graph.hover(position={"x": 120, "y": 90})
    details = _part(page, ".details")
    await expect(details).to_contain_text("mg/dL")
    await _keep(page, "details")
    await page.mouse.move(0, 0)
    await expect(details).to_have_count(0)

    newest = await graph.get_attribute("aria-valuetext")
    await graph.press("ArrowLeft")
    await expect(details).to_be_visible()
    await graph.press("Home")
    assert await graph.get_attribute("aria-valuenow") == "0"
    assert await graph.get_attribute("aria-valuetext") != newest
    await graph.press("Escape")
    await expect(details).to_have_count(0)


async def test_the_pictures_of_the_readme_are_what_a_browser_shows(
    house: House, page: Page
) -> None:
    async with _site() as site:
        relive(site)
        await _follow(house.home, site, "Mika")
        entity = {"entity": "sensor.mika_glucose"}
        views = _view(**entity), _wall(**entity)
        address = await _dashboard(house.home, "pictures", *views)
        await page.set_viewport_size({"width": 1280, "height": 800})
        await _picture(page, f"{address}/card", "card.png")
        await page.emulate_media(color_scheme="dark")
        await _picture(page, f"{address}/wall", "wall.png")


async def _picture(page: Page, address: str, name: str) -> None:
    """Take a picture of a card that knows everything."""
    await page.goto(address)
    await expect(_part(page, ".value")).to_have_text("119")
    await expect(_part(page, ".sub")).to_contain_text("just now")
    await expect(_part(page, ".chip")).to_have_text("In range")
    for known in ("Insulin on board", "Bolus 3 hr. ago", "Today:"):
        await expect(page.get_by_text(known)).to_be_visible()
    await page.wait_for_timeout(200)
    card = page.locator("glucose-follow-card")
    await card.screenshot(path=ARTEFACTS / name, animations="disabled")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_card_is_at_home_everywhere(
    house: House, page: Page, language: str
) -> None:
    """Light and dark, on a phone, a tablet and a wall."""
    home = house.home
    await home.command(
        type="frontend/set_user_data",
        key="language",
        value={"language": language, "number_format": "language"},
    )
    address = await _dashboard(home, f"looks-{language}", _view(), _wall())
    for size, (width, height) in SIZES.items():
        await page.set_viewport_size({"width": width, "height": height})
        await page.goto(f"{address}/{'wall' if size == 'wall' else 'card'}")
        await expect(_part(page, ".today")).to_contain_text(LANGUAGES[language])
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            await _keep(page, f"{language}-{size}-{scheme}")
            assert await _is_within(page.locator("glucose-follow-person"), width)
        is_dark = await page.locator("glucose-follow-person").get_attribute("dark")
        assert is_dark is not None
    direction = await _part(page, ".head").evaluate(
        "element => getComputedStyle(element).direction"
    )
    assert direction == ("rtl" if language == "ar" else "ltr")


async def _is_within(card: Locator, width: int) -> bool:
    """Return whether nothing of a card is cut off or beyond the page."""
    box = await card.bounding_box()
    assert box is not None
    is_on_page = box["x"] >= 0 and box["x"] + box["width"] <= width
    is_whole: bool = await card.evaluate(
        "element => { const person = element.shadowRoot.querySelector('.person');"
        " return person.scrollWidth <= person.clientWidth; }"
    )
    return is_on_page and is_whole


PAGE = "<!doctype html><html lang='en'><body></body></html>"
BEGIN = """
([message, count]) => {
  window.asked = 0;
  window.shifts = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shifts += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  const connection = {
    subscribeMessage(heard) {
      window.asked += 1;
      window.say = heard;
      return Promise.resolve(() => undefined);
    },
    addEventListener() {},
    removeEventListener() {},
  };
  const locale = { language: "en", number_format: "language",
                   time_format: "language", time_zone: "local" };
  for (let card = 0; card < count; card += 1) {
    const element = document.createElement("glucose-follow-card");
    element.style.width = "480px";
    element.setConfig({ type: "custom:glucose-follow-card",
                        entity: "sensor.alex_glucose", hours: 24 });
    element.hass = { connection, locale, config: { time_zone: "UTC" },
                     themes: {}, entities: {}, devices: {}, states: {} };
    document.body.append(element);
  }
}
"""
# A frame that was asked for after the next one begins once that one is drawn.
DRAW = """
async (message) => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  await frame();
  const started = performance.now();
  window.say(message);
  const line = () => document.querySelector("glucose-follow-card")
    ?.shadowRoot.querySelector("glucose-follow-person")
    ?.shadowRoot.querySelector("glucose-follow-graph")
    ?.shadowRoot.querySelector(".line")?.getAttribute("d");
  const before = line();
  while (line() === before) {
    await (before ? Promise.resolve() : new Promise((done) => setTimeout(done)));
    if (performance.now() - started > 1000) throw new Error("never drawn");
  }
  document.body.getBoundingClientRect();
  return performance.now() - started;
}
"""


def _message(now: datetime) -> dict[str, Any]:
    """Return a day of one-minute readings as a card is told of it."""
    person = SimulatedPerson(seed=7, period=MINUTE)
    day = now - timedelta(days=1)
    readings = [
        [round(reading.at.timestamp() * 1000), reading.mgdl, 0]
        for reading in person.readings(day, now)
    ]
    return {
        "available": True,
        "now": round(now.timestamp() * 1000),
        "name": "Alex",
        "unit": "mg/dL",
        "stale_after": 900,
        "fresh_until": readings[-1][0] + 900_000,
        "thresholds": {"urgent_low": 55, "low": 70, "high": 180, "urgent_high": 250},
        "readings": readings,
        "replaces": True,
        "treatments": [
            [round((now - timedelta(hours=hours)).timestamp() * 1000), units, grams, 0]
            for hours, units, grams in MEALS
        ],
        "latest": readings[-1],
        "newest_at": readings[-1][0],
        "delta": 1.5,
        "direction": "flat",
        "range": None,
        "sensor_status": "ok",
        "last_bolus": None,
        "status": {"insulin_on_board": None, "carbs_on_board": None},
        "forecast": None,
        "low_in": None,
        "alarms": {"active": None, "snoozed_until": None},
    }


async def _blank(browser: Browser, message: dict[str, Any], cards: int) -> Page:
    """Return a page with nothing but cards, whose integration is the test."""
    page = await browser.new_page()
    await page.set_content(PAGE)
    await page.add_script_tag(content=FILE.read_text("utf-8"), type="module")
    await page.wait_for_function("!!customElements.get('glucose-follow-card')")
    await page.evaluate(BEGIN, [message, cards])
    return page


async def test_a_day_is_drawn_and_nothing_moves() -> None:
    """How long it takes is noted beside the screenshots, and not judged here."""
    first = _message(datetime.now(UTC) - MINUTE)
    reading = [first["latest"][0] + 60_000, 131, 0]
    news = {"readings": [reading], "latest": reading, "newest_at": reading[0]}
    news["now"] = first["now"] + 60_000
    drawn, updated = [], []
    assert len(first["readings"]) > 1400
    async with open_browser() as browser:
        for _ in range(8):
            page = await _blank(browser, first, 1)
            drawn.append(await page.evaluate(DRAW, first))
            await page.evaluate("window.shifts = 0")
            updated.append(await page.evaluate(DRAW, news))
            await page.wait_for_timeout(100)
            # The arrow follows the last digit, and nothing else moves.
            assert await page.evaluate("window.shifts") < 0.001
            await page.close()

    took = {"drawn_ms": sorted(drawn), "updated_ms": sorted(updated)}
    (ARTEFACTS / "card-timing.json").write_text(json.dumps(took, indent=2), "utf-8")


async def test_several_cards_ask_once() -> None:
    first = _message(datetime.now(UTC))
    async with open_browser() as browser:
        page = await _blank(browser, first, 3)
        await page.evaluate(DRAW, first)

        value = page.locator("glucose-follow-card .value")
        await expect(value).to_have_text([str(first["latest"][1])] * 3)
        assert await page.evaluate("window.asked") == 1
