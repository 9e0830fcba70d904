"""The settings that are about alarms."""

from datetime import UTC, time, timedelta
from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow import options
from custom_components.glucose_follow.cgm.alarm_levels import (
    DEFAULTS,
    Level,
    LevelSettings,
    Window,
)
from custom_components.glucose_follow.cgm.models import Thresholds
from custom_components.glucose_follow.const import (
    CONF_ALARMS,
    CONF_STALE_AFTER,
    CONF_THRESHOLDS,
    CONF_UNIT,
    DOMAIN,
)
from simulators.dexcom_api import DexcomApiSimulator
from simulators.nightscout import NightscoutSimulator

from .conftest import Clocks
from .dexcom_api import entry_of, lead_to, register
from .home import set_up, settle

MINUTE = timedelta(minutes=1)
PLAIN = {CONF_UNIT: "mg/dL", CONF_STALE_AFTER: 15}
NIGHTLY = {"window_start": "22:00:00", "window_end": "07:00:00"}


async def open_form(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigFlowResult:
    """Open the settings."""
    return await hass.config_entries.options.async_init(entry.entry_id)


async def submit(
    hass: HomeAssistant, form: ConfigFlowResult, **sections: Any
) -> ConfigFlowResult:
    """Send the settings."""
    result = await hass.config_entries.options.async_configure(
        form["flow_id"], {**PLAIN, **sections}
    )
    await settle(hass)
    return result


def fields_of(form: ConfigFlowResult) -> dict[Any, Any]:
    """Return what a form asks for."""
    schema = form["data_schema"]
    assert schema is not None
    return dict(schema.schema)


def section_of(form: ConfigFlowResult, level: str) -> dict[str, Any]:
    """Return what a section begins with."""
    inner = fields_of(form)[level].schema.schema
    return {
        str(key): key.description["suggested_value"]
        for key in inner
        if key.description is not None
    }


async def test_a_form_begins_with_how_alarms_are(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry,
        options=options.with_level(entry.options, Level.HIGH, NIGHTLY),
    )
    await set_up(hass, entry)

    form = await open_form(hass, entry)

    assert section_of(form, "urgent_low") == {"persistence": 0, "repeat": 5}
    assert section_of(form, "low_soon") == {"persistence": 0, "repeat": 0}
    assert section_of(form, "high") == {"persistence": 30, "repeat": 60, **NIGHTLY}
    assert fields_of(form)["high"].options == {"collapsed": True}


async def test_what_is_chosen_is_what_the_engine_gets(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry,
        options=options.with_level(entry.options, Level.HIGH, {"is_on": True}),
    )
    await set_up(hass, entry)
    form = await open_form(hass, entry)

    result = await submit(
        hass,
        form,
        high={"persistence": 45.0, "repeat": 90.0, **NIGHTLY},
        urgent_high={"persistence": 0.0, "repeat": 0.0},
    )

    assert result["type"] is FlowResultType.CREATE_ENTRY
    chosen = options.alarm_settings(entry.options, UTC).levels
    assert chosen[Level.HIGH] == LevelSettings(
        is_on=True,
        persistence=45 * MINUTE,
        repeat=90 * MINUTE,
        window=Window(start=time(22), end=time(7)),
    )
    assert chosen[Level.URGENT_HIGH] == LevelSettings(is_on=True)
    assert chosen[Level.LOW] == DEFAULTS[Level.LOW]
    stored = entry.options[CONF_ALARMS]["high"]
    assert [type(stored[key]) for key in ("persistence", "repeat")] == [int, int]
    assert set(entry.options) == {CONF_UNIT, CONF_STALE_AFTER, CONF_ALARMS}


async def test_hours_that_are_emptied_are_gone(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry,
        options=options.with_level(entry.options, Level.LOW, NIGHTLY),
    )
    await set_up(hass, entry)
    form = await open_form(hass, entry)

    await submit(hass, form, low={"persistence": 0, "repeat": 15})

    assert entry.options[CONF_ALARMS] == {"low": {"persistence": 0, "repeat": 15}}


@pytest.mark.parametrize("missing", NIGHTLY)
async def test_hours_need_a_beginning_and_an_end(
    hass: HomeAssistant, entry: MockConfigEntry, missing: str
) -> None:
    await set_up(hass, entry)
    form = await open_form(hass, entry)
    half = {key: value for key, value in NIGHTLY.items() if key != missing}

    again = await submit(hass, form, low={"persistence": 7, "repeat": 15, **half})
    kept = section_of(again, "low")
    result = await submit(hass, again, low={"persistence": 7, "repeat": 15, **NIGHTLY})

    assert again["errors"] == {"base": "window_incomplete"}
    assert kept == {"persistence": 7, "repeat": 15, **half}
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options[CONF_ALARMS]["low"]["window_end"] == "07:00:00"


@pytest.mark.parametrize(
    "typed",
    [
        {"persistence": 121, "repeat": 15},
        {"persistence": 0, "repeat": 241},
        {"persistence": -1, "repeat": 15},
        {"persistence": 0, "repeat": 15, "window_start": "late", "window_end": "7"},
    ],
)
async def test_nothing_else_can_be_typed(
    hass: HomeAssistant, entry: MockConfigEntry, typed: dict[str, Any]
) -> None:
    await set_up(hass, entry)
    form = await open_form(hass, entry)

    with pytest.raises(InvalidData):
        await submit(hass, form, low=typed)


async def test_settings_can_be_opened_without_the_source(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)

    form = await open_form(hass, entry)

    assert "low" in fields_of(form)


async def test_nobody_is_alarmed_by_what_is_hours_old(
    hass: HomeAssistant, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with DexcomApiSimulator(clock=clocks.world) as api:
        lead_to(api, monkeypatch)
        await register(hass)
        entry = entry_of(api)
        await set_up(hass, entry)

        form = await open_form(hass, entry)
        await submit(hass, form)

    assert set(Level).isdisjoint(fields_of(form))
    assert CONF_ALARMS not in entry.options


@pytest.mark.parametrize(
    ("told", "taken"),
    [
        ({"bgTargetBottom": 72}, Thresholds(low=72, urgent_high=260)),
        # Nobody chose these.
        ({}, None),
        # These cannot be meant.
        ({"bgTargetBottom": 4}, None),
    ],
)
async def test_a_sites_thresholds_are_what_a_person_begins_with(
    hass: HomeAssistant,
    clocks: Clocks,
    told: dict[str, float],
    taken: Thresholds | None,
) -> None:
    async with NightscoutSimulator(clock=clocks.world, thresholds=told) as site:
        site.add_entry(sgv=100)
        form = await hass.config_entries.flow.async_init(
            DOMAIN, context={"source": "user"}
        )
        form = await hass.config_entries.flow.async_configure(
            form["flow_id"], {"next_step_id": "nightscout"}
        )
        result = await hass.config_entries.flow.async_configure(
            form["flow_id"], {"name": "Alex", "url": str(site.url)}
        )
        await settle(hass)

    entry = result["result"]
    assert options.thresholds(entry.options) == (taken or Thresholds())
    assert (CONF_THRESHOLDS in entry.options) is (taken is not None)


async def test_a_sites_thresholds_do_not_replace_a_persons_own(
    hass: HomeAssistant, clocks: Clocks
) -> None:
    async with NightscoutSimulator(
        clock=clocks.world, thresholds={"bgTargetBottom": 72}
    ) as site:
        site.add_entry(sgv=100)
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="Alex",
            data={"source": "nightscout", "url": str(site.url)},
            options=options.with_thresholds({CONF_UNIT: "mg/dL"}, Thresholds(low=80)),
        )
        await set_up(hass, entry)
        form = await entry.start_reconfigure_flow(hass)
        result = await hass.config_entries.flow.async_configure(
            form["flow_id"], {"name": "Alex", "url": str(site.url)}
        )
        await settle(hass)

    assert result["reason"] == "reconfigure_successful"
    assert options.thresholds(entry.options) == Thresholds(low=80)
