"""A lamp shows where glucose is, and is given back."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow import lights
from custom_components.glucose_follow.const import DOMAIN
from simulators.nightscout import NightscoutSimulator

from .automations import MINUTE, read
from .blueprints import make, make_all, save_all, start_again, stop
from .conftest import NOW, TOKEN, Clocks
from .demo import failing, furnish
from .home import fire_due, pass_time, restart, set_up, settle, state

LAMP = "light.bed_light"
RED, ORANGE, BLUE, GREEN = (255, 0, 0), (255, 140, 0), (0, 0, 255), (0, 255, 0)
INPUTS: dict[str, Any] = {
    "glucose": "sensor.alex_glucose",
    "lights": {"entity_id": LAMP},
}


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Let the demo platform look at its lamps until the end."""
    return True


@pytest.fixture
async def site(clocks: Clocks) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that nobody uploads to but the test."""
    async with NightscoutSimulator(
        clock=clocks.world, tokens={TOKEN: frozenset({"*"})}
    ) as running:
        for minutes in (15, 10, 5):
            running.add_entry(at=NOW - minutes * MINUTE, sgv=100)
        yield running


@pytest.fixture(autouse=True)
async def _home(
    hass: HomeAssistant, entry: MockConfigEntry, expected_lingering_timers: bool
) -> None:
    """Follow somebody in range, in a home whose lamp is white and dim."""
    await furnish(hass, Platform.LIGHT)
    await set_up(hass, entry)
    await hass.services.async_call(
        "light",
        "turn_on",
        {"entity_id": LAMP, "brightness": 50, "color_temp_kelvin": 3000},
        blocking=True,
    )


def _colour(hass: HomeAssistant) -> tuple[int, int, int] | str:
    """Return the colour of the lamp, or that it is as it was."""
    lamp = hass.states.get(LAMP)
    assert lamp is not None
    assert lamp.state == "on"
    if lamp.attributes["color_temp_kelvin"] == 3000:
        assert lamp.attributes["brightness"] == 50
        return "before"
    colour: tuple[int, int, int] = lamp.attributes["rgb_color"]
    return colour


async def test_the_lamp_shows_the_range_and_is_given_back(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    await make(hass, "glucose_light", INPUTS)
    seen = [_colour(hass)]
    for value in (65, 100, 200, 100):
        await read(hass, site, clocks, value)
        seen.append(_colour(hass))
    await pass_time(hass, clocks, 15 * MINUTE, step=MINUTE / 3)
    seen.append(_colour(hass))
    await read(hass, site, clocks, 100)
    seen.append(_colour(hass))

    assert seen == ["before", RED, "before", ORANGE, "before", BLUE, "before"]


async def test_in_range_can_be_shown_too(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    await make(hass, "glucose_light", INPUTS | {"shows_in_range": True})

    await read(hass, site, clocks, 65, 100)

    assert _colour(hass) == GREEN


async def test_colours_and_brightness_are_the_persons_own(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    low, high, unknown, in_range = (
        (9, 0, 255),
        (255, 255, 0),
        (255, 0, 255),
        (0, 255, 255),
    )
    await make(
        hass,
        "glucose_light",
        INPUTS
        | {
            "brightness": 20,
            "shows_in_range": True,
            "low_colour": list(low),
            "high_colour": list(high),
            "unknown_colour": list(unknown),
            "in_range_colour": list(in_range),
        },
    )
    seen = []
    for value in (65, 100, 200):
        await read(hass, site, clocks, value)
        seen.append(_shown(hass))
    await pass_time(hass, clocks, 12 * MINUTE, step=MINUTE / 3)
    seen.append(_shown(hass))

    assert [brightness for _, brightness in seen] == [51, 51, 51, 51]
    assert [colour for colour, _ in seen] == [low, in_range, high, unknown]


def _shown(hass: HomeAssistant, entity_id: str = LAMP) -> tuple[object, object]:
    """Return the colour of a lamp, and how bright it is."""
    lamp = hass.states.get(entity_id)
    assert lamp is not None
    return lamp.attributes["rgb_color"], lamp.attributes["brightness"]


async def test_the_lamp_pulses_at_an_urgent_low(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    await make(hass, "glucose_light", INPUTS)
    site.add_entry(at=clocks.world(), sgv=50)
    seen: set[tuple[str, object]] = set()

    for _ in range(60):
        await _pass_a_second(hass, clocks)
        lamp = hass.states.get(LAMP)
        assert lamp is not None
        seen.add((lamp.state, lamp.attributes["brightness"]))

    assert _colour(hass) == RED
    assert seen >= {("on", 51), ("on", 255)}
    await stop(hass)


async def test_a_lamp_that_fails_or_does_not_answer_shows_a_low_when_it_can(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    other = "light.ceiling_lights"
    before = hass.states.get(other)
    assert before is not None
    hass.states.async_set(other, "unavailable")
    await make(hass, "glucose_light", INPUTS | {"lights": {"entity_id": [LAMP, other]}})
    with failing(LAMP):
        await read(hass, site, clocks, 65)
    assert _colour(hass) == "before"

    hass.states.async_set(other, before.state, before.attributes)
    await read(hass, site, clocks, 65)

    assert _colour(hass) == RED
    assert _shown(hass, other) == (RED, 153)


async def test_an_old_low_is_shown_nowhere_after_a_restart(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    before = hass.states.get(LAMP)
    assert before is not None
    hass.states.async_set(LAMP, "unavailable")
    await make(hass, "glucose_light", INPUTS)
    await read(hass, site, clocks, 65)
    await stop(hass)
    site.add_entry(at=clocks.world(), sgv=100)
    await lights.async_setup(hass)
    await restart(hass, entry)

    hass.states.async_set(LAMP, before.state, before.attributes)
    await settle(hass)
    assert _colour(hass) == "before"
    await start_again(hass)

    assert _colour(hass) == "before"


async def test_an_automation_that_is_made_during_a_low_shows_it(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    await make_all(hass, {})
    await read(hass, site, clocks, 65)

    await save_all(hass, {"glucose_light": INPUTS})

    assert _colour(hass) == RED


async def test_another_automation_that_is_made_shows_nothing_again(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    await make(hass, "glucose_light", INPUTS)
    await read(hass, site, clocks, 65)
    await _switch_off(hass)

    notifiers = {"notifiers": {"entity_id": "notify.notifier"}}
    no_data = {"glucose": INPUTS["glucose"]} | notifiers
    await save_all(hass, {"glucose_light": INPUTS, "no_data": no_data})

    assert len(hass.states.async_all("automation")) == 2
    assert state(hass, LAMP) == "off"


async def test_what_is_shown_of_others_does_not_end_a_low(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    others = {"entity_id": LAMP, "key": "automation.another"}
    await make(hass, "glucose_light", INPUTS)
    hass.states.async_set("automation.another", "on")
    await read(hass, site, clocks, 65)

    green = others | {"rgb_color": GREEN}
    await hass.services.async_call(DOMAIN, "show_on_lights", green, blocking=True)
    seen = [_colour(hass)]
    await read(hass, site, clocks, 100)
    seen.append(_colour(hass))
    await hass.services.async_call(DOMAIN, "restore_lights", others, blocking=True)
    seen.append(_colour(hass))

    assert seen == [RED, GREEN, "before"]


async def test_the_lamp_goes_on_pulsing_when_it_failed_once(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    await make(hass, "glucose_light", INPUTS)
    site.add_entry(at=clocks.world(), sgv=50)
    for _ in range(40):
        await _pass_a_second(hass, clocks)
    with failing(LAMP):
        for _ in range(3):
            await _pass_a_second(hass, clocks)
    seen: set[object] = set()

    for _ in range(5):
        await _pass_a_second(hass, clocks)
        seen.add(_shown(hass))

    assert seen == {(RED, 51), (RED, 255)}
    await stop(hass)


async def _pass_a_second(hass: HomeAssistant, clocks: Clocks) -> None:
    """Let a second pass; an automation that waits is never done with anything."""
    clocks.tick(MINUTE / 60)
    fire_due(hass)
    for _ in range(200):
        await asyncio.sleep(0)


async def test_the_lamp_is_given_back_when_its_time_is_over(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    await hass.config.async_set_time_zone("UTC")
    await make(
        hass,
        "glucose_light",
        INPUTS | {"active_from": "22:00:00", "active_until": "12:08:00"},
    )
    await read(hass, site, clocks, 65)
    assert _colour(hass) == RED

    await read(hass, site, clocks, 65)
    assert _colour(hass) == "before"
    await read(hass, site, clocks, 100, 65)

    assert _colour(hass) == "before"


async def test_a_lamp_that_somebody_switched_off_stays_off_at_midnight(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    await hass.config.async_set_time_zone("UTC")
    whole_day = {"active_from": "12:11:00", "active_until": "12:11:00"}
    await make(hass, "glucose_light", INPUTS | whole_day)
    await read(hass, site, clocks, 190, 200)
    await _switch_off(hass)

    await pass_time(hass, clocks, 3 * MINUTE, step=MINUTE / 3)

    assert clocks.world() > NOW.replace(hour=12, minute=11)
    assert state(hass, LAMP) == "off"


async def _switch_off(hass: HomeAssistant) -> None:
    """Do what somebody does whom the lamp disturbs."""
    await hass.services.async_call(
        "light", "turn_off", {"entity_id": LAMP}, blocking=True
    )


async def test_the_lamp_shows_nothing_while_nobody_is_there(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    hass.states.async_set("person.kim", "not_home")
    await make(hass, "glucose_light", INPUTS | {"presence": ["person.kim"]})
    await read(hass, site, clocks, 65)
    assert _colour(hass) == "before"

    hass.states.async_set("person.kim", "home")
    await pass_time(hass, clocks, MINUTE / 60)

    assert _colour(hass) == RED


@pytest.mark.parametrize(("value", "expected"), [(100, "before"), (65, RED)])
async def test_a_restart_in_the_middle_gives_the_lamp_back_in_the_end(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
    value: int,
    expected: object,
) -> None:
    await make(hass, "glucose_light", INPUTS)
    await read(hass, site, clocks, 65)
    await stop(hass)
    site.add_entry(at=clocks.world(), sgv=value)
    await lights.async_setup(hass)
    await restart(hass, entry)
    assert _colour(hass) == RED

    await start_again(hass)
    assert _colour(hass) == expected
    await read(hass, site, clocks, 100, 100)

    assert _colour(hass) == "before"
