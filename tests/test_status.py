"""What people see of pump, loop and phone."""

from collections.abc import AsyncGenerator
from datetime import timedelta
import logging

from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity import Entity
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from syrupy.assertion import SnapshotAssertion

from custom_components.glucose_follow import async_remove_config_entry_device
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.const import CONF_UNIT, DOMAIN
from custom_components.glucose_follow.status_sensor import STATUS_SENSORS
from simulators.nightscout import NightscoutSimulator, Style, faults

from .conftest import Clocks
from .home import pass_time, restart, set_up, settle, state

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

IOB = "sensor.alex_insulin_on_board"
LOOP = "sensor.alex_loop"
BASAL = "sensor.alex_basal_rate"
TARGET = "sensor.alex_temporary_target"
OVERRIDE = "sensor.alex_override"
RESERVOIR = "sensor.alex_pump_reservoir"
PUMP_BATTERY = "sensor.alex_pump_battery"
PHONE_BATTERY = "sensor.alex_phone_battery"


@pytest.fixture
async def rig(clocks: Clocks) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that everybody may read, with a reading and nothing else."""
    async with NightscoutSimulator(clock=clocks.world) as running:
        running.add_entry(sgv=120)
        yield running
        running.fault = None


@pytest.fixture
def person(entry: MockConfigEntry, rig: NightscoutSimulator) -> MockConfigEntry:
    """Return an entry that follows that site, not set up yet."""
    return follow(entry, rig)


def follow(entry: MockConfigEntry, site: NightscoutSimulator) -> MockConfigEntry:
    """Return an entry of a site, not set up yet."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Alex",
        entry_id=entry.entry_id,
        unique_id="site",
        data={"source": "nightscout", CONF_URL: str(site.url)},
        options=dict(entry.options),
    )


def tell(site: NightscoutSimulator, *, units: float = 90) -> None:
    """Let a pump, a loop and a phone say something."""
    now = site._site.clock().isoformat()
    site.add_devicestatus(
        device="openaps://phone",
        pump={
            "reservoir": units,
            "clock": now,
            "battery": {"percent": 55},
            "status": {"status": "normal", "suspended": False},
        },
        openaps={
            "iob": {"iob": 2.35, "time": now},
            "suggested": {"COB": 12, "timestamp": now},
        },
        uploaderBattery=81,
    )


def keys(hass: HomeAssistant) -> set[str]:
    """Return which of the sensors that not every site fills are there."""
    entities = er.async_entries_for_config_entry(er.async_get(hass), ENTRY_ID)
    known = {entity.unique_id.removeprefix(f"{ENTRY_ID}_") for entity in entities}
    return known & {description.key for description in STATUS_SENSORS}


ENTRY_ID = "01JALEX0000000000000000000"


async def test_entities_are_as_people_know_them(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)
    person = SimulatedPerson(seed=7)
    async with NightscoutSimulator(
        clock=clocks.world, person=person, style=Style.OPENAPS
    ) as site:
        now = clocks.world()
        site.add_devicestatus(at=now - MINUTE, pump={"battery": {"percent": 55}})
        for event in (
            "Sensor Start",
            "Site Change",
            "Insulin Change",
            "Pump Battery Change",
        ):
            site.add_treatment(at=now - 5 * HOUR, eventType=event)
        site.add_treatment(
            at=now - 5 * MINUTE,
            eventType="Temporary Target",
            targetBottom=120,
            targetTop=140,
            duration=60,
        )
        site.add_treatment(
            at=now - 5 * MINUTE,
            eventType="Temporary Override",
            reason="Running",
            duration=60,
        )
        await set_up(hass, follow(entry, site))

    assert keys(hass) == {description.key for description in STATUS_SENSORS}
    for description in STATUS_SENSORS:
        entity_id = entity_registry.async_get_entity_id(
            "sensor", DOMAIN, f"{ENTRY_ID}_{description.key}"
        )
        assert entity_id is not None
        assert entity_registry.async_get(entity_id) == snapshot(
            name=f"{description.key}-entry"
        )
        assert hass.states.get(entity_id) == snapshot(name=f"{description.key}-state")


async def test_values_are_what_the_site_says(
    hass: HomeAssistant, person: MockConfigEntry, rig: NightscoutSimulator
) -> None:
    now = rig._site.clock()
    tell(rig)
    rig.add_treatment(at=now - 9 * DAY, eventType="Sensor Start")
    rig.add_treatment(at=now - 3 * DAY, eventType="Site Change")
    rig.add_treatment(at=now - 3 * DAY, eventType="Insulin Change")
    rig.add_treatment(at=now - 40 * DAY, eventType="Pump Battery Change")
    rig.add_treatment(
        at=now - 10 * MINUTE, eventType="Temp Basal", absolute=0.35, duration=30
    )

    await set_up(hass, person)

    assert state(hass, IOB) == "2.35"
    assert state(hass, "sensor.alex_carbs_on_board") == "12.0"
    assert state(hass, BASAL) == "0.35"
    assert state(hass, LOOP) == "looping"
    assert state(hass, "sensor.alex_loop_last_ran") == "2026-11-21T12:00:00+00:00"
    assert state(hass, RESERVOIR) == "90.0"
    assert state(hass, PUMP_BATTERY) == "55.0"
    assert state(hass, PHONE_BATTERY) == "81.0"
    assert state(hass, "sensor.alex_active_profile") == "Default"
    assert state(hass, "sensor.alex_sensor_started") == "2026-11-12T12:00:00+00:00"
    assert state(hass, "sensor.alex_site_changed") == "2026-11-18T12:00:00+00:00"
    assert state(hass, "sensor.alex_insulin_changed") == "2026-11-18T12:00:00+00:00"
    assert (
        state(hass, "sensor.alex_pump_battery_changed") == "2026-10-12T12:00:00+00:00"
    )


async def test_pump_and_phone_are_devices_below_the_person(
    hass: HomeAssistant,
    person: MockConfigEntry,
    rig: NightscoutSimulator,
    device_registry: dr.DeviceRegistry,
) -> None:
    tell(rig)

    await set_up(hass, person)

    parent = device_registry.async_get_device_by_identifier(
        (DOMAIN, ENTRY_ID), ENTRY_ID
    )
    assert parent is not None
    children = {
        child.name: child.parent_device_id for child in device_registry.child_devices
    }
    assert children == {"Pump": parent.id, "Phone": parent.id}


async def test_two_people_have_a_pump_each(
    hass: HomeAssistant, person: MockConfigEntry, rig: NightscoutSimulator
) -> None:
    tell(rig)
    other = MockConfigEntry(
        domain=DOMAIN,
        title="Kim",
        unique_id="other",
        data=dict(person.data),
        options=dict(person.options),
    )

    await set_up(hass, person)
    await set_up(hass, other)

    assert state(hass, RESERVOIR) == "90.0"
    assert state(hass, "sensor.kim_pump_reservoir") == "90.0"


async def test_nothing_is_there_that_the_site_never_said(
    hass: HomeAssistant, person: MockConfigEntry, device_registry: dr.DeviceRegistry
) -> None:
    """Every site has a profile."""
    await set_up(hass, person)

    assert keys(hass) == {"active_profile"}
    assert list(device_registry.child_devices) == []


async def test_what_is_said_for_the_first_time_appears_without_a_reload(
    hass: HomeAssistant,
    person: MockConfigEntry,
    rig: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, person)
    coordinator = person.runtime_data

    await pass_time(hass, clocks, 5 * MINUTE)
    tell(rig)
    await pass_time(hass, clocks, 11 * MINUTE)

    assert state(hass, RESERVOIR) == "90.0"
    assert "insulin_on_board" in keys(hass)
    assert person.runtime_data is coordinator


async def test_what_was_ever_said_is_there_after_a_restart(
    hass: HomeAssistant, person: MockConfigEntry, rig: NightscoutSimulator
) -> None:
    tell(rig)
    await set_up(hass, person)
    before = keys(hass)
    rig.clear()
    rig.add_entry(sgv=121)

    await restart(hass, person)

    assert keys(hass) == before
    assert state(hass, RESERVOIR) == "unknown"
    assert state(hass, IOB) == "unknown"


async def test_what_was_not_said_for_a_month_can_be_removed_by_hand(
    hass: HomeAssistant,
    person: MockConfigEntry,
    rig: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    """Home Assistant lets go only of what an integration does not add any more."""
    tell(rig)
    await set_up(hass, person)
    rig.clear()

    for days, provided in ((29, "unknown"), (2, "unavailable")):
        clocks.tick(days * DAY)
        rig.add_entry(sgv=121)
        await restart(hass, person)
        assert state(hass, RESERVOIR) == provided

    shown = hass.states.get(RESERVOIR)
    assert shown is not None
    assert shown.attributes.get("restored") is True


async def test_what_comes_back_after_a_month_is_there_again(
    hass: HomeAssistant,
    person: MockConfigEntry,
    rig: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    tell(rig)
    await set_up(hass, person)
    clocks.tick(31 * DAY)
    rig.add_entry(sgv=121)

    tell(rig, units=77)
    await restart(hass, person)

    assert state(hass, RESERVOIR) == "77.0"


async def test_what_is_said_every_day_is_remembered_from_today(
    hass: HomeAssistant,
    person: MockConfigEntry,
    rig: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    tell(rig)
    await set_up(hass, person)

    clocks.tick(29 * DAY)
    rig.add_entry(sgv=121)
    tell(rig)
    await restart(hass, person)
    rig.clear()
    clocks.tick(29 * DAY)
    rig.add_entry(sgv=121)
    await restart(hass, person)

    assert state(hass, RESERVOIR) == "unknown"


@pytest.mark.parametrize(
    ("minutes", "insulin", "loop", "reservoir"),
    [
        (14, "2.35", "looping", "90.0"),
        (16, "2.35", "not_looping", "90.0"),
        (29, "2.35", "not_looping", "90.0"),
        (31, "unknown", "not_looping", "90.0"),
        (59, "unknown", "not_looping", "90.0"),
        (61, "unknown", "unknown", "unknown"),
    ],
)
async def test_an_old_value_is_not_shown(
    hass: HomeAssistant,
    person: MockConfigEntry,
    rig: NightscoutSimulator,
    clocks: Clocks,
    minutes: int,
    insulin: str,
    loop: str,
    reservoir: str,
) -> None:
    """Nobody has to say so: the tick notices."""
    tell(rig)
    await set_up(hass, person)
    rig.fault = faults.ServerError(only={"devicestatus"})

    await pass_time(hass, clocks, minutes * MINUTE, step=MINUTE)

    assert state(hass, IOB) == insulin
    assert state(hass, LOOP) == loop
    assert state(hass, RESERVOIR) == reservoir
    assert state(hass, "sensor.alex_loop_last_ran") == "2026-11-21T12:00:00+00:00"


async def test_an_unreachable_site_takes_away_only_what_is_too_old(
    hass: HomeAssistant,
    person: MockConfigEntry,
    rig: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    tell(rig)
    await set_up(hass, person)
    rig.fault = faults.Unreachable()

    await pass_time(hass, clocks, 20 * MINUTE, step=MINUTE)
    assert state(hass, IOB) == "2.35"
    await pass_time(hass, clocks, 11 * MINUTE, step=MINUTE)
    assert state(hass, IOB) == "unavailable"
    assert state(hass, RESERVOIR) == "90.0"


async def test_one_failure_changes_nothing_and_is_not_logged(
    hass: HomeAssistant,
    person: MockConfigEntry,
    rig: NightscoutSimulator,
    clocks: Clocks,
    caplog: pytest.LogCaptureFixture,
) -> None:
    tell(rig)
    await set_up(hass, person)
    rig.fault = faults.ServerError(only={"devicestatus"})
    caplog.clear()
    with caplog.at_level(logging.INFO):
        await pass_time(hass, clocks, 7 * MINUTE)

    assert state(hass, IOB) == "2.35"
    assert [each for each in caplog.records if DOMAIN in each.name] == []


async def test_a_site_is_asked_every_five_minutes_and_no_more(
    hass: HomeAssistant,
    person: MockConfigEntry,
    rig: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    tell(rig)
    await set_up(hass, person)
    rig.requests.clear()

    for _ in range(12):
        await pass_time(hass, clocks, 5 * MINUTE)
        rig.add_entry(sgv=121)
        tell(rig)

    kinds = [request.kind for request in rig.requests]
    assert 10 <= kinds.count("devicestatus") <= 13


async def test_a_site_that_is_away_is_not_asked_for_status(
    hass: HomeAssistant,
    person: MockConfigEntry,
    rig: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    tell(rig)
    await set_up(hass, person)
    rig.fault = faults.ServerError()
    await pass_time(hass, clocks, 2 * MINUTE)
    rig.requests.clear()

    await pass_time(hass, clocks, 20 * MINUTE)

    assert {request.kind for request in rig.requests} <= {"entries", "socket"}


async def test_a_site_that_wants_to_rest_rests(
    hass: HomeAssistant,
    person: MockConfigEntry,
    rig: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    tell(rig)
    await set_up(hass, person)
    rig.fault = faults.RateLimit(1800, only={"devicestatus"})
    await pass_time(hass, clocks, 7 * MINUTE)
    rig.requests.clear()

    await pass_time(hass, clocks, 20 * MINUTE, step=MINUTE)

    assert "devicestatus" not in {request.kind for request in rig.requests}


async def test_the_scheduled_rate_changes_with_the_hour(
    hass: HomeAssistant,
    person: MockConfigEntry,
    rig: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    """Nobody says so: at four in London it is five in Berlin."""
    clocks.tick(3 * HOUR + 58 * MINUTE)
    rig.add_entry(sgv=121)
    tell(rig)

    await set_up(hass, person)
    assert state(hass, BASAL) == "0.85"
    await pass_time(hass, clocks, 3 * MINUTE)

    assert state(hass, BASAL) == "0.95"


@pytest.mark.parametrize(
    ("unit", "middle", "low", "high"),
    [("mg/dL", "130.0", 120, 140), ("mmol/L", "7.2", 6.7, 7.8)],
)
async def test_a_temporary_target_is_shown_in_the_entrys_unit_until_it_ends(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    rig: NightscoutSimulator,
    clocks: Clocks,
    unit: str,
    middle: str,
    low: float,
    high: float,
) -> None:
    person = MockConfigEntry(
        domain=DOMAIN,
        title="Alex",
        data={"source": "nightscout", CONF_URL: str(rig.url)},
        options={CONF_UNIT: unit},
    )
    rig.add_treatment(
        eventType="Temporary Target", targetBottom=120, targetTop=140, duration=10
    )

    await set_up(hass, person)

    shown = hass.states.get(TARGET)
    assert shown is not None
    assert shown.state == middle
    assert shown.attributes["unit_of_measurement"] == unit
    assert (shown.attributes["low"], shown.attributes["high"]) == (low, high)
    assert shown.attributes["until"] == clocks.world() + 10 * MINUTE

    await pass_time(hass, clocks, 11 * MINUTE)
    over = hass.states.get(TARGET)
    assert over is not None
    assert over.state == "unknown"
    assert "low" not in over.attributes


async def test_no_override_is_not_the_same_as_nobody_knows(
    hass: HomeAssistant,
    person: MockConfigEntry,
    rig: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    rig.add_devicestatus(
        loop={"version": "3"},
        override={"active": True, "name": "Running", "duration": 600},
    )
    await set_up(hass, person)
    shown = hass.states.get(OVERRIDE)
    assert shown is not None
    assert shown.state == "Running"
    assert shown.attributes["until"] == clocks.world() + 10 * MINUTE

    await pass_time(hass, clocks, 11 * MINUTE, step=MINUTE)
    assert state(hass, OVERRIDE) == "none"

    rig.fault = faults.ServerError(only={"devicestatus"})
    await pass_time(hass, clocks, 60 * MINUTE, step=MINUTE)
    assert state(hass, OVERRIDE) == "unknown"


async def remove(hass: HomeAssistant, entry: MockConfigEntry, name: str) -> bool:
    """Remove a device as Home Assistant does, and return whether it is gone."""
    registry = dr.async_get(hass)
    devices: list[dr.AnyDeviceEntry] = [*registry.devices, *registry.child_devices]
    device = next(each for each in devices if each.name == name)
    may_go = await async_remove_config_entry_device(hass, entry, device)
    if may_go:
        registry.async_remove_device(device.id)
        await settle(hass)
    return may_go


async def test_a_pump_that_says_something_cannot_be_removed(
    hass: HomeAssistant,
    person: MockConfigEntry,
    rig: NightscoutSimulator,
) -> None:
    tell(rig)
    await set_up(hass, person)

    assert person.supports_remove_device
    assert not await remove(hass, person, "Pump")
    assert not await remove(hass, person, "Phone")
    assert not await remove(hass, person, "Alex")
    assert state(hass, RESERVOIR) == "90.0"


async def test_a_pump_that_fell_silent_can_be_removed_and_comes_back(
    hass: HomeAssistant,
    person: MockConfigEntry,
    rig: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    tell(rig)
    await set_up(hass, person)
    await pass_time(hass, clocks, 61 * MINUTE, step=MINUTE)

    assert await remove(hass, person, "Pump")
    assert hass.states.get(RESERVOIR) is None
    assert {"reservoir", "pump_battery"}.isdisjoint(keys(hass))
    await restart(hass, person)
    assert hass.states.get(RESERVOIR) is None
    assert hass.states.get(PHONE_BATTERY) is not None

    tell(rig, units=170)
    await pass_time(hass, clocks, 16 * MINUTE, step=MINUTE)
    assert state(hass, RESERVOIR) == "170.0"
    assert "unavailable" not in state(hass, PUMP_BATTERY)


async def test_a_pump_of_an_entry_that_is_not_loaded_can_be_removed(
    hass: HomeAssistant,
    person: MockConfigEntry,
    rig: NightscoutSimulator,
) -> None:
    tell(rig)
    await set_up(hass, person)
    await hass.config_entries.async_unload(person.entry_id)

    assert await remove(hass, person, "Pump")


async def test_an_entity_that_was_removed_is_back_if_it_is_still_said(
    hass: HomeAssistant,
    person: MockConfigEntry,
    rig: NightscoutSimulator,
    clocks: Clocks,
    entity_registry: er.EntityRegistry,
) -> None:
    tell(rig)
    await set_up(hass, person)

    entity_registry.async_remove(IOB)
    await settle(hass)
    assert hass.states.get(IOB) is None
    await pass_time(hass, clocks, 5 * MINUTE)
    rig.add_entry(sgv=121)
    tell(rig)
    await pass_time(hass, clocks, 5 * MINUTE)

    assert state(hass, IOB) == "2.35"


async def test_a_simulated_person_wears_a_pump(
    hass: HomeAssistant, clocks: Clocks
) -> None:
    simulated = MockConfigEntry(
        domain=DOMAIN,
        title="Alex",
        data={"source": "simulated", "seed": 7},
        options={CONF_UNIT: "mg/dL"},
    )

    await set_up(hass, simulated)

    assert state(hass, LOOP) == "looping"
    assert float(state(hass, IOB)) >= 0
    assert float(state(hass, RESERVOIR)) > 0
    assert float(state(hass, BASAL)) >= 0
    assert state(hass, "sensor.alex_sensor_started") != "unknown"


async def test_a_clock_that_is_hours_ahead_hides_no_pump(
    hass: HomeAssistant,
    person: MockConfigEntry,
    rig: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    clocks.set_wrong(3 * HOUR)
    tell(rig)

    await set_up(hass, person)

    assert state(hass, RESERVOIR) == "90.0"
    assert state(hass, IOB) == "2.35"
