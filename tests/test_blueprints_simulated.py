"""Every blueprint is rehearsed with a person who does not exist, and a restart."""

import asyncio
from datetime import timedelta
from statistics import fmean

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.glucose_follow import lights
from custom_components.glucose_follow.cgm.person import Scenario, SimulatedPerson
from custom_components.glucose_follow.const import DOMAIN, SIMULATED_PERIOD

from .automations import MINUTE
from .blueprints import begin_again, make, phone, stop
from .conftest import NOW, Clocks
from .demo import furnish
from .home import fire_due, pass_time, restart, set_up, state

ALEX = {"glucose": "sensor.alex_glucose"}
NOTIFIERS = {"notifiers": {"entity_id": "notify.notifier"}}
LAMP = "light.bed_light"
SIREN = "siren.siren"
SPEAKER = "media_player.bedroom"
SECOND = timedelta(seconds=1)
RED, BEFORE = (255, 0, 0), 3000


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Let the demo platform look at its things until the end."""
    return True


@pytest.fixture
def entry(clocks: Clocks) -> MockConfigEntry:
    """Return a person who falls and rises every 90 minutes since three hours."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Alex",
        unique_id="simulated-alex",
        data={"source": "simulated", "seed": 7},
        options={
            "unit": "mg/dL",
            "scenario": "falling",
            "scenario_since": (NOW - 180 * MINUTE).isoformat(),
        },
    )


@pytest.fixture(autouse=True)
async def _home(
    hass: HomeAssistant, entry: MockConfigEntry, expected_lingering_timers: bool
) -> None:
    """Follow the person in a furnished home."""
    await furnish(
        hass, Platform.LIGHT, Platform.MEDIA_PLAYER, Platform.NOTIFY, Platform.SIREN
    )
    await set_up(hass, entry)


async def _live(hass: HomeAssistant, scenario: Scenario) -> None:
    """Let the person live a scenario from now on, as people rehearse it."""
    await hass.services.async_call(
        "select",
        "select_option",
        {"entity_id": "select.alex_scenario", "option": scenario},
        blocking=True,
    )


async def _restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Restart in the middle of what automations do."""
    await stop(hass)
    await lights.async_setup(hass)
    await restart(hass, entry)
    await begin_again(hass)


async def _pass_seconds(hass: HomeAssistant, clocks: Clocks, seconds: int) -> set[int]:
    """Let seconds pass while automations wait; return how bright the lamp was."""
    seen: set[int] = set()
    for _ in range(seconds):
        clocks.tick(SECOND)
        fire_due(hass)
        for _ in range(200):
            await asyncio.sleep(0)
        lamp = hass.states.get(LAMP)
        assert lamp is not None
        seen.add(lamp.attributes["brightness"])
    return seen


def _lamp(hass: HomeAssistant) -> object:
    """Return the colour of the lamp, or how white it is."""
    lamp = hass.states.get(LAMP)
    assert lamp is not None
    return lamp.attributes["color_temp_kelvin"] or lamp.attributes["rgb_color"]


async def test_the_lamp_pulses_before_and_after_a_restart_and_is_given_back(
    hass: HomeAssistant, entry: MockConfigEntry, clocks: Clocks
) -> None:
    dim = {"entity_id": LAMP, "brightness": 50, "color_temp_kelvin": BEFORE}
    await hass.services.async_call("light", "turn_on", dim, blocking=True)
    await make(hass, "glucose_light", ALEX | {"lights": {"entity_id": LAMP}})
    seen = [_lamp(hass)]

    await pass_time(hass, clocks, 40 * MINUTE, step=MINUTE)
    seen.append(_lamp(hass))
    pulses = await _pass_seconds(hass, clocks, 240)
    await _restart(hass, entry)
    again = await _pass_seconds(hass, clocks, 60)
    seen.append(_lamp(hass))
    await _live(hass, Scenario.RISING)
    await _pass_seconds(hass, clocks, 120)
    seen.append(_lamp(hass))

    assert pulses == {153, 51, 255}
    assert again == {51, 255}
    assert seen == [BEFORE, RED, RED, BEFORE]
    assert hass.states.get(LAMP).attributes["brightness"] == 50  # type: ignore[union-attr]  # without it the test fails


async def test_phones_and_siren_go_on_after_a_restart_until_it_is_over(
    hass: HomeAssistant, entry: MockConfigEntry, clocks: Clocks
) -> None:
    first, told = phone(hass, "Phone One")
    second, more = phone(hass, "Phone Two")
    await make(
        hass,
        "low_alarm",
        ALEX
        | {
            "phones": [first],
            "more_phones": [second],
            "escalate_after": 5,
            "sirens": [SIREN],
        },
    )
    silent = {"entity_id": SIREN}
    await hass.services.async_call("siren", "turn_off", silent, blocking=True)
    await pass_time(hass, clocks, 42 * MINUTE, step=MINUTE)
    before = state(hass, SIREN), len(told), len(more)
    await pass_time(hass, clocks, 3 * MINUTE, step=MINUTE)
    during = state(hass, SIREN), len(told), len(more)

    await _restart(hass, entry)
    await pass_time(hass, clocks, 8 * MINUTE, step=MINUTE)
    await _live(hass, Scenario.HIGH)
    await pass_time(hass, clocks, 4 * MINUTE, step=MINUTE)

    assert (before, during) == (("off", 1, 0), ("on", 2, 0))
    assert state(hass, SIREN) == "off"
    urgent, over = "Urgent low: Alex", None
    titles = [call.data.get("title") for call in told]
    assert titles == ["Low: Alex", urgent, urgent, over, over]
    assert [call.data.get("title") for call in more] == [urgent, over, over]


async def test_a_speaker_plays_at_an_urgent_low_only_and_again_after_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, clocks: Clocks
) -> None:
    before = _played(hass)
    sound = {"media_content_id": "alarm.mp3", "media_content_type": "music"}
    play = {
        "action": "media_player.play_media",
        "target": {"entity_id": SPEAKER},
        "data": sound,
    }
    wishes = {"phones": [], "urgent_actions": [play]}
    played = async_capture_events(hass, "call_service")
    await make(hass, "low_alarm", ALEX | wishes)

    await pass_time(hass, clocks, 42 * MINUTE, step=MINUTE)
    during_low = _played(hass)
    await pass_time(hass, clocks, 2 * MINUTE, step=MINUTE)
    during_urgent_low = _played(hass)
    await _restart(hass, entry)
    await pass_time(hass, clocks, 5 * MINUTE, step=MINUTE)

    assert during_low == before
    assert during_urgent_low == "alarm.mp3"
    times = [event for event in played if event.data["service"] == "play_media"]
    assert len(times) == 2
    assert state(hass, SPEAKER) == "playing"


def _played(hass: HomeAssistant) -> object:
    """Return what the speaker plays."""
    speaker = hass.states.get(SPEAKER)
    assert speaker is not None
    return speaker.attributes["media_content_id"]


async def test_readings_that_stop_and_return_are_told_of(
    hass: HomeAssistant, entry: MockConfigEntry, clocks: Clocks
) -> None:
    told = async_capture_events(hass, "notify")
    await make(hass, "no_data", ALEX | NOTIFIERS)

    await _live(hass, Scenario.SIGNAL_LOSS)
    await pass_time(hass, clocks, 29 * MINUTE, step=MINUTE)
    early = len(told)
    await pass_time(hass, clocks, 3 * MINUTE, step=MINUTE)
    await _restart(hass, entry)
    await pass_time(hass, clocks, 5 * MINUTE, step=MINUTE)
    await _live(hass, Scenario.DAY)
    await pass_time(hass, clocks, 3 * MINUTE, step=MINUTE)

    assert early == 0
    assert [event.data for event in told] == [
        {"title": "Alex", "message": "No readings. Nobody knows where glucose is."},
        {"title": "Alex", "message": "Readings arrive again."},
    ]


async def test_a_night_is_reported_as_it_was(
    hass: HomeAssistant, entry: MockConfigEntry, clocks: Clocks
) -> None:
    await hass.config.async_set_time_zone("UTC")
    told = async_capture_events(hass, "notify")
    wishes = {"at": "12:30:00", "hours": 4}
    await make(hass, "morning_report", ALEX | NOTIFIERS | wishes)

    await pass_time(hass, clocks, 10 * MINUTE, step=MINUTE)
    await _restart(hass, entry)
    await pass_time(hass, clocks, 25 * MINUTE, step=MINUTE)

    person = SimulatedPerson(
        seed=7,
        scenario=Scenario.FALLING,
        since=NOW - 180 * MINUTE,
        period=SIMULATED_PERIOD,
    )
    night = person.readings(NOW - 210 * MINUTE, NOW + 30 * MINUTE)
    in_range = fmean(70 <= reading.mgdl <= 180 for reading in night)
    mean = fmean(reading.mgdl for reading in night)
    assert [event.data["title"] for event in told] == ["Last night: Alex"]
    # Of the two dips one is a minute too short for a low.
    assert " ".join(told[0].data["message"].split()) == (
        f"{100 * in_range:.0f} % in range, 1 low, 1 high. Mean {mean:.1f} mg/dL. "
        "100 % of the night is known."
    )
