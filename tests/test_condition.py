"""What nobody knows is not so, whatever an automation asks."""

from collections.abc import AsyncGenerator
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import condition, device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow.condition import CONDITIONS
from custom_components.glucose_follow.const import DOMAIN
from simulators.nightscout import NightscoutSimulator

from .automations import GLUCOSE_OF_ALEX, MINUTE, automate, read
from .conftest import NOW, TOKEN, Clocks
from .home import pass_time, set_up


@pytest.fixture
async def site(clocks: Clocks) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that nobody uploads to but the test."""
    async with NightscoutSimulator(
        clock=clocks.world, tokens={TOKEN: frozenset({"*"})}
    ) as running:
        yield running


@pytest.fixture
async def kim(entry: MockConfigEntry) -> MockConfigEntry:
    """Return an entry that is not set up."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Kim",
        unique_id="other",
        data={**entry.data, "url": "http://127.0.0.1:9"},
        options=entry.options,
    )


async def _ask(
    hass: HomeAssistant,
    name: str,
    options: dict[str, Any] | None = None,
    target: dict[str, Any] | None = None,
) -> condition.ConditionChecker:
    """Return a condition as an automation has it."""
    config = {
        "condition": f"{DOMAIN}.{name}",
        "target": target or GLUCOSE_OF_ALEX,
        "options": options or {},
    }
    validated = await condition.async_validate_condition_config(hass, config)
    return await condition.async_from_config(hass, validated)


async def _answers(hass: HomeAssistant) -> set[str]:
    """Return which conditions are true of Alex."""
    await automate(hass, "became_low")
    answers = set()
    for name in CONDITIONS:
        checker = await _ask(hass, name)
        if checker.async_check():
            answers.add(name)
        checker.async_unload()
    return answers


def _add(site: NightscoutSimulator, *values: int) -> None:
    """Add readings, five minutes apart, the next one due now."""
    for place, value in enumerate(reversed(values), start=1):
        site.add_entry(at=NOW - place * 5 * MINUTE, sgv=value)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([100, 100, 100], {"is_in_range", "is_known"}),
        ([60, 60, 60], {"is_low", "is_known"}),
        ([200, 200, 200], {"is_high", "is_known"}),
        ([160, 145, 130], {"is_in_range", "is_changing_fast", "is_known"}),
        ([100], {"is_in_range", "is_known"}),
        # An error of the sensor is not a lost signal yet.
        ([100, 100, 5], set()),
        ([], {"is_signal_lost"}),
    ],
)
async def test_what_is_known_is_so(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    values: list[int],
    expected: set[str],
) -> None:
    _add(site, *values)
    await set_up(hass, entry)

    assert await _answers(hass) == expected


async def test_nothing_is_so_of_an_old_reading_but_that_it_is_old(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    _add(site, 60)
    await set_up(hass, entry)
    await pass_time(hass, clocks, 16 * MINUTE, step=MINUTE)

    assert await _answers(hass) == {"is_signal_lost"}


async def test_nothing_is_so_of_whom_nobody_follows_at_the_moment(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    _add(site, 60)
    await set_up(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)

    assert await _answers(hass) == set()


@pytest.mark.parametrize(
    ("value", "expected"),
    [(50, ["is_low"]), (65, []), (200, []), (260, ["is_high"])],
)
async def test_what_is_urgent_can_be_asked_alone(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    value: int,
    expected: list[str],
) -> None:
    _add(site, value)
    await set_up(hass, entry)

    urgent = [
        name
        for name in ("is_low", "is_high")
        if (await _ask(hass, name, {"urgent_only": True})).async_check()
    ]

    assert urgent == expected


@pytest.mark.parametrize(
    ("direction", "expected"), [("falling", True), ("rising", False), ("either", True)]
)
async def test_glucose_changes_fast_in_a_direction(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    direction: str,
    expected: bool,
) -> None:
    _add(site, 160, 145, 130)
    await set_up(hass, entry)

    checker = await _ask(hass, "is_changing_fast", {"direction": direction})

    assert checker.async_check() is expected


async def test_of_several_people_one_who_is_not_known_is_enough_for_not_all(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    kim: MockConfigEntry,
    site: NightscoutSimulator,
) -> None:
    _add(site, 60)
    await set_up(hass, entry)
    devices = [_device(hass, entry), _device(hass, kim)]

    async def answer(behavior: str | None, *devices: str) -> bool | None:
        checker = await _ask(
            hass,
            "is_low",
            {"behavior": behavior} if behavior else {},
            {"device_id": list(devices)},
        )
        return checker.async_check()

    assert await answer("any", *devices) is True
    assert await answer(None, *devices) is True
    assert await answer("all", *devices) is False
    assert await answer("all", devices[0]) is True
    assert await answer("all", "nobody") is False
    assert await answer("any", "nobody") is False


async def test_a_snooze_is_known_until_it_ends(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    _add(site, 100)
    await set_up(hass, entry)
    checker = await _ask(hass, "is_snoozed")
    assert checker.async_check() is False
    assert checker.needs_polling is True

    await hass.services.async_call(DOMAIN, "snooze", {"minutes": 15}, blocking=True)
    assert checker.async_check() is True
    clocks.tick(15 * MINUTE)

    assert checker.async_check() is False


async def test_who_asks_hears_when_the_answer_may_be_another(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    _add(site, 100)
    await set_up(hass, entry)
    checker = await _ask(hass, "is_low")
    heard: list[bool | None] = []
    stop = await checker.async_track_changes(
        lambda: heard.append(checker.async_check())
    )
    assert heard[:1] == []
    assert checker.needs_polling is False

    await read(hass, site, clocks, 60)
    assert heard.pop() is True
    await hass.config_entries.async_unload(entry.entry_id)
    assert heard.pop() is False
    await set_up(hass, entry)
    assert heard.pop() is True
    stop()
    heard.clear()
    await read(hass, site, clocks, 100)

    assert not heard


async def test_a_condition_lets_an_automation_run_or_not(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    _add(site, 100)
    await set_up(hass, entry)
    heard = await automate(
        hass,
        "entered_range",
        {"ranges": ["low", "high"]},
        conditions=[
            {
                "condition": f"{DOMAIN}.is_low",
                "target": GLUCOSE_OF_ALEX,
                "options": {"behavior": "all"},
            }
        ],
    )

    await read(hass, site, clocks, 60, 100, 200)

    assert [told["value"] for told in heard.told] == [60]


async def test_home_assistant_can_show_every_condition(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    _add(site, 100)
    await set_up(hass, entry)
    await automate(hass, "became_low")

    described = await condition.async_get_all_descriptions(hass)

    ours = {key for key in described if key.startswith(f"{DOMAIN}.")}
    assert ours == {f"{DOMAIN}.{key}" for key in CONDITIONS}
    assert all(described[key] for key in ours)


def _device(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    """Return the device of somebody, known or not."""
    if hass.config_entries.async_get_entry(entry.entry_id) is None:
        entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, entry.entry_id)}
    )
    return device.id
