"""Lights show what is wanted now, and never what was wanted once."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from homeassistant.components.demo.light import DemoLight
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
import pytest

from custom_components.glucose_follow import lights
from custom_components.glucose_follow.const import DOMAIN

from .conftest import Clocks
from .demo import failing, furnish
from .home import pass_time, settle, state

LAMP = "light.bed_light"
OTHER = "light.ceiling_lights"
RED, ORANGE, GREEN = (255, 0, 0), (255, 140, 0), (0, 255, 0)
BEFORE = (0, 0, 255)
STORED = f"{DOMAIN}.lights"
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Let the demo platform look at its lamps until the end."""
    return True


@pytest.fixture(autouse=True)
async def _home(
    hass: HomeAssistant, clocks: Clocks, expected_lingering_timers: bool
) -> None:
    """Furnish a home with lamps."""
    await furnish(hass, Platform.LIGHT)
    await lights.async_setup(hass)
    await _light(hass, "turn_on", rgb_color=BEFORE)


async def _light(
    hass: HomeAssistant, action: str, entity_id: str = LAMP, **how: Any
) -> None:
    """Do what somebody does with a light."""
    await hass.services.async_call(
        "light", action, {"entity_id": entity_id, **how}, blocking=True
    )


async def _show(
    hass: HomeAssistant,
    colour: tuple[int, int, int] = RED,
    *entity_ids: str,
    **how: Any,
) -> None:
    """Show a colour, on the lamp unless told."""
    await hass.services.async_call(
        DOMAIN,
        "show_on_lights",
        {"entity_id": entity_ids or LAMP, "rgb_color": colour, **how},
        blocking=True,
    )


async def _restore(hass: HomeAssistant, **key: str) -> None:
    """Give the lamp back."""
    await hass.services.async_call(
        DOMAIN, "restore_lights", {"entity_id": LAMP, **key}, blocking=True
    )


def _colour(hass: HomeAssistant, entity_id: str = LAMP) -> tuple[int, int, int] | None:
    """Return the colour of a light, None if it is off."""
    lamp = hass.states.get(entity_id)
    assert lamp is not None
    colour: tuple[int, int, int] | None = lamp.attributes.get("rgb_color")
    return colour if lamp.state == "on" else None


def _cut_off(hass: HomeAssistant) -> State:
    """Let the lamp answer no more; return how it was."""
    lamp = hass.states.get(LAMP)
    assert lamp is not None
    hass.states.async_set(LAMP, "unavailable")
    return lamp


async def _answer(hass: HomeAssistant, lamp: State, is_on: bool = True) -> None:
    """Let the lamp answer again."""
    if is_on:
        hass.states.async_set(LAMP, lamp.state, lamp.attributes)
    else:
        hass.states.async_set(LAMP, "off")
    await settle(hass)


def _white(lamp: State) -> State:
    """Return a lamp as it is when it gets power."""
    attributes = {**lamp.attributes, "rgb_color": (255, 255, 255)}
    return State(lamp.entity_id, lamp.state, attributes)


@contextmanager
def _counting(entity_id: str = LAMP) -> Generator[list[object]]:
    """Let a light fail, and count how often it is told to do something."""
    told: list[object] = []

    async def fail(light: DemoLight, **how: Any) -> None:
        if light.entity_id == entity_id:
            told.append(how)
        raise HomeAssistantError("It did not respond.")

    with patch.object(DemoLight, "async_turn_on", fail):
        yield told


async def test_a_light_shows_a_colour_and_is_given_back(hass: HomeAssistant) -> None:
    await _show(hass, brightness_pct=20, transition=0.5)
    lamp = hass.states.get(LAMP)
    assert lamp is not None
    assert lamp.attributes["brightness"] == 51
    assert _colour(hass) == RED
    await _show(hass, ORANGE)
    assert _colour(hass) == ORANGE

    await _restore(hass)

    assert _colour(hass) == BEFORE


async def test_how_it_was_is_written_down_before_a_light_changes(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    written: list[list[int]] = []

    async def look(light: DemoLight, **how: Any) -> None:
        written.append(hass_storage[STORED]["data"][LAMP]["attributes"]["rgb_color"])

    with patch.object(DemoLight, "async_turn_on", look):
        await _show(hass)

    assert [tuple(each) for each in written] == [BEFORE]


async def test_what_is_wanted_is_not_stored(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    await _show(hass)

    assert set(hass_storage[STORED]["data"][LAMP]) == {"state", "attributes", "is_due"}


async def test_a_light_that_fails_is_tried_again_soon_and_keeps_no_other_waiting(
    hass: HomeAssistant, clocks: Clocks, caplog: pytest.LogCaptureFixture
) -> None:
    await _light(hass, "turn_off")
    with failing(LAMP):
        await _show(hass, RED, LAMP, OTHER)
        assert _colour(hass, OTHER) == RED
        await pass_time(hass, clocks, 6 * SECOND, step=SECOND)
    assert _colour(hass) is None

    await pass_time(hass, clocks, 20 * SECOND, step=SECOND)

    assert _colour(hass) == RED
    complaint = f"{LAMP} could not be turned on"
    assert caplog.text.count(complaint) == 1
    with failing(LAMP):
        await _show(hass)
    assert caplog.text.count(complaint) == 2


async def test_a_light_that_does_nothing_at_all_has_failed(
    hass: HomeAssistant, clocks: Clocks
) -> None:
    async def hang(light: DemoLight, **how: Any) -> None:
        await asyncio.Event().wait()

    with patch.object(DemoLight, "async_turn_on", hang):
        showing = hass.async_create_background_task(_show(hass), "show")
        await asyncio.sleep(0)
        while not showing.done():
            clocks.tick(SECOND)
            for _ in range(100):
                await asyncio.sleep(0)

    await pass_time(hass, clocks, 6 * SECOND, step=SECOND)

    assert _colour(hass) == RED


@pytest.mark.parametrize("is_given_back", [False, True])
async def test_pauses_between_tries_grow_to_a_quarter_of_an_hour(
    hass: HomeAssistant, clocks: Clocks, is_given_back: bool
) -> None:
    if is_given_back:
        await _show(hass)
    with _counting() as told:
        await (_restore(hass) if is_given_back else _show(hass))
        counts = [len(told)]
        for passed in (MINUTE / 2, MINUTE, 6 * MINUTE, 16 * MINUTE, 60 * MINUTE):
            await pass_time(hass, clocks, passed, step=SECOND * 5)
            counts.append(len(told))

    assert counts == [1, 3, 4, 5, 6, 10]


async def test_what_was_given_back_is_not_tried_again(
    hass: HomeAssistant, clocks: Clocks
) -> None:
    await _light(hass, "turn_off")
    with failing(LAMP):
        await _show(hass)
    await _restore(hass)

    await pass_time(hass, clocks, MINUTE)

    assert _colour(hass) is None


@pytest.mark.parametrize("has_failed", [False, True])
async def test_a_light_that_somebody_switched_off_is_not_tried_again(
    hass: HomeAssistant, clocks: Clocks, has_failed: bool
) -> None:
    if has_failed:
        with failing(LAMP):
            await _show(hass)
    else:
        await _show(hass)
    await _light(hass, "turn_off")

    await pass_time(hass, clocks, 5 * MINUTE)
    assert _colour(hass) is None
    await _show(hass, ORANGE)

    assert _colour(hass) == ORANGE


async def test_a_light_that_does_not_answer_shows_it_when_it_does(
    hass: HomeAssistant,
) -> None:
    lamp = _cut_off(hass)
    await _show(hass)
    await _show(hass, ORANGE)
    await _answer(hass, lamp)
    assert _colour(hass) == ORANGE

    await _restore(hass)

    assert _colour(hass) == BEFORE


async def test_a_light_that_answers_too_late_shows_nothing_old(
    hass: HomeAssistant,
) -> None:
    lamp = _cut_off(hass)
    await _show(hass)
    await _restore(hass)

    await _answer(hass, lamp)

    assert _colour(hass) == BEFORE


@pytest.mark.parametrize(("is_on", "expected"), [(True, RED), (False, None)])
async def test_a_light_that_was_away_shows_it_again_unless_it_is_off(
    hass: HomeAssistant, is_on: bool, expected: object
) -> None:
    white = hass.states.get(LAMP)
    assert white is not None
    await _show(hass)
    _cut_off(hass)

    await _answer(hass, white, is_on)

    assert _colour(hass) == expected


@pytest.mark.parametrize(("is_running", "expected"), [(True, RED), (False, BEFORE)])
async def test_what_an_automation_wanted_is_over_when_it_is_switched_off(
    hass: HomeAssistant, is_running: bool, expected: object
) -> None:
    hass.states.async_set("automation.light", "on")
    lamp = _cut_off(hass)
    await _show(hass, key="automation.light")
    if not is_running:
        hass.states.async_set("automation.light", "off")

    await _answer(hass, lamp)

    assert _colour(hass) == expected


async def test_who_lets_go_leaves_what_others_show(hass: HomeAssistant) -> None:
    await _show(hass, RED, key="alex")
    await _show(hass, ORANGE, key="kim")
    seen = [_colour(hass)]
    await _restore(hass, key="nobody")
    seen.append(_colour(hass))
    await _restore(hass, key="kim")
    seen.append(_colour(hass))
    await _restore(hass, key="alex")
    seen.append(_colour(hass))

    assert seen == [ORANGE, ORANGE, RED, BEFORE]


async def test_what_is_more_important_is_shown(hass: HomeAssistant) -> None:
    await _show(hass, RED, key="alex", priority=3)
    await _show(hass, GREEN, key="kim")
    assert _colour(hass) == RED

    await _restore(hass, key="alex")

    assert _colour(hass) == GREEN


async def test_a_light_stays_off_when_one_of_two_lets_go(hass: HomeAssistant) -> None:
    await _show(hass, ORANGE, key="kim")
    await _show(hass, RED, key="alex")
    await _light(hass, "turn_off")

    await _restore(hass, key="alex")

    assert state(hass, LAMP) == "off"


async def test_a_light_is_given_back_once_others_are_gone(hass: HomeAssistant) -> None:
    hass.states.async_set("automation.light", "on")
    await _show(hass, ORANGE, key="automation.light")
    await _show(hass, RED, key="alex")
    hass.states.async_remove("automation.light")

    await _restore(hass, key="alex")

    assert _colour(hass) == BEFORE


@pytest.mark.usefixtures("hass_storage")
async def test_what_comes_late_does_not_undo_what_came_after_it(
    hass: HomeAssistant,
) -> None:
    has_begun, may_end = asyncio.Event(), asyncio.Event()
    turn_on = DemoLight.async_turn_on

    async def dawdle(light: DemoLight, **how: Any) -> None:
        if not has_begun.is_set():
            has_begun.set()
            await may_end.wait()
        await turn_on(light, **how)

    with patch.object(DemoLight, "async_turn_on", dawdle):
        showing = hass.async_create_task(_show(hass))
        await has_begun.wait()
        restoring = hass.async_create_task(_restore(hass))
        for _ in range(500):
            await asyncio.sleep(0)
        may_end.set()
        await asyncio.gather(showing, restoring)

    assert _colour(hass) == BEFORE


async def test_a_light_that_is_back_and_off_at_first_shows_what_is_wanted(
    hass: HomeAssistant,
) -> None:
    await _show(hass)
    lamp = _cut_off(hass)

    await _answer(hass, lamp, is_on=False)
    await _answer(hass, _white(lamp))

    assert _colour(hass) == RED


async def test_a_light_that_somebody_switches_on_later_stays_as_it_is(
    hass: HomeAssistant, clocks: Clocks
) -> None:
    await _show(hass)
    lamp = _cut_off(hass)
    await _answer(hass, lamp, is_on=False)
    await pass_time(hass, clocks, 11 * SECOND)

    await _light(hass, "turn_on", rgb_color=GREEN)
    await settle(hass)

    assert _colour(hass) == GREEN


async def test_what_is_wanted_next_is_shown_though_the_light_goes_off_just_then(
    hass: HomeAssistant,
) -> None:
    save = Store.async_save

    async def report_late(store: Store[Any], data: Any) -> None:
        hass.states.async_set(LAMP, "off")
        await save(store, data)

    await _show(hass)
    with failing(LAMP):
        await _restore(hass)
    with patch.object(Store, "async_save", report_late):
        await _show(hass, ORANGE)
    await settle(hass)

    assert _colour(hass) == ORANGE
