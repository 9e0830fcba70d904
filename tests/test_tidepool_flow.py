"""Adding a person through Tidepool, and logging in again."""

from collections.abc import AsyncGenerator
from datetime import timedelta

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.const import DOMAIN
from simulators.tidepool import Archive, Fault, Share, TidepoolSimulator

from .conftest import NOW, Clocks
from .home import pass_time, restart, set_up, settle, state
from .tidepool import LOGIN, TYPED, UNIQUE_ID, entry_of, lead_to

MINUTE = timedelta(minutes=1)
DELAYED = "sensor.alex_delayed_glucose"
SAM = Share(
    user_id="00aa11bb22",
    name="Sam",
    archive=Archive(SimulatedPerson(seed=8), start=NOW - timedelta(days=1)),
)


@pytest.fixture
async def tidepool(
    clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[TidepoolSimulator]:
    """Run a Tidepool."""
    async with TidepoolSimulator(
        clock=clocks.world, person=SimulatedPerson(seed=7), units="mmol/L"
    ) as server:
        lead_to(server, monkeypatch)
        yield server


async def fill_in(hass: HomeAssistant, **typed: str) -> ConfigFlowResult:
    """Return what comes of a form that somebody filled in."""
    flow = hass.config_entries.flow
    menu = await flow.async_init(DOMAIN, context={"source": "user"})
    form = await flow.async_configure(menu["flow_id"], {"next_step_id": "tidepool"})
    assert form["step_id"] == "tidepool"
    result = await flow.async_configure(form["flow_id"], {**TYPED, **typed})
    await settle(hass)
    return result


async def go_on(
    hass: HomeAssistant, form: ConfigFlowResult, **typed: str
) -> ConfigFlowResult:
    """Return what comes of the next form."""
    result = await hass.config_entries.flow.async_configure(form["flow_id"], typed)
    await settle(hass)
    return result


async def test_a_person_is_added_and_followed(
    hass: HomeAssistant, tidepool: TidepoolSimulator
) -> None:
    result = await fill_in(hass)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Alex"
    entry = result["result"]
    assert entry.unique_id == UNIQUE_ID
    assert entry.options == {"unit": "mmol/L"}
    assert {**entry.data, "session_token": ""} == {
        "source": "tidepool",
        "environment": "production",
        "user_id": tidepool.user_id,
        "session_token": "",
        **LOGIN,
    }
    assert 2 < float(state(hass, DELAYED)) < 20
    assert hass.states.get("sensor.alex_glucose") is None
    assert hass.states.get("binary_sensor.alex_signal_lost") is None


async def test_one_login_is_enough_for_form_and_entry(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    result = await fill_in(hass)
    stored = result["result"].data["session_token"]

    assert tidepool.desk.logins == 1
    assert tidepool.desk.is_valid(stored, clocks.world())


async def test_who_sees_several_people_chooses_one(
    hass: HomeAssistant, tidepool: TidepoolSimulator
) -> None:
    tidepool.shares = [SAM]

    form = await fill_in(hass)
    result = await go_on(hass, form, user_id=SAM.user_id)

    assert form["step_id"] == "tidepool_person"
    assert form["data_schema"] is not None
    selector = next(iter(form["data_schema"].schema.values()))
    assert [option["label"] for option in selector.config["options"]] == ["Alex", "Sam"]
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == "production:00aa11bb22"
    assert result["result"].options == {"unit": "mg/dL"}
    assert state(hass, DELAYED).isdigit() or float(state(hass, DELAYED))
    assert tidepool.desk.logins == 1


async def test_a_carer_follows_whoever_shares(
    hass: HomeAssistant, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with TidepoolSimulator(clock=clocks.world, is_carer=True) as server:
        lead_to(server, monkeypatch)
        server.shares = [SAM]

        result = await fill_in(hass)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == "production:00aa11bb22"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.UNREACHABLE, "cannot_connect"),
        (Fault.SERVER_ERROR, "cannot_connect"),
        (Fault.HTML, "invalid_response"),
        (Fault.RATE_LIMIT, "rate_limited"),
        (Fault.REFUSE, "invalid_auth"),
    ],
)
async def test_a_failure_is_explained_and_can_be_corrected(
    hass: HomeAssistant, tidepool: TidepoolSimulator, fault: Fault, error: str
) -> None:
    tidepool.fault = fault
    form = await fill_in(hass)
    tidepool.fault = None

    result = await go_on(hass, form, **TYPED)

    assert form["errors"] == {"base": error}
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_wrong_password_is_tried_once_and_can_be_corrected(
    hass: HomeAssistant, tidepool: TidepoolSimulator
) -> None:
    form = await fill_in(hass, password="wrong")
    tried = len(tidepool.requests)
    result = await go_on(hass, form, **TYPED)

    assert form["errors"] == {"base": "invalid_auth"}
    assert tried == 1
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_an_unverified_address_has_an_error_of_its_own(
    hass: HomeAssistant, tidepool: TidepoolSimulator
) -> None:
    tidepool.desk.is_verified = False
    form = await fill_in(hass)
    tidepool.desk.is_verified = True

    result = await go_on(hass, form, **TYPED)

    assert form["errors"] == {"base": "email_not_verified"}
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_data_that_cannot_be_read_are_found_out_before_there_is_an_entry(
    hass: HomeAssistant, tidepool: TidepoolSimulator
) -> None:
    tidepool.shares = [SAM]
    choice = await fill_in(hass)
    tidepool.shares = []

    form = await go_on(hass, choice, user_id=SAM.user_id)
    result = await go_on(hass, form, **TYPED)

    assert form["step_id"] == "tidepool"
    assert form["errors"] == {"base": "invalid_auth"}
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_the_same_person_is_followed_once(
    hass: HomeAssistant, tidepool: TidepoolSimulator
) -> None:
    await fill_in(hass)

    again = await fill_in(hass, name="Again")
    elsewhere = await fill_in(hass, name="Other", environment="integration")

    assert again["type"] is FlowResultType.ABORT
    assert again["reason"] == "already_configured"
    assert elsewhere["type"] is FlowResultType.CREATE_ENTRY
    assert elsewhere["result"].unique_id == f"integration:{tidepool.user_id}"


async def test_the_login_can_change_under_the_person(
    hass: HomeAssistant, tidepool: TidepoolSimulator
) -> None:
    entry = entry_of()
    await set_up(hass, entry)
    tidepool.desk.username = "alex@example.com"
    form = await entry.start_reconfigure_flow(hass)

    typed = {**TYPED, "name": "Lex", "username": " alex@example.com "}
    result = await go_on(hass, form, **typed)

    assert form["step_id"] == "reconfigure_tidepool"
    assert result["reason"] == "reconfigure_successful"
    assert entry.title == "Lex"
    assert entry.data["username"] == "alex@example.com"
    assert entry.unique_id == UNIQUE_ID
    assert state(hass, DELAYED).isdigit() or float(state(hass, DELAYED))


async def test_a_password_left_empty_stays_for_the_same_login_only(
    hass: HomeAssistant, tidepool: TidepoolSimulator
) -> None:
    entry = entry_of()
    await set_up(hass, entry)
    form = await entry.start_reconfigure_flow(hass)
    tried = len(tidepool.requests)

    typed = {key: TYPED[key] for key in ("name", "environment", "username")}
    typed["name"] = "Lex"
    other = await go_on(hass, form, **{**typed, "username": "sam@example.org"})
    asked = len(tidepool.requests) - tried
    same = await go_on(hass, form, **typed)

    assert other["errors"] == {"password": "password_needed"}
    assert asked == 0
    assert same["reason"] == "reconfigure_successful"
    assert entry.title == "Lex"
    assert entry.data["password"] == LOGIN["password"]
    assert entry.runtime_data.last_update_success


async def test_no_form_tells_a_secret(
    hass: HomeAssistant, tidepool: TidepoolSimulator
) -> None:
    entry = entry_of()
    await set_up(hass, entry)

    form = await entry.start_reconfigure_flow(hass)

    assert form["data_schema"] is not None
    suggested = {str(key): key.description for key in form["data_schema"].schema}
    assert suggested.pop("password") is None
    assert None not in suggested.values()


async def test_a_changed_password_is_asked_for_and_is_all_it_takes(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    entry = entry_of()
    await set_up(hass, entry)
    tidepool.desk.password = "changed"
    tidepool.desk.end_sessions()
    await pass_time(hass, clocks, 11 * MINUTE, step=MINUTE)
    (flow,) = hass.config_entries.flow.async_progress()
    configure = hass.config_entries.flow.async_configure

    wrong = await configure(flow["flow_id"], {**LOGIN, "password": "wrong"})
    right = await configure(flow["flow_id"], {**LOGIN, "password": "changed"})
    await settle(hass)

    assert flow["step_id"] == "reauth_tidepool"
    assert wrong["errors"] == {"base": "invalid_auth"}
    assert right["reason"] == "reauth_successful"
    assert entry.data["password"] == "changed"
    assert entry.runtime_data.last_update_success


async def test_the_same_login_ends_a_refusal_once_it_is_accepted_again(
    hass: HomeAssistant, tidepool: TidepoolSimulator, clocks: Clocks
) -> None:
    entry = entry_of()
    await set_up(hass, entry)
    tidepool.desk.password = "changed"
    tidepool.desk.end_sessions()
    await pass_time(hass, clocks, 11 * MINUTE, step=MINUTE)
    (flow,) = hass.config_entries.flow.async_progress()
    tidepool.desk.password = LOGIN["password"]

    await hass.config_entries.flow.async_configure(flow["flow_id"], LOGIN)
    await settle(hass)
    tidepool.desk.end_sessions()
    await restart(hass, entry)

    assert entry.runtime_data.last_update_success
    assert state(hass, DELAYED) not in {"unavailable", "unknown"}


async def test_a_login_that_does_not_see_the_person_is_not_taken(
    hass: HomeAssistant, tidepool: TidepoolSimulator
) -> None:
    entry = entry_of({"user_id": SAM.user_id})
    tidepool.shares = [SAM]
    await set_up(hass, entry)
    tidepool.shares = []
    form = await entry.start_reauth_flow(hass)

    result = await go_on(hass, form, **LOGIN)

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "wrong_account"


async def test_a_service_that_fails_during_a_reauth_can_be_asked_again(
    hass: HomeAssistant, tidepool: TidepoolSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The login is good, and the data cannot be read at that moment."""
    entry = entry_of()
    await set_up(hass, entry)
    form = await entry.start_reauth_flow(hass)
    users = tidepool.desk.is_valid
    asked = 0

    def fails_later(token: str, now: object) -> bool:
        nonlocal asked
        asked += 1
        return asked < 4 and users(token, NOW)

    monkeypatch.setattr(tidepool.desk, "is_valid", fails_later)
    failed = await go_on(hass, form, **LOGIN)
    monkeypatch.undo()
    lead_to(tidepool, monkeypatch)

    result = await go_on(hass, failed, **LOGIN)

    assert failed["errors"] == {"base": "invalid_auth"}
    assert result["reason"] == "reauth_successful"
