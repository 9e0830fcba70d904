"""A person followed through Dexcom Share, in Home Assistant."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from functools import partial
import string

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.glucose_follow import factory
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.sources.dexcom_share import DexcomShareSource
from custom_components.glucose_follow.const import CONF_ACCOUNT_ID, DOMAIN
from simulators.dexcom_share import DexcomShareSimulator
from simulators.nightscout import faults

from .cgm.dexcom_share.support import Says
from .conftest import NOW, Clocks
from .home import GLUCOSE, SIGNAL_LOST, pass_time, restart, set_up, settle, state

MINUTE = timedelta(minutes=1)
USERNAME = "alex@example.org"
PASSWORD = string.printable.strip() + "äß€😀"
ACCOUNT = "12345678-9abc-4def-8123-456789abcdef"
LOCKED = Says({"Code": "SSO_AuthenticateMaxAttemptsExceeed", "Message": ""})
LOGIN = {"username": USERNAME, "password": PASSWORD, "region": "ous"}


@pytest.fixture
async def dexcom(
    clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[DexcomShareSimulator]:
    """Run a Dexcom that every region leads to."""
    async with DexcomShareSimulator(
        clock=clocks.world,
        person=SimulatedPerson(seed=7),
        username=USERNAME,
        password=PASSWORD,
        account_id=ACCOUNT,
    ) as server:
        here = partial(DexcomShareSource, base=server.url)
        monkeypatch.setattr(factory, "DexcomShareSource", here)
        yield server


@pytest.fixture
def sharer(dexcom: DexcomShareSimulator) -> MockConfigEntry:
    """Return an entry that follows through Dexcom, not set up yet."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Alex",
        entry_id="01JSHARE000000000000000000",
        unique_id=ACCOUNT,
        data={"source": "dexcom_share", **LOGIN, CONF_ACCOUNT_ID: ACCOUNT},
        options={"unit": "mg/dL"},
    )


async def _fill_in(hass: HomeAssistant, **typed: str) -> ConfigFlowResult:
    """Return what comes of a form that somebody filled in."""
    flow = hass.config_entries.flow
    menu = await flow.async_init(DOMAIN, context={"source": "user"})
    form = await flow.async_configure(menu["flow_id"], {"next_step_id": "dexcom_share"})
    assert form["step_id"] == "dexcom_share"
    result = await flow.async_configure(form["flow_id"], typed)
    await settle(hass)
    return result


async def test_a_person_is_added_and_followed(
    hass: HomeAssistant, dexcom: DexcomShareSimulator
) -> None:
    result = await _fill_in(hass, name="Alex", **LOGIN)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == ACCOUNT
    assert {**result["data"], "accepted_at": ""} == {
        "source": "dexcom_share",
        **LOGIN,
        CONF_ACCOUNT_ID: ACCOUNT,
        "accepted_at": "",
    }
    assert state(hass, GLUCOSE).isdigit()
    assert hass.states.get("sensor.alex_last_bolus") is None


async def test_a_wrong_login_is_tried_once_and_can_be_corrected(
    hass: HomeAssistant, dexcom: DexcomShareSimulator
) -> None:
    result = await _fill_in(hass, name="Alex", **LOGIN | {"password": "wrong"})
    tried = len(dexcom.requests)
    corrected = await hass.config_entries.flow.async_configure(
        result["flow_id"], {"name": "Alex", **LOGIN}
    )
    await settle(hass)

    assert result["errors"] == {"base": "invalid_auth"}
    assert tried == 1
    assert corrected["type"] is FlowResultType.CREATE_ENTRY


async def test_the_same_account_is_followed_once(
    hass: HomeAssistant, sharer: MockConfigEntry
) -> None:
    await set_up(hass, sharer)

    result = await _fill_in(hass, name="Again", **LOGIN)

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_a_refused_login_is_never_tried_again_by_itself(
    hass: HomeAssistant,
    sharer: MockConfigEntry,
    dexcom: DexcomShareSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, sharer)
    dexcom.password = "changed"
    dexcom.expire_session()
    await pass_time(hass, clocks, 6 * MINUTE)
    tried = len(dexcom.requests)

    await pass_time(hass, clocks, 60 * MINUTE)
    await sharer.runtime_data.async_refresh()
    await restart(hass, sharer)
    await pass_time(hass, clocks, 60 * MINUTE)
    flows = hass.config_entries.flow.async_progress()

    assert len(dexcom.requests) == tried
    assert sharer.state is ConfigEntryState.LOADED
    assert state(hass, GLUCOSE) == "unavailable"
    assert state(hass, SIGNAL_LOST) == "on"
    assert [flow["step_id"] for flow in flows] == ["reauth_dexcom_share"]


async def test_a_gate_before_the_server_stops_nothing_for_good(
    hass: HomeAssistant,
    sharer: MockConfigEntry,
    dexcom: DexcomShareSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, sharer)
    dexcom.fault = faults.Refuse()
    await pass_time(hass, clocks, 20 * MINUTE)
    lost = state(hass, SIGNAL_LOST)
    dexcom.fault = None

    await pass_time(hass, clocks, 6 * MINUTE)

    assert lost == "on"
    assert state(hass, GLUCOSE).isdigit()
    assert hass.config_entries.flow.async_progress() == []


async def test_a_locked_account_is_left_alone_whoever_restarts(
    hass: HomeAssistant,
    sharer: MockConfigEntry,
    dexcom: DexcomShareSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, sharer)
    dexcom.expire_session()
    dexcom.fault = LOCKED
    await pass_time(hass, clocks, 6 * MINUTE)
    dexcom.fault = None
    tried = len(dexcom.requests)

    for _ in range(2):
        await restart(hass, sharer)
        await pass_time(hass, clocks, 2 * MINUTE)
    during = len(dexcom.requests)
    await pass_time(hass, clocks, 6 * MINUTE)

    assert during == tried
    assert dexcom.logins == 2
    assert state(hass, GLUCOSE).isdigit()


async def test_an_account_that_was_locked_from_the_start_is_left_alone_too(
    hass: HomeAssistant,
    sharer: MockConfigEntry,
    dexcom: DexcomShareSimulator,
    clocks: Clocks,
) -> None:
    dexcom.fault = LOCKED
    await set_up(hass, sharer)
    await pass_time(hass, clocks, 9 * MINUTE)
    tried = len(dexcom.requests)
    dexcom.fault = None

    await pass_time(hass, clocks, 3 * MINUTE)

    assert tried == 1
    assert state(hass, GLUCOSE).isdigit()


@pytest.mark.parametrize("wrong", [timedelta(days=-1), timedelta(days=1)])
async def test_no_clock_makes_a_pause_longer(
    hass: HomeAssistant,
    sharer: MockConfigEntry,
    dexcom: DexcomShareSimulator,
    clocks: Clocks,
    wrong: timedelta,
) -> None:
    await set_up(hass, sharer)
    dexcom.expire_session()
    dexcom.fault = LOCKED
    await pass_time(hass, clocks, 6 * MINUTE)
    dexcom.fault = None
    clocks.set_wrong(wrong)
    await restart(hass, sharer)

    await pass_time(hass, clocks, 11 * MINUTE)

    assert state(hass, GLUCOSE).isdigit()


async def test_a_login_that_is_accepted_ends_a_pause(
    hass: HomeAssistant,
    sharer: MockConfigEntry,
    dexcom: DexcomShareSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, sharer)
    dexcom.expire_session()
    dexcom.fault = LOCKED
    await pass_time(hass, clocks, 6 * MINUTE)
    dexcom.fault = None
    form = await sharer.start_reconfigure_flow(hass)

    typed = {"name": "Alex", **LOGIN}
    await hass.config_entries.flow.async_configure(form["flow_id"], typed)
    await settle(hass)

    assert sharer.runtime_data.last_update_success
    assert state(hass, GLUCOSE).isdigit()


async def test_a_new_password_is_all_it_takes(
    hass: HomeAssistant,
    sharer: MockConfigEntry,
    dexcom: DexcomShareSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, sharer)
    dexcom.password = "changed"
    dexcom.expire_session()
    await pass_time(hass, clocks, 6 * MINUTE)
    (flow,) = hass.config_entries.flow.async_progress()
    configure = hass.config_entries.flow.async_configure

    wrong = await configure(flow["flow_id"], LOGIN | {"password": "wrong"})
    right = await configure(flow["flow_id"], LOGIN | {"password": "changed"})
    await settle(hass)

    assert wrong["errors"] == {"base": "invalid_auth"}
    assert right["reason"] == "reauth_successful"
    assert state(hass, GLUCOSE).isdigit()


@pytest.mark.parametrize("is_reconfigured", [False, True])
async def test_the_same_login_ends_a_refusal_once_it_is_accepted_again(
    hass: HomeAssistant,
    sharer: MockConfigEntry,
    dexcom: DexcomShareSimulator,
    clocks: Clocks,
    *,
    is_reconfigured: bool,
) -> None:
    """Dexcom had trouble, or the password was changed and changed back."""
    await set_up(hass, sharer)
    dexcom.password = "changed"
    dexcom.expire_session()
    await pass_time(hass, clocks, 6 * MINUTE)
    dexcom.password = PASSWORD
    begin = (
        sharer.start_reconfigure_flow if is_reconfigured else sharer.start_reauth_flow
    )
    form = await begin(hass)

    typed = {"name": "Alex", **LOGIN} if is_reconfigured else LOGIN
    await hass.config_entries.flow.async_configure(form["flow_id"], typed)
    await settle(hass)
    at_once = state(hass, GLUCOSE)
    await restart(hass, sharer)

    assert at_once.isdigit()
    assert state(hass, GLUCOSE).isdigit()


async def test_a_refusal_before_it_ever_worked_is_remembered_too(
    hass: HomeAssistant, sharer: MockConfigEntry, dexcom: DexcomShareSimulator
) -> None:
    dexcom.password = "changed"
    await set_up(hass, sharer)
    tried = len(dexcom.requests)

    await hass.config_entries.async_reload(sharer.entry_id)
    await settle(hass)

    assert sharer.state is ConfigEntryState.SETUP_ERROR
    assert tried == 1
    assert len(dexcom.requests) == tried


async def test_the_login_of_somebody_else_is_not_taken(
    hass: HomeAssistant, sharer: MockConfigEntry, dexcom: DexcomShareSimulator
) -> None:
    await set_up(hass, sharer)
    dexcom.account_id = ACCOUNT.replace("1", "2")
    form = await sharer.start_reauth_flow(hass)

    result = await hass.config_entries.flow.async_configure(form["flow_id"], LOGIN)

    assert result["reason"] == "wrong_account"


async def test_the_login_can_change_under_the_account(
    hass: HomeAssistant, sharer: MockConfigEntry, dexcom: DexcomShareSimulator
) -> None:
    await set_up(hass, sharer)
    dexcom.username = "+4915112345678"
    form = await sharer.start_reconfigure_flow(hass)
    typed = {"name": "Lex", **LOGIN, "username": dexcom.username}

    result = await hass.config_entries.flow.async_configure(form["flow_id"], typed)
    await settle(hass)

    assert result["reason"] == "reconfigure_successful"
    assert sharer.title == "Lex"
    assert sharer.data["username"] == "+4915112345678"
    assert sharer.unique_id == ACCOUNT
    assert state(hass, GLUCOSE).isdigit()


async def test_no_form_tells_the_password(
    hass: HomeAssistant,
    sharer: MockConfigEntry,
    hass_client: ClientSessionGenerator,
) -> None:
    assert await async_setup_component(hass, "config", {})
    await set_up(hass, sharer)
    browser = await hass_client()

    answer = await browser.post(
        "/api/config/config_entries/flow",
        json={"handler": DOMAIN, "entry_id": sharer.entry_id},
    )

    form = await answer.json()
    assert form["step_id"] == "reconfigure_dexcom_share"
    assert PASSWORD not in str(form)
    assert {
        field["name"]: field["description"]["suggested_value"]
        for field in form["data_schema"]
        if "description" in field
    } == {"name": "Alex", "username": USERNAME, "region": "ous"}


async def test_a_password_left_empty_stays_for_the_same_login_only(
    hass: HomeAssistant, sharer: MockConfigEntry, dexcom: DexcomShareSimulator
) -> None:
    await set_up(hass, sharer)
    configure = hass.config_entries.flow.async_configure
    form = await sharer.start_reconfigure_flow(hass)
    tried = len(dexcom.requests)

    typed = {"name": "Lex", "username": f" {USERNAME} ", "region": "us"}
    other = await configure(form["flow_id"], typed)
    empty = await configure(form["flow_id"], {**typed, "password": ""})
    asked = len(dexcom.requests) - tried
    same = await configure(form["flow_id"], {**typed, "region": "ous"})
    await settle(hass)

    assert other["errors"] == empty["errors"] == {"password": "password_needed"}
    assert asked == 0
    assert same["reason"] == "reconfigure_successful"
    assert sharer.title == "Lex"
    assert sharer.data["password"] == PASSWORD
    assert state(hass, GLUCOSE).isdigit()


async def test_a_password_that_was_refused_is_not_kept(
    hass: HomeAssistant,
    sharer: MockConfigEntry,
    dexcom: DexcomShareSimulator,
    clocks: Clocks,
) -> None:
    """Whoever only wants another name would send it again, and lock the account."""
    await set_up(hass, sharer)
    dexcom.password = "changed"
    dexcom.expire_session()
    await pass_time(hass, clocks, 6 * MINUTE)
    form = await sharer.start_reconfigure_flow(hass)
    tried = len(dexcom.requests)

    typed = {"name": "Lex", "username": USERNAME, "region": "us"}
    shown = await hass.config_entries.flow.async_configure(form["flow_id"], typed)

    assert shown["errors"] == {"password": "password_needed"}
    assert len(dexcom.requests) == tried


async def test_a_day_without_readings_is_explained(
    hass: HomeAssistant,
    sharer: MockConfigEntry,
    dexcom: DexcomShareSimulator,
    clocks: Clocks,
    issue_registry: ir.IssueRegistry,
) -> None:
    dexcom.has_follower = False
    await set_up(hass, sharer)
    name = f"dexcom_share_silent_{sharer.entry_id}"
    early = issue_registry.async_get_issue(DOMAIN, name)

    await pass_time(hass, clocks, timedelta(hours=24.2), step=5 * MINUTE)
    late = issue_registry.async_get_issue(DOMAIN, name)
    dexcom.has_follower = True
    await pass_time(hass, clocks, 6 * MINUTE)

    assert early is None
    assert late is not None
    assert issue_registry.async_get_issue(DOMAIN, name) is None
    assert state(hass, GLUCOSE).isdigit()


async def test_a_day_without_readings_is_explained_whoever_restarts(
    hass: HomeAssistant,
    sharer: MockConfigEntry,
    dexcom: DexcomShareSimulator,
    clocks: Clocks,
    issue_registry: ir.IssueRegistry,
) -> None:
    dexcom.has_follower = False
    await set_up(hass, sharer)
    name = f"dexcom_share_silent_{sharer.entry_id}"
    await pass_time(hass, clocks, timedelta(hours=20), step=5 * MINUTE)
    early = issue_registry.async_get_issue(DOMAIN, name)

    await restart(hass, sharer)
    await pass_time(hass, clocks, timedelta(hours=5), step=5 * MINUTE)
    late = issue_registry.async_get_issue(DOMAIN, name)
    await restart(hass, sharer)

    assert early is None
    assert late is not None
    assert issue_registry.async_get_issue(DOMAIN, name) is not None


async def test_a_day_in_which_nobody_asked_is_no_day_without_readings(
    hass: HomeAssistant,
    sharer: MockConfigEntry,
    dexcom: DexcomShareSimulator,
    clocks: Clocks,
    issue_registry: ir.IssueRegistry,
) -> None:
    await set_up(hass, sharer)
    await hass.config_entries.async_unload(sharer.entry_id)
    clocks.tick(timedelta(hours=30))
    dexcom.has_share = False

    await set_up(hass, sharer)

    name = f"dexcom_share_silent_{sharer.entry_id}"
    assert issue_registry.async_get_issue(DOMAIN, name) is None


async def test_a_server_that_forgets_its_sessions_is_left_alone_after_each_login(
    hass: HomeAssistant,
    sharer: MockConfigEntry,
    dexcom: DexcomShareSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, sharer)
    dexcom.session_lifetime = timedelta()
    before = len(dexcom.requests)
    await pass_time(hass, clocks, 60 * MINUTE)
    asked, logins = len(dexcom.requests) - before, dexcom.logins - 1
    dexcom.session_lifetime = timedelta(hours=24)

    await pass_time(hass, clocks, 11 * MINUTE)

    assert logins <= 6
    assert asked <= 25
    assert state(hass, GLUCOSE).isdigit()


async def test_one_login_lasts_as_long_as_the_session(
    hass: HomeAssistant,
    sharer: MockConfigEntry,
    dexcom: DexcomShareSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, sharer)

    await pass_time(hass, clocks, timedelta(hours=6), step=timedelta(seconds=30))

    assert dexcom.logins == 1
    assert len(dexcom.requests) <= 6 * 25 + 2


async def test_what_dexcom_does_not_keep_is_not_asked_for(
    hass: HomeAssistant, dexcom: DexcomShareSimulator, sharer: MockConfigEntry
) -> None:
    await set_up(hass, sharer)
    asked = len(dexcom.requests)

    answer = await hass.services.async_call(
        DOMAIN,
        "get_readings",
        {"start": NOW - timedelta(days=14)},
        blocking=True,
        return_response=True,
    )

    assert answer is not None
    assert answer["readings"]
    assert len(dexcom.requests) == asked
