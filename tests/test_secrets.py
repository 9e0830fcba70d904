"""Nothing that leaves the process says whose data it is, or what opens them."""

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
import json
import logging
import traceback
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow import factory
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.sources.dexcom_share import DexcomShareSource
from custom_components.glucose_follow.const import DOMAIN
from custom_components.glucose_follow.diagnostics import (
    async_get_config_entry_diagnostics,
)
from simulators.dexcom_api import (
    CLIENT_ID,
    CLIENT_SECRET,
    DexcomApiSimulator,
    Fault as ApiFault,
)
from simulators.dexcom_share import DexcomShareSimulator
from simulators.nightscout import NightscoutSimulator, faults
from simulators.tidepool import (
    CLIENT_ID as TIDEPOOL_CLIENT_ID,
    USER_ID,
    Fault as TidepoolFault,
    TidepoolSimulator,
)

from .conftest import SECRET, TOKEN, Clocks
from .dexcom_api import USER, entry_of, lead_to, register
from .home import pass_time, restart, set_up, settle
from .tidepool import (
    CREDENTIAL as TIDEPOOL_CREDENTIAL,
    entry_of as tidepool_entry,
    lead_to as lead_to_tidepool,
    oauth_entry_of as tidepool_oauth_entry,
)

MINUTE = timedelta(minutes=1)
EMAIL = "alex@example.org"
PHONE = "+15550100123"
PASSWORD = "Tr0ub4dor-and-3"
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
ACCOUNT = "12345678-9abc-4def-8123-456789abcdef"

pytestmark = pytest.mark.usefixtures("current_request_with_host")


@dataclass(frozen=True, kw_only=True)
class Leak:
    """A source, all that can go wrong with it, and what must not come out."""

    entry: MockConfigEntry
    failures: Sequence[Callable[[], None]]
    recover: Callable[[], None]
    secrets: Callable[[], Iterable[str]]


def _set(target: object, fault: object) -> None:
    """Let something go wrong from now on."""
    target.fault = fault  # type: ignore[attr-defined]  # each simulator has its own


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
            secrets=lambda: (
                username,
                username[1:],
                PASSWORD,
                ACCOUNT,
                str(server.url),
            ),
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
        seen: set[str] = set()

        def outlive(fault: ApiFault | None) -> None:
            """Let something go wrong when the access token has to be renewed."""
            server.fault = fault
            clocks.tick(timedelta(hours=2))

        def secrets() -> Iterable[str]:
            """Return every token that there was, and what it was got with."""
            seen.update(
                f"{kind}-{number:08}" for kind in TOKENS for number in range(40)
            )
            return {*seen, CLIENT_SECRET, USER, CLIENT_ID}

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
            secrets=secrets,
        )


NOT_OURS = (
    "aiohttp.access",
    "aiohttp.server",
    "asyncio",
    "pytest_homeassistant_custom_component",
)
"""What logs the simulators' own sockets, and what the plugin keeps instead of files."""

WITHOUT_WORDS = {ApiFault.HANG, ApiFault.ENDLESS}
"""Nothing arrives, and nobody waits for it while the clock stands still."""

LAST = (ApiFault.LOST_TOKEN, ApiFault.REFUSE)

TOKENS = ("access", "refresh", "code")


@asynccontextmanager
async def nightscout(
    hass: HomeAssistant, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Leak]:
    """Return somebody with a site."""
    async with NightscoutSimulator(
        clock=clocks.world,
        person=SimulatedPerson(seed=7),
        api_secret=SECRET,
        tokens={TOKEN: frozenset({"*"})},
        default_roles="denied",
    ) as site:
        yield Leak(
            entry=MockConfigEntry(
                domain=DOMAIN,
                title="Alex",
                data={
                    "source": "nightscout",
                    "url": str(site.url),
                    "access_token": TOKEN,
                },
                options={"unit": "mg/dL"},
            ),
            failures=[
                *(partial(_set, site, fault) for fault in FAULTS),
                partial(site.revoke, TOKEN),
            ],
            recover=partial(_set, site, None),
            secrets=lambda: (TOKEN, SECRET, str(site.url), "127.0.0.1"),
        )


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
            secrets=lambda: (EMAIL, PASSWORD, USER_ID, "kc:", "127.0.0.1"),
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
            secrets=lambda: (
                *(f"{kind}-{number:08}" for kind in TOKENS for number in range(99)),
                *(CLIENT_SECRET, USER_ID, EMAIL, TIDEPOOL_CLIENT_ID),
            ),
        )


SUBJECTS: dict[str, Callable[..., AbstractAsyncContextManager[Leak]]] = {
    "share_by_email": partial(share, EMAIL),
    "share_by_phone": partial(share, PHONE),
    "api": api,
    "nightscout": nightscout,
    "tidepool": tidepool,
    "tidepool_oauth": tidepool_oauth,
}


@pytest.mark.parametrize("name", SUBJECTS)
async def test_a_run_in_which_everything_fails_once_says_nothing(
    hass: HomeAssistant,
    name: str,
    clocks: Clocks,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    async with SUBJECTS[name](hass, clocks, monkeypatch) as leak:
        await set_up(hass, leak.entry)
        assert leak.entry.state.value == "loaded"
        for fail in leak.failures:
            fail()
            said.append(await _fail_once(hass, leak, clocks))
            leak.recover()
            await pass_time(hass, clocks, 11 * MINUTE, step=MINUTE)
        await restart(hass, leak.entry)
        said.append(await _outside(hass, leak.entry))
        secrets = [secret for secret in leak.secrets() if secret]

    everything = "\n".join([*said, *_ours(caplog.records)])
    assert "Traceback" in everything
    for secret in secrets:
        assert secret not in everything, secret


async def _fail_once(hass: HomeAssistant, leak: Leak, clocks: Clocks) -> str:
    """Return what comes out while something is wrong."""
    await pass_time(hass, clocks, 16 * MINUTE, step=2 * MINUTE)
    return await _outside(hass, leak.entry)


async def _outside(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    """Return diagnostics, repairs, and what an exception says with all its causes."""
    told: list[Any] = [await async_get_config_entry_diagnostics(hass, entry)]
    issues = ir.async_get(hass).issues.values()
    told += [issue.translation_placeholders for issue in issues]
    err = entry.runtime_data.last_exception
    chain = "".join(traceback.format_exception(err)) if err else ""
    return json.dumps(told, default=str) + chain


def _ours(records: Iterable[logging.LogRecord]) -> Iterable[str]:
    """Return what was logged, but for what the simulators' own server says."""
    formatter = logging.Formatter()
    return [
        formatter.format(record)
        for record in records
        if not record.name.startswith(NOT_OURS)
    ]


@pytest.mark.parametrize("username", [EMAIL, PHONE])
async def test_a_form_that_fails_in_every_way_says_nothing(
    hass: HomeAssistant,
    clocks: Clocks,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    username: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with DexcomShareSimulator(
        clock=clocks.world, username=username, password=PASSWORD, account_id=ACCOUNT
    ) as server:
        here = partial(DexcomShareSource, base=server.url)
        monkeypatch.setattr(factory, "DexcomShareSource", here)
        flow = hass.config_entries.flow
        form = await flow.async_init(DOMAIN, context={"source": "user"})
        form = await flow.async_configure(
            form["flow_id"], {"next_step_id": "dexcom_share"}
        )
        typed = {"name": "Alex", "username": username, "region": "us"}
        for fault in (None, *FAULTS):
            server.fault = fault
            answer = await flow.async_configure(
                form["flow_id"], {**typed, "password": "wrong" + PASSWORD}
            )
            await settle(hass)
            assert answer["errors"]

    everything = "\n".join(_ours(caplog.records))
    for secret in (username, PASSWORD, ACCOUNT):
        assert secret not in everything
