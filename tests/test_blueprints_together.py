"""A simulated person has a low, and all blueprints at once make the best of it."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_mock_service,
)

from custom_components.glucose_follow import lights
from custom_components.glucose_follow.cgm.person import Scenario, SimulatedPerson
from simulators.nightscout import NightscoutSimulator

from .automations import MINUTE
from .blueprints import make_all, phone, start_again, stop
from .conftest import NOW, TOKEN, Clocks
from .demo import furnish
from .home import pass_time, restart, set_up, state

ALEX = {"glucose": "sensor.alex_glucose"}
LAMP = "light.bed_light"


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Let the demo platform look at its things until the end."""
    return True


@pytest.fixture
async def site(clocks: Clocks) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site whose person falls for 45 minutes, and rises again."""
    person = SimulatedPerson(
        seed=7, scenario=Scenario.FALLING, since=NOW + timedelta(minutes=2)
    )
    async with NightscoutSimulator(
        clock=clocks.world, person=person, tokens={TOKEN: frozenset({"*"})}
    ) as running:
        yield running


async def test_a_low_is_shown_told_and_said_once_despite_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, clocks: Clocks
) -> None:
    await furnish(hass, Platform.LIGHT, Platform.MEDIA_PLAYER, Platform.NOTIFY)
    device, heard = phone(hass, "Phone")
    said = async_mock_service(hass, "tts", "speak")
    missed = async_capture_events(hass, "notify")
    await set_up(hass, entry)
    # An automation that pulses a light waits for a clock that stands still.
    number = {"entity_id": "number.alex_urgent_low_threshold", "value": 41}
    await hass.services.async_call("number", "set_value", number, blocking=True)
    lamp: dict[str, Any] = {"entity_id": LAMP}
    before = lamp | {"brightness": 50, "color_temp_kelvin": 3000}
    await hass.services.async_call("light", "turn_on", before, blocking=True)
    speaker = {"voice": "tts.home", "speakers": ["media_player.kitchen"]}
    await make_all(
        hass,
        {
            "glucose_light": ALEX | {"lights": lamp},
            "low_alarm": ALEX | {"phones": [device]},
            "say_it": ALEX | speaker | {"fast_words": ""},
            "no_data": ALEX | {"notifiers": {"entity_id": "notify.notifier"}},
        },
    )

    await pass_time(hass, clocks, 43 * MINUTE, step=MINUTE)
    assert hass.states.get(LAMP).attributes["rgb_color"] == (255, 0, 0)  # type: ignore[union-attr]  # without it the test fails
    await stop(hass)
    await lights.async_setup(hass)
    await restart(hass, entry)
    await start_again(hass)
    await pass_time(hass, clocks, 45 * MINUTE, step=MINUTE)

    told = [call.data for call in heard if "title" in call.data]
    assert [call["title"] for call in told] == ["Low: Alex", "Low: Alex"]
    assert [call["message"] for call in told] == [
        "50 mg/dL for 5 min",
        "70 mg/dL for 20 min",
    ]
    words = [call.data["message"].split(":")[0] for call in said]
    assert words == ["Glucose is low", "Glucose is in range again"]
    assert missed == []
    assert hass.states.get(LAMP).attributes["color_temp_kelvin"] == 3000  # type: ignore[union-attr]  # without it the test fails
    assert state(hass, "sensor.alex_range") == "in_range"
