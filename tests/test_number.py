"""Thresholds, in the unit that a person reads."""

from datetime import timedelta
from typing import Any

from homeassistant.components.number import DOMAIN as NUMBER
from homeassistant.components.number.const import SERVICE_SET_VALUE
from homeassistant.const import ATTR_ENTITY_ID, CONF_URL, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.glucose_follow.const import CONF_THRESHOLDS, CONF_UNIT
from simulators.nightscout import NightscoutSimulator

from .conftest import NOW, Clocks
from .home import pass_time, set_up, state

KEYS = ("urgent_low", "low", "high", "urgent_high")


def entity_of(key: str) -> str:
    """Return the number of a threshold."""
    return f"number.alex_{key}_threshold"


async def choose(hass: HomeAssistant, key: str, value: float) -> None:
    """Set a threshold as a person would."""
    await hass.services.async_call(
        NUMBER,
        SERVICE_SET_VALUE,
        {ATTR_ENTITY_ID: entity_of(key), "value": value},
        blocking=True,
    )


async def set_up_in(hass: HomeAssistant, entry: MockConfigEntry, unit: str) -> None:
    """Set an entry up that is shown in a unit."""
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, options={CONF_UNIT: unit})
    await set_up(hass, entry)


@pytest.mark.parametrize("platform", [Platform.NUMBER, Platform.SWITCH, Platform.EVENT])
async def test_entities_are_as_people_know_them(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
    platform: Platform,
) -> None:
    monkeypatch.setattr("custom_components.glucose_follow.PLATFORMS", [platform])

    await set_up(hass, entry)

    await snapshot_platform(hass, er.async_get(hass), snapshot, entry.entry_id)


@pytest.mark.parametrize(
    ("unit", "values", "limits"),
    [
        ("mg/dL", ["55", "70", "180", "250"], (40, 400, 1)),
        ("mmol/L", ["3.1", "3.9", "10.0", "13.9"], (2.2, 22.2, 0.1)),
    ],
)
async def test_a_threshold_is_in_the_entrys_unit(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    unit: str,
    values: list[str],
    limits: tuple[float, float, float],
) -> None:
    await set_up_in(hass, entry, unit)

    shown = [hass.states.get(entity_of(key)) for key in KEYS]
    assert [each.state for each in shown if each] == values
    for each in shown:
        assert each is not None
        attributes = each.attributes
        assert attributes["unit_of_measurement"] == unit
        assert (attributes["min"], attributes["max"], attributes["step"]) == limits
        assert "device_class" not in attributes


async def test_every_value_in_mmol_reads_back_as_it_was_set(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """Stored in whole mg/dL, which are finer than tenths of mmol/L."""
    await set_up_in(hass, entry, "mmol/L")
    await choose(hass, "urgent_low", 2.2)
    await choose(hass, "urgent_high", 22.2)
    await choose(hass, "high", 22.1)

    for tenths in range(23, 221):
        await choose(hass, "low", tenths / 10)
        assert state(hass, entity_of("low")) == str(tenths / 10)

    assert entry.options[CONF_THRESHOLDS] == {
        "urgent_low": 40,
        "low": 396,
        "high": 398,
        "urgent_high": 400,
    }


async def test_another_threshold_is_judged_by_at_once_and_nothing_is_reloaded(
    hass: HomeAssistant, entry: MockConfigEntry, clocks: Clocks
) -> None:
    async with NightscoutSimulator(clock=clocks.world) as site:
        site.add_entry(at=NOW, sgv=75)
        entry.add_to_hass(hass)
        hass.config_entries.async_update_entry(
            entry, data={"source": "nightscout", CONF_URL: str(site.url)}
        )
        await set_up(hass, entry)
        coordinator = entry.runtime_data
        before = state(hass, "sensor.alex_range"), state(hass, "binary_sensor.alex_low")

        await choose(hass, "low", 80)

    assert before == ("in_range", "off")
    assert state(hass, entity_of("low")) == "80"
    assert state(hass, "sensor.alex_range") == "low"
    assert state(hass, "binary_sensor.alex_low") == "on"
    assert entry.runtime_data is coordinator
    assert entry.options[CONF_THRESHOLDS]["low"] == 80


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("urgent_low", 70),
        ("urgent_low", 90),
        ("low", 55),
        ("low", 180),
        ("high", 70),
        ("high", 250),
        ("urgent_high", 180),
    ],
)
async def test_a_threshold_does_not_cross_its_neighbour(
    hass: HomeAssistant, entry: MockConfigEntry, key: str, value: float
) -> None:
    await set_up(hass, entry)
    before: Any = dict(entry.options)

    with pytest.raises(ServiceValidationError) as caught:
        await choose(hass, key, value)

    assert caught.value.translation_key == "thresholds_out_of_order"
    assert caught.value.translation_placeholders == {
        "urgent_low": "55 mg/dL",
        "low": "70 mg/dL",
        "high": "180 mg/dL",
        "urgent_high": "250 mg/dL",
    }
    assert entry.options == before


async def test_a_threshold_stays_where_sensors_can_measure(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)

    with pytest.raises(ServiceValidationError):
        await choose(hass, "urgent_low", 39)
    with pytest.raises(ServiceValidationError):
        await choose(hass, "urgent_high", 401)


async def test_only_what_is_read_is_written_again_with_every_reading(
    hass: HomeAssistant, clocks: Clocks, entry: MockConfigEntry
) -> None:
    """Sensors are: whoever counts readings hears of equal ones too."""
    await set_up(hass, entry)
    await pass_time(hass, clocks, timedelta(minutes=6), step=timedelta(minutes=1))
    sensor = "sensor.alex_sensor_status"
    quiet = {
        entity_of("low"),
        "event.alex_treatment",
        "sensor.alex_last_bolus",
        "sensor.alex_snoozed_until",
        "switch.alex_low_alarm",
    }
    before = {each: hass.states.get(each) for each in (*quiet, sensor)}
    assert None not in before.values()
    reported = {each: found.last_reported for each, found in before.items() if found}

    await pass_time(hass, clocks, timedelta(minutes=6), step=timedelta(minutes=1))

    later = {each: hass.states.get(each) for each in before}
    again = {
        each
        for each, found in later.items()
        if found and found.last_reported > reported[each]
    }
    assert again == {sensor}
