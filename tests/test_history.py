"""What is longer ago than what is held: asked for once, and never too often."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import AsyncMock

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow.cgm.errors import (
    CgmAuthError,
    CgmError,
    CgmRateLimitError,
)
from custom_components.glucose_follow.const import DOMAIN
from simulators.dexcom_api import DexcomApiSimulator
from simulators.nightscout import NightscoutSimulator, faults

from .conftest import NOW, Clocks
from .dexcom_api import entry_of, lead_to, register
from .home import GLUCOSE, pass_time, set_up, settle, state

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
READINGS, TREATMENTS = "get_readings", "get_treatments"
STATISTICS = "get_statistics"


async def ask(
    hass: HomeAssistant, name: str = READINGS, back: timedelta = 5 * DAY
) -> list[dict[str, Any]]:
    """Return what an action tells of everything since days ago."""
    answer = await hass.services.async_call(
        DOMAIN, name, {"start": NOW - back}, blocking=True, return_response=True
    )
    assert answer is not None
    (told,) = (told for told in answer.values() if isinstance(told, list))
    return [dict(each) for each in told if isinstance(each, dict)]


async def ask_in_vain(hass: HomeAssistant, name: str = READINGS) -> str | None:
    """Return why an action has no answer."""
    with pytest.raises(HomeAssistantError) as caught:
        await ask(hass, name)
    return caught.value.translation_key


def long_questions(
    entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> list[datetime]:
    """Return a list of where each question begins that goes back more than 72 h."""
    asked: list[datetime] = []
    source = entry.runtime_data.source
    for name in ("readings", "treatments"):
        answer = getattr(source, name)

        async def note(
            since: datetime, answer: Callable[[datetime], Awaitable[object]] = answer
        ) -> object:
            if since < NOW - 3 * DAY:
                asked.append(since)
            return await answer(since)

        monkeypatch.setattr(source, name, note)
    return asked


async def test_the_same_is_asked_for_once_in_five_minutes(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site.add_entry(at=NOW - 4.5 * DAY, sgv=100)
    await set_up(hass, entry)
    asked = long_questions(entry, monkeypatch)

    first, beside = await asyncio.gather(ask(hass), ask(hass))
    clocks.tick(4 * MINUTE)
    later, shorter = await ask(hass), await ask(hass, READINGS, 4 * DAY)
    at_first = len(asked)
    clocks.tick(MINUTE)
    await ask(hass)

    assert first == beside
    assert later[: len(first)] == first
    assert shorter == later[-len(shorter) :]
    assert len(shorter) == len(later) - 1
    assert at_first == 1
    assert len(asked) == 2


@pytest.mark.parametrize("name", [READINGS, TREATMENTS])
async def test_more_than_was_asked_for_is_asked_for(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    await set_up(hass, entry)
    asked = long_questions(entry, monkeypatch)

    await ask(hass, name)
    await ask(hass, name, 6 * DAY)

    assert len(asked) == 2


async def test_what_is_new_is_in_a_shared_answer(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, entry)
    await ask(hass)
    clocks.tick(4 * MINUTE)
    just_now = clocks.world() - timedelta(seconds=1)
    site.add_entry(at=just_now, sgv=222)
    await entry.runtime_data.async_refresh()
    await settle(hass)
    site.requests.clear()

    readings = await ask(hass)

    assert site.requests == []
    assert readings[-1]["value"] == 222


async def test_insulin_that_was_deleted_is_not_told_again(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    """Whoever asks again adds up doses."""
    site.add_treatment(at=NOW - 4.5 * DAY, eventType="Bolus", insulin=3)
    mistake = site.add_treatment(at=NOW - HOUR, eventType="Bolus", insulin=6)
    await set_up(hass, entry)
    before = await ask(hass, TREATMENTS)

    site.remove_treatment(mistake)
    after = await ask(hass, TREATMENTS)

    assert {3, 6} <= {each.get("insulin") for each in before}
    assert {3, 6} & {each.get("insulin") for each in after} == {3}


async def test_a_limit_for_treatments_alone_leaves_glucose_alone(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, entry)
    site.fault = faults.RateLimit(3600)
    assert await ask_in_vain(hass, TREATMENTS) == "rate_limited"
    site.fault = None

    await pass_time(hass, clocks, 6 * MINUTE)

    assert entry.runtime_data.timeline.newest_at > NOW


async def test_an_answer_is_forgotten_after_five_minutes(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, entry)
    await ask(hass)
    answer = entry.runtime_data.past._readings
    assert answer._told

    await pass_time(hass, clocks, 6 * MINUTE)

    assert answer._told == ()


async def test_a_failure_is_shared_by_who_waits_for_it_and_by_nobody_else(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    await set_up(hass, entry)
    site.fault = faults.ServerError()
    site.requests.clear()
    await ask_in_vain(hass)
    once = len(site.requests)
    site.requests.clear()

    await asyncio.gather(ask_in_vain(hass), ask_in_vain(hass))
    asked = len(site.requests)
    site.fault = None

    assert asked == once
    assert await ask(hass)


@pytest.mark.parametrize(
    ("fault", "why"),
    [(faults.RateLimit(900), "rate_limited"), (faults.Refuse(), "invalid_auth")],
)
async def test_who_is_refused_makes_everybody_leave_the_source_alone(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
    fault: faults.Fault,
    why: str,
) -> None:
    await set_up(hass, entry)
    shown = state(hass, GLUCOSE)
    site.fault = fault
    assert await ask_in_vain(hass) == why
    asked = len(site.requests)

    told = [await ask_in_vain(hass, name) for name in (READINGS, TREATMENTS) * 2]
    await pass_time(hass, clocks, 4 * MINUTE)

    assert told == [why] * 4
    assert len(site.requests) == asked
    assert state(hass, GLUCOSE) == shown


async def test_who_is_refused_asks_for_a_credential_until_it_is_good_again(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, entry)
    site.fault = faults.Refuse()
    await ask_in_vain(hass)
    asked = list(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))
    site.fault = None

    await pass_time(hass, clocks, 6 * MINUTE)

    assert len(asked) == 1
    assert not list(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))
    assert state(hass, GLUCOSE).isdigit()
    assert await ask(hass)


async def test_treatments_that_may_not_be_read_stop_no_readings(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    await set_up(hass, entry)
    site.fault = faults.Refuse(only={"treatments"})

    assert await ask_in_vain(hass, TREATMENTS) == "invalid_auth"

    assert entry.runtime_data.restraint.is_over
    assert not list(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))
    assert await ask(hass)


@pytest.mark.parametrize(
    "err", [CgmRateLimitError("Slower", retry_after=900), CgmAuthError("No")]
)
async def test_a_refusal_that_outlives_its_entry_is_nobodys(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    err: CgmError,
) -> None:
    await set_up(hass, entry)

    async def unload(_: object) -> None:
        await hass.config_entries.async_unload(entry.entry_id)
        raise err

    monkeypatch.setattr(entry.runtime_data.source, "readings", unload)

    await ask_in_vain(hass)

    assert not list(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))


async def test_two_refusals_at_once_are_one(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    coordinator = entry.runtime_data

    for _ in range(2):
        await coordinator.async_refused(CgmAuthError("No"))

    assert coordinator.restraint.refusals == 1


async def test_a_refusal_beside_the_usual_question_leaves_the_decision_to_that(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await set_up(hass, entry)
    coordinator = entry.runtime_data
    read = coordinator.source.readings

    async def refused_beside(since: datetime) -> object:
        await coordinator.async_refused(CgmRateLimitError("Slower", retry_after=900))
        return await read(since)

    monkeypatch.setattr(coordinator.source, "readings", refused_beside)
    await coordinator.async_refresh()

    assert coordinator.is_answering
    assert coordinator.restraint.is_over


async def test_an_account_that_could_be_locked_is_not_shown_the_same_again(
    hass: HomeAssistant, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register(hass)
    async with DexcomApiSimulator(clock=clocks.world, v3_refusal=404) as api:
        lead_to(api, monkeypatch)
        entry = entry_of(api)
        await set_up(hass, entry)
        refusing = AsyncMock(side_effect=CgmAuthError("No"))
        monkeypatch.setattr(entry.runtime_data.source, "statistics", refusing)

        told = [await ask_in_vain(hass, STATISTICS) for _ in range(3)]

    assert told == ["invalid_auth"] * 3
    assert refusing.call_count == 1
    assert len(list(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))) == 1
