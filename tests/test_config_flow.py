"""Adding a person, and changing where their glucose comes from."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from hashlib import sha1
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
import json
import ssl
from threading import Thread
from typing import Any, override
from unittest.mock import patch
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_USER,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.const import CONF_NAME, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.sources.nightscout import NightscoutSource
from custom_components.glucose_follow.const import (
    CONF_ACCESS_TOKEN,
    CONF_API_SECRET_SHA1,
    CONF_CREDENTIAL,
    CONF_SCENARIO,
    CONF_SCENARIO_SINCE,
    CONF_SEED,
    CONF_SOURCE,
    CONF_STALE_AFTER,
    CONF_UNIT,
    DOMAIN,
)
from simulators.nightscout import READABLE, NightscoutSimulator, RecordedRequest, faults

from .conftest import NOW, SECRET, TOKEN, Clocks
from .home import GLUCOSE, pass_time, set_up, settle, state, until

type MakeSite = Callable[..., NightscoutSimulator]

DELTA = "sensor.alex_delta"
SECRET_SHA1 = sha1(SECRET.encode(), usedforsecurity=False).hexdigest()
WRONG_TOKEN = "reader-ffffffffffffffff"
NEW_TOKEN = "reader-00000000000000aa"
NARROW_TOKEN = "narrow-fedcba9876543210"
DAY = timedelta(days=1)


@pytest.fixture
def make_site(clocks: Clocks) -> MakeSite:
    """Return how further sites are made, each to be entered by the test."""

    def make(**settings: Any) -> NightscoutSimulator:
        return NightscoutSimulator(
            clock=clocks.world, person=SimulatedPerson(seed=7), **settings
        )

    return make


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """Return the TLS settings of a server that vouches for itself.

    Made once, and so before a test stops the clock: cryptography takes no
    dates from a stopped one.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - 3650 * DAY)
        .not_valid_after(NOW + 3650 * DAY)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        certificate.public_bytes(pem)
        + key.private_bytes(
            pem,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context


class Anything(BaseHTTPRequestHandler):
    """Answers an empty list, whatever it is asked."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(HTTPStatus.OK)
        self.end_headers()
        self.wfile.write(b"[]")

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def untrusted(self_signed: ssl.SSLContext) -> Iterator[str]:
    """Run a server that answers whoever trusts it, and return its address.

    In a thread: Home Assistant's loop would report the broken handshake of a
    server of its own.
    """
    with HTTPServer(("127.0.0.1", 0), Anything) as server:
        server.socket = self_signed.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


async def start(hass: HomeAssistant, step: str = "nightscout") -> ConfigFlowResult:
    """Return the form for a source that was chosen from the menu."""
    menu = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    return await hass.config_entries.flow.async_configure(
        menu["flow_id"], {"next_step_id": step}
    )


async def submit(
    hass: HomeAssistant, form: ConfigFlowResult, **typed: Any
) -> ConfigFlowResult:
    """Fill a form in, and return what comes of it."""
    result = await hass.config_entries.flow.async_configure(form["flow_id"], typed)
    await settle(hass)
    return result


async def add(
    hass: HomeAssistant, step: str = "nightscout", **typed: Any
) -> ConfigFlowResult:
    """Go through the whole flow at once."""
    return await submit(hass, await start(hass, step), **typed)


async def set_options(
    hass: HomeAssistant, entry: ConfigEntry, **typed: Any
) -> ConfigFlowResult:
    """Go through the whole flow of settings at once."""
    form = await hass.config_entries.options.async_init(entry.entry_id)
    result = await hass.config_entries.options.async_configure(form["flow_id"], typed)
    await settle(hass)
    return result


def added(result: ConfigFlowResult) -> ConfigEntry:
    """Return the entry that a flow ended with; it works."""
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry: ConfigEntry = result["result"]
    assert entry.state is ConfigEntryState.LOADED
    return entry


def refused(
    result: ConfigFlowResult, error: str, typed: Mapping[str, Any]
) -> ConfigFlowResult:
    """Return a form that says what is wrong, and keeps what was typed."""
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": error}
    assert kept(result, *typed) == typed
    return result


def kept(result: ConfigFlowResult, *fields: str) -> dict[str, Any]:
    """Return what stands in the fields of a form before anything is typed."""
    schema = result["data_schema"]
    assert schema is not None
    stands = {
        str(key): (key.description or {}).get("suggested_value")
        for key in schema.schema
    }
    return {field: stands[field] for field in fields}


def bearing(site: NightscoutSimulator, credential: str) -> list[RecordedRequest]:
    """Return the requests that were sent with a credential."""
    return [
        request
        for request in site.requests
        if credential in (*request.headers.values(), *request.query.values())
    ]


def authority(site: NightscoutSimulator) -> str:
    """Return host and port of a site."""
    return site.url.authority


def identities(hass: HomeAssistant, entry: ConfigEntry) -> set[tuple[str, str]]:
    """Return what the history of an entry's entities hangs on."""
    registry = er.async_get(hass)
    return {
        (found.unique_id, found.entity_id)
        for found in er.async_entries_for_config_entry(registry, entry.entry_id)
    }


def unit_of(hass: HomeAssistant, entity_id: str) -> str:
    """Return the unit that an entity is shown in."""
    found = hass.states.get(entity_id)
    assert found is not None
    return str(found.attributes["unit_of_measurement"])


async def test_the_menu_leads_to_a_form_for_every_source(hass: HomeAssistant) -> None:
    menu = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )

    assert menu["type"] is FlowResultType.MENU
    assert menu["step_id"] == "user"
    assert menu["menu_options"] == [
        *("nightscout", "dexcom_share", "dexcom_api"),
        *("tidepool", "tidepool_oauth", "simulated"),
    ]
    for option in menu["menu_options"]:
        form = await start(hass, option)
        assert form["type"] is FlowResultType.FORM
        assert form["step_id"] == option
        assert not form["errors"]


async def test_a_site_is_followed_with_an_access_token(
    hass: HomeAssistant, site: NightscoutSimulator
) -> None:
    result = await add(hass, name="Alex", url=str(site.url), credential=TOKEN)

    entry = added(result)
    assert entry.title == "Alex"
    assert entry.unique_id == authority(site)
    assert entry.data == {
        CONF_SOURCE: "nightscout",
        CONF_URL: f"http://{authority(site)}",
        CONF_ACCESS_TOKEN: TOKEN,
    }
    assert entry.options == {CONF_UNIT: "mg/dL"}
    assert state(hass, GLUCOSE).isdigit()


@pytest.mark.parametrize("typed", [SECRET, f"  {SECRET} "])
async def test_of_an_api_secret_only_the_hash_is_kept(
    hass: HomeAssistant, site: NightscoutSimulator, typed: str
) -> None:
    result = await add(hass, name="Alex", url=str(site.url), credential=typed)

    entry = added(result)
    assert entry.data == {
        CONF_SOURCE: "nightscout",
        CONF_URL: f"http://{authority(site)}",
        CONF_API_SECRET_SHA1: SECRET_SHA1,
    }
    assert SECRET not in json.dumps(entry.as_dict(), default=str)
    assert not bearing(site, SECRET)
    assert state(hass, GLUCOSE).isdigit()


@pytest.mark.parametrize("nothing", [{}, {CONF_CREDENTIAL: " "}])
async def test_an_open_site_is_followed_without_a_credential(
    hass: HomeAssistant, make_site: MakeSite, nothing: dict[str, str]
) -> None:
    async with make_site(api_secret=SECRET) as site:
        result = await add(hass, name="Alex", url=str(site.url), **nothing)

    assert added(result).data == {
        CONF_SOURCE: "nightscout",
        CONF_URL: f"http://{authority(site)}",
    }
    assert not any("api-secret" in request.headers for request in site.requests)


@pytest.mark.parametrize(
    ("pasted", "credential"),
    [
        ("http://{site}", TOKEN),
        (" http://{site}/ ", TOKEN),
        ("HTTP://{site}//", TOKEN),
        ("http://{site}/api/v1", TOKEN),
        ("http://{site}/api/v1/entries.json?count=3", TOKEN),
        ("http://{site}/#settings", TOKEN),
        ("{site}", TOKEN),
        ("http://{site}/?token={token}", None),
        ("{site}/api/v1/entries.json?token={token}", ""),
        ("http://{secret}@{site}/api/v1/", None),
    ],
)
async def test_an_address_may_be_pasted_as_it_is_found(
    hass: HomeAssistant,
    site: NightscoutSimulator,
    pasted: str,
    credential: str | None,
) -> None:
    url = pasted.format(site=authority(site), token=TOKEN, secret=quote(SECRET))
    typed = {} if credential is None else {CONF_CREDENTIAL: credential}

    result = await add(hass, name="Alex", url=url, **typed)

    entry = added(result)
    is_secret = "secret" in pasted
    assert entry.unique_id == authority(site)
    assert entry.data == {
        CONF_SOURCE: "nightscout",
        CONF_URL: f"http://{authority(site)}",
        **(
            {CONF_API_SECRET_SHA1: SECRET_SHA1}
            if is_secret
            else {CONF_ACCESS_TOKEN: TOKEN}
        ),
    }
    assert quote(SECRET) not in json.dumps(entry.as_dict(), default=str)


async def test_a_typed_credential_wins_over_the_one_in_the_address(
    hass: HomeAssistant, site: NightscoutSimulator
) -> None:
    url = f"{site.url}?token={WRONG_TOKEN}"

    result = await add(hass, name="Alex", url=url, credential=TOKEN)

    assert added(result).data[CONF_ACCESS_TOKEN] == TOKEN
    assert not bearing(site, WRONG_TOKEN)


async def test_blanks_do_not_hide_the_credential_in_the_address(
    hass: HomeAssistant, site: NightscoutSimulator
) -> None:
    url = f"{site.url}?token={TOKEN}"

    result = await add(hass, name="Alex", url=url, credential=" ")

    assert added(result).data[CONF_ACCESS_TOKEN] == TOKEN


async def test_a_site_may_live_below_a_path(
    hass: HomeAssistant, make_site: MakeSite
) -> None:
    async with make_site(prefix="/family/alex") as site:
        result = await add(hass, name="Alex", url=f"{site.url}/api/v1/")

        entry = added(result)
        assert entry.data[CONF_URL] == str(site.url)
        assert entry.unique_id == f"{authority(site)}/family/alex"
        assert state(hass, GLUCOSE).isdigit()


@pytest.mark.parametrize(
    ("typed", "site_title", "title"),
    [
        ({}, "Robin's glucose", "Robin's glucose"),
        ({CONF_NAME: "  "}, "Robin's glucose", "Robin's glucose"),
        ({}, "Nightscout", "Nightscout"),
        ({CONF_NAME: " Alex "}, "Robin's glucose", "Alex"),
    ],
)
async def test_a_person_without_a_name_is_called_what_the_site_is_called(
    hass: HomeAssistant,
    make_site: MakeSite,
    typed: dict[str, str],
    site_title: str,
    title: str,
) -> None:
    async with make_site(title=site_title) as site:
        result = await add(hass, url=str(site.url), **typed)

    assert added(result).title == title


async def test_the_unit_of_the_site_is_the_unit_of_the_person(
    hass: HomeAssistant, make_site: MakeSite
) -> None:
    async with make_site(units="mmol") as site:
        result = await add(hass, name="Alex", url=str(site.url))

        entry = added(result)
        assert entry.options == {CONF_UNIT: "mmol/L"}
        assert unit_of(hass, GLUCOSE) == "mmol/L"
        assert unit_of(hass, DELTA) == "mmol/L"
        mgdl = entry.runtime_data.data.latest.mgdl
        assert float(state(hass, GLUCOSE)) == pytest.approx(mgdl / 18.016, abs=0.06)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "  ",
        "my site",
        "http://",
        "ftp://127.0.0.1",
        "http://[::1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:0",
    ],
)
async def test_what_is_no_address_can_be_corrected(
    hass: HomeAssistant, site: NightscoutSimulator, url: str
) -> None:
    typed = {CONF_NAME: "Alex", CONF_URL: url, CONF_CREDENTIAL: TOKEN}

    result = await add(hass, **typed)

    refused(result, "cannot_connect", typed)
    assert not site.requests
    assert added(await submit(hass, result, **typed | {CONF_URL: str(site.url)}))


async def test_a_site_that_is_down_can_be_added_once_it_is_up(
    hass: HomeAssistant, site: NightscoutSimulator
) -> None:
    typed = {CONF_NAME: "Alex", CONF_URL: str(site.url), CONF_CREDENTIAL: TOKEN}
    await site.close()

    result = await add(hass, **typed)
    await site.start()

    refused(result, "cannot_connect", typed)
    assert added(await submit(hass, result, **typed))


async def test_a_site_that_never_answers_is_given_up(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    typed = {CONF_NAME: "Alex", CONF_URL: str(site.url), CONF_CREDENTIAL: TOKEN}
    form = await start(hass)
    site.fault = faults.Hang()

    submitted = asyncio.create_task(submit(hass, form, **typed))
    await site.wait_for_requests()
    clocks.tick(timedelta(seconds=31))
    result = await submitted
    site.fault = None

    refused(result, "cannot_connect", typed)
    assert len(site.requests) == 1
    assert added(await submit(hass, result, **typed))


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    hass: HomeAssistant, site: NightscoutSimulator, untrusted: str
) -> None:
    typed = {CONF_NAME: "Alex", CONF_URL: untrusted, CONF_CREDENTIAL: TOKEN}

    result = await add(hass, **typed)

    refused(result, "cannot_connect", typed)
    assert added(await submit(hass, result, **typed | {CONF_URL: str(site.url)}))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.Unreachable(), "cannot_connect"),
        (faults.ServerError(), "cannot_connect"),
        (faults.DatabaseLost(), "cannot_connect"),
        (faults.Truncate(), "cannot_connect"),
        (faults.RateLimit(60), "rate_limited"),
        (faults.Html(), "invalid_response"),
        (faults.NotFound(), "invalid_response"),
        (faults.Garbage({"surprise": 1}), "invalid_response"),
        (faults.Truncate(is_announced=True), "invalid_response"),
        (faults.Endless(), "invalid_response"),
        (faults.Huge(is_announced=False), "invalid_response"),
        (faults.ServerError(403), "invalid_auth"),
        (faults.ServerError(403, only=("entries",)), "not_permitted"),
        (faults.Refuse(), "invalid_auth"),
        (faults.Refuse(only=("entries",)), "not_permitted"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
async def test_what_is_wrong_with_a_site_is_said_and_can_be_overcome(
    hass: HomeAssistant,
    site: NightscoutSimulator,
    fault: faults.Fault,
    error: str,
) -> None:
    typed = {CONF_NAME: "Alex", CONF_URL: str(site.url), CONF_CREDENTIAL: TOKEN}
    site.fault = fault

    result = await add(hass, **typed)
    site.fault = None

    refused(result, error, typed)
    assert added(await submit(hass, result, **typed))


@pytest.mark.parametrize("default_roles", ["denied", "readable"])
@pytest.mark.parametrize("wrong", [WRONG_TOKEN, "battery staple"])
async def test_a_wrong_credential_is_said_to_be_wrong(
    hass: HomeAssistant,
    make_site: MakeSite,
    clocks: Clocks,
    wrong: str,
    default_roles: str,
) -> None:
    """It is sent once: a site holds everybody here back for each wrong one."""
    sent = (
        wrong
        if wrong == WRONG_TOKEN
        else sha1(wrong.encode(), usedforsecurity=False).hexdigest()
    )
    held: list[float] = []

    async def hold(seconds: float) -> None:
        held.append(seconds)

    async with make_site(
        api_secret=SECRET,
        tokens={TOKEN: READABLE},
        default_roles=default_roles,
        sleep=hold,
    ) as site:
        typed = {CONF_NAME: "Alex", CONF_URL: str(site.url), CONF_CREDENTIAL: wrong}

        result = await add(hass, **typed)
        attempts = len(bearing(site, sent))
        clocks.tick(timedelta(seconds=10))
        corrected = await submit(hass, result, **typed | {CONF_CREDENTIAL: TOKEN})

        refused(result, "invalid_auth", typed)
        assert attempts == 1
        assert len(bearing(site, sent)) == 1
        assert not held
        assert added(corrected).data[CONF_ACCESS_TOKEN] == TOKEN


async def test_a_site_that_is_not_open_wants_a_credential(
    hass: HomeAssistant, site: NightscoutSimulator
) -> None:
    typed = {CONF_NAME: "Alex", CONF_URL: str(site.url)}

    result = await add(hass, **typed)

    refused(result, "invalid_auth", typed)
    assert added(await submit(hass, result, **typed, credential=TOKEN))


async def test_a_token_that_may_not_read_glucose_is_not_called_wrong(
    hass: HomeAssistant, site: NightscoutSimulator
) -> None:
    site.grant(NARROW_TOKEN, ["status"])
    typed = {CONF_NAME: "Alex", CONF_URL: str(site.url), CONF_CREDENTIAL: NARROW_TOKEN}

    result = await add(hass, **typed)
    site.grant(NARROW_TOKEN, ["entries"])

    refused(result, "not_permitted", typed)
    assert added(await submit(hass, result, **typed))


async def test_what_nobody_foresaw_ends_in_the_log_and_not_in_a_traceback(
    hass: HomeAssistant,
    site: NightscoutSimulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    typed = {CONF_NAME: "Alex", CONF_URL: str(site.url), CONF_CREDENTIAL: TOKEN}

    with patch.object(NightscoutSource, "identify", side_effect=ZeroDivisionError):
        result = await add(hass, **typed)

    refused(result, "unknown", typed)
    assert "Unexpected error while checking a source" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert TOKEN not in caplog.text
    assert added(await submit(hass, result, **typed))


@pytest.mark.parametrize(
    "url", ["http://{site}", "{site}/api/v1/", "http://{site}/?token={token}"]
)
async def test_nobody_is_followed_twice_however_the_address_is_written(
    hass: HomeAssistant, site: NightscoutSimulator, url: str
) -> None:
    first = added(await add(hass, name="Alex", url=str(site.url), credential=TOKEN))
    asked = len(site.requests)

    result = await add(
        hass,
        name="Robin",
        url=url.format(site=authority(site), token=TOKEN),
        credential=SECRET,
    )

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert hass.config_entries.async_entries(DOMAIN) == [first]
    assert first.data[CONF_ACCESS_TOKEN] == TOKEN
    assert len(site.requests) == asked


async def test_two_sites_on_one_host_are_two_people(
    hass: HomeAssistant, make_site: MakeSite
) -> None:
    async with make_site(prefix="/alex") as site:
        first = added(await add(hass, name="Alex", url=str(site.url)))
    port = site.url.port
    assert port is not None

    async with make_site(prefix="/robin", port=port) as site:
        second = added(await add(hass, name="Robin", url=str(site.url)))

    assert hass.config_entries.async_entries(DOMAIN) == [first, second]
    assert first.unique_id == f"127.0.0.1:{port}/alex"
    assert second.unique_id == f"127.0.0.1:{port}/robin"


@pytest.mark.usefixtures("now")
async def test_a_simulated_person_has_a_name_and_a_scenario(
    hass: HomeAssistant,
) -> None:
    result = await add(hass, "simulated", name=" Alex ", scenario="high")

    entry = added(result)
    seed = entry.data[CONF_SEED]
    assert entry.title == "Alex"
    assert entry.data == {CONF_SOURCE: "simulated", CONF_SEED: seed}
    assert isinstance(seed, int)
    assert entry.options == {
        CONF_UNIT: "mg/dL",
        CONF_SCENARIO: "high",
        CONF_SCENARIO_SINCE: NOW.isoformat(),
    }
    assert state(hass, "select.alex_scenario") == "high"
    assert state(hass, GLUCOSE).isdigit()


async def test_two_simulated_people_are_not_the_same_person(
    hass: HomeAssistant,
) -> None:
    first = added(await add(hass, "simulated", name="Alex", scenario="day"))
    second = added(await add(hass, "simulated", name="Robin", scenario="day"))

    assert first.data[CONF_SEED] != second.data[CONF_SEED]


async def test_a_simulated_name_is_taken_once_in_whatever_case(
    hass: HomeAssistant,
) -> None:
    added(await add(hass, "simulated", name="Alex", scenario="day"))

    result = await add(hass, "simulated", name=" ALEX ", scenario="low")

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert len(hass.config_entries.async_entries(DOMAIN)) == 1


async def test_a_simulated_person_is_never_called_nightscout(
    hass: HomeAssistant,
) -> None:
    """A name of blanks is no name, and this person has no site to lend one."""
    result = await add(hass, "simulated", name="  ", scenario="day")

    assert result.get("title") != "Nightscout"


async def test_only_known_scenarios_can_be_chosen(hass: HomeAssistant) -> None:
    form = await start(hass, "simulated")

    with pytest.raises(InvalidData):
        await submit(hass, form, name="Alex", scenario="immortal")

    assert added(await submit(hass, form, name="Alex", scenario="day"))


async def test_a_site_that_refuses_what_it_accepted_asks_for_it_again(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, entry)
    first = entry.runtime_data
    site.revoke(TOKEN)
    await pass_time(hass, clocks, timedelta(minutes=7), step=timedelta(seconds=30))
    (flow,) = hass.config_entries.flow.async_progress()
    form = await hass.config_entries.flow.async_configure(flow["flow_id"])

    wrong = await submit(hass, flow, credential=WRONG_TOKEN)
    attempts = len(bearing(site, WRONG_TOKEN))
    site.grant(NEW_TOKEN, READABLE)
    clocks.tick(timedelta(seconds=10))
    right = await submit(hass, flow, credential=NEW_TOKEN)

    assert flow["context"]["source"] == SOURCE_REAUTH
    assert form["step_id"] == "reauth_confirm"
    assert not form["errors"]
    placeholders = form["description_placeholders"]
    assert placeholders is not None
    assert placeholders["name"] == "Alex"
    assert kept(form, CONF_CREDENTIAL) == {CONF_CREDENTIAL: None}
    refused(wrong, "invalid_auth", {CONF_CREDENTIAL: WRONG_TOKEN})
    assert attempts == 1
    assert right["type"] is FlowResultType.ABORT
    assert right["reason"] == "reauth_successful"
    assert entry.data == {
        CONF_SOURCE: "nightscout",
        CONF_URL: str(site.url),
        CONF_ACCESS_TOKEN: NEW_TOKEN,
    }
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data is not first
    assert not hass.config_entries.flow.async_progress()
    assert state(hass, GLUCOSE).isdigit()


async def test_a_secret_may_take_the_place_of_a_token(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    await set_up(hass, entry)
    form = await entry.start_reauth_flow(hass)

    result = await submit(hass, form, credential=SECRET)

    assert result["reason"] == "reauth_successful"
    assert entry.data == {
        CONF_SOURCE: "nightscout",
        CONF_URL: str(site.url),
        CONF_API_SECRET_SHA1: SECRET_SHA1,
    }
    assert entry.title == "Alex"
    assert entry.unique_id == "site"


async def test_reauthentication_says_that_the_site_is_down(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    await set_up(hass, entry)
    form = await entry.start_reauth_flow(hass)
    site.fault = faults.ServerError(502)

    result = await submit(hass, form, credential=TOKEN)
    site.fault = None

    refused(result, "cannot_connect", {CONF_CREDENTIAL: TOKEN})
    recovered = await submit(hass, result, credential=TOKEN)
    assert recovered["reason"] == "reauth_successful"


async def test_a_site_that_never_worked_asks_for_a_credential(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    site.revoke(TOKEN)
    await set_up(hass, entry)
    clocks.tick(timedelta(seconds=10))
    is_set_up = entry.state is ConfigEntryState.LOADED
    (flow,) = hass.config_entries.flow.async_progress()

    site.grant(NEW_TOKEN, READABLE)
    result = await submit(hass, flow, credential=NEW_TOKEN)

    assert not is_set_up
    assert result["reason"] == "reauth_successful"
    assert entry.state is ConfigEntryState.LOADED


async def test_a_site_that_moves_keeps_its_history(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    make_site: MakeSite,
) -> None:
    await set_up(hass, entry)
    # Which profile is in use is worked out in a thread.
    await until(lambda: hass.states.get("sensor.alex_active_profile") is not None)
    before = identities(hass, entry)
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    form = await entry.start_reconfigure_flow(hass)

    async with make_site(tokens={TOKEN: READABLE}, default_roles="denied") as moved:
        result = await submit(
            hass, form, name="Alex", url=str(moved.url), credential=TOKEN
        )

        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "reconfigure_successful"
        assert entry.data[CONF_URL] == f"http://{authority(moved)}"
        assert entry.unique_id == authority(moved)
        assert entry.options == {CONF_UNIT: "mg/dL"}
        assert entry.state is ConfigEntryState.LOADED
        assert identities(hass, entry) == before
        assert [device.id for device in devices] == [
            device.id
            for device in dr.async_entries_for_config_entry(
                dr.async_get(hass), entry.entry_id
            )
        ]
        assert any(request.kind == "entries" for request in moved.requests)
        assert state(hass, GLUCOSE).isdigit()


async def test_reconfiguring_begins_with_what_is_known_but_the_credential(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    await set_up(hass, entry)

    form = await entry.start_reconfigure_flow(hass)

    assert form["step_id"] == "reconfigure"
    assert kept(form, CONF_NAME, CONF_URL, CONF_CREDENTIAL) == {
        CONF_NAME: "Alex",
        CONF_URL: str(site.url),
        CONF_CREDENTIAL: None,
    }
    assert TOKEN not in str(form)


@pytest.mark.parametrize(
    ("credential", "nothing"),
    [
        ({CONF_ACCESS_TOKEN: TOKEN}, {}),
        ({CONF_ACCESS_TOKEN: TOKEN}, {CONF_CREDENTIAL: " "}),
        ({CONF_API_SECRET_SHA1: SECRET_SHA1}, {CONF_CREDENTIAL: ""}),
    ],
)
async def test_an_empty_credential_keeps_the_old_one(
    hass: HomeAssistant,
    site: NightscoutSimulator,
    credential: dict[str, str],
    nothing: dict[str, str],
) -> None:
    url = f"http://{authority(site)}"
    data = {CONF_SOURCE: "nightscout", CONF_URL: url} | credential
    entry = MockConfigEntry(
        domain=DOMAIN, title="Alex", data=data, options={CONF_UNIT: "mg/dL"}
    )
    await set_up(hass, entry)
    form = await entry.start_reconfigure_flow(hass)

    result = await submit(hass, form, name="Sasha", url=url, **nothing)

    assert result["reason"] == "reconfigure_successful"
    assert entry.data == data
    assert entry.title == "Sasha"


async def test_a_new_credential_takes_the_place_of_the_old_one(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    await set_up(hass, entry)
    form = await entry.start_reconfigure_flow(hass)

    result = await submit(hass, form, name="Alex", url=str(site.url), credential=SECRET)

    assert result["reason"] == "reconfigure_successful"
    assert entry.data == {
        CONF_SOURCE: "nightscout",
        CONF_URL: f"http://{authority(site)}",
        CONF_API_SECRET_SHA1: SECRET_SHA1,
    }


async def test_a_new_name_is_the_name_of_entry_and_device(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    await set_up(hass, entry)
    before = identities(hass, entry)
    form = await entry.start_reconfigure_flow(hass)

    await submit(hass, form, name=" Sasha ", url=str(site.url))

    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert entry.title == "Sasha"
    assert device.name == "Sasha"
    assert identities(hass, entry) == before


async def test_a_credential_is_forgotten_on_request(
    hass: HomeAssistant, entry: MockConfigEntry, make_site: MakeSite
) -> None:
    async with make_site(default_roles="readable") as everybodys:
        entry.add_to_hass(hass)
        url = str(everybodys.url)
        hass.config_entries.async_update_entry(entry, data={**entry.data, "url": url})
        form = await entry.start_reconfigure_flow(hass)

        result = await submit(hass, form, url=url, forget_credential=True)

        assert result["reason"] == "reconfigure_successful"
        assert CONF_ACCESS_TOKEN not in entry.data


async def test_another_host_is_not_sent_the_old_credential(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "url": "https://elsewhere.example"}
    )
    form = await entry.start_reconfigure_flow(hass)

    refused = await submit(hass, form, url=str(site.url))

    assert refused["errors"] == {"base": "invalid_auth"}
    assert all(TOKEN not in str(request.headers) for request in site.requests)


async def test_a_name_is_kept_where_there_is_no_other(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> None:
    await set_up(hass, entry)
    form = await entry.start_reconfigure_flow(hass)

    await submit(hass, form, url=str(site.url))

    assert entry.title == "Alex"


async def test_the_address_of_somebody_else_is_not_taken(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    make_site: MakeSite,
) -> None:
    await set_up(hass, entry)
    async with make_site() as other:
        added(await add(hass, name="Robin", url=str(other.url)))
        asked = len(other.requests)
        form = await entry.start_reconfigure_flow(hass)

        result = await submit(hass, form, name="Alex", url=authority(other))

        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "already_configured"
        assert entry.data[CONF_URL] == str(site.url)
        assert entry.unique_id == "site"
        assert len(other.requests) == asked


async def test_reconfiguring_says_what_is_wrong_and_changes_nothing_until_it_works(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, entry)
    before = entry.as_dict()
    form = await entry.start_reconfigure_flow(hass)
    typed = {
        CONF_NAME: "Sasha",
        CONF_URL: str(site.url),
        CONF_CREDENTIAL: WRONG_TOKEN,
    }

    result = await submit(hass, form, **typed)
    unchanged = entry.as_dict()
    clocks.tick(timedelta(seconds=10))
    recovered = await submit(hass, result, **typed | {CONF_CREDENTIAL: TOKEN})

    refused(result, "invalid_auth", typed)
    assert unchanged == before
    assert recovered["reason"] == "reconfigure_successful"
    assert entry.title == "Sasha"


async def test_reconfiguring_is_possible_while_a_credential_is_asked_for(
    hass: HomeAssistant,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    entry = added(await add(hass, name="Alex", url=str(site.url), credential=TOKEN))
    site.revoke(TOKEN)
    await pass_time(hass, clocks, timedelta(minutes=7), step=timedelta(seconds=30))
    assert len(hass.config_entries.flow.async_progress()) == 1
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "reconfigure", "entry_id": entry.entry_id}
    )

    clocks.tick(timedelta(seconds=10))
    result = await submit(hass, form, name="Alex", url=str(site.url), credential=SECRET)

    assert result["reason"] == "reconfigure_successful"
    assert CONF_ACCESS_TOKEN not in entry.data
    assert entry.state is ConfigEntryState.LOADED
    assert state(hass, GLUCOSE).isdigit()


async def test_a_simulated_person_stays_the_same_person(
    hass: HomeAssistant, clocks: Clocks
) -> None:
    entry = added(await add(hass, "simulated", name="Alex", scenario="high"))
    data, before = dict(entry.data), identities(hass, entry)
    await set_options(hass, entry, unit="mmol/L", stale_after=12)
    clocks.tick(timedelta(minutes=5))
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "reconfigure", "entry_id": entry.entry_id}
    )

    result = await submit(hass, form, name="Sasha", scenario="low")

    assert form["step_id"] == "simulated"
    assert kept(form, CONF_NAME, CONF_SCENARIO) == {
        CONF_NAME: "Alex",
        CONF_SCENARIO: "high",
    }
    assert result["reason"] == "reconfigure_successful"
    assert entry.title == "Sasha"
    assert entry.unique_id == "simulated-sasha"
    assert entry.data == data
    assert entry.options == {
        CONF_UNIT: "mmol/L",
        CONF_STALE_AFTER: 12,
        CONF_SCENARIO: "low",
        CONF_SCENARIO_SINCE: (NOW + timedelta(minutes=5)).isoformat(),
    }
    assert identities(hass, entry) == before


async def test_a_simulated_person_cannot_take_the_name_of_another(
    hass: HomeAssistant, clocks: Clocks
) -> None:
    entry = added(await add(hass, "simulated", name="Alex", scenario="high"))
    added(await add(hass, "simulated", name="Robin", scenario="day"))
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "reconfigure", "entry_id": entry.entry_id}
    )

    result = await submit(hass, form, name="robin", scenario="low")

    assert result["reason"] == "already_configured"
    assert entry.title == "Alex"
    assert entry.options[CONF_SCENARIO] == "high"


async def test_settings_begin_with_what_is_set(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    fresh = await hass.config_entries.options.async_init(entry.entry_id)
    await set_options(hass, entry, unit="mmol/L", stale_after=10)
    later = await hass.config_entries.options.async_init(entry.entry_id)

    assert fresh["step_id"] == "init"
    assert fresh["data_schema"] is not None
    assert fresh["data_schema"]({CONF_UNIT: "mg/dL"})[CONF_STALE_AFTER] == 15
    assert kept(fresh, CONF_UNIT) == {CONF_UNIT: "mg/dL"}
    assert kept(later, CONF_UNIT, CONF_STALE_AFTER) == {
        CONF_UNIT: "mmol/L",
        CONF_STALE_AFTER: 10,
    }


async def test_settings_are_kept_as_they_are_meant(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    first = entry.runtime_data

    result = await set_options(hass, entry, unit="mmol/L", stale_after=12.0)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {CONF_UNIT: "mmol/L", CONF_STALE_AFTER: 12}
    assert type(entry.options[CONF_STALE_AFTER]) is int
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data is not first
    assert entry.runtime_data.stale_after == timedelta(minutes=12)


async def test_settings_of_voice_are_kept_and_forgotten(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """A field that is emptied is empty, not what it was before."""
    await set_up(hass, entry)
    shown = {"unit": "mg/dL", "stale_after": 15}

    await set_options(
        hass,
        entry,
        **shown,
        voice=True,
        nicknames=[" Ally ", ""],
        person="person.alex",
        sensor_days=10.0,
        expose_to_assist=False,
    )
    chosen = dict(entry.options)
    await set_options(hass, entry, **shown, voice=False)

    assert chosen == {
        **shown,
        "voice": True,
        "nicknames": ["Ally"],
        "person": "person.alex",
        "sensor_days": 10,
    }
    assert type(chosen["sensor_days"]) is int
    assert entry.options == shown


@pytest.mark.parametrize(
    "typed",
    [
        {CONF_UNIT: "mg/dL", CONF_STALE_AFTER: 7},
        {CONF_UNIT: "mg/dL", CONF_STALE_AFTER: 15, "sensor_days": 0},
        {CONF_UNIT: "mg/dL", CONF_STALE_AFTER: 15, "person": "light.alex"},
        {CONF_UNIT: "mg/dL", CONF_STALE_AFTER: 21},
        {CONF_UNIT: "g/L", CONF_STALE_AFTER: 15},
    ],
)
async def test_settings_have_limits(
    hass: HomeAssistant, entry: MockConfigEntry, typed: dict[str, Any]
) -> None:
    await set_up(hass, entry)

    with pytest.raises(InvalidData):
        await set_options(hass, entry, **typed)

    assert entry.options == {CONF_UNIT: "mg/dL"}


async def test_settings_leave_the_scenario_alone(
    hass: HomeAssistant, clocks: Clocks
) -> None:
    entry = added(await add(hass, "simulated", name="Alex", scenario="high"))

    await set_options(hass, entry, unit="mg/dL", stale_after=8)

    assert entry.options == {
        CONF_UNIT: "mg/dL",
        CONF_STALE_AFTER: 8,
        CONF_SCENARIO: "high",
        CONF_SCENARIO_SINCE: NOW.isoformat(),
    }
    assert state(hass, "select.alex_scenario") == "high"


async def test_glucose_and_delta_follow_the_unit_there_and_back(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    data = entry.runtime_data.data
    assert data.delta is not None

    await set_options(hass, entry, unit="mmol/L", stale_after=15)
    there = {
        name: (state(hass, name), unit_of(hass, name)) for name in (GLUCOSE, DELTA)
    }
    await set_options(hass, entry, unit="mg/dL", stale_after=15)
    back = {name: (state(hass, name), unit_of(hass, name)) for name in (GLUCOSE, DELTA)}

    assert float(there[GLUCOSE][0]) == pytest.approx(
        data.latest.mgdl / 18.016, abs=0.06
    )
    assert float(there[DELTA][0]) == pytest.approx(data.delta / 18.016, abs=0.06)
    assert {unit for _, unit in there.values()} == {"mmol/L"}
    assert float(back[GLUCOSE][0]) == data.latest.mgdl
    assert float(back[DELTA][0]) == pytest.approx(data.delta, abs=0.06)
    assert {unit for _, unit in back.values()} == {"mg/dL"}


async def test_the_unit_that_a_person_chose_for_glucose_wins(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    er.async_get(hass).async_update_entity_options(
        GLUCOSE, "sensor", {"unit_of_measurement": "mg/dL"}
    )
    await settle(hass)

    await set_options(hass, entry, unit="mmol/L", stale_after=15)

    assert unit_of(hass, GLUCOSE) == "mg/dL"
    assert float(state(hass, GLUCOSE)) == entry.runtime_data.data.latest.mgdl
    assert unit_of(hass, DELTA) == "mmol/L"


async def test_renaming_a_simulated_person_does_not_begin_the_scenario_again(
    hass: HomeAssistant, clocks: Clocks
) -> None:
    entry = added(await add(hass, "simulated", name="Sim", scenario="low"))
    before = entry.options
    clocks.tick(timedelta(minutes=7))
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "reconfigure", "entry_id": entry.entry_id}
    )

    await submit(hass, form, name="Simone", scenario="low")

    assert entry.title == "Simone"
    assert entry.options == before


async def test_a_form_left_open_elsewhere_locks_nobody_out(
    hass: HomeAssistant, site: NightscoutSimulator, clocks: Clocks
) -> None:
    left = await add(hass, name="Alex", url=str(site.url), credential=WRONG_TOKEN)
    clocks.tick(timedelta(seconds=10))

    result = await add(hass, name="Alex", url=str(site.url), credential=TOKEN)

    assert left["errors"] == {"base": "invalid_auth"}
    added(result)


async def test_a_reconfiguration_left_open_locks_nobody_out(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    await set_up(hass, entry)
    typed = {"name": "Alex", "url": str(site.url)}
    left = await entry.start_reconfigure_flow(hass)
    await submit(hass, left, **typed, credential=WRONG_TOKEN)
    clocks.tick(timedelta(seconds=10))
    form = await entry.start_reconfigure_flow(hass)

    result = await submit(hass, form, **typed, credential=TOKEN)

    assert result["reason"] == "reconfigure_successful"
