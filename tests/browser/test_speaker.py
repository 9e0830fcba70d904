"""A speaker says where glucose is, in the home of somebody who does not exist."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
import re
from typing import Any

from aiohttp import ClientSession
import pytest
from yarl import URL

from custom_components.glucose_follow.cgm.person import Scenario, SimulatedPerson
from simulators.home import Home
from simulators.nightscout import NightscoutSimulator

from .conftest import TOKEN, free_port
from .steps import MINUTE, complaints

FAKE_VOICE = Path(__file__).parent / "fake_voice"
SAY_IT = Path(__file__).parents[2] / "blueprints/automation/glucose_follow/say_it.yaml"
SPEAKER = "media_player.bedroom"
VOICE = "tts.fake_voice"


@pytest.fixture
async def home(tmp_path: Path) -> AsyncGenerator[Home]:
    """Run a home with the demo platform's speakers in it."""
    async with Home(
        tmp_path / "home",
        port=free_port(),
        integrations=["demo"],
        others=[FAKE_VOICE],
    ) as running:
        yield running


@pytest.fixture
async def site() -> AsyncGenerator[NightscoutSimulator]:
    """Run a site whose person is high, and reads mmol/L."""
    person = SimulatedPerson(seed=7, period=MINUTE / 4)
    async with NightscoutSimulator(
        person=person,
        tokens={TOKEN: frozenset({"*"})},
        units="mmol",
        has_sockets=True,
    ) as running:
        _live(running, Scenario.HIGH)
        yield running


def _live(site: NightscoutSimulator, scenario: Scenario) -> None:
    """Let the person have lived a scenario for so long that it shows."""
    site.live(scenario, datetime.now(UTC) - 40 * MINUTE)


async def _make(home: Home, **inputs: object) -> None:
    """Make an automation of the blueprint, as a person does who imported it."""
    path = "glucose_follow/say_it.yaml"
    source = SAY_IT.read_text(encoding="utf-8")
    await home.command(
        type="blueprint/save", domain="automation", path=path, yaml=source
    )
    automation = {"alias": "Say it", "use_blueprint": {"path": path, "input": inputs}}
    await home.post("/api/config/automation/config/say_it", automation)
    await home.wait_for("automation.say_it", lambda state: state == "on")


async def _announced(home: Home, since: datetime, last: str) -> list[str]:
    """Return all that the speaker announced up to the last, from history."""
    path = f"/api/history/period/{since.isoformat()}"
    query = f"filter_entity_id={SPEAKER}&significant_changes_only=0"
    announced: list[str] = []
    # What just happened is written down a few seconds later.
    async with asyncio.timeout(30):
        while last not in announced:
            (states,) = await home.get(f"{path}?{query}")
            announced = [said for state in states if (said := _words(state))]
            await asyncio.sleep(0.5)
    return announced


def _words(state: dict[str, Any]) -> str | None:
    """Return what a speaker announces, None if it does not."""
    url = URL(state["attributes"].get("media_content_id", ""))
    is_speech = (url.scheme, url.host) == ("media-source", "tts")
    return url.query["message"] if is_speech else None


async def _wait_for(home: Home, begin: str) -> dict[str, Any]:
    """Return the speaker once it says what begins like this."""
    async with asyncio.timeout(60):
        while True:
            speaker: dict[str, Any] = await home.get(f"/api/states/{SPEAKER}")
            if (_words(speaker) or "").startswith(begin):
                return speaker
            await asyncio.sleep(0.2)


async def _sound(home: Home, speaker: dict[str, Any]) -> str:
    """Return what can be heard, asked for as a speaker does."""
    media_id = speaker["attributes"]["media_content_id"]
    media = await home.command(
        type="media_source/resolve_media", media_content_id=media_id
    )
    async with ClientSession(home.url) as session, session.get(media["url"]) as sound:
        return (await sound.read()).decode()


async def test_a_speaker_says_each_change_once_despite_a_restart(
    home: Home, site: NightscoutSimulator
) -> None:
    since = datetime.now(UTC)
    await home.flow(
        {"next_step_id": "nightscout"},
        {"name": "Alex", "url": str(site.url), "credential": TOKEN},
    )
    await home.wait_for("sensor.alex_range", lambda state: state == "urgent_high")
    await _make(
        home,
        glucose="sensor.alex_glucose",
        voice=VOICE,
        speakers=[SPEAKER],
        high_words="Alex is high with {value} mmol/L!",
        fast_words="",
    )

    _live(site, Scenario.LOW)
    low = await _wait_for(home, "Glucose is low")
    heard = await _sound(home, low)
    assert complaints(home) == []
    await home.stop()
    await home.start()
    await home.wait_for("sensor.alex_range", lambda state: state == "urgent_low")
    _live(site, Scenario.HIGH)
    high = await _wait_for(home, "Alex is high")

    assert low["state"] == high["state"] == "playing"
    assert low["attributes"]["media_content_id"].startswith(
        f"media-source://tts/{VOICE}?"
    )
    assert heard == _words(low)
    assert re.fullmatch(r"Glucose is low: [23]\.\d\.", heard)
    last = _words(high) or ""
    assert re.fullmatch(r"Alex is high with 1[3-6]\.\d mmol/L!", last)
    assert await _announced(home, since, last) == [heard, last]
    assert complaints(home) == []
