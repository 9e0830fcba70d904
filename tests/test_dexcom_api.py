"""A person followed through Dexcom's official API, in Home Assistant."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
import json

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ImplementationUnavailableError
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.glucose_follow import flow_oauth
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.const import DOMAIN
from simulators.dexcom_api import CLIENT_ID, DexcomApiSimulator, Fault, Refusal

from .conftest import NOW, Clocks
from .dexcom_api import CREDENTIAL, USER, entry_of, lead_to, log_in, register
from .home import pass_time, restart, set_up, settle, state

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DELAYED = "sensor.alex_delayed_glucose"
LAST_READING = "sensor.alex_last_reading"
LAST_BOLUS = "sensor.alex_last_bolus"

pytestmark = pytest.mark.usefixtures("current_request_with_host")


@pytest.fixture
async def api(
    hass: HomeAssistant, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[DexcomApiSimulator]:
    """Run a Dexcom that every environment leads to, with our application."""
    await register(hass)
    async with DexcomApiSimulator(
        clock=clocks.world, person=SimulatedPerson(seed=7)
    ) as server:
        lead_to(server, monkeypatch)
        yield server


@pytest.fixture
def late(api: DexcomApiSimulator) -> MockConfigEntry:
    """Return an entry that follows through the API, not set up yet."""
    return entry_of(api)


async def begin(hass: HomeAssistant, **typed: str) -> ConfigFlowResult:
    """Return what comes of the form that asks whom to follow."""
    flow = hass.config_entries.flow
    menu = await flow.async_init(DOMAIN, context={"source": "user"})
    form = await flow.async_configure(menu["flow_id"], {"next_step_id": "dexcom_api"})
    assert form["step_id"] == "dexcom_api"
    wanted = {"name": "Alex", "environment": "eu", **typed}
    return await flow.async_configure(form["flow_id"], wanted)


def reauths(hass: HomeAssistant) -> list[str]:
    """Return the flows that ask somebody to log in again."""
    progress = hass.config_entries.flow.async_progress()
    return [flow["flow_id"] for flow in progress if flow["step_id"]]


def newest(hass: HomeAssistant) -> datetime:
    """Return when the newest reading is from."""
    return datetime.fromisoformat(state(hass, LAST_READING))


def refreshes(api: DexcomApiSimulator) -> list[str]:
    """Return the refresh tokens that were shown, in order."""
    shown = [request.body.decode() for request in api.requests]
    return [body for body in shown if "grant_type=refresh_token" in body]


async def test_a_person_is_added_by_logging_in_and_followed(
    hass: HomeAssistant,
    api: DexcomApiSimulator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    result = await log_in(hass, hass_client_no_auth, await begin(hass))

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Alex"
    assert result["result"].unique_id == USER
    data = result["data"]
    assert {key: data[key] for key in data if key != "token"} == {
        "source": "dexcom_api",
        "environment": "eu",
        "account_id": USER,
        "auth_implementation": CREDENTIAL,
    }
    assert state(hass, DELAYED).isdigit()
    form = next(request for request in api.requests if request.method == "POST")
    assert "Authorization" not in form.headers
    assert b"client_secret=client-secret" in form.body


async def test_what_is_hours_old_is_never_called_glucose(
    hass: HomeAssistant, late: MockConfigEntry
) -> None:
    await set_up(hass, late)

    delayed = hass.states.get(DELAYED)
    assert delayed is not None
    assert "device_class" not in delayed.attributes
    assert "state_class" not in delayed.attributes
    assert delayed.attributes["unit_of_measurement"] == "mg/dL"
    assert NOW - HOUR - 5 * MINUTE < newest(hass) <= NOW - HOUR
    entities = {found.entity_id for found in hass.states.async_all()}
    for missing in ("glucose", "delta", "direction", "sensor_status", "range"):
        assert f"sensor.alex_{missing}" not in entities
    assert not {name for name in entities if name.startswith("binary_sensor")}
    assert "sensor.alex_last_carbs" in entities


async def test_the_person_wears_what_dexcom_says(
    hass: HomeAssistant, late: MockConfigEntry, clocks: Clocks
) -> None:
    await set_up(hass, late)
    await pass_time(hass, clocks, 11 * MINUTE, step=MINUTE)

    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, late.entry_id), late.entry_id
    )

    assert device is not None
    assert device.manufacturer == "Dexcom"
    assert device.model == "Dexcom G7, iOS"


async def test_a_delayed_value_is_shown_in_the_entrys_unit_and_for_a_day(
    hass: HomeAssistant, api: DexcomApiSimulator, clocks: Clocks
) -> None:
    entry = entry_of(api)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, options={"unit": "mmol/L"})
    await set_up(hass, entry)

    shown = float(state(hass, DELAYED))
    newest = entry.runtime_data.data.readings[-1]
    assert shown == round(newest.mgdl / 18.016, 1)

    api.fault = Fault.SERVER_ERROR
    await pass_time(hass, clocks, 22 * HOUR + 50 * MINUTE, step=HOUR)
    assert float(state(hass, DELAYED)) == shown
    await pass_time(hass, clocks, 7 * MINUTE, step=MINUTE)
    assert state(hass, DELAYED) == "unknown"


async def test_without_a_credential_home_assistant_asks_for_one(
    hass: HomeAssistant, clocks: Clocks
) -> None:
    result = await begin(hass)

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "missing_credentials"


async def test_the_credential_is_always_chosen(
    hass: HomeAssistant,
    api: DexcomApiSimulator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await register(hass, client_id="of-another", name="another")
    api.tokens.client_secret = "another secret"

    form = await begin(hass)
    other = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"implementation": "another"}
    )
    refused = await log_in(hass, hass_client_no_auth, await begin(hass))

    assert URL(other["url"]).query["client_id"] == "of-another"
    assert refused["reason"] == "oauth_unauthorized"


async def test_a_credential_that_vanished_meanwhile_is_asked_for_again(
    hass: HomeAssistant, api: DexcomApiSimulator
) -> None:
    await register(hass, client_id="of-another", name="another")
    form = await begin(hass)
    credentials = hass.data["application_credentials"]
    (item,) = (
        item for item in credentials.async_items() if item["client_id"] == CLIENT_ID
    )
    await credentials.async_delete_item(item["id"])

    again = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"implementation": CREDENTIAL}
    )

    assert again["step_id"] == "pick_implementation"


async def test_the_same_person_is_followed_once(
    hass: HomeAssistant,
    late: MockConfigEntry,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await set_up(hass, late)

    result = await log_in(hass, hass_client_no_auth, await begin(hass))

    assert result["reason"] == "already_configured"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.RATE_LIMIT, "rate_limited"),
        (Fault.SERVER_ERROR, "cannot_connect"),
        (Fault.HTML, "invalid_response"),
    ],
)
async def test_a_login_that_opens_nothing_yet_can_be_repeated(
    hass: HomeAssistant,
    api: DexcomApiSimulator,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    error: str,
) -> None:
    exchange = api.tokens.exchange

    def then_fail(*args: object) -> object:
        api.fault = fault
        return exchange(*args)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(api.tokens, "exchange", then_fail)
    failed = await log_in(hass, hass_client_no_auth, await begin(hass))
    monkeypatch.setattr(api.tokens, "exchange", exchange)
    api.fault = None

    assert failed["step_id"] == "dexcom_api"
    assert failed["errors"] == {"base": error}
    schema = failed["data_schema"]
    assert schema is not None
    suggested = {key: key.description["suggested_value"] for key in schema.schema}
    assert suggested == {"name": "Alex", "environment": "eu"}
    again = await hass.config_entries.flow.async_configure(
        failed["flow_id"], {"name": "Alex", "environment": "eu"}
    )
    result = await log_in(hass, hass_client_no_auth, again)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_who_says_no_is_left_in_peace(
    hass: HomeAssistant,
    api: DexcomApiSimulator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    api.is_denied = True

    result = await log_in(hass, hass_client_no_auth, await begin(hass))

    assert result["reason"] == "user_rejected_authorize"


@pytest.mark.parametrize(
    "token",
    [
        {"access_token": "a", "refresh_token": "r"},
        {"access_token": "a", "refresh_token": "r", "expires_in": "soon"},
        {"access_token": "a", "expires_in": 7200},
        {"refresh_token": "r", "expires_in": 7200},
        {"access_token": "a", "refresh_token": "r", "expires_in": 10**400},
        {"access_token": "a", "refresh_token": 10**30, "expires_in": 7200},
        {"access_token": "a", "refresh_token": "\ud800", "expires_in": 7200},
        {"access_token": "a", "refresh_token": "", "expires_in": 7200},
        ["a"],
    ],
)
async def test_an_answer_that_is_no_token_reaches_no_log(
    hass: HomeAssistant,
    api: DexcomApiSimulator,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    token: object,
) -> None:
    bad = json.dumps(token).replace('"a"', '"access-of-alex"')

    async def no_token(_: object, __: object) -> object:
        return json.loads(bad)

    monkeypatch.setattr(
        "homeassistant.helpers.config_entry_oauth2_flow.LocalOAuth2Implementation._token_request",
        no_token,
    )
    result = await log_in(hass, hass_client_no_auth, await begin(hass))

    assert result["reason"] == "oauth_failed"
    assert "access-of-alex" not in caplog.text


async def test_version_2_is_followed_too_and_told_apart_by_nothing(
    hass: HomeAssistant,
    api: DexcomApiSimulator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    api.v3_refusal = 403

    one = await log_in(hass, hass_client_no_auth, await begin(hass))
    other = await log_in(hass, hass_client_no_auth, await begin(hass, name="Robin"))

    assert one["type"] is FlowResultType.CREATE_ENTRY
    assert other["type"] is FlowResultType.CREATE_ENTRY
    assert one["result"].unique_id != other["result"].unique_id


async def test_a_token_is_renewed_before_its_end_and_kept(
    hass: HomeAssistant,
    late: MockConfigEntry,
    api: DexcomApiSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, late)
    before = late.data["token"]

    await pass_time(hass, clocks, 3 * HOUR, step=5 * MINUTE)

    after = late.data["token"]
    assert after["refresh_token"] != before["refresh_token"]
    assert len(refreshes(api)) == 1
    assert reauths(hass) == []
    assert newest(hass) > NOW + 2 * HOUR - 15 * MINUTE


async def test_a_refresh_is_asked_for_once_whoever_waits(
    hass: HomeAssistant,
    late: MockConfigEntry,
    api: DexcomApiSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, late)
    clocks.tick(2 * HOUR)
    api.fault = Fault.HANG

    coordinator = late.runtime_data
    asked = [asyncio.create_task(coordinator.async_refresh()) for _ in range(3)]
    while not refreshes(api):  # noqa: ASYNC110 - a server has no event for it
        await asyncio.sleep(0)
    for task in asked:
        task.cancel()
    await hass.config_entries.async_unload(late.entry_id)
    api.fault = None
    await settle(hass)
    await set_up(hass, late)

    assert len(refreshes(api)) == 1
    assert late.data["token"]["refresh_token"] not in refreshes(api)[0]
    assert reauths(hass) == []


async def test_a_refresh_token_whose_answer_is_lost_is_never_shown_again(
    hass: HomeAssistant,
    late: MockConfigEntry,
    api: DexcomApiSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, late)
    api.fault = Fault.LOST_TOKEN

    await pass_time(hass, clocks, 119 * MINUTE, step=MINUTE)
    assert len(refreshes(api)) == 1
    assert reauths(hass) == []

    # The access token was good until its end.
    assert newest(hass) > NOW + HOUR - 15 * MINUTE
    await restart(hass, late)
    await pass_time(hass, clocks, 3 * HOUR, step=5 * MINUTE)
    assert len(refreshes(api)) == 1
    assert len(reauths(hass)) == 1


@pytest.mark.parametrize(
    "fault",
    [Fault.RATE_LIMIT, Fault.SERVER_ERROR, Fault.BARRED, Fault.NOT_FOUND, Fault.REFUSE],
)
async def test_a_provider_that_says_that_it_is_out_of_order_is_asked_again(
    hass: HomeAssistant,
    late: MockConfigEntry,
    api: DexcomApiSimulator,
    clocks: Clocks,
    fault: Fault,
) -> None:
    await set_up(hass, late)
    api.fault = fault
    await pass_time(hass, clocks, 4 * HOUR, step=10 * MINUTE)
    assert reauths(hass) == []

    api.fault = None
    await pass_time(hass, clocks, HOUR, step=5 * MINUTE)

    assert reauths(hass) == []
    assert newest(hass) > NOW + 4 * HOUR - 15 * MINUTE


async def test_a_way_that_is_barred_for_a_while_is_tried_again(
    hass: HomeAssistant,
    late: MockConfigEntry,
    api: DexcomApiSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, late)
    api.fault = Fault.BARRED
    api.requests.clear()
    await pass_time(hass, clocks, HOUR, step=MINUTE)
    asked = len(api.requests)
    await restart(hass, late)
    api.fault = None

    await pass_time(hass, clocks, 30 * MINUTE, step=MINUTE)

    assert 3 <= asked <= 6
    assert reauths(hass) == []
    assert newest(hass) > NOW + 30 * MINUTE - 15 * MINUTE


async def test_a_provider_that_cannot_be_reached_loses_no_refresh_token(
    hass: HomeAssistant,
    late: MockConfigEntry,
    api: DexcomApiSimulator,
    clocks: Clocks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await set_up(hass, late)
    with monkeypatch.context() as offline:
        offline.setattr(
            "custom_components.glucose_follow.oauth_provider.token_url",
            lambda _: "http://127.0.0.1:1/token",
        )
        await pass_time(hass, clocks, 4 * HOUR, step=10 * MINUTE)

    await pass_time(hass, clocks, HOUR, step=5 * MINUTE)

    assert reauths(hass) == []
    assert newest(hass) > NOW + 4 * HOUR - 15 * MINUTE


async def test_a_withdrawn_consent_is_asked_for_again_and_not_tried_meanwhile(
    hass: HomeAssistant,
    late: MockConfigEntry,
    api: DexcomApiSimulator,
    clocks: Clocks,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await set_up(hass, late)
    api.revoke()
    await pass_time(hass, clocks, 30 * MINUTE, step=MINUTE)
    tried = len(api.requests)
    await pass_time(hass, clocks, HOUR, step=5 * MINUTE)
    await restart(hass, late)
    assert len(api.requests) == tried

    (flow,) = reauths(hass)
    form = await hass.config_entries.flow.async_configure(flow)
    assert form["step_id"] == "reauth_dexcom_api"
    pick = await hass.config_entries.flow.async_configure(flow, {})
    result = await log_in(hass, hass_client_no_auth, pick)

    assert result["reason"] == "reauth_successful"
    assert late.data["environment"] == "eu"
    assert newest(hass) > NOW


async def test_another_persons_login_is_not_taken(
    hass: HomeAssistant,
    api: DexcomApiSimulator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    entry = entry_of(api, account_id="user-of-another")
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, unique_id="user-of-another")

    flow = await entry.start_reauth_flow(hass)
    pick = await hass.config_entries.flow.async_configure(flow["flow_id"], {})
    result = await log_in(hass, hass_client_no_auth, pick)

    assert result["reason"] == "wrong_account"


async def test_another_application_calls_the_same_person_something_else(
    hass: HomeAssistant,
    api: DexcomApiSimulator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await register(hass, client_id="new-client", name="new_application")
    api.tokens.client_id = "new-client"
    entry = entry_of(api, account_id="user-by-old-application")
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, unique_id="user-by-old-application")

    flow = await entry.start_reauth_flow(hass)
    pick = await hass.config_entries.flow.async_configure(flow["flow_id"], {})
    result = await log_in(hass, hass_client_no_auth, pick, credential="new_application")

    assert result["reason"] == "reauth_successful"
    assert entry.unique_id == USER


async def test_a_failed_reauth_says_why(
    hass: HomeAssistant,
    api: DexcomApiSimulator,
    late: MockConfigEntry,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late.add_to_hass(hass)
    exchange = api.tokens.exchange

    def then_fail(*args: object) -> object:
        api.fault = Fault.SERVER_ERROR
        return exchange(*args)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(api.tokens, "exchange", then_fail)
    flow = await late.start_reauth_flow(hass)
    pick = await hass.config_entries.flow.async_configure(flow["flow_id"], {})
    failed = await log_in(hass, hass_client_no_auth, pick)

    assert failed["step_id"] == "reauth_dexcom_api"
    assert failed["errors"] == {"base": "cannot_connect"}


async def test_name_and_environment_can_be_changed(
    hass: HomeAssistant,
    late: MockConfigEntry,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await set_up(hass, late)

    form = await late.start_reconfigure_flow(hass)
    pick = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"name": "Robin", "environment": "us"}
    )
    result = await log_in(hass, hass_client_no_auth, pick)

    assert result["reason"] == "reconfigure_successful"
    assert late.title == "Robin"
    assert late.data["environment"] == "us"
    assert late.options == {"unit": "mg/dL"}


@pytest.mark.parametrize("minutes", [60, 190, 26 * 60])
async def test_a_bolus_is_known_as_soon_as_it_is_read_however_late_it_comes(
    hass: HomeAssistant,
    late: MockConfigEntry,
    api: DexcomApiSimulator,
    clocks: Clocks,
    minutes: int,
) -> None:
    await set_up(hass, late)
    await pass_time(hass, clocks, 25 * MINUTE, step=MINUTE)
    api.requests.clear()
    at = clocks.world() - minutes * MINUTE
    wrong = api.add("events", at, eventType="insulin", value="9.75", unit="units")

    await pass_time(hass, clocks, 16 * MINUTE, step=MINUTE)
    told = [done.insulin for done in late.runtime_data.data.treatments]
    kinds = [request.kind for request in api.requests]
    api.delete(wrong)
    await pass_time(hass, clocks, 16 * MINUTE, step=MINUTE)
    later = [done.insulin for done in late.runtime_data.data.treatments]

    assert 9.75 in told
    assert 9.75 not in later
    assert kinds.count("events") <= 2


@pytest.mark.parametrize(("status", "tries"), [(401, 8), (403, 4)])
async def test_an_application_that_may_not_read_alerts_knows_boluses(
    hass: HomeAssistant,
    late: MockConfigEntry,
    api: DexcomApiSimulator,
    clocks: Clocks,
    status: Refusal,
    tries: int,
) -> None:
    """With 401 it may have been the token, which is renewed to find out."""
    api.refusals["alerts"] = status
    await set_up(hass, late)

    await pass_time(hass, clocks, 3 * HOUR, step=10 * MINUTE)

    assert float(state(hass, LAST_BOLUS)) > 0
    assert [asked.kind for asked in api.requests].count("alerts") <= tries
    assert len(refreshes(api)) <= 4
    assert reauths(hass) == []


async def test_one_failure_hides_no_treatment(
    hass: HomeAssistant,
    late: MockConfigEntry,
    api: DexcomApiSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, late)
    bolus = state(hass, LAST_BOLUS)
    failed = len(api.requests)

    api.fault = Fault.SERVER_ERROR
    while len(api.requests) == failed:
        await pass_time(hass, clocks, MINUTE, step=MINUTE)
    api.fault = None
    shown = set()
    for _ in range(20):
        await pass_time(hass, clocks, MINUTE, step=MINUTE)
        shown.add(state(hass, LAST_BOLUS))

    assert float(bolus) > 0
    assert "unavailable" not in shown

    api.fault = Fault.SERVER_ERROR
    await pass_time(hass, clocks, 61 * MINUTE, step=MINUTE)
    assert state(hass, LAST_BOLUS) == "unavailable"


async def test_a_week_is_followed_with_one_refresh_for_each_life_of_a_token(
    hass: HomeAssistant,
    late: MockConfigEntry,
    api: DexcomApiSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, late)
    api.requests.clear()

    await pass_time(hass, clocks, timedelta(days=7), step=30 * MINUTE)

    kinds = [request.kind for request in api.requests]
    assert len(refreshes(api)) == pytest.approx(7 * 24 / 2, abs=12)
    assert kinds.count("dataRange") <= 7 * 144 + 7
    data = late.runtime_data.data
    # A day, but for the hour that Dexcom is behind.
    assert len(data.readings) == 276
    assert reauths(hass) == []
    assert newest(hass) > NOW + timedelta(days=7) - HOUR - 45 * MINUTE


async def test_an_entry_that_is_removed_leaves_no_keeper_behind(
    hass: HomeAssistant, late: MockConfigEntry
) -> None:
    await set_up(hass, late)

    await hass.config_entries.async_remove(late.entry_id)

    assert hass.data["glucose_follow_tokens"] == {}


async def test_an_account_link_that_is_away_hides_no_form(
    hass: HomeAssistant, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> object:
        raise ImplementationUnavailableError

    monkeypatch.setattr(flow_oauth, "async_get_implementations", away)

    result = await begin(hass)

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "missing_credentials"
