"""What people import tells the right ones, in a real automation."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

from homeassistant.components.automation.helpers import (
    async_get_blueprints as blueprints_of,
)
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.util.yaml import load_yaml_dict
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_mock_service,
)

from simulators.nightscout import NightscoutSimulator

from .automations import MINUTE, read
from .blueprints import (
    BLUEPRINTS,
    FOLDER,
    UNKNOWN_PHONE,
    failing_phone,
    make,
    phone,
    silent_phone,
    start_again,
    stop,
)
from .conftest import NOW, TOKEN, Clocks
from .demo import furnish
from .home import fire_due, pass_time, restart, set_up, settle, state

ALEX = {"glucose": "sensor.alex_glucose"}
NOTIFIERS = {"notifiers": {"entity_id": "notify.notifier"}}
SIREN = "siren.siren"


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Let the demo platform look at its things until the end."""
    return True


@pytest.fixture
async def site(clocks: Clocks) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that nobody uploads to but the test."""
    async with NightscoutSimulator(
        clock=clocks.world, tokens={TOKEN: frozenset({"*"})}
    ) as running:
        for minutes in (15, 10, 5):
            running.add_entry(at=NOW - minutes * MINUTE, sgv=100)
        yield running


@pytest.fixture(autouse=True)
async def _home(
    hass: HomeAssistant, entry: MockConfigEntry, expected_lingering_timers: bool
) -> None:
    """Follow somebody in range, in a furnished home that is quiet."""
    await furnish(hass, Platform.MEDIA_PLAYER, Platform.NOTIFY, Platform.SIREN)
    siren = {"entity_id": SIREN}
    await hass.services.async_call("siren", "turn_off", siren, blocking=True)
    await set_up(hass, entry)


async def _answer(hass: HomeAssistant, action: str) -> None:
    """Touch a button on a phone."""
    hass.bus.async_fire("mobile_app_notification_action", {"action": action})
    await settle(hass)


def _shown(told: list[ServiceCall]) -> dict[str, str]:
    """Return the titles that a phone still shows, by their tags."""
    shown: dict[str, str] = {}
    for call in told:
        tag = call.data["data"]["tag"]
        shown.pop(tag, None)
        if "title" in call.data:
            shown[tag] = call.data["title"]
    return shown


async def _run() -> None:
    """Let automations run until they wait for a clock that stands still."""
    for _ in range(500):
        await asyncio.sleep(0)


@pytest.mark.parametrize("name", BLUEPRINTS)
async def test_every_blueprint_can_be_imported(hass: HomeAssistant, name: str) -> None:
    path = f"glucose_follow/{name}.yaml"
    blueprint = Blueprint(
        load_yaml_dict(str(FOLDER / path)),
        path=path,
        expected_domain="automation",
        schema=blueprints_of(hass)._blueprint_schema,
    )

    assert blueprint.validate() is None
    assert blueprint.metadata["source_url"] == (
        "https://github.com/glucose-follow/glucose-follow/blob/main/"
        f"blueprints/automation/{path}"
    )
    for given in blueprint.inputs.values():
        assert given["name"]
        assert given["selector"]


async def test_phones_are_told_of_a_low_and_can_answer(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    first, told = phone(hass, "Phone One")
    second, more = phone(hass, "Phone Two")
    await make(
        hass,
        "low_alarm",
        ALEX | {"phones": [first], "more_phones": [second], "sirens": [SIREN]},
    )
    await read(hass, site, clocks, 50)

    (call,) = told
    assert call.data["title"] == "Urgent low: Alex"
    assert call.data["message"].startswith("50 mg/dL")
    data = call.data["data"]
    assert data["push"]["interruption-level"] == "critical"
    assert (data["ttl"], data["priority"]) == (0, "high")
    assert [action["title"] for action in data["actions"]] == [
        "Snooze 15 min",
        "I've got this",
    ]
    assert more == []
    assert state(hass, SIREN) == "on"

    await _answer(hass, data["actions"][0]["action"])

    assert state(hass, SIREN) == "off"
    assert state(hass, "sensor.alex_snoozed_until") != "unknown"
    assert _shown(told) == _shown(more) == {}
    assert {call.data["message"] for call in (*told[1:], *more)} == {
        "clear_notification"
    }


async def test_phones_that_cannot_be_told_silence_neither_others_nor_the_siren(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    broken, _ = failing_phone(hass, "Broken Phone")
    mute = silent_phone(hass, "Mute Phone")
    good, told = phone(hass, "Good Phone")
    said = async_mock_service(hass, "tts", "speak")
    phones = {
        "phones": [UNKNOWN_PHONE, mute, broken, good],
        "sirens": [SIREN],
        "urgent_actions": [{"action": "tts.speak"}],
    }
    await make(hass, "low_alarm", ALEX | phones)

    await read(hass, site, clocks, 50)
    assert [call.data["title"] for call in told] == ["Urgent low: Alex"]
    assert len(said) == 1
    assert state(hass, SIREN) == "on"
    await read(hass, site, clocks, 100)

    assert state(hass, SIREN) == "off"
    assert _shown(told) == {}


@pytest.mark.parametrize("action", ["tts.nobody", "siren.turn_on"])
async def test_what_fails_besides_keeps_it_from_no_phone(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks, action: str
) -> None:
    first, told = phone(hass, "Phone One")
    failing = {
        "sirens": ["siren.nowhere"],
        "urgent_actions": [{"action": action, "data": {"entity_id": "nonsense"}}],
    }
    hass.services.async_remove("siren", "turn_on")
    await make(hass, "low_alarm", ALEX | {"phones": [first]} | failing)

    await read(hass, site, clocks, 50)

    assert [call.data["title"] for call in told] == ["Urgent low: Alex"]


async def test_more_phones_are_told_even_if_the_first_cannot_be(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    mute = silent_phone(hass, "Mute Phone")
    second, more = phone(hass, "Phone Two")
    lists = {"phones": [mute], "more_phones": [UNKNOWN_PHONE, second]}
    await make(hass, "low_alarm", ALEX | lists)

    await read(hass, site, clocks, *[50] * 4)

    assert [call.data["title"] for call in more] == ["Urgent low: Alex"]


async def test_phones_hear_that_nobody_knows_how_a_low_goes_on(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    first, told = phone(hass, "Phone One")
    await make(hass, "low_alarm", ALEX | {"phones": [first], "levels": ["low"]})
    await read(hass, site, clocks, 66, 65)

    await pass_time(hass, clocks, 30 * MINUTE, step=MINUTE)
    during = _shown(told)

    assert list(during.values()) == ["Low: Alex", "No readings during a low: Alex"]
    lost = [call.data for call in told if call.data["title"].startswith("No")]
    assert lost[0]["message"] == "Glucose is not known for 15 min"
    assert lost[0]["data"]["push"]["interruption-level"] == "critical"
    assert len(lost) == 2
    await read(hass, site, clocks, 64)
    assert list(_shown(told).values()) == ["Low: Alex"]


async def test_a_lost_signal_during_a_low_can_be_answered(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    first, told = phone(hass, "Phone One")
    await make(hass, "low_alarm", ALEX | {"phones": [first]})
    await read(hass, site, clocks, 50)
    await pass_time(hass, clocks, 12 * MINUTE, step=MINUTE)
    before = len(told)

    await _answer(hass, told[-1].data["data"]["actions"][1]["action"])
    await pass_time(hass, clocks, 25 * MINUTE, step=MINUTE)

    assert "No readings during a low: Alex" not in _shown(told).values()
    assert {call.data["message"] for call in told[before:]} == {"clear_notification"}


@pytest.mark.parametrize(
    ("levels", "value"), [(["urgent_low", "low"], 100), (["high"], 50)]
)
async def test_a_lost_signal_that_nobody_chose_is_told_during_lows_only(
    hass: HomeAssistant,
    site: NightscoutSimulator,
    clocks: Clocks,
    levels: list[str],
    value: int,
) -> None:
    first, told = phone(hass, "Phone One")
    await make(hass, "low_alarm", ALEX | {"phones": [first], "levels": levels})

    await read(hass, site, clocks, value)
    await pass_time(hass, clocks, 60 * MINUTE, step=MINUTE)

    assert state(hass, "binary_sensor.alex_signal_lost") == "on"
    assert _shown(told) == {}


async def test_a_low_stays_on_the_phone_when_its_urgent_part_is_over(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    first, told = phone(hass, "Phone One")
    await make(hass, "low_alarm", ALEX | {"phones": [first]})

    await read(hass, site, clocks, 66, 65, 54)
    during = _shown(told)
    await read(hass, site, clocks, 61, 62)
    after = _shown(told)
    await read(hass, site, clocks, 80)

    assert list(during.values()) == ["Low: Alex", "Urgent low: Alex"]
    assert list(after.values()) == ["Low: Alex"]
    assert _shown(told) == {}


@pytest.mark.parametrize(
    ("level", "siren", "left"),
    [("low", "on", ["Urgent low: Alex"]), ("urgent_low", "off", [])],
)
async def test_a_snooze_ends_what_it_silences_and_no_more(
    hass: HomeAssistant,
    site: NightscoutSimulator,
    clocks: Clocks,
    level: str,
    siren: str,
    left: list[str],
) -> None:
    first, told = phone(hass, "Phone One")
    await make(hass, "low_alarm", ALEX | {"phones": [first], "sirens": [SIREN]})
    await read(hass, site, clocks, 66, 65, 54)

    snooze = {"level": level, "minutes": 15}
    await hass.services.async_call("glucose_follow", "snooze", snooze)
    await settle(hass)

    assert (state(hass, SIREN), list(_shown(told).values())) == (siren, left)


async def test_a_snooze_of_more_than_was_chosen_ends_what_was(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    first, told = phone(hass, "Phone One")
    siren = {"entity_id": SIREN}
    await make(
        hass,
        "low_alarm",
        ALEX | {"phones": [first], "levels": ["low"], "sirens": [SIREN]},
    )
    await read(hass, site, clocks, 66, 65, 54)
    assert list(_shown(told).values()) == ["Low: Alex"]
    assert state(hass, SIREN) == "off"
    # It sounds for something else.
    await hass.services.async_call("siren", "turn_on", siren, blocking=True)

    snooze = {"level": "urgent_low", "minutes": 15}
    await hass.services.async_call("glucose_follow", "snooze", snooze)
    await settle(hass)

    assert (_shown(told), state(hass, SIREN)) == ({}, "on")


async def test_without_an_answer_more_phones_are_told_even_after_a_restart(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    first, told = phone(hass, "Phone One")
    second, more = phone(hass, "Phone Two")
    await make(hass, "low_alarm", ALEX | {"phones": [first], "more_phones": [second]})
    await read(hass, site, clocks, 50, 50)
    assert more == []
    await stop(hass)
    await restart(hass, entry)
    await start_again(hass)

    await read(hass, site, clocks, 50, 50, 50)

    assert len(told) > 2
    assert more
    assert more[0].data["title"] == "Urgent low: Alex"
    assert more[0].data["message"] == "50 mg/dL for 15 min"


async def test_who_says_so_has_got_it_and_more_phones_stay_quiet(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    first, told = phone(hass, "Phone One")
    second, more = phone(hass, "Phone Two")
    await make(hass, "low_alarm", ALEX | {"phones": [first], "more_phones": [second]})
    await read(hass, site, clocks, 50)
    await _answer(hass, told[0].data["data"]["actions"][1]["action"])

    await read(hass, site, clocks, 50, 50, 50, 50)

    assert {call.data["message"] for call in more} == {"clear_notification"}


async def test_more_phones_are_told_only_when_nobody_answers_after_a_snooze(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    first, told = phone(hass, "Phone One")
    second, more = phone(hass, "Phone Two")
    await make(hass, "low_alarm", ALEX | {"phones": [first], "more_phones": [second]})
    await read(hass, site, clocks, 50)
    await _answer(hass, told[0].data["data"]["actions"][0]["action"])
    await stop(hass)
    await restart(hass, entry)
    await start_again(hass)

    await read(hass, site, clocks, *[50] * 4)
    assert told[-1].data["title"] == "Urgent low: Alex"
    assert _shown(more) == {}
    await read(hass, site, clocks, *[50] * 3)

    assert [call.data["title"] for call in more if "title" in call.data]


async def test_more_phones_are_told_of_a_low_that_nobody_answered_and_knows(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    first, _ = phone(hass, "Phone One")
    second, more = phone(hass, "Phone Two")
    await make(hass, "low_alarm", ALEX | {"phones": [first], "more_phones": [second]})

    await read(hass, site, clocks, 50)
    await pass_time(hass, clocks, 16 * MINUTE, step=MINUTE)

    assert {call.data["title"] for call in more} == {"No readings during a low: Alex"}


async def test_a_rehearsal_says_that_it_is_one(
    hass: HomeAssistant, site: NightscoutSimulator
) -> None:
    first, told = phone(hass, "Phone One")
    await make(hass, "low_alarm", ALEX | {"phones": [first]})

    await hass.services.async_call("glucose_follow", "test_alarm", {"level": "low"})
    await settle(hass)

    assert [call.data["title"] for call in told] == ["TEST: Low: Alex"]


async def test_a_rehearsal_has_no_button_that_silences_and_hides_no_alarm(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    first, told = phone(hass, "Phone One")
    await make(hass, "low_alarm", ALEX | {"phones": [first]})
    await read(hass, site, clocks, 50)

    await hass.services.async_call("glucose_follow", "test_alarm", {"level": "low"})
    await settle(hass)

    alarm, rehearsal = (call.data["data"] for call in told)
    assert rehearsal["actions"] == []
    assert rehearsal["tag"] != alarm["tag"]


@pytest.mark.parametrize("was", ["off", "on"])
async def test_a_rehearsed_siren_is_soon_as_it_was(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks, was: str
) -> None:
    siren = {"entity_id": SIREN}
    await hass.services.async_call("siren", f"turn_{was}", siren, blocking=True)
    await make(hass, "low_alarm", ALEX | {"phones": [], "sirens": [SIREN]})

    rehearsal = {"level": "urgent_low"}
    await hass.services.async_call("glucose_follow", "test_alarm", rehearsal)
    await _run()
    during = state(hass, SIREN)
    clocks.tick(timedelta(seconds=6))
    fire_due(hass)
    await settle(hass)

    assert (during, state(hass, SIREN)) == ("on", was)


@pytest.mark.parametrize("button", [0, 1])
async def test_a_button_that_was_left_over_silences_no_later_alarm(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks, button: int
) -> None:
    first, told = phone(hass, "Phone One")
    await make(hass, "low_alarm", ALEX | {"phones": [first]})
    await read(hass, site, clocks, 50, 100)
    left_over = told[0].data["data"]["actions"][button]["action"]
    told.clear()

    await _answer(hass, left_over)
    assert state(hass, "sensor.alex_snoozed_until") == "unknown"
    await read(hass, site, clocks, 50)

    assert [call.data["title"] for call in told] == ["Urgent low: Alex"]


@pytest.mark.parametrize("button", [0, 1])
async def test_an_answer_to_a_low_does_not_silence_an_urgent_low(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks, button: int
) -> None:
    first, told = phone(hass, "Phone One")
    await make(hass, "low_alarm", ALEX | {"phones": [first], "sirens": [SIREN]})
    await read(hass, site, clocks, 66, 65, 54)
    low = next(call for call in told if call.data["title"] == "Low: Alex")

    await _answer(hass, low.data["data"]["actions"][button]["action"])
    before = len(told)
    await read(hass, site, clocks, 50)

    assert list(_shown(told).values()) == ["Urgent low: Alex"]
    assert [call.data["title"] for call in told[before:]] == ["Urgent low: Alex"]
    assert state(hass, SIREN) == "on"


async def test_an_answer_to_an_urgent_low_silences_the_low_with_it(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    first, told = phone(hass, "Phone One")
    await make(hass, "low_alarm", ALEX | {"phones": [first]})
    await read(hass, site, clocks, 66, 65, 54)
    urgent = next(call for call in told if call.data["title"] == "Urgent low: Alex")

    await _answer(hass, urgent.data["data"]["actions"][1]["action"])
    assert _shown(told) == {}
    await read(hass, site, clocks, 60, 65, 66, 66)

    assert _shown(told) == {}


async def test_readings_that_stop_are_told_of_and_return_after_a_restart(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    told = async_capture_events(hass, "notify")
    await make(hass, "no_data", ALEX | NOTIFIERS)
    await pass_time(hass, clocks, 40 * MINUTE, step=MINUTE)
    assert [event.data["message"] for event in told] == [
        "No readings. Nobody knows where glucose is."
    ]
    await stop(hass)
    await restart(hass, entry)
    await start_again(hass)

    await read(hass, site, clocks, 100)

    assert [event.data["message"] for event in told[1:]] == ["Readings arrive again."]
    assert {event.data["title"] for event in told} == {"Alex"}


async def test_an_alarm_that_is_switched_off_is_no_reading(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    told = async_capture_events(hass, "notify")
    await make(hass, "no_data", ALEX | NOTIFIERS)
    await pass_time(hass, clocks, 40 * MINUTE, step=MINUTE)

    switch = {"entity_id": "switch.alex_signal_lost_alarm"}
    await hass.services.async_call("switch", "turn_off", switch, blocking=True)
    await settle(hass)

    assert [event.data["message"] for event in told] == [
        "No readings. Nobody knows where glucose is."
    ]


async def test_changes_are_announced_in_chosen_words_and_once_despite_a_restart(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    said = async_mock_service(hass, "tts", "speak")
    await make(
        hass,
        "say_it",
        ALEX
        | {
            "voice": "tts.home",
            "speakers": ["media_player.living_room"],
            "high_words": "Hello! {value}",
            "fast_words": "",
        },
    )

    await read(hass, site, clocks, 65)
    await stop(hass)
    await restart(hass, entry)
    await start_again(hass)
    await read(hass, site, clocks, 39, 100, 190)
    await pass_time(hass, clocks, 12 * MINUTE, step=MINUTE)

    assert [call.data["message"] for call in said] == [
        "Glucose is low: 65.",
        "Glucose is in range again: 100.",
        "Hello! 190",
        "There are no readings. Nobody knows where glucose is.",
    ]
    assert said[0].data["media_player_entity_id"] == ["media_player.living_room"]
    assert said[0].data["entity_id"] == ["tts.home"]


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (60, "Too little is known of the last 8 hours."),
        (
            600,
            "100 % in range, 0 lows, 0 highs. Mean 100.0 mg/dL. 99 % of the night is known.",
        ),
    ],
)
async def test_the_night_is_told_in_the_morning_also_after_a_restart(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
    minutes: int,
    expected: str,
) -> None:
    await hass.config.async_set_time_zone("UTC")
    for passed in range(5, minutes, 5):
        site.add_entry(at=NOW - passed * MINUTE, sgv=100)
    told = async_capture_events(hass, "notify")
    await make(hass, "morning_report", ALEX | NOTIFIERS | {"at": "12:00:30"})
    await stop(hass)
    await restart(hass, entry)
    await start_again(hass)

    await pass_time(hass, clocks, MINUTE, step=timedelta(seconds=10))

    assert [_plain(event.data) for event in told] == [("Last night: Alex", expected)]


def _plain(data: dict[str, Any]) -> tuple[str, str]:
    """Return a notification on one line."""
    return data["title"], " ".join(data["message"].split())
