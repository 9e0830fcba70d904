"""What phones and speakers are given to show and to say."""

from collections.abc import AsyncGenerator

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_mock_service,
)

from simulators.nightscout import NightscoutSimulator

from .automations import MINUTE, read
from .blueprints import make, phone
from .conftest import NOW, TOKEN, Clocks
from .demo import furnish
from .home import pass_time, set_up, settle

ALEX = {"glucose": "sensor.alex_glucose"}


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Let the demo platform look at its things until the end."""
    return True


@pytest.fixture
async def site(clocks: Clocks) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site of somebody in range that nobody uploads to but the test."""
    async with NightscoutSimulator(
        clock=clocks.world, tokens={TOKEN: frozenset({"*"})}
    ) as running:
        for minutes in (15, 10, 5):
            running.add_entry(at=NOW - minutes * MINUTE, sgv=100)
        yield running


async def _follow(hass: HomeAssistant, entry: MockConfigEntry, unit: str) -> None:
    """Follow somebody who reads a unit, in a furnished home."""
    await furnish(hass, Platform.MEDIA_PLAYER, Platform.NOTIFY)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, options={"unit": unit})
    await set_up(hass, entry)


@pytest.mark.parametrize(
    ("unit", "value", "title", "message"),
    [
        ("mg/dL", 50, "Urgent low: Alex", "50 mg/dL"),
        ("mmol/L", 50, "Urgent low: Alex", "2.8 mmol/L"),
        ("mg/dL", 39, "Urgent low: Alex", "Below 40 mg/dL"),
        ("mmol/L", 39, "Urgent low: Alex", "Below 2.2 mmol/L"),
        ("mg/dL", 401, "Urgent high: Alex", "Above 400 mg/dL"),
        ("mmol/L", 401, "Urgent high: Alex", "Above 22.2 mmol/L"),
    ],
)
async def test_a_phone_shows_no_limit_of_the_sensor_as_a_measurement(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
    unit: str,
    value: int,
    title: str,
    message: str,
) -> None:
    await _follow(hass, entry, unit)
    device, told = phone(hass, "Phone")
    wishes = {"phones": [device], "levels": ["urgent_low", "urgent_high"]}
    await make(hass, "low_alarm", ALEX | wishes)

    site.add_entry(at=clocks.world(), sgv=value)
    await pass_time(hass, clocks, 2 * MINUTE, step=MINUTE / 3)

    assert [(call.data["title"], call.data["message"]) for call in told] == [
        (title, message)
    ]


async def test_a_phone_shows_that_nobody_knows(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await _follow(hass, entry, "mg/dL")
    device, told = phone(hass, "Phone")
    await make(
        hass, "low_alarm", ALEX | {"phones": [device], "levels": ["signal_lost"]}
    )

    await pass_time(hass, clocks, 30 * MINUTE, step=MINUTE)

    assert [(call.data["title"], call.data["message"]) for call in told] == [
        ("No readings: Alex", "Glucose is not known for 30 min")
    ]


@pytest.mark.parametrize(
    ("unit", "value", "message"),
    [
        ("mg/dL", 65, "Glucose is low: 65."),
        ("mmol/L", 65, "Glucose is low: 3.6."),
        ("mg/dL", 39, "Glucose is low: below 40."),
        ("mmol/L", 39, "Glucose is low: below 2.2."),
        ("mg/dL", 401, "Glucose is high: above 400."),
        ("mmol/L", 401, "Glucose is high: above 22.2."),
    ],
)
async def test_no_limit_of_the_sensor_is_said_as_a_measurement(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
    unit: str,
    value: int,
    message: str,
) -> None:
    await _follow(hass, entry, unit)
    said = async_mock_service(hass, "tts", "speak")
    speaker = {"voice": "tts.home", "speakers": ["media_player.bedroom"]}
    await make(hass, "say_it", ALEX | speaker | {"fast_words": ""})

    await read(hass, site, clocks, value)

    assert [call.data["message"] for call in said] == [message]


async def test_a_rehearsed_loss_says_that_it_is_a_test(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    await _follow(hass, entry, "mg/dL")
    told = async_capture_events(hass, "notify")
    notifier = {"notifiers": {"entity_id": "notify.notifier"}}
    await make(hass, "no_data", ALEX | notifier)

    rehearsal = {"level": "signal_lost"}
    await hass.services.async_call("glucose_follow", "test_alarm", rehearsal)
    await settle(hass)

    assert [event.data["title"] for event in told] == ["TEST: Alex"]
