"""Actions that answer with data."""

from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util.yaml import load_yaml_dict
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow import lights, services
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.const import DOMAIN
from simulators.dexcom_api import DexcomApiSimulator
from simulators.nightscout import NightscoutSimulator, Style, faults

from .conftest import NOW, TOKEN, Clocks
from .dexcom_api import entry_of, lead_to, register
from .home import pass_time, set_up

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


async def ask(hass: HomeAssistant, name: str, **data: object) -> dict[str, Any]:
    """Return what an action answers."""
    answer = await hass.services.async_call(
        DOMAIN, name, data, blocking=True, return_response=True
    )
    assert answer is not None
    return dict(answer)


async def test_readings_of_the_last_day_cost_no_request(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    await set_up(hass, entry)
    site.requests.clear()

    answer = await ask(hass, "get_readings", config_entry_id=entry.entry_id)

    assert site.requests == []
    assert answer["unit"] == "mg/dL"
    assert len(answer["readings"]) == 288
    newest = entry.runtime_data.data.newest
    assert newest is not None
    assert answer["readings"][-1] == {
        "at": newest.at.isoformat(),
        "value": newest.mgdl,
        "kind": "measured",
        "direction": newest.direction,
    }


async def test_one_person_need_not_be_named(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)

    answer = await ask(hass, "get_readings", start=NOW - HOUR, end=NOW)

    assert len(answer["readings"]) == 12


@pytest.mark.parametrize("style", [Style.PLAIN, Style.TRIO])
@pytest.mark.parametrize("has_v3", [True, False])
async def test_a_month_of_readings_is_asked_for_page_by_page(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    style: Style,
    has_v3: bool,
) -> None:
    async with NightscoutSimulator(
        clock=clocks.world,
        person=SimulatedPerson(seed=7),
        history=32 * DAY,
        tokens={TOKEN: frozenset({"*"})},
        style=style,
        has_v3=has_v3,
    ) as site:
        entry.add_to_hass(hass)
        data = {**entry.data, "url": str(site.url)}
        hass.config_entries.async_update_entry(entry, data=data)
        hass.config_entries.async_update_entry(entry, options={"unit": "mmol/L"})
        await set_up(hass, entry)
        site.requests.clear()

        answer = await ask(hass, "get_readings", start=NOW - 31 * DAY, end=NOW)

        asked = len(site.requests)
    stamps = [reading["at"] for reading in answer["readings"]]
    assert len(stamps) == 31 * 288
    assert stamps == sorted(set(stamps))
    # Its pages hold a thousand.
    assert asked <= 10
    assert answer["unit"] == "mmol/L"
    assert max(reading["value"] for reading in answer["readings"]) < 25


@pytest.mark.parametrize("back", [4 * HOUR, 3 * DAY])
async def test_two_uploaders_copies_of_a_dose_are_one_however_long_ago(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    back: timedelta,
) -> None:
    beside = timedelta(milliseconds=300)
    for at in (NOW - 3 * HOUR, NOW - 60 * HOUR):
        meal = {"eventType": "Meal Bolus", "insulin": 17}
        site.add_treatment(at=at, enteredBy="AAPS", **meal)
        site.add_treatment(at=at + beside, enteredBy="xdrip", **meal)
    await set_up(hass, entry)

    answer = await ask(hass, "get_treatments", start=NOW - back)

    doses = [each for each in answer["treatments"] if each.get("insulin") == 17]
    assert len(doses) == (1 if back < DAY else 2)


async def test_two_uploaders_copies_of_a_reading_are_one_however_long_ago(
    hass: HomeAssistant, entry: MockConfigEntry, clocks: Clocks
) -> None:
    async with NightscoutSimulator(
        clock=clocks.world, tokens={TOKEN: frozenset({"*"})}
    ) as site:
        for ago in range(5, 40 * 60, 5):
            at = NOW - ago * MINUTE
            site.add_entry(at=at, sgv=150, device="AndroidAPS")
            site.add_entry(at=at + timedelta(seconds=2), sgv=151, device="xDrip")
        entry.add_to_hass(hass)
        data = {**entry.data, "url": str(site.url)}
        hass.config_entries.async_update_entry(entry, data=data)
        await set_up(hass, entry)
        period = {"start": NOW - 31 * HOUR, "end": NOW - 30 * HOUR}

        answer = await ask(hass, "get_readings", **period)
        told = (await ask(hass, "get_statistics", **period))["statistics"]

    assert [reading["value"] for reading in answer["readings"]] == [150] * 12
    assert told["count"] == 12


@pytest.mark.parametrize(
    ("start", "end"),
    [(NOW - 32 * DAY, NOW), (NOW, NOW), (NOW, NOW - HOUR)],
)
async def test_a_period_that_makes_no_sense_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, start: object, end: object
) -> None:
    await set_up(hass, entry)

    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, "get_readings", start=start, end=end)

    assert caught.value.translation_key == "period_invalid"


async def test_a_time_without_a_zone_is_the_homes(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await hass.config.async_set_time_zone("America/New_York")
    await set_up(hass, entry)

    answer = await ask(
        hass, "get_readings", start="2026-11-21 06:00:00", end="2026-11-21 06:30:00"
    )

    assert answer["readings"][0]["at"].startswith("2026-11-21T11:0")
    assert len(answer["readings"]) == 6


async def test_an_unknown_person_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)

    with pytest.raises(ServiceValidationError):
        await ask(hass, "get_readings", config_entry_id="nobody")


async def test_a_source_that_does_not_answer_is_an_error_in_words(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    await set_up(hass, entry)
    site.fault = faults.ServerError()

    for name in ("get_readings", "get_treatments", "get_statistics"):
        with pytest.raises(HomeAssistantError) as caught:
            await ask(hass, name, start=NOW - 5 * DAY)
        assert caught.value.translation_domain == DOMAIN
        assert caught.value.translation_key == "cannot_connect"


async def test_treatments_say_what_they_know_and_nothing_else(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    site.add_treatment(at=NOW - MINUTE, eventType="Meal Bolus", insulin=4.5, carbs=40)
    await set_up(hass, entry)

    answer = await ask(hass, "get_treatments", start=NOW - 2 * MINUTE)

    (meal,) = answer["treatments"]
    assert meal == {
        "at": (NOW - MINUTE).isoformat(),
        "kind": "bolus",
        "insulin": 4.5,
        "carbs": 40,
        "automatic": False,
    }


async def test_treatments_of_last_week_are_asked_for(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    site.add_treatment(
        at=NOW - 7 * DAY, eventType="BG Check", glucose=100, units="mg/dl"
    )
    await set_up(hass, entry)

    answer = await ask(hass, "get_treatments", start=NOW - 8 * DAY, end=NOW - 6 * DAY)

    assert [each["kind"] for each in answer["treatments"]] == ["finger_stick"]


async def test_statistics_are_ours_in_the_entrys_unit(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)

    answer = await ask(hass, "get_statistics")

    assert answer["calculated_by"] == "glucose_follow"
    told = answer["statistics"]
    data = entry.runtime_data.data
    values = [reading.mgdl for reading in data.readings]
    assert told["count"] == len(values)
    assert told["mean"] == pytest.approx(sum(values) / len(values), abs=1)
    shares = ("very_low", "low", "in_range", "high", "very_high")
    assert sum(told[share] for share in shares) == pytest.approx(100, abs=0.3)
    hass.config_entries.async_update_entry(entry, options={"unit": "mmol/L"})
    in_mmol = (await ask(hass, "get_statistics"))["statistics"]
    assert in_mmol["mean"] == pytest.approx(told["mean"] / 18.016, abs=0.06)
    assert in_mmol["in_range"] == told["in_range"]


async def test_lows_and_highs_are_told_with_their_times(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    await set_up(hass, entry)

    told = (await ask(hass, "get_statistics"))["statistics"]

    episodes = told["lows"] + told["highs"]
    assert episodes
    for episode in episodes:
        assert set(episode) == {"start", "end", "value", "urgent"}
        assert episode["start"] < episode["end"]


async def test_dexcoms_own_statistics_are_passed_on(
    hass: HomeAssistant, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register(hass)
    async with DexcomApiSimulator(clock=clocks.world, v3_refusal=404) as api:
        lead_to(api, monkeypatch)
        api.add("egvs", NOW - HOUR, value=100)
        await set_up(hass, entry_of(api))

        answer = await ask(hass, "get_statistics")

    assert answer["calculated_by"] == "source"
    assert answer["statistics"]["nValues"] == 1


async def test_a_source_that_wants_to_be_left_alone_is_not_asked(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, entry)
    site.fault = faults.RateLimit()
    await pass_time(hass, clocks, 6 * MINUTE)
    site.requests.clear()

    with pytest.raises(HomeAssistantError) as caught:
        await ask(hass, "get_readings", start=NOW - 5 * DAY)

    assert caught.value.translation_key == "rate_limited"
    assert site.requests == []


async def test_every_action_is_described(hass: HomeAssistant) -> None:
    assert await services_of(hass) == set(described())


async def services_of(hass: HomeAssistant) -> set[str]:
    """Return the actions that there are without any entry."""
    services.async_register(hass)
    await lights.async_setup(hass)
    return set(hass.services.async_services()[DOMAIN])


def described() -> dict[str, Any]:
    """Return the actions that the editor knows."""
    folder = services.__file__.rpartition("/")[0]
    return load_yaml_dict(f"{folder}/services.yaml")
