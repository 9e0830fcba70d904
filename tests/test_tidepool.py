"""A person followed through Tidepool, in Home Assistant."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta

from homeassistant.components.repairs import DOMAIN as REPAIRS, repairs_flow_manager
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest

from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.const import DOMAIN
from simulators.tidepool import Fault, TidepoolSimulator

from .conftest import Clocks
from .home import GLUCOSE, SIGNAL_LOST, pass_time, restart, set_up, settle, state
from .tidepool import LOGIN, entry_of, lead_to

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
DELAYED = "sensor.alex_delayed_glucose"
ISSUE = "tidepool_live_01JTIDEPOOL000000000000000"


LOOP = "sensor.alex_loop"


@pytest.fixture
def delay() -> timedelta:
    """Return how late data are."""
    return timedelta()


@pytest.fixture
async def tidepool(
    clocks: Clocks, monkeypatch: pytest.MonkeyPatch, delay: timedelta
) -> AsyncGenerator[TidepoolSimulator]:
    """Run a Tidepool."""
    async with TidepoolSimulator(
        clock=clocks.world,
        person=SimulatedPerson(seed=7),
        delay=delay,
        token_life=20 * MINUTE,
    ) as server:
        lead_to(server, monkeypatch)
        yield server


@pytest.mark.parametrize("delay", [3 * HOUR])
async def test_what_is_late_is_not_shown_as_the_present(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    await set_up(hass, entry_of())

    assert state(hass, DELAYED).isdigit()
    assert state(hass, "sensor.alex_last_reading").startswith("2026-11-21T08:5")
    for live in (GLUCOSE, SIGNAL_LOST, "sensor.alex_delta", "sensor.alex_direction"):
        assert hass.states.get(live) is None


async def test_a_loop_that_is_asked_about_once_an_hour_is_not_said_to_stop(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    """It runs all the time, and only we do not look."""
    tidepool.archive.add("dosingDecision", clocks.world(), reason="loop")
    await set_up(hass, entry_of())
    seen = {state(hass, LOOP)}

    for _ in range(24):
        await pass_time(hass, clocks, 5 * MINUTE, step=MINUTE)
        tidepool.archive.add("dosingDecision", clocks.world(), reason="loop")
        seen.add(state(hass, LOOP))

    assert seen == {"looping", "unknown"}


async def test_a_loop_that_is_followed_live_and_stops_is_not_looping(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    tidepool.archive.add("dosingDecision", clocks.world(), reason="loop")
    await set_up(hass, entry_of(live=True))
    before = state(hass, LOOP)

    await pass_time(hass, clocks, 20 * MINUTE, step=MINUTE)

    assert before == "looping"
    assert state(hass, LOOP) == "not_looping"


async def test_the_profile_in_use_is_shown_until_the_pump_is_silent(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    long_ago = clocks.world() - 40 * DAY
    tidepool.archive._person = None
    tidepool.archive.add("pumpSettings", long_ago, activeSchedule="Weekday")
    tidepool.archive.add("bolus", clocks.world(), normal=1)
    await set_up(hass, entry_of())
    await pass_time(hass, clocks, 23 * HOUR, step=30 * MINUTE)
    during = state(hass, "sensor.alex_active_profile")

    await pass_time(hass, clocks, 2 * HOUR, step=30 * MINUTE)

    assert during == "Weekday"
    assert state(hass, "sensor.alex_active_profile") == "unknown"


async def test_sessions_are_refreshed_not_begun_anew(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    entry = entry_of()
    await set_up(hass, entry)
    tokens = set()
    for _ in range(6):
        await pass_time(hass, clocks, HOUR, step=10 * MINUTE)
        tokens.add(entry.data["session_token"])

    assert tidepool.desk.logins == 1
    assert len(tokens) == 6


async def test_a_session_goes_on_after_a_restart(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    entry = entry_of()
    await set_up(hass, entry)
    await pass_time(hass, clocks, HOUR, step=10 * MINUTE)

    await restart(hass, entry)

    assert tidepool.desk.logins == 1
    assert state(hass, DELAYED).isdigit()


async def test_a_long_outage_takes_one_login(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    entry = entry_of()
    await set_up(hass, entry)
    tidepool.desk.end_sessions()
    clocks.tick(3 * DAY)

    await restart(hass, entry)

    assert tidepool.desk.logins == 2
    assert state(hass, DELAYED).isdigit()
    assert hass.config_entries.flow.async_progress() == []


async def test_a_refused_password_is_not_sent_again(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    entry = entry_of()
    await set_up(hass, entry)
    tidepool.desk.password = "changed"
    tidepool.desk.end_sessions()

    await pass_time(hass, clocks, 5 * HOUR, step=10 * MINUTE)

    assert tidepool.desk.logins == 2
    flows = hass.config_entries.flow.async_progress()
    assert [flow["step_id"] for flow in flows] == ["reauth_tidepool"]


async def test_a_refused_password_is_not_sent_again_after_a_restart(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    entry = entry_of()
    await set_up(hass, entry)
    tidepool.desk.password = "changed"
    tidepool.desk.end_sessions()
    await pass_time(hass, clocks, HOUR, step=10 * MINUTE)

    for _ in range(2):
        await restart(hass, entry)
        await pass_time(hass, clocks, HOUR, step=10 * MINUTE)
    logins = tidepool.desk.logins
    (flow,) = hass.config_entries.flow.async_progress()
    await hass.config_entries.flow.async_configure(
        flow["flow_id"], {**LOGIN, "password": "changed"}
    )
    await settle(hass)

    assert logins == 2
    assert tidepool.desk.logins == 3
    assert state(hass, DELAYED).isdigit()


async def test_a_session_goes_on_although_its_password_was_refused(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    """A server in trouble refused everything; the password stays unsent after it."""
    entry = entry_of()
    await set_up(hass, entry)
    tidepool.fault = Fault.REFUSE
    await pass_time(hass, clocks, HOUR, step=10 * MINUTE)
    tidepool.fault = None

    await restart(hass, entry)

    assert tidepool.desk.logins == 1
    assert state(hass, DELAYED).isdigit()


@pytest.mark.parametrize("delay", [3 * HOUR])
async def test_a_bolus_is_known_as_soon_as_it_is_read_however_late_it_comes(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    entry = entry_of()
    await set_up(hass, entry)
    await pass_time(hass, clocks, 25 * MINUTE, step=MINUTE)
    at = clocks.world() - 190 * MINUTE
    tidepool.archive.add("bolus", at, normal=9.75)
    tidepool.archive.add("bolus", at + MINUTE, normal=0.05)
    tidepool.requests.clear()

    await pass_time(hass, clocks, 16 * MINUTE, step=MINUTE)

    assert 9.75 in [done.insulin for done in entry.runtime_data.data.treatments]
    began = [
        clocks.world() - datetime.fromisoformat(asked.query["startDate"])
        for asked in tidepool.requests
        if "bolus" in asked.query.get("type", "") and "startDate" in asked.query
    ]
    assert 0 < len(began) <= 2
    # The length of what is read does not follow that of what is asked for.
    assert max(began) < 7 * HOUR


async def test_asking_costs_little(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    entry = entry_of()
    await set_up(hass, entry)
    tidepool.requests.clear()

    await pass_time(hass, clocks, 4 * HOUR, step=MINUTE)

    looks = [each for each in tidepool.requests if each.query.get("latest") == "true"]
    # Two of them an hour for what devices say.
    assert 4 * 5 <= len(looks) <= 4 * 11
    assert len(tidepool.requests) <= 4 * 24


async def test_whoever_says_so_is_followed_live(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    entry = entry_of(live=True)
    await set_up(hass, entry)
    before = state(hass, GLUCOSE)

    await pass_time(hass, clocks, 6 * MINUTE)
    during = state(hass, "sensor.alex_last_reading")
    tidepool.fault = Fault.UNREACHABLE
    await pass_time(hass, clocks, 20 * MINUTE, step=MINUTE)

    assert before.isdigit()
    assert during > "2026-11-21T12:00"
    assert hass.states.get(DELAYED) is None
    assert state(hass, GLUCOSE) == "unavailable"
    assert state(hass, SIGNAL_LOST) == "on"


async def test_a_silence_of_hours_is_filled_as_soon_as_its_readings_are_there(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    """A phone that is back sends its newest reading first, and the rest in pieces."""
    entry = entry_of(live=True)
    await set_up(hass, entry)
    tidepool.archive._person = None
    await pass_time(hass, clocks, 5 * HOUR, step=5 * MINUTE)
    back = clocks.world()
    pieces = [[0], range(5, 60, 5), range(180, 295, 5), range(60, 180, 5)]

    for piece in pieces:
        for minutes in piece:
            at = back - minutes * MINUTE
            tidepool.archive.add("cbg", at, value=5.5, units="mmol/L")
        await pass_time(hass, clocks, 5 * MINUTE, step=MINUTE)

    known = {reading.at for reading in entry.runtime_data.data.readings}
    assert {back - minutes * MINUTE for piece in pieces for minutes in piece} <= known


async def test_late_data_of_a_live_account_are_a_lost_signal(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    """It never ends by itself."""
    entry = entry_of(live=True)
    await set_up(hass, entry)
    tidepool.archive._delay = 3 * HOUR

    await pass_time(hass, clocks, HOUR, step=MINUTE)

    assert state(hass, GLUCOSE) == "unknown"
    assert state(hass, SIGNAL_LOST) == "on"
    assert entry.options["live"] is True


async def test_the_setting_is_offered_for_tidepool_only(
    hass: HomeAssistant, tidepool: TidepoolSimulator
) -> None:
    entry = entry_of()
    await set_up(hass, entry)
    form = await hass.config_entries.options.async_init(entry.entry_id)

    result = await hass.config_entries.options.async_configure(
        form["flow_id"], {"unit": "mg/dL", "stale_after": 15, "live": True}
    )
    await settle(hass)

    assert form["data_schema"] is not None
    assert "live" in {str(key) for key in form["data_schema"].schema}
    assert result["data"]["live"] is True
    assert state(hass, GLUCOSE).isdigit()


async def test_a_day_of_punctual_readings_is_an_offer_and_a_person_decides(
    hass: HomeAssistant,
    tidepool: TidepoolSimulator,
    clocks: Clocks,
    issue_registry: ir.IssueRegistry,
) -> None:
    assert await async_setup_component(hass, REPAIRS, {})
    entry = entry_of()
    await set_up(hass, entry)
    await pass_time(hass, clocks, 23.5 * HOUR, step=10 * MINUTE)
    early = issue_registry.async_get_issue(DOMAIN, ISSUE)
    await pass_time(hass, clocks, HOUR, step=10 * MINUTE)
    offered = issue_registry.async_get_issue(DOMAIN, ISSUE)
    flows = repairs_flow_manager(hass)
    assert flows is not None

    form = await flows.async_init(DOMAIN, data={"issue_id": ISSUE})
    before = entry.options.get("live")
    ended = await flows.async_configure(form["flow_id"], {})
    await settle(hass)

    assert early is None
    assert offered is not None
    assert offered.is_fixable
    assert form["step_id"] == "confirm"
    assert form["description_placeholders"] == {"name": "Alex"}
    assert before is None
    assert ended["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["live"] is True
    assert issue_registry.async_get_issue(DOMAIN, ISSUE) is None
    assert state(hass, GLUCOSE).isdigit()


@pytest.mark.parametrize("delay", [20 * MINUTE])
async def test_who_is_late_is_not_offered_to_be_live(
    hass: HomeAssistant,
    tidepool: TidepoolSimulator,
    clocks: Clocks,
    issue_registry: ir.IssueRegistry,
) -> None:
    await set_up(hass, entry_of())

    await pass_time(hass, clocks, 25 * HOUR, step=10 * MINUTE)

    assert issue_registry.async_get_issue(DOMAIN, ISSUE) is None


async def test_an_offer_is_withdrawn_when_it_is_no_longer_true(
    hass: HomeAssistant,
    tidepool: TidepoolSimulator,
    clocks: Clocks,
    issue_registry: ir.IssueRegistry,
) -> None:
    await set_up(hass, entry_of())
    await pass_time(hass, clocks, 25 * HOUR, step=10 * MINUTE)
    offered = issue_registry.async_get_issue(DOMAIN, ISSUE)
    tidepool.archive._delay = 2 * HOUR

    await pass_time(hass, clocks, 5 * HOUR, step=10 * MINUTE)

    assert offered is not None
    assert issue_registry.async_get_issue(DOMAIN, ISSUE) is None
