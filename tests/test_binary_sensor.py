"""Facts that are on, off, or known by nobody."""

from collections.abc import AsyncGenerator
from datetime import timedelta

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow.binary_sensor import BINARY_SENSORS
from simulators.nightscout import NightscoutSimulator

from .conftest import NOW, TOKEN, Clocks
from .home import pass_time, restart, set_up

MINUTE = timedelta(minutes=1)
FAST = {"falling_fast", "rising_fast"}


@pytest.fixture
async def site(clocks: Clocks) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that nobody uploads to but the test."""
    async with NightscoutSimulator(
        clock=clocks.world, tokens={TOKEN: frozenset({"*"})}
    ) as running:
        yield running


def _facts(hass: HomeAssistant) -> dict[str, set[str]]:
    """Return what is on, and what is unknown."""
    states = {
        each.entity_id.removeprefix("binary_sensor.alex_"): each.state
        for each in hass.states.async_all("binary_sensor")
    }
    assert set(states) == {description.key for description in BINARY_SENSORS}
    return {
        wanted: {key for key, state in states.items() if state == wanted}
        for wanted in ("on", "unknown")
    }


@pytest.mark.parametrize(
    ("values", "on", "unknown"),
    [
        ([100, 100, 100, 100], set(), set()),
        ([70, 70, 70, 70], set(), set()),
        ([180, 180, 180, 180], set(), set()),
        ([69, 69, 69, 69], {"low", "low_soon"}, set()),
        # It ends 5 mg/dL later than it began.
        ([66, 68, 70, 74], {"low"}, set()),
        ([64, 67, 71, 75], set(), set()),
        ([55, 55, 55, 55], {"low", "low_soon", "urgent_low"}, set()),
        ([55, 56, 58, 60], {"low", "low_soon", "urgent_low"}, set()),
        # Nobody knows what goes on beyond the limits of the sensor.
        ([39, 39, 39, 39], {"low", "low_soon", "urgent_low"}, FAST),
        ([181, 181, 181, 181], {"high"}, set()),
        ([181, 180, 178, 176], {"high"}, set()),
        ([250, 250, 250, 250], {"high", "urgent_high"}, set()),
        ([401, 401, 401, 401], {"high", "urgent_high"}, {*FAST, "low_soon"}),
        ([220, 205, 190, 175], {"falling_fast"}, set()),
        ([100, 115, 130, 145], {"rising_fast"}, set()),
    ],
)
async def test_facts_follow_readings_and_are_the_same_after_a_restart(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    values: list[int],
    on: set[str],
    unknown: set[str],
) -> None:
    for place, value in enumerate(reversed(values)):
        site.add_entry(at=NOW - place * 5 * MINUTE, sgv=value)
    await set_up(hass, entry)
    before = _facts(hass)

    await restart(hass, entry)

    assert before == {"on": on, "unknown": unknown}
    assert _facts(hass) == before


async def test_nothing_is_known_of_old_data_but_that_the_signal_is_lost(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    for place in range(4):
        site.add_entry(at=NOW - place * 5 * MINUTE, sgv=50)
    await set_up(hass, entry)

    await pass_time(hass, clocks, 15 * MINUTE, step=MINUTE)

    others = {each.key for each in BINARY_SENSORS} - {"signal_lost"}
    assert _facts(hass) == {"on": {"signal_lost"}, "unknown": others}


async def test_a_device_as_a_target_leaves_none_out(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    """Home Assistant skips entities that have a category."""
    await set_up(hass, entry)
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)

    categories = {
        each.entity_id: each.entity_category
        for each in entities
        if each.domain == "binary_sensor" or each.entity_id == "sensor.alex_range"
    }

    assert len(categories) == len(BINARY_SENSORS) + 1
    assert set(categories.values()) == {None}
