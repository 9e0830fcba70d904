"""Choosing what a simulated person goes through."""

from datetime import timedelta
from unittest.mock import patch

from homeassistant.components.select import (
    ATTR_OPTION,
    DOMAIN as SELECT_DOMAIN,
    SERVICE_SELECT_OPTION,
)
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_ENTITY_ID, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.glucose_follow.cgm.person import Scenario
from custom_components.glucose_follow.const import (
    CONF_SCENARIO,
    CONF_SCENARIO_SINCE,
    CONF_SEED,
    CONF_SOURCE,
    CONF_STALE_AFTER,
    CONF_UNIT,
    DOMAIN,
)

from .conftest import NOW, Clocks
from .home import GLUCOSE, SIGNAL_LOST, pass_time, restart, set_up, settle, state

SCENARIO = "select.alex_scenario"
LAST_READING = "sensor.alex_last_reading"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def simulated() -> MockConfigEntry:
    """Return an entry with a simulated person, not set up yet."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Alex",
        entry_id="0123456789",
        unique_id="simulated-alex",
        data={CONF_SOURCE: "simulated", CONF_SEED: 7},
        options={CONF_UNIT: "mg/dL", CONF_STALE_AFTER: 12},
    )


async def choose(hass: HomeAssistant, scenario: str) -> None:
    """Choose a scenario as a person would."""
    await hass.services.async_call(
        SELECT_DOMAIN,
        SERVICE_SELECT_OPTION,
        {ATTR_ENTITY_ID: SCENARIO, ATTR_OPTION: scenario},
        blocking=True,
    )
    await settle(hass)


@pytest.mark.usefixtures("clocks")
async def test_the_select_is_what_it_was(
    hass: HomeAssistant,
    simulated: MockConfigEntry,
    snapshot: SnapshotAssertion,
) -> None:
    with patch("custom_components.glucose_follow.PLATFORMS", [Platform.SELECT]):
        await set_up(hass, simulated)

    await snapshot_platform(hass, er.async_get(hass), snapshot, simulated.entry_id)


async def test_only_a_simulated_person_has_a_scenario(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)

    assert entry.state is ConfigEntryState.LOADED
    assert not hass.states.async_all(SELECT_DOMAIN)


@pytest.mark.usefixtures("clocks")
async def test_an_ordinary_day_is_what_happens_unless_told(
    hass: HomeAssistant, simulated: MockConfigEntry
) -> None:
    await set_up(hass, simulated)

    assert state(hass, SCENARIO) == "day"


@pytest.mark.parametrize("scenario", list(Scenario))
async def test_a_choice_is_written_down_with_its_moment(
    hass: HomeAssistant,
    simulated: MockConfigEntry,
    clocks: Clocks,
    scenario: str,
) -> None:
    await set_up(hass, simulated)
    coordinator = simulated.runtime_data
    clocks.tick(MINUTE)

    await choose(hass, scenario)

    assert state(hass, SCENARIO) == scenario
    assert simulated.options == {
        CONF_UNIT: "mg/dL",
        CONF_STALE_AFTER: 12,
        CONF_SCENARIO: scenario,
        CONF_SCENARIO_SINCE: (NOW + MINUTE).isoformat(),
    }
    assert simulated.runtime_data is coordinator


async def test_a_choice_shows_with_the_next_readings(
    hass: HomeAssistant, simulated: MockConfigEntry, clocks: Clocks
) -> None:
    await set_up(hass, simulated)
    before = int(state(hass, GLUCOSE))

    await choose(hass, "high")
    await pass_time(hass, clocks, 3 * MINUTE)
    soon = int(state(hass, GLUCOSE))
    await pass_time(hass, clocks, 17 * MINUTE, step=MINUTE / 2)
    later = int(state(hass, GLUCOSE))

    assert soon > before + 20
    assert 250 < later < 290


async def test_what_is_due_is_published_with_the_choice(
    hass: HomeAssistant, simulated: MockConfigEntry, clocks: Clocks
) -> None:
    """Nobody who rehearses wants to wait for the next poll."""
    await set_up(hass, simulated)
    before = state(hass, LAST_READING)
    clocks.tick(2 * MINUTE)

    await choose(hass, "low")

    assert state(hass, LAST_READING) > before


async def test_a_lost_signal_can_be_rehearsed(
    hass: HomeAssistant, simulated: MockConfigEntry, clocks: Clocks
) -> None:
    await set_up(hass, simulated)

    await choose(hass, "signal_loss")
    await pass_time(hass, clocks, 13 * MINUTE, step=MINUTE / 2)
    lost = state(hass, SIGNAL_LOST), state(hass, GLUCOSE), state(hass, SCENARIO)
    await choose(hass, "day")
    await pass_time(hass, clocks, 2 * MINUTE)

    assert lost == ("on", "unknown", "signal_loss")
    assert state(hass, SIGNAL_LOST) == "off"
    assert state(hass, GLUCOSE).isdigit()


async def test_a_choice_survives_a_restart(
    hass: HomeAssistant, simulated: MockConfigEntry, clocks: Clocks
) -> None:
    await set_up(hass, simulated)
    await choose(hass, "high")
    await pass_time(hass, clocks, 20 * MINUTE, step=MINUTE)
    before = state(hass, GLUCOSE)

    await restart(hass, simulated)

    assert state(hass, SCENARIO) == "high"
    assert state(hass, GLUCOSE) == before
    assert int(before) > 250


@pytest.mark.usefixtures("clocks")
async def test_a_scenario_that_does_not_exist_changes_nothing(
    hass: HomeAssistant, simulated: MockConfigEntry
) -> None:
    await set_up(hass, simulated)

    with pytest.raises(ServiceValidationError):
        await choose(hass, "immortal")

    assert state(hass, SCENARIO) == "day"
    assert CONF_SCENARIO not in simulated.options
