"""Lights are given back as they were, whatever happens in between."""

from datetime import timedelta
from typing import Any

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, State
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.glucose_follow import lights
from custom_components.glucose_follow.const import DOMAIN

from .demo import failing, furnish
from .home import settle

LAMP = "light.bed_light"
OTHER = "light.ceiling_lights"


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Let the demo platform look at its lamps until the end."""
    return True


@pytest.fixture(autouse=True)
async def _home(hass: HomeAssistant, expected_lingering_timers: bool) -> None:
    """Furnish a home with lamps."""
    await furnish(hass, Platform.LIGHT)
    await lights.async_setup(hass)
    await _turn_on(hass, LAMP, brightness=77, rgb_color=[0, 128, 0])


async def _turn_on(hass: HomeAssistant, entity_id: str, **how: Any) -> None:
    """Turn a light on."""
    await hass.services.async_call(
        "light", "turn_on", {"entity_id": entity_id, **how}, blocking=True
    )


async def _do(hass: HomeAssistant, action: str, *entity_ids: str) -> None:
    """Remember or restore lights."""
    await hass.services.async_call(
        DOMAIN, f"{action}_lights", {"entity_id": list(entity_ids)}, blocking=True
    )


def _lamp(hass: HomeAssistant, entity_id: str = LAMP) -> State:
    """Return a light."""
    state = hass.states.get(entity_id)
    assert state is not None
    return state


def _look(hass: HomeAssistant) -> tuple[str, int, tuple[int, int, int]]:
    """Return how the lamp looks."""
    lamp = _lamp(hass)
    return lamp.state, lamp.attributes["brightness"], lamp.attributes["rgb_color"]


async def _pass_a_minute(hass: HomeAssistant) -> None:
    """Let the time come at which lights are tried again."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=61))
    await settle(hass)


async def test_a_light_is_given_back_as_it_was(hass: HomeAssistant) -> None:
    before = _look(hass)
    await _do(hass, "remember", LAMP)
    await _turn_on(hass, LAMP, brightness=255, rgb_color=[255, 0, 0])
    # A low that goes on is no reason to remember red.
    await _do(hass, "remember", LAMP)
    assert _look(hass) != before

    await _do(hass, "restore", LAMP)

    assert _look(hass) == before


async def test_a_light_that_was_off_is_off_again(hass: HomeAssistant) -> None:
    await hass.services.async_call(
        "light", "turn_off", {"entity_id": LAMP}, blocking=True
    )
    await _do(hass, "remember", LAMP)
    await _turn_on(hass, LAMP)

    await _do(hass, "restore", LAMP)

    assert _lamp(hass).state == "off"


async def test_a_light_that_somebody_switched_off_stays_off(
    hass: HomeAssistant,
) -> None:
    await _do(hass, "remember", LAMP)
    await hass.services.async_call(
        "light", "turn_off", {"entity_id": LAMP}, blocking=True
    )

    await _do(hass, "restore", LAMP)
    assert _lamp(hass).state == "off"
    await _turn_on(hass, LAMP, rgb_color=[255, 0, 0])
    await _do(hass, "restore", LAMP)

    # What was given back once is forgotten.
    assert _lamp(hass).attributes["rgb_color"] == (255, 0, 0)


async def test_a_light_is_given_back_after_a_restart(hass: HomeAssistant) -> None:
    before = _look(hass)
    await _do(hass, "remember", LAMP)
    await _turn_on(hass, LAMP, brightness=255, rgb_color=[255, 0, 0])
    await lights.async_setup(hass)

    await _do(hass, "restore", LAMP)

    assert _look(hass) == before


@pytest.mark.parametrize("is_restarted", [False, True])
async def test_a_light_that_does_not_answer_is_given_back_when_it_does(
    hass: HomeAssistant, is_restarted: bool
) -> None:
    before = _look(hass)
    await _do(hass, "remember", LAMP, OTHER)
    await _turn_on(hass, LAMP, brightness=255, rgb_color=[255, 0, 0])
    red = _lamp(hass)
    hass.states.async_set(LAMP, "unavailable")
    await _do(hass, "restore", LAMP)
    if is_restarted:
        await lights.async_setup(hass)

    hass.states.async_set(LAMP, red.state, red.attributes)
    await settle(hass)

    assert _look(hass) == before


async def test_a_light_that_is_needed_again_is_not_given_back(
    hass: HomeAssistant,
) -> None:
    await _do(hass, "remember", LAMP)
    await _turn_on(hass, LAMP, brightness=255, rgb_color=[255, 0, 0])
    red = _lamp(hass)
    hass.states.async_set(LAMP, "unavailable")
    await _do(hass, "restore", LAMP)
    await _do(hass, "remember", LAMP)

    hass.states.async_set(LAMP, red.state, red.attributes)
    await settle(hass)

    assert _look(hass) == ("on", 255, (255, 0, 0))


async def test_a_light_that_fails_is_tried_again_and_keeps_no_other_red(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    before = _look(hass)
    await _do(hass, "remember", LAMP, OTHER)
    for lamp in (LAMP, OTHER):
        await _turn_on(hass, lamp, brightness=255, rgb_color=[255, 0, 0])
    with failing(LAMP):
        await _do(hass, "restore", LAMP, OTHER)
        during = _look(hass)
        await _pass_a_minute(hass)
    other = _lamp(hass, OTHER).attributes["rgb_color"]

    await _pass_a_minute(hass)

    assert during == ("on", 255, (255, 0, 0))
    assert other != (255, 0, 0)
    assert _look(hass) == before
    assert caplog.text.count(f"{LAMP} could not be given back") == 1


async def test_a_light_that_failed_is_not_remembered_red(hass: HomeAssistant) -> None:
    before = _look(hass)
    await _do(hass, "remember", LAMP)
    await _turn_on(hass, LAMP, brightness=255, rgb_color=[255, 0, 0])
    with failing(LAMP):
        await _do(hass, "restore", LAMP)
    await _do(hass, "remember", LAMP)
    await _pass_a_minute(hass)
    during = _look(hass)

    await _do(hass, "restore", LAMP)

    assert during == ("on", 255, (255, 0, 0))
    assert _look(hass) == before


async def test_a_light_that_failed_before_a_restart_is_tried_again(
    hass: HomeAssistant,
) -> None:
    before = _look(hass)
    await _do(hass, "remember", LAMP)
    await _turn_on(hass, LAMP, brightness=255, rgb_color=[255, 0, 0])
    with failing(LAMP):
        await _do(hass, "restore", LAMP)
    await lights.async_setup(hass)

    await _pass_a_minute(hass)

    assert _look(hass) == before


async def test_a_light_that_is_needed_while_it_is_given_back_is_kept(
    hass: HomeAssistant,
) -> None:
    before = _look(hass)
    await _do(hass, "remember", LAMP)
    await _turn_on(hass, LAMP, brightness=255, rgb_color=[255, 0, 0])
    with failing(LAMP, lambda: _do(hass, "remember", LAMP)):
        await _do(hass, "restore", LAMP)
    await _turn_on(hass, LAMP, brightness=255, rgb_color=[255, 0, 0])

    await _do(hass, "restore", LAMP)

    assert _look(hass) == before


@pytest.mark.parametrize("is_restarted", [False, True])
async def test_a_light_that_never_answers_is_off_again(
    hass: HomeAssistant, is_restarted: bool
) -> None:
    calls = async_mock_service(hass, "light", "turn_off")
    unknown = ("light.mute", "unknown", {"assumed_state": True})
    hass.states.async_set(*unknown)
    await _do(hass, "remember", "light.mute")
    hass.states.async_set("light.mute", "on", {"rgb_color": (255, 0, 0)})
    if is_restarted:
        hass.states.async_set(*unknown)
        await lights.async_setup(hass)

    await _do(hass, "restore", "light.mute")

    assert [call.data["entity_id"] for call in calls] == ["light.mute"]


async def test_a_light_that_has_not_answered_yet_is_not_remembered(
    hass: HomeAssistant,
) -> None:
    calls = async_mock_service(hass, "light", "turn_off")
    hass.states.async_set("light.slow", "unknown")
    await _do(hass, "remember", "light.slow")
    hass.states.async_set("light.slow", "on")

    await _do(hass, "restore", "light.slow")

    assert calls == []


async def test_only_lights_that_are_known_are_touched(hass: HomeAssistant) -> None:
    calls = async_mock_service(hass, "light", "turn_on")

    await _do(hass, "remember", "light.nothing", "switch.decorative_lights")
    await _do(hass, "restore", "light.nothing", OTHER, "switch.decorative_lights")

    assert calls == []
