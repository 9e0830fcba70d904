"""What may be pasted into a public bug report."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from hashlib import sha1
import json

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.glucose_follow.cgm.models import (
    DeviceStatus,
    GlucoseUnit,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.source import Feature
from custom_components.glucose_follow.const import (
    CONF_API_SECRET_SHA1,
    CONF_SEED,
    CONF_SOURCE,
    CONF_UNIT,
    DOMAIN,
    SourceKind,
)
from custom_components.glucose_follow.diagnostics import (
    async_get_config_entry_diagnostics,
)
from simulators.nightscout import NightscoutSimulator, faults

from .conftest import NOW, SECRET, TOKEN, Clocks
from .home import pass_time, restart, set_up

type Json = bool | float | str | list[Json] | dict[str, Json] | None

MINUTE = timedelta(minutes=1)
SECRET_SHA1 = sha1(SECRET.encode(), usedforsecurity=False).hexdigest()

KEYS = {
    "api",
    "clock_skew_seconds",
    "features",
    "is_answering",
    "is_polling_disabled",
    "last_error",
    "next_request_in_seconds",
    "options.stale_after",
    "options.unit",
    "period_seconds",
    "push.connections",
    "push.is_connected",
    "push.is_trusted",
    "readings.count",
    "readings.has_delta",
    "readings.has_direction",
    "readings.is_current",
    "readings.newest_age_seconds",
    "readings.sensor_status_known",
    "readings.skipped_documents",
    "readings.stamps_too_far_ahead",
    "refusals",
    "source",
    "treatments.are_known",
}
"""Everything that is told, but for how many treatments of which kind there are."""

KINDS = {f"treatments.kinds.{kind}" for kind in TreatmentKind}
STATUS = {f"status.{field.name}_age_seconds" for field in fields(DeviceStatus)}

WORDS = {
    *SourceKind,
    *GlucoseUnit,
    *Feature,
    None,
    "cannot_connect",
    "invalid_auth",
    "unknown",
    "v1",
    "v3",
}
"""Everything that is told in words."""


def leaves(value: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    """Yield what is told, each with where it stands; lists are one place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}".removeprefix("."))
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, value


async def tell(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, Json]:
    """Return what is told, by where it stands, once it is known to be harmless."""
    told = await async_get_config_entry_diagnostics(hass, entry)
    decoded: Json = json.loads(json.dumps(told))
    found = dict(leaves(decoded))

    assert decoded == told
    assert found.keys() - KINDS - STATUS == KEYS
    assert {value for _, value in leaves(decoded) if isinstance(value, str)} <= WORDS
    return found


async def test_nothing_that_is_told_is_about_a_person(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    hass_client: ClientSessionGenerator,
) -> None:
    site.add_treatment(
        insulin=2.35, carbs=17, notes="after the wedding", enteredBy="Grandmother"
    )
    site.add_treatment(eventType="Wedding Announcement", notes="we are so happy")
    await set_up(hass, entry)
    account = entry.runtime_data.source
    identity = (await account.identify()).id

    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    text = json.dumps(told).casefold()
    secrets = {
        entry.title,
        entry.entry_id,
        entry.unique_id or "",
        identity,
        site.url.host or "",
        str(site.url.port),
        TOKEN,
        "reader",
        "2.35",
        "wedding",
        "happy",
        "grandmother",
        "2026",
    }
    assert {secret for secret in secrets if secret.casefold() in text} == set()
    assert await tell(hass, entry)


async def test_how_old_everything_is_that_devices_said_is_told(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    site.add_devicestatus(
        at=NOW - timedelta(minutes=2),
        device="loop://Grandmother's iPhone",
        pump={"reservoir": 117},
    )
    await set_up(hass, entry)

    told = await tell(hass, entry)

    assert told["status.reservoir_age_seconds"] == 120
    assert "iPhone" not in json.dumps(told)
    assert 117 not in told.values()


async def test_the_hash_of_a_secret_is_a_secret(
    hass: HomeAssistant, site: NightscoutSimulator, hass_client: ClientSessionGenerator
) -> None:
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Alex",
        data={
            CONF_SOURCE: "nightscout",
            "url": str(site.url),
            CONF_API_SECRET_SHA1: SECRET_SHA1,
        },
        options={CONF_UNIT: "mmol/L"},
    )
    await set_up(hass, entry)

    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)

    assert SECRET not in json.dumps(told)
    assert SECRET_SHA1 not in json.dumps(told)
    assert (await tell(hass, entry))["options.unit"] == "mmol/L"


async def test_shapes_ages_and_counts_are_told(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    site.add_entry(sgv="nonsense")
    await set_up(hass, entry)
    data = entry.runtime_data.data

    told = await tell(hass, entry)

    age = told["readings.newest_age_seconds"]
    assert isinstance(age, int)
    assert 0 <= age <= 300
    assert told["source"] == "nightscout"
    assert told["api"] == "v3"
    assert told["is_answering"] is True
    assert told["readings.count"] == len(data.readings) > 250
    assert told["readings.is_current"] is True
    assert told["readings.skipped_documents"] == 1
    assert told["treatments.are_known"] is True
    assert told["treatments.kinds.carbs"] == sum(
        treatment.kind == "carbs" for treatment in data.treatments
    )
    assert told["refusals"] == 0
    assert told["last_error"] is None


async def test_a_site_without_data_can_be_reported(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    site.clear()
    await set_up(hass, entry)

    told = await tell(hass, entry)

    assert entry.state is ConfigEntryState.LOADED
    assert told["readings.count"] == 0
    assert told["readings.newest_age_seconds"] is None
    assert told["readings.is_current"] is False
    assert told["readings.sensor_status_known"] is False
    assert not KINDS & told.keys()


async def test_a_site_that_is_down_can_be_reported(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, entry)
    await site.close()
    await pass_time(hass, clocks, 20 * MINUTE, step=MINUTE)

    told = await tell(hass, entry)

    age = told["readings.newest_age_seconds"]
    assert isinstance(age, int)
    assert age >= 1200
    assert told["is_answering"] is False
    assert told["last_error"] == "cannot_connect"
    assert told["readings.is_current"] is False


async def test_a_start_without_the_site_can_be_reported(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
) -> None:
    await set_up(hass, entry)
    site.fault = faults.Unreachable()
    await restart(hass, entry)

    told = await tell(hass, entry)

    assert entry.state is ConfigEntryState.LOADED
    assert told["features"] is not None
    assert told["readings.count"] == 0
    assert told["readings.newest_age_seconds"] is not None
    assert told["is_answering"] is False


async def test_refusals_are_counted(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, entry)
    site.fault = faults.Refuse()
    await pass_time(hass, clocks, 6 * MINUTE, step=MINUTE / 2)

    told = await tell(hass, entry)

    assert told["refusals"] == entry.runtime_data.restraint.refusals > 0
    assert told["is_answering"] is False


@pytest.mark.usefixtures("clocks")
async def test_a_simulated_person_can_be_reported(hass: HomeAssistant) -> None:
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Alex",
        data={CONF_SOURCE: "simulated", CONF_SEED: 31_415_926},
        options={CONF_UNIT: "mg/dL"},
    )
    await set_up(hass, entry)

    told = await tell(hass, entry)

    assert told["source"] == "simulated"
    assert told["api"] == "simulated"
    assert "31415926" not in json.dumps(told)


async def test_an_entry_that_is_not_loaded_can_be_reported(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    site.fault = faults.Unreachable()
    await set_up(hass, entry)

    told = await async_get_config_entry_diagnostics(hass, entry)

    assert told == {"source": "nightscout", "state": "setup_retry"}
