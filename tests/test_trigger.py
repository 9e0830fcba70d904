"""Automations are told when something happens, once, and only if it did."""

from collections.abc import AsyncGenerator
from typing import Any

from homeassistant.const import SERVICE_TURN_OFF, UnitOfBloodGlucoseConcentration
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from homeassistant.helpers.selector import NumericThresholdType
from homeassistant.helpers.trigger import async_get_all_descriptions
from homeassistant.util.yaml import parse_yaml
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow.cgm.source import Feature
from custom_components.glucose_follow.const import DOMAIN
from custom_components.glucose_follow.event import TREATMENT
from custom_components.glucose_follow.following import people_of
from custom_components.glucose_follow.threshold import THRESHOLD, Threshold
from custom_components.glucose_follow.trigger import TRIGGERS
from simulators.dexcom_api import DexcomApiSimulator
from simulators.nightscout import NightscoutSimulator

from .automations import MINUTE, automate, read
from .conftest import NOW, TOKEN, Clocks
from .dexcom_api import entry_of, lead_to, register
from .home import pass_time, set_up, settle
from .test_translations import PACKAGE

MGDL = UnitOfBloodGlucoseConcentration.MILLIGRAMS_PER_DECILITER
MMOL = UnitOfBloodGlucoseConcentration.MILLIMOLE_PER_LITER


@pytest.fixture
async def site(clocks: Clocks) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that nobody uploads to but the test."""
    async with NightscoutSimulator(
        clock=clocks.world, tokens={TOKEN: frozenset({"*"})}
    ) as running:
        yield running


@pytest.fixture
async def alex(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> MockConfigEntry:
    """Return an entry that follows somebody in range."""
    for minutes in (15, 10, 5):
        site.add_entry(at=NOW - minutes * MINUTE, sgv=100)
    await set_up(hass, entry)
    return entry


@pytest.mark.parametrize(
    ("trigger", "options", "readings", "expected"),
    [
        ("became_low", {}, [90, 80, 69, 60, 50], 1),
        ("became_low", {}, [90, 80, 75, 80], 0),
        ("became_high", {}, [150, 179, 190, 260], 1),
        ("entered_range", {"ranges": ["in_range"]}, [60, 65, 90], 1),
        ("entered_range", {"ranges": ["low", "urgent_low"]}, [65, 50, 65, 90], 1),
        ("entered_range", {"ranges": "urgent_low"}, [50, 57, 50, 90], 1),
        ("changing_fast", {"direction": "falling"}, [88, 76, 64, 60], 1),
        ("changing_fast", {"direction": "rising"}, [88, 76, 64, 60], 0),
        ("changing_fast", {}, [112, 124, 136], 1),
        ("forecast_low", {}, [95, 88, 80, 75], 1),
    ],
)
async def test_glucose_is_told_of(
    hass: HomeAssistant,
    alex: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
    trigger: str,
    options: dict[str, Any],
    readings: list[int],
    expected: int,
) -> None:
    heard = await automate(hass, trigger, options)

    await read(hass, site, clocks, *readings)

    assert len(heard.told) == expected


async def test_a_low_after_a_gap_is_told_with_what_is_known(
    hass: HomeAssistant,
    alex: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    heard = await automate(hass, "became_low", target=_device(hass))
    await pass_time(hass, clocks, 30 * MINUTE, step=MINUTE)
    assert heard.told == []

    await read(hass, site, clocks, 60)

    (told,) = heard.told
    assert told["entity_id"] == "sensor.alex_glucose"
    assert told["device_id"] == _device(hass)["device_id"]
    assert told["value"] == 60
    assert told["unit"] == "mg/dL"
    assert told["range"] == "low"
    assert told["out_of_range"] is False
    assert "Alex" not in told["description"]
    assert "60" not in told["description"]


async def test_start_up_a_reload_and_a_gap_without_a_change_are_no_news(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    site.add_entry(at=NOW, sgv=60)
    hass.set_state(CoreState.starting)
    await set_up(hass, entry)
    heard = await automate(hass, "became_low")
    hass.set_state(CoreState.running)
    hass.bus.async_fire("homeassistant_started")
    await settle(hass)
    await read(hass, site, clocks, 60)
    await hass.config_entries.async_reload(entry.entry_id)
    await read(hass, site, clocks, 60)
    await pass_time(hass, clocks, 30 * MINUTE, step=MINUTE)
    await read(hass, site, clocks, 60)

    assert heard.told == []


async def test_what_becomes_so_during_a_reload_is_told(
    hass: HomeAssistant,
    alex: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    heard = await automate(hass, "became_low")
    await hass.config_entries.async_unload(alex.entry_id)
    site.add_entry(at=clocks.world(), sgv=60)

    await set_up(hass, alex)

    assert len(heard.told) == 1


async def test_old_data_and_a_batch_that_ends_in_range_tell_nothing(
    hass: HomeAssistant,
    alex: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    heard = await automate(hass, "became_low")
    await pass_time(hass, clocks, 60 * MINUTE, step=MINUTE)
    for minutes in range(50, 15, -5):
        site.add_entry(at=clocks.world() - minutes * MINUTE, sgv=60)
    await pass_time(hass, clocks, 10 * MINUTE, step=MINUTE)
    assert heard.told == []

    await read(hass, site, clocks, 100)

    assert heard.told == []


async def test_what_has_to_last_is_told_when_it_did(
    hass: HomeAssistant,
    alex: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    heard = await automate(hass, "became_high", {"for": "00:12:00"})
    await read(hass, site, clocks, 200, 200)
    assert heard.told == []

    await read(hass, site, clocks, 200)

    assert len(heard.told) == 1


async def test_what_was_waited_for_is_forgotten_with_the_automation(
    hass: HomeAssistant,
    alex: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    heard = await automate(hass, "became_high", {"for": "00:12:00"})
    await read(hass, site, clocks, 200)
    listening = len(alex.runtime_data._listeners)

    await hass.services.async_call(
        "automation", SERVICE_TURN_OFF, {"entity_id": "automation.told"}, blocking=True
    )
    await read(hass, site, clocks, 200, 200)

    assert heard.told == []
    assert len(alex.runtime_data._listeners) < listening


async def test_the_signal_is_told_of_when_it_goes_and_when_it_comes(
    hass: HomeAssistant,
    alex: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    heard = await automate(hass, "signal_lost")
    await pass_time(hass, clocks, 9 * MINUTE, step=MINUTE)
    assert heard.told == []

    await pass_time(hass, clocks, 3 * MINUTE, step=MINUTE)

    (told,) = heard.told
    assert told["value"] is None
    assert told["range"] is None


async def test_a_signal_that_returns_is_told_of(
    hass: HomeAssistant,
    alex: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    heard = await automate(hass, "signal_returned")
    await pass_time(hass, clocks, 20 * MINUTE, step=MINUTE)
    assert heard.told == []

    await read(hass, site, clocks, 120)

    assert [told["value"] for told in heard.told] == [120]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"kinds": ["bolus", "carbs"]}, ["bolus", "carbs"]),
        ({"kinds": ["bolus"], "minimum_insulin": 5}, []),
        ({"kinds": ["bolus"], "minimum_insulin": 4.5}, ["bolus"]),
        ({"kinds": ["bolus", "carbs"], "minimum_carbs": 30}, ["carbs"]),
        (
            {"kinds": ["bolus", "carbs"], "minimum_insulin": 4, "minimum_carbs": 30},
            ["bolus", "carbs"],
        ),
        ({"kinds": "automatic_bolus"}, ["automatic_bolus"]),
    ],
)
async def test_treatments_are_told_of_if_they_are_meant(
    hass: HomeAssistant,
    alex: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
    options: dict[str, Any],
    expected: list[str],
) -> None:
    heard = await automate(hass, "treatment", options, target=_device(hass))
    at = clocks.world()
    site.add_treatment(at=at, eventType="Bolus", insulin=4.5, notes="secret")
    site.add_treatment(at=at, eventType="Carbs", carbs=40)
    site.add_treatment(at=at, eventType="SMB", insulin=0.2)
    site.add_treatment(at=at, eventType="Temp Basal", absolute=1, duration=30)

    await pass_time(hass, clocks, 6 * MINUTE, step=MINUTE / 2)

    assert sorted(told["kind"] for told in heard.told) == sorted(expected)
    assert "secret" not in str(heard.told)


async def test_alarms_are_told_of_if_they_are_meant(
    hass: HomeAssistant,
    alex: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    heard = await automate(
        hass, "alarm", {"levels": "urgent_low", "kinds": ["raised", "snoozed"]}
    )
    await read(hass, site, clocks, 50, 50)
    await hass.services.async_call(DOMAIN, "snooze", {"minutes": 15}, blocking=True)
    await hass.services.async_call(DOMAIN, "test_alarm", {"level": "low"})
    await hass.services.async_call(DOMAIN, "test_alarm", {"level": "urgent_low"})
    await settle(hass)

    assert [(told["kind"], told["level"], told["test"]) for told in heard.told] == [
        ("raised", "urgent_low", False),
        ("snoozed", "all", False),
        ("raised", "urgent_low", True),
    ]
    assert heard.told[0]["value"] == 50
    assert heard.told[0]["config_entry_id"] == alex.entry_id


async def test_a_target_is_followed_when_it_changes(
    hass: HomeAssistant,
    alex: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    area = ar.async_get(hass).async_create("Nursery")
    heard = await automate(hass, "became_low", target={"area_id": area.id})
    await read(hass, site, clocks, 60, 100)
    assert heard.told == []

    dr.async_get(hass).async_update_device(_device(hass)["device_id"], area_id=area.id)
    await settle(hass)
    await read(hass, site, clocks, 60)
    assert len(heard.told) == 1

    dr.async_get(hass).async_update_device(_device(hass)["device_id"], area_id=None)
    await settle(hass)
    await read(hass, site, clocks, 100, 60)
    assert len(heard.told) == 1


async def test_a_person_whose_entities_are_all_disabled_is_still_told_of(
    hass: HomeAssistant,
    alex: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    entities = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(entities, alex.entry_id):
        entities.async_update_entity(
            entity.entity_id, disabled_by=er.RegistryEntryDisabler.USER
        )
    await settle(hass)
    heard = await automate(hass, "became_low", target=_device(hass))

    await read(hass, site, clocks, 60)

    assert len(heard.told) == 1


async def test_two_people_are_told_of_when_it_is_so_of_both(
    hass: HomeAssistant,
    alex: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    async with NightscoutSimulator(
        clock=clocks.world, tokens={TOKEN: frozenset({"*"})}
    ) as other:
        other.add_entry(at=NOW - 5 * MINUTE, sgv=100)
        second = MockConfigEntry(
            domain=DOMAIN,
            title="Kim",
            unique_id="other",
            data={**alex.data, "url": str(other.url)},
            options=alex.options,
        )
        await set_up(hass, second)
        label = lr.async_get(hass).async_create("Children").label_id
        for entry in (alex, second):
            dr.async_get(hass).async_update_device(
                _device(hass, entry)["device_id"], labels={label}
            )
        heard = await automate(
            hass, "became_low", {"behavior": "all"}, target={"label_id": label}
        )

        await read(hass, site, clocks, 60)
        assert heard.told == []
        other.add_entry(at=clocks.world(), sgv=50)
        await read(hass, site, clocks, 60)
        await hass.config_entries.async_unload(second.entry_id)

    assert [told["entity_id"] for told in heard.told] == ["sensor.kim_glucose"]


async def test_a_source_that_is_hours_behind_is_nobody(
    hass: HomeAssistant, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register(hass)
    async with DexcomApiSimulator(clock=clocks.world) as api:
        lead_to(api, monkeypatch)
        entry = entry_of(api)
        await set_up(hass, entry)
        target = _device(hass, entry)

        assert people_of(hass, target, Feature.LIVE) == {}
        assert set(people_of(hass, target, Feature.TREATMENTS)) == {entry.entry_id}


async def test_others_glucose_is_not_ours(hass: HomeAssistant) -> None:
    entities = er.async_get(hass)
    other = MockConfigEntry(domain="dexcom")
    other.add_to_hass(hass)
    stranger = entities.async_get_or_create("sensor", "dexcom", "1", config_entry=other)
    unknown = {"entity_id": [stranger.entity_id, "sensor.nothing"]}

    assert people_of(hass, unknown, Feature.LIVE) == {}


async def test_glucose_that_crosses_a_threshold_is_told_of(
    hass: HomeAssistant,
    alex: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    threshold = {
        "type": "below",
        "value": {"number": 3.9, "unit_of_measurement": "mmol/L"},
    }
    heard = await automate(hass, "crossed_threshold", {"threshold": threshold})

    # 70 mg/dL is shown as 3.9 mmol/L, and LOW is below everything.
    await read(hass, site, clocks, 70, 69, 65)
    await pass_time(hass, clocks, 30 * MINUTE, step=MINUTE)
    await read(hass, site, clocks, 65, 80, 39)

    assert [told["value"] for told in heard.told] == [69, 39]
    assert [told["out_of_range"] for told in heard.told] == [False, True]


def _limit(number: float, unit: str = "mg/dL") -> dict[str, Any]:
    """Return a number as the editor writes it."""
    return {"number": number, "unit_of_measurement": unit}


def _holds(hass: HomeAssistant, config: dict[str, Any], mgdl: int) -> bool | None:
    """Return whether glucose is where a threshold wants it."""
    return Threshold.from_config(THRESHOLD(config)).holds(hass, mgdl)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"type": "below", "value": _limit(80)}, {79: True, 80: False}),
        ({"type": "above", "value": _limit(180)}, {180: False, 181: True}),
        (
            {"type": "between", "value_min": _limit(70), "value_max": _limit(180)},
            {69: False, 70: True, 180: True, 181: False},
        ),
        (
            {
                "type": "outside",
                "value_min": _limit(3.9, "mmol/L"),
                "value_max": _limit(180),
            },
            {69: True, 70: False, 180: False, 181: True},
        ),
        (
            {"type": "below", "value": {"entity": "input_number.mine"}},
            {72: True, 74: False},
        ),
        ({"type": "below", "value": {"entity": "input_number.unit"}}, {70: None}),
        ({"type": "below", "value": {"entity": "input_number.broken"}}, {70: None}),
        ({"type": "below", "value": {"entity": "input_number.none"}}, {70: None}),
        (
            {
                "type": "outside",
                "value_min": {"entity": "input_number.none"},
                "value_max": _limit(180),
            },
            {70: None, 200: None},
        ),
    ],
)
async def test_a_threshold_is_compared_as_it_is_shown(
    hass: HomeAssistant, config: dict[str, Any], expected: dict[int, bool | None]
) -> None:
    hass.states.async_set("input_number.mine", "4.1", {"unit_of_measurement": MMOL})
    hass.states.async_set("input_number.unit", "80", {"unit_of_measurement": "°C"})
    hass.states.async_set(
        "input_number.broken", "unknown", {"unit_of_measurement": MGDL}
    )

    assert {mgdl: _holds(hass, config, mgdl) for mgdl in expected} == expected


@pytest.mark.parametrize(
    "config",
    [
        {"type": "below", "value": {"number": 5}},
        {"type": "below", "value": _limit(5, "°C")},
        {
            "type": "between",
            "value_min": _limit(5, "mmol/L"),
            "value_max": {"number": 8},
        },
        {"type": "any"},
    ],
)
def test_a_threshold_that_can_be_misread_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(probatio.Invalid):
        THRESHOLD(config)


def test_every_kind_of_threshold_is_known() -> None:
    assert set(NumericThresholdType) - {"any"} == {
        "above",
        "below",
        "between",
        "outside",
    }


async def test_home_assistant_can_show_every_trigger(
    hass: HomeAssistant, alex: MockConfigEntry
) -> None:
    heard = await automate(hass, "became_low")

    described = await async_get_all_descriptions(hass)

    ours = {key for key in described if key.startswith(f"{DOMAIN}.")}
    assert ours == {f"{DOMAIN}.{key}" for key in TRIGGERS}
    assert all(described[key]["target"] for key in ours)  # type: ignore[index]  # without it the test fails
    assert heard.told == []


def test_every_kind_of_treatment_can_be_chosen() -> None:
    described = parse_yaml((PACKAGE / "triggers.yaml").read_text(encoding="utf-8"))
    assert isinstance(described, dict)
    select = described["treatment"]["fields"]["kinds"]["selector"]["select"]

    assert set(select["options"]) == set(TREATMENT.event_types or ())


def _device(
    hass: HomeAssistant, entry: MockConfigEntry | None = None
) -> dict[str, str]:
    """Return a target: the device of somebody, of Alex if nobody else is named."""
    entry_id = entry.entry_id if entry else "01JALEX0000000000000000000"
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, entry_id), entry_id
    )
    assert device is not None
    return {"device_id": device.id}
