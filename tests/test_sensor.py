"""What people see of a person."""

from datetime import timedelta

from homeassistant.const import CONF_URL, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.glucose_follow.const import CONF_UNIT
from simulators.nightscout import Bare, NightscoutSimulator, faults

from .conftest import Clocks
from .home import GLUCOSE, set_up, state

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("platform", [Platform.SENSOR, Platform.BINARY_SENSOR])
async def test_entities_are_as_people_know_them(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
    platform: Platform,
) -> None:
    monkeypatch.setattr("custom_components.glucose_follow.PLATFORMS", [platform])
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)

    await set_up(hass, entry)

    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


async def _follow(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    """Follow another site."""
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry, data={"source": "nightscout", CONF_URL: str(site.url)}
    )
    await set_up(hass, entry)


async def test_values_are_what_the_site_says(
    hass: HomeAssistant, entry: MockConfigEntry, clocks: Clocks
) -> None:
    async with NightscoutSimulator(clock=clocks.world) as site:
        now = clocks.world()
        site.add_entry(at=now - 5 * MINUTE, sgv=140, direction="Flat")
        site.add_entry(at=now, sgv=131, direction="FortyFiveDown")
        site.add_treatment(
            at=now - 50 * MINUTE, eventType="Meal Bolus", insulin=4.25, carbs=45
        )
        site.add_treatment(
            at=now - 3 * MINUTE, eventType="SMB", insulin=0.35, enteredBy="Trio"
        )

        await _follow(hass, entry, site)

    assert state(hass, GLUCOSE) == "131"
    assert state(hass, "sensor.alex_delta") == "-9.0"
    assert state(hass, "sensor.alex_direction") == "forty_five_down"
    assert state(hass, "sensor.alex_last_bolus") == "4.25"
    assert state(hass, "sensor.alex_last_bolus_time") == "2026-11-21T11:10:00+00:00"
    assert state(hass, "sensor.alex_last_carbs") == "45.0"
    assert state(hass, "sensor.alex_last_carbs_time") == "2026-11-21T11:10:00+00:00"
    assert state(hass, "sensor.alex_sensor_status") == "ok"


async def test_mmol_is_shown_where_the_entry_says_so(
    hass: HomeAssistant, entry: MockConfigEntry, clocks: Clocks
) -> None:
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, options={CONF_UNIT: "mmol/L"})
    async with NightscoutSimulator(clock=clocks.world) as site:
        site.add_entry(at=clocks.world() - 5 * MINUTE, sgv=140)
        site.add_entry(at=clocks.world(), sgv=131)

        await _follow(hass, entry, site)

    assert float(state(hass, GLUCOSE)) == pytest.approx(7.27, abs=0.01)
    assert state(hass, "sensor.alex_delta") == "-0.5"
    for key in ("glucose", "delta"):
        shown = hass.states.get(f"sensor.alex_{key}")
        assert shown is not None
        assert shown.attributes["unit_of_measurement"] == "mmol/L"


async def test_nothing_is_known_of_an_empty_site(
    hass: HomeAssistant, entry: MockConfigEntry, clocks: Clocks
) -> None:
    async with NightscoutSimulator(clock=clocks.world) as site:
        await _follow(hass, entry, site)

    for key in ("glucose", "delta", "direction", "last_reading", "last_bolus"):
        assert state(hass, f"sensor.alex_{key}") == "unknown"
    assert state(hass, "binary_sensor.alex_signal_lost") == "on"
    assert state(hass, "sensor.alex_sensor_status") == "no_data"


@pytest.mark.parametrize(("sgv", "status"), [(39, "low"), (401, "high")])
async def test_the_sensors_limits_say_so(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    sgv: int,
    status: str,
) -> None:
    async with NightscoutSimulator(clock=clocks.world) as site:
        site.add_entry(at=clocks.world() - 5 * MINUTE, sgv=sgv)
        site.add_entry(at=clocks.world(), sgv=sgv)

        await _follow(hass, entry, site)

    assert state(hass, GLUCOSE) == str(sgv)
    assert state(hass, "sensor.alex_sensor_status") == status
    assert state(hass, "sensor.alex_delta") == "unknown"


@pytest.mark.parametrize("fault", [faults.EntriesOnly(), Bare()])
async def test_a_server_with_entries_only_has_no_treatments(
    hass: HomeAssistant, entry: MockConfigEntry, clocks: Clocks, fault: faults.Fault
) -> None:
    async with NightscoutSimulator(clock=clocks.world) as site:
        site.add_entry(at=clocks.world(), sgv=120)
        site.fault = fault

        await _follow(hass, entry, site)

    assert state(hass, GLUCOSE) == "120"
    assert hass.states.get("sensor.alex_last_bolus") is None
