"""A person followed through Tidepool, with an application that Tidepool knows."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from pathlib import Path

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.config_entry_oauth2_flow import (
    LocalOAuth2Implementation,
    async_register_implementation,
)
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)
from yarl import URL

from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.const import DOMAIN
from simulators.dexcom_api import CLIENT_SECRET, DexcomApiSimulator
from simulators.tidepool import (
    CLIENT_ID,
    REALM,
    Archive,
    Fault,
    Share,
    TidepoolSimulator,
)

from .conftest import NOW, Clocks
from .dexcom_api import (
    CREDENTIAL as DEXCOM_CREDENTIAL,
    entry_of as dexcom_entry,
    lead_to as lead_to_dexcom,
    log_in,
    register,
)
from .home import pass_time, restart, set_up, settle, state
from .tidepool import (
    CREDENTIAL,
    UNIQUE_ID,
    entry_of,
    lead_to,
    oauth_entry_of as entry_after_login,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DELAYED = "sensor.alex_delayed_glucose"
LAST_READING = "sensor.alex_last_reading"
TOKEN_PAGE = f"/realms/{REALM}/protocol/openid-connect/token"
TYPED = {"name": "Alex", "environment": "production"}
SAM = Share(
    user_id="00aa11bb22",
    name="Sam",
    archive=Archive(SimulatedPerson(seed=8), start=NOW - timedelta(days=1)),
)

pytestmark = pytest.mark.usefixtures("current_request_with_host")


@pytest.fixture
async def tidepool(
    hass: HomeAssistant, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[TidepoolSimulator]:
    """Run a Tidepool that every environment leads to, with our application."""
    await register(hass, CLIENT_ID, CREDENTIAL)
    async with TidepoolSimulator(
        clock=clocks.world, person=SimulatedPerson(seed=7)
    ) as server:
        lead_to(server, monkeypatch)
        yield server


@pytest.fixture
def entry(tidepool: TidepoolSimulator) -> MockConfigEntry:
    """Return an entry of somebody who logged in just now, not set up yet."""
    return entry_after_login(tidepool)


async def begin(hass: HomeAssistant, **typed: str) -> ConfigFlowResult:
    """Return what comes of the form that asks whom to follow."""
    flow = hass.config_entries.flow
    menu = await flow.async_init(DOMAIN, context={"source": "user"})
    to = {"next_step_id": "tidepool_oauth"}
    form = await flow.async_configure(menu["flow_id"], to)
    assert form["step_id"] == "tidepool_oauth"
    return await flow.async_configure(form["flow_id"], {**TYPED, **typed})


async def go_on(
    hass: HomeAssistant, form: ConfigFlowResult, **typed: str
) -> ConfigFlowResult:
    """Return what comes of the next form."""
    result = await hass.config_entries.flow.async_configure(form["flow_id"], typed)
    await settle(hass)
    return result


def suggested(form: ConfigFlowResult) -> dict[str, str]:
    """Return what a form begins with."""
    schema = form["data_schema"]
    assert schema is not None
    return {key: key.description["suggested_value"] for key in schema.schema}


def reauths(hass: HomeAssistant) -> list[str]:
    """Return the flows that ask somebody to log in again."""
    return [flow["flow_id"] for flow in hass.config_entries.flow.async_progress()]


def newest(hass: HomeAssistant) -> datetime:
    """Return when the newest reading is from."""
    return datetime.fromisoformat(state(hass, LAST_READING))


def asked(server: TidepoolSimulator, path: str) -> int:
    """Return how often a page was asked for."""
    return [request.path for request in server.requests].count(path)


def break_after_login(
    server: TidepoolSimulator, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let a fault begin as soon as there are tokens."""
    exchange = server.desk.exchange

    def then_fail(*args: object) -> object:
        server.fault = fault
        return exchange(*args)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(server.desk, "exchange", then_fail)


async def test_a_person_is_added_by_logging_in_and_followed(
    hass: HomeAssistant,
    tidepool: TidepoolSimulator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    result = await log_in(hass, hass_client_no_auth, await begin(hass), CREDENTIAL)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Alex"
    assert result["result"].unique_id == UNIQUE_ID
    data = result["data"]
    assert {key: data[key] for key in data if key != "token"} == {
        "source": "tidepool",
        "environment": "production",
        "user_id": tidepool.user_id,
        "auth_implementation": CREDENTIAL,
    }
    # Not who it is, which comes with it.
    assert set(data["token"]) == {
        *("access_token", "refresh_token", "token_type"),
        *("expires_in", "expires_at"),
    }
    assert state(hass, DELAYED).isdigit()
    assert tidepool.desk.logins == 0


async def test_an_application_proves_itself_and_shows_no_secret(
    hass: HomeAssistant,
    tidepool: TidepoolSimulator,
    clocks: Clocks,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """Home Assistant insists on one; the dialog says that any text will do."""
    await log_in(hass, hass_client_no_auth, await begin(hass), CREDENTIAL)
    await pass_time(hass, clocks, HOUR, step=10 * MINUTE)

    (page,) = (each for each in tidepool.requests if each.path.endswith("/auth"))
    assert page.query["scope"] == "openid offline_access"
    assert page.query["code_challenge_method"] == "S256"
    forms = [each for each in tidepool.requests if each.path == TOKEN_PAGE]
    assert b"code_verifier=" in forms[0].body
    assert b"refresh_token=" in forms[-1].body
    for each in tidepool.requests:
        assert CLIENT_SECRET.encode() not in each.body
        assert "Authorization" not in each.headers


async def test_who_sees_several_people_chooses_one_and_may_take_long(
    hass: HomeAssistant,
    tidepool: TidepoolSimulator,
    clocks: Clocks,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    tidepool.shares = [SAM]

    form = await log_in(hass, hass_client_no_auth, await begin(hass), CREDENTIAL)
    clocks.tick(HOUR)
    result = await go_on(hass, form, user_id=SAM.user_id)

    assert form["step_id"] == "tidepool_person"
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == "production:00aa11bb22"
    assert float(state(hass, DELAYED))


@pytest.mark.parametrize(
    ("fault", "error"),
    [(Fault.SERVER_ERROR, "cannot_connect"), (Fault.REFUSE, "invalid_auth")],
)
async def test_who_took_too_long_begins_again(
    hass: HomeAssistant,
    tidepool: TidepoolSimulator,
    clocks: Clocks,
    hass_client_no_auth: ClientSessionGenerator,
    fault: Fault,
    error: str,
) -> None:
    tidepool.shares = [SAM]
    form = await log_in(hass, hass_client_no_auth, await begin(hass), CREDENTIAL)
    clocks.tick(HOUR)
    tidepool.fault = fault

    failed = await go_on(hass, form, user_id=SAM.user_id)
    tidepool.fault = None
    again = await go_on(hass, failed, **TYPED)
    form = await log_in(hass, hass_client_no_auth, again, CREDENTIAL)
    result = await go_on(hass, form, user_id=SAM.user_id)

    assert failed["step_id"] == "tidepool_oauth"
    assert failed["errors"] == {"base": error}
    assert suggested(failed) == TYPED
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.UNREACHABLE, "cannot_connect"),
        (Fault.HTML, "invalid_response"),
        (Fault.RATE_LIMIT, "rate_limited"),
    ],
)
async def test_a_realm_that_is_not_told_can_be_asked_for_again(
    hass: HomeAssistant,
    tidepool: TidepoolSimulator,
    hass_client_no_auth: ClientSessionGenerator,
    fault: Fault,
    error: str,
) -> None:
    form = await begin(hass)
    tidepool.fault = fault
    failed = await go_on(hass, form, implementation=CREDENTIAL)
    tidepool.fault = None

    result = await log_in(hass, hass_client_no_auth, failed, CREDENTIAL)

    assert failed["step_id"] == "pick_implementation"
    assert failed["errors"] == {"base": error}
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.SERVER_ERROR, "cannot_connect"),
        (Fault.HTML, "invalid_response"),
        (Fault.REFUSE, "invalid_auth"),
    ],
)
async def test_a_login_that_opens_nothing_yet_can_be_repeated(
    hass: HomeAssistant,
    tidepool: TidepoolSimulator,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    error: str,
) -> None:
    with monkeypatch.context() as broken:
        break_after_login(tidepool, fault, broken)
        form = await begin(hass)
        failed = await log_in(hass, hass_client_no_auth, form, CREDENTIAL)
    tidepool.fault = None

    again = await go_on(hass, failed, **TYPED)
    result = await log_in(hass, hass_client_no_auth, again, CREDENTIAL)

    assert failed["step_id"] == "tidepool_oauth"
    assert failed["errors"] == {"base": error}
    assert suggested(failed) == TYPED
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_who_says_no_is_left_in_peace(
    hass: HomeAssistant,
    tidepool: TidepoolSimulator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    tidepool.is_denied = True

    result = await log_in(hass, hass_client_no_auth, await begin(hass), CREDENTIAL)

    assert result["reason"] == "user_rejected_authorize"


async def test_a_person_is_followed_once_whichever_way(
    hass: HomeAssistant,
    tidepool: TidepoolSimulator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await set_up(hass, entry_of())

    result = await log_in(hass, hass_client_no_auth, await begin(hass), CREDENTIAL)
    form = await begin(hass, environment="integration")
    elsewhere = await log_in(hass, hass_client_no_auth, form, CREDENTIAL)

    assert result["reason"] == "already_configured"
    assert elsewhere["result"].unique_id == f"integration:{tidepool.user_id}"


async def test_name_environment_and_credential_can_be_changed(
    hass: HomeAssistant,
    tidepool: TidepoolSimulator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await register(hass, "of-another", "another")
    entry = entry_after_login(tidepool, auth_implementation="another")
    await set_up(hass, entry)
    form = await entry.start_reconfigure_flow(hass)

    typed = {"name": "Lex", "environment": "integration"}
    pick = await go_on(hass, form, **typed)
    result = await log_in(hass, hass_client_no_auth, pick, CREDENTIAL)

    assert form["step_id"] == "tidepool_oauth"
    assert suggested(form) == TYPED
    assert suggested(pick) == {"implementation": "another"}
    assert result["reason"] == "reconfigure_successful"
    assert entry.data["auth_implementation"] == CREDENTIAL
    assert entry.title == "Lex"
    assert entry.unique_id == f"integration:{entry.data['user_id']}"
    assert entry.data["environment"] == "integration"


async def test_tokens_are_refreshed_once_in_their_life_and_the_realm_found_once(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    tidepool: TidepoolSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, entry)
    before = entry.data["token"]

    await pass_time(hass, clocks, 6 * HOUR, step=5 * MINUTE)

    assert entry.data["token"]["refresh_token"] != before["refresh_token"]
    assert asked(tidepool, "/info") == 1
    assert 20 < asked(tidepool, TOKEN_PAGE) <= 6 * 6
    assert newest(hass) > NOW + 6 * HOUR - 15 * MINUTE
    assert reauths(hass) == []


async def test_a_live_account_refreshes_no_more_often_than_tokens_end(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    tidepool: TidepoolSimulator,
    clocks: Clocks,
) -> None:
    """A token lives ten minutes here: what is early must not be its whole life."""
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry, options={"unit": "mg/dL", "live": True}
    )
    await set_up(hass, entry)
    tidepool.requests.clear()

    await pass_time(hass, clocks, 2 * HOUR, step=20 * timedelta(seconds=1))

    assert 10 <= asked(tidepool, TOKEN_PAGE) <= 13
    assert newest(hass) > NOW + 2 * HOUR - 10 * MINUTE


async def test_a_token_that_is_refused_early_is_refreshed(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    tidepool: TidepoolSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, entry)
    tidepool.desk.end_tokens(clocks.world())

    await pass_time(hass, clocks, HOUR, step=5 * MINUTE)

    assert reauths(hass) == []
    assert newest(hass) > NOW + 45 * MINUTE


@pytest.mark.parametrize(("is_lenient", "asks"), [(True, 0), (False, 1)])
async def test_a_refresh_whose_answer_is_lost_is_asked_for_again(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    tidepool: TidepoolSimulator,
    clocks: Clocks,
    is_lenient: bool,
    asks: int,
) -> None:
    """Where that is refused, the lost answer has ended the session already."""
    await set_up(hass, entry)
    tidepool.desk.is_lenient = is_lenient
    tidepool.loses_refreshes = True

    await pass_time(hass, clocks, HOUR, step=5 * MINUTE)

    assert not tidepool.loses_refreshes
    assert len(reauths(hass)) == asks
    assert entry.runtime_data.last_update_success is is_lenient


@pytest.mark.parametrize(
    "fault", [Fault.SERVER_ERROR, Fault.RATE_LIMIT, Fault.UNREACHABLE, Fault.HTML]
)
async def test_a_realm_that_is_out_of_order_ends_no_session(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    tidepool: TidepoolSimulator,
    clocks: Clocks,
    fault: Fault,
) -> None:
    await set_up(hass, entry)
    tidepool.fault = fault
    await pass_time(hass, clocks, 2 * HOUR, step=10 * MINUTE)
    tidepool.fault = None
    tidepool.realm_told = {"auth": None}
    await pass_time(hass, clocks, HOUR, step=10 * MINUTE)
    assert asked(tidepool, TOKEN_PAGE) <= 24

    tidepool.realm_told = None
    await pass_time(hass, clocks, HOUR, step=10 * MINUTE)

    assert reauths(hass) == []
    assert newest(hass) > NOW + 4 * HOUR - 25 * MINUTE


async def test_a_token_is_used_to_its_end_where_no_other_is_to_be_had(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    tidepool: TidepoolSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, entry)
    tidepool.realm_told = {"auth": None}
    clocks.tick(timedelta(seconds=555))
    tidepool.requests.clear()

    await entry.runtime_data.async_refresh()

    assert asked(tidepool, "/info") > 0
    assert asked(tidepool, f"/data/{tidepool.user_id}") > 0
    assert entry.runtime_data.last_update_success


async def test_a_realm_that_moves_is_found_again(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    tidepool: TidepoolSimulator,
    clocks: Clocks,
) -> None:
    async with TidepoolSimulator(clock=clocks.world) as before:
        before.desk = tidepool.desk
        tidepool.realm_told = {"auth": {"url": str(before.url), "realm": REALM}}
        await set_up(hass, entry)
        await pass_time(hass, clocks, HOUR, step=10 * MINUTE)
        assert asked(before, TOKEN_PAGE) > 0
    tidepool.realm_told = None

    await pass_time(hass, clocks, HOUR, step=10 * MINUTE)

    assert asked(tidepool, TOKEN_PAGE) > 0
    assert newest(hass) > NOW + 2 * HOUR - 25 * MINUTE
    assert reauths(hass) == []


async def test_a_withdrawn_consent_is_asked_for_again_and_not_tried_meanwhile(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    tidepool: TidepoolSimulator,
    clocks: Clocks,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await set_up(hass, entry)
    tidepool.desk.end_sessions()
    await pass_time(hass, clocks, 30 * MINUTE, step=MINUTE)
    tried = asked(tidepool, TOKEN_PAGE)
    await pass_time(hass, clocks, 2 * HOUR, step=5 * MINUTE)
    await restart(hass, entry)
    assert asked(tidepool, TOKEN_PAGE) == tried == 1

    (flow,) = reauths(hass)
    form = await hass.config_entries.flow.async_configure(flow)
    assert form["step_id"] == "reauth_tidepool_oauth"
    pick = await go_on(hass, form)
    assert suggested(pick) == {"implementation": CREDENTIAL}
    result = await log_in(hass, hass_client_no_auth, pick, CREDENTIAL)

    assert result["reason"] == "reauth_successful"
    assert newest(hass) > NOW + 2 * HOUR
    assert entry.unique_id == UNIQUE_ID


async def test_a_login_that_does_not_see_the_person_is_not_taken(
    hass: HomeAssistant,
    tidepool: TidepoolSimulator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    entry = entry_after_login(tidepool, user_id=SAM.user_id)
    entry.add_to_hass(hass)
    form = await entry.start_reauth_flow(hass)

    pick = await go_on(hass, form)
    result = await log_in(hass, hass_client_no_auth, pick, CREDENTIAL)

    assert result["reason"] == "wrong_account"


async def test_a_failed_reauth_says_why(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    tidepool: TidepoolSimulator,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry.add_to_hass(hass)
    form = await entry.start_reauth_flow(hass)
    pick = await go_on(hass, form)
    break_after_login(tidepool, Fault.SERVER_ERROR, monkeypatch)

    failed = await log_in(hass, hass_client_no_auth, pick, CREDENTIAL)

    assert failed["step_id"] == "reauth_tidepool_oauth"
    assert failed["errors"] == {"base": "cannot_connect"}


async def test_two_providers_are_kept_apart(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    tidepool: TidepoolSimulator,
    clocks: Clocks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Home Assistant knows two credentials, and not which is for whom."""
    await register(hass)
    async with DexcomApiSimulator(
        clock=clocks.world, person=SimulatedPerson(seed=9)
    ) as dexcom:
        lead_to_dexcom(dexcom, monkeypatch)
        other = dexcom_entry(dexcom)
        await set_up(hass, entry)
        await set_up(hass, other)
        for each, credential in (
            ("tidepool_oauth", CREDENTIAL),
            ("dexcom_api", DEXCOM_CREDENTIAL),
        ):
            flow = hass.config_entries.flow
            menu = await flow.async_init(DOMAIN, context={"source": "user"})
            form = await flow.async_configure(menu["flow_id"], {"next_step_id": each})
            where = "us" if each == "dexcom_api" else "production"
            pick = await go_on(hass, form, name="Robin", environment=where)
            assert suggested(pick) == {"implementation": credential}
            login = await go_on(hass, pick, implementation=credential)
            server = dexcom if each == "dexcom_api" else tidepool
            assert URL(login["url"]).origin() == server.url.origin()
            flow.async_abort(menu["flow_id"])
        await pass_time(hass, clocks, 3 * HOUR, step=10 * MINUTE)

        assert reauths(hass) == []
        assert entry.data["token"]["expires_in"] == 600
        assert other.data["token"]["expires_in"] == 7200
        assert other.runtime_data.last_update_success
        assert entry.runtime_data.last_update_success


async def test_an_account_link_knows_where_it_leads(
    hass: HomeAssistant, tidepool: TidepoolSimulator
) -> None:
    """Home Assistant's cloud may offer one; nothing of ours is changed in it."""
    link = LocalOAuth2Implementation(
        hass, "cloud", "id", "", "https://link.example/login", "https://link.example"
    )
    async_register_implementation(hass, DOMAIN, link)

    login = await go_on(hass, await begin(hass), implementation="cloud")

    assert URL(login["url"]).host == "link.example"
    assert tidepool.requests == []


async def test_the_dialog_for_credentials_leads_to_what_explains_them(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> None:
    assert await async_setup_component(hass, "application_credentials", {})
    client = await hass_ws_client(hass)

    await client.send_json_auto_id({"type": "application_credentials/config"})
    told = (await client.receive_json())["result"]["integrations"][DOMAIN]

    placeholders = told["description_placeholders"]
    docs = Path(__file__).parent.parent / "docs"
    for provider in ("dexcom", "tidepool"):
        assert (docs / URL(placeholders[provider]).name).exists()
    assert placeholders["redirect_url"].endswith("/redirect/oauth")
