"""Sources of people who must not be given away, and what would give them away."""

from base64 import b64encode
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from hashlib import sha1
import json
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import hdrs
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow import factory
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.sources.dexcom_share import DexcomShareSource
from custom_components.glucose_follow.const import DOMAIN
from simulators.dexcom_api import (
    CLIENT_ID,
    CLIENT_SECRET,
    DexcomApiSimulator,
    Fault as ApiFault,
)
from simulators.dexcom_share import DexcomShareSimulator
from simulators.loopback import LOCALHOST, LoopbackServer
from simulators.nightscout import NightscoutSimulator, faults, socket_faults
from simulators.tidepool import (
    CLIENT_ID as TIDEPOOL_CLIENT_ID,
    MGDL_PER_MMOL,
    TOKEN_HEADER,
    USER_ID,
    Fault as TidepoolFault,
    TidepoolSimulator,
)

from .conftest import SECRET, TOKEN, Clocks
from .dexcom_api import USER, entry_of, lead_to, register
from .home import Rest, calm, settle
from .tidepool import (
    CREDENTIAL as TIDEPOOL_CREDENTIAL,
    entry_of as tidepool_entry,
    lead_to as lead_to_tidepool,
    oauth_entry_of as tidepool_oauth_entry,
)

EMAIL = "alex@example.org"
PHONE = "+15550100123"
PASSWORD = "Tr0ub4dor-and-3"
ACCOUNT = "12345678-9abc-4def-8123-456789abcdef"
SHA1 = sha1(SECRET.encode(), usedforsecurity=False).hexdigest()
BY_TOKEN = {"access_token": TOKEN}
BY_SECRET = {"api_secret_sha1": SHA1}

NAME = "Wilhelmina"
"""Of the person; not the part of an address that others have too."""

NOTE = "birthday cake for Ottilie"
WRITER = "Uncle Leopold"
MGDL = 387
"""Nothing else is counted or numbered like this."""

JWT = r"^[\w-]+\.[\w-]+\.[\w-]+$"
UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"

SHOWN = {
    *("accountId", "accountName", "client_secret", "code", "password"),
    *("refresh_token", "sessionId"),
}
"""Fields that let somebody in."""

FAULTS = (
    faults.Unreachable(),
    faults.Truncate(),
    faults.Html(),
    faults.ServerError(),
    faults.NotFound(),
    faults.RateLimit(),
    faults.Garbage(),
    faults.NullBody(),
    # Last, because some sources are never asked again after it.
    faults.Refuse(),
)
SOCKET_FAULTS = (
    socket_faults.NoWebsocket(),
    socket_faults.GarbageSocket(),
    socket_faults.OldProtocol(),
    socket_faults.RefuseSocket(),
)


@dataclass(frozen=True, kw_only=True)
class Leak:
    """A source, all that can go wrong with it, and what must not come out."""

    entry: MockConfigEntry
    failures: Sequence[Callable[[], None]]
    recover: Callable[[], None]
    plant: Callable[[], object]
    """Has a person measure `MGDL`, and write `NOTE` where they can write."""

    secrets: Iterable[str]
    """What is known before anything is asked."""

    shown: Callable[[], Iterable[str]]
    """Returns what the server was shown to let somebody in."""

    kinds: Iterable[str]
    """A pattern for each kind of credential that must have been shown."""

    tells_treatments: bool = True
    rest: Rest = settle


def _set(target: object, fault: object) -> None:
    """Let something go wrong from now on."""
    target.fault = fault  # type: ignore[attr-defined]  # each simulator has its own


def _address(server: LoopbackServer[Any, Any]) -> tuple[str, str]:
    """Return where a server is, as a whole and in part."""
    return str(server.url), LOCALHOST


def credentials(requests: Iterable[Any]) -> Iterator[str]:
    """Yield what each request shows to be let in; each simulator keeps its own."""
    for request in requests:
        headers = getattr(request, "headers", {})
        shown = [headers.get(name, "") for name in ("api-secret", TOKEN_HEADER)]
        shown.append(headers.get(hdrs.AUTHORIZATION, "").rpartition(" ")[2])
        fields = {**_fields(getattr(request, "body", b"")), **request.query}
        shown += [str(fields[key]) for key in sorted(SHOWN & set(fields))]
        yield from filter(None, shown)


def _fields(body: bytes) -> dict[str, Any]:
    """Return the fields of a body, of a form or of JSON."""
    try:
        told = json.loads(body)
    except ValueError:
        return dict(parse_qsl(body.decode()))
    return told if isinstance(told, dict) else {}


@asynccontextmanager
async def share(
    username: str, hass: HomeAssistant, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Leak]:
    """Return somebody who shares."""
    async with DexcomShareSimulator(
        clock=clocks.world,
        person=SimulatedPerson(seed=7),
        username=username,
        password=PASSWORD,
        account_id=ACCOUNT,
    ) as server:
        here = partial(DexcomShareSource, base=server.url)
        monkeypatch.setattr(factory, "DexcomShareSource", here)
        login = {"username": username, "password": PASSWORD, "region": "ous"}
        yield Leak(
            entry=MockConfigEntry(
                domain=DOMAIN,
                title="Alex",
                unique_id=ACCOUNT,
                data={"source": "dexcom_share", **login, "account_id": ACCOUNT},
                options={"unit": "mg/dL"},
            ),
            failures=[
                *(partial(_set, server, fault) for fault in FAULTS),
                server.expire_session,
                partial(setattr, server, "password", "changed"),
            ],
            recover=partial(_set, server, None),
            plant=lambda: server.add_reading(MGDL, at=clocks.world()),
            secrets=(username, username[1:], PASSWORD, ACCOUNT, *_address(server)),
            shown=partial(credentials, server.requests),
            kinds=(PASSWORD, UUID),
            tells_treatments=False,
        )


@asynccontextmanager
async def api(
    hass: HomeAssistant, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Leak]:
    """Return somebody who logged in through the API."""
    await register(hass)
    async with DexcomApiSimulator(
        clock=clocks.world, person=SimulatedPerson(seed=7)
    ) as server:
        lead_to(server, monkeypatch)
        entry = entry_of(server)

        def outlive(fault: ApiFault | None) -> None:
            """Let something go wrong when the access token has to be renewed."""
            server.fault = fault
            clocks.tick(timedelta(hours=2))

        def plant() -> None:
            """Let the phone send what it has at once."""
            at = clocks.world()
            server.add("egvs", at, value=MGDL)
            server.add("events", at, eventType="notes", value=NOTE, recordId="note")

        yield Leak(
            entry=entry,
            failures=[
                *(
                    partial(_set, server, fault)
                    for fault in ApiFault
                    if fault not in {*WITHOUT_WORDS, *LAST}
                ),
                *(partial(outlive, fault) for fault in (None, *LAST)),
                server.revoke,
            ],
            recover=partial(_set, server, None),
            plant=plant,
            secrets=(*NUMBERED, CLIENT_SECRET, USER, CLIENT_ID),
            shown=partial(credentials, server.requests),
            kinds=("access-", "refresh-", CLIENT_SECRET),
        )


WITHOUT_WORDS = {ApiFault.HANG, ApiFault.ENDLESS}
"""Nothing arrives, and nobody waits for it while the clock stands still."""

LAST = (ApiFault.LOST_TOKEN, ApiFault.REFUSE)

NUMBERED = tuple(
    f"{kind}-{number:08}"
    for kind in ("access", "refresh", "code")
    for number in range(99)
)
"""What tokens are called, those included that were given and never shown."""


@asynccontextmanager
async def nightscout(
    credential: dict[str, str],
    hass: HomeAssistant,
    clocks: Clocks,
    monkeypatch: pytest.MonkeyPatch,
    *,
    has_sockets: bool = False,
) -> AsyncGenerator[Leak]:
    """Return somebody with a site."""
    async with NightscoutSimulator(
        clock=clocks.world,
        person=SimulatedPerson(seed=7),
        api_secret=SECRET,
        tokens={TOKEN: frozenset({"*"})},
        default_roles="denied",
        has_sockets=has_sockets,
        # The clock stands still in between, and with it pings and penalties.
        auth_fail_delay=0,
        debounce=0,
        ping=(7200, 7200),
    ) as site:
        data = {"source": "nightscout", "url": str(site.url), **credential}
        is_token = "access_token" in credential
        yield Leak(
            entry=MockConfigEntry(
                domain=DOMAIN, title="Alex", data=data, options={"unit": "mg/dL"}
            ),
            failures=[
                *(partial(_set, site, fault) for fault in FAULTS),
                *(partial(_cut, site, fault) for fault in SOCKET_FAULTS if has_sockets),
                partial(site.revoke, TOKEN)
                if is_token
                else partial(site.set_secret, "x"),
            ],
            recover=partial(_set, site, None),
            plant=partial(_write, site),
            secrets=(TOKEN, SECRET, SHA1, *_address(site)),
            shown=lambda: [*credentials(site.requests), *_claimed(site)],
            kinds=(TOKEN, JWT) if is_token else (SHA1,),
            rest=calm if has_sockets else settle,
        )
        assert bool(site.sockets.claims) is has_sockets


def _cut(site: NightscoutSimulator, fault: faults.Fault) -> None:
    """Let sockets fail, once whoever is connected has to come again."""
    site.fault = fault
    site.sockets.drop()


def _claimed(site: NightscoutSimulator) -> Iterable[str]:
    """Return what was shown over sockets."""
    return [str(claim["secret"]) for claim in site.sockets.claims]


def _write(site: NightscoutSimulator) -> None:
    """Log what Nightscout's own page lets people log."""
    site.add_entry(sgv=MGDL)
    log = partial(site.add_treatment, notes=NOTE, enteredBy=WRITER)
    log(eventType="Note")
    log(eventType="Announcement", isAnnouncement=True)
    log(eventType="Meal Bolus", insulin=1.5, carbs=20)


@asynccontextmanager
async def tidepool(
    hass: HomeAssistant, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Leak]:
    """Return somebody with a Tidepool account."""
    async with TidepoolSimulator(
        clock=clocks.world,
        person=SimulatedPerson(seed=7),
        username=EMAIL,
        password=PASSWORD,
    ) as server:
        lead_to_tidepool(server, monkeypatch)
        yield Leak(
            entry=tidepool_entry({"username": EMAIL, "password": PASSWORD}),
            failures=[
                *(
                    partial(_set, server, fault)
                    for fault in TidepoolFault
                    if fault not in WITHOUT_WORDS
                ),
                lambda: server.desk.end_tokens(clocks.world()),
                server.desk.end_sessions,
                partial(setattr, server.desk, "password", "changed"),
            ],
            recover=partial(_set, server, None),
            plant=partial(_eat, server, clocks),
            secrets=(EMAIL, PASSWORD, USER_ID, "kc:", *_address(server)),
            shown=partial(credentials, server.requests),
            kinds=("kc:", b64encode(f"{EMAIL}:{PASSWORD}".encode()).decode()),
        )


@asynccontextmanager
async def tidepool_oauth(
    hass: HomeAssistant, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Leak]:
    """Return somebody who logged in at Tidepool."""
    await register(hass, TIDEPOOL_CLIENT_ID, TIDEPOOL_CREDENTIAL)
    async with TidepoolSimulator(
        clock=clocks.world, person=SimulatedPerson(seed=7)
    ) as server:
        lead_to_tidepool(server, monkeypatch)

        def recover() -> None:
            """Tell the truth again."""
            server.fault, server.realm_told = None, None

        yield Leak(
            entry=tidepool_oauth_entry(server),
            failures=[
                *(
                    partial(_set, server, fault)
                    for fault in TidepoolFault
                    if fault not in {*WITHOUT_WORDS, *LAST}
                ),
                partial(setattr, server, "realm_told", {"auth": {"realm": EMAIL}}),
                *(partial(_set, server, fault) for fault in LAST),
                server.desk.end_sessions,
            ],
            recover=recover,
            plant=partial(_eat, server, clocks),
            secrets=(*NUMBERED, CLIENT_SECRET, USER_ID, EMAIL, TIDEPOOL_CLIENT_ID),
            shown=partial(credentials, server.requests),
            kinds=("access-", "refresh-"),
        )


def _eat(server: TidepoolSimulator, clocks: Clocks) -> None:
    """Log a meal whose name somebody wrote."""
    at, eaten = clocks.world(), {"carbohydrate": {"net": 20, "units": "grams"}}
    server.archive.add("cbg", at, value=MGDL / MGDL_PER_MMOL, units="mmol/L")
    server.archive.add("food", at, name=NOTE, nutrition=eaten)


SUBJECTS: dict[str, Callable[..., AbstractAsyncContextManager[Leak]]] = {
    "share_by_email": partial(share, EMAIL),
    "share_by_phone": partial(share, PHONE),
    "api": api,
    "nightscout": partial(nightscout, BY_TOKEN),
    "nightscout_by_secret": partial(nightscout, BY_SECRET),
    "nightscout_over_sockets": partial(nightscout, BY_TOKEN, has_sockets=True),
    "nightscout_over_sockets_by_secret": partial(
        nightscout, BY_SECRET, has_sockets=True
    ),
    "tidepool": tidepool,
    "tidepool_oauth": tidepool_oauth,
}
