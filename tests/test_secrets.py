"""Nothing that leaves the process says whose data it is, or what opens them."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import partial
import json
import logging
import re
import traceback
from urllib.parse import quote, quote_plus

from homeassistant.const import MATCH_ALL
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow import factory
from custom_components.glucose_follow.cgm.sources.dexcom_share import DexcomShareSource
from custom_components.glucose_follow.const import DOMAIN
from custom_components.glucose_follow.diagnostics import (
    async_get_config_entry_diagnostics,
)
from simulators.dexcom_share import DexcomShareSimulator
from simulators.loopback import LOCALHOST

from .conftest import Clocks
from .home import pass_time, restart, set_up, settle
from .leaks import (
    ACCOUNT,
    EMAIL,
    FAULTS,
    MGDL,
    NAME,
    NOTE,
    PASSWORD,
    PHONE,
    SUBJECTS,
    WRITER,
    Leak,
)

MINUTE = timedelta(minutes=1)
NOT_OURS = (
    "aiohttp.access",
    "aiohttp.server",
    "asyncio",
    "pytest_homeassistant_custom_component",
)
"""What logs the simulators' own sockets, and what the plugin keeps instead of files."""

OURS = ("custom_components.glucose_follow",)
TREATMENT = f"event.{NAME.lower()}_treatment"
VALUE = re.compile(rf"(?<![\d.])({MGDL}|{MGDL / 18.0156:.1f})(?!\d)")
NO_VALUE = re.compile(r'line \d+|_seconds": -?\d+')
"""Where numbers are that may be like any other."""

pytestmark = pytest.mark.usefixtures("current_request_with_host")


@pytest.fixture
def events(hass: HomeAssistant) -> list[str]:
    """Return what is told on the bus, as it is heard."""
    heard: list[str] = []

    @callback
    def hear(event: Event) -> None:
        """Keep all that an event says."""
        heard.append(f"{event.event_type} {json.dumps(event.data, default=str)}")

    hass.bus.async_listen(MATCH_ALL, hear)
    return heard


@pytest.mark.parametrize("name", SUBJECTS)
async def test_a_run_in_which_everything_fails_once_says_nothing(
    hass: HomeAssistant,
    name: str,
    clocks: Clocks,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    events: list[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    async with SUBJECTS[name](hass, clocks, monkeypatch) as leak:
        said = await _run(hass, leak, clocks)
        shown = set(leak.shown())

    own = "\n".join([*said, *_logged(caplog.records, by=OURS)])
    logged = _logged(caplog.records, but=NOT_OURS)
    everything = "\n".join([*said, *_issues(hass), *logged, *events])
    assert "Traceback" in everything
    assert leak.entry.title == NAME
    assert _unshown(leak.kinds, shown) == []
    assert (TREATMENT in everything) is leak.tells_treatments
    assert _found(everything, {*leak.secrets, *shown}) == []
    assert _found(everything, (NOTE, WRITER)) == []
    # Home Assistant itself logs where tokens are had, which is no secret.
    assert _found(own, (NAME, LOCALHOST)) == []
    assert VALUE.search(NO_VALUE.sub("", own)) is None


async def _run(hass: HomeAssistant, leak: Leak, clocks: Clocks) -> list[str]:
    """Return what comes out by itself while each thing goes wrong, and after it."""
    leak.entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(leak.entry, title=NAME)
    await set_up(hass, leak.entry, rest=leak.rest)
    assert leak.entry.state.value == "loaded"
    leak.plant()
    await pass_time(hass, clocks, 11 * MINUTE, step=MINUTE, rest=leak.rest)
    assert MGDL in {each.mgdl for each in leak.entry.runtime_data.data.readings}
    said = [await _fail_once(hass, leak, clocks, fail) for fail in leak.failures]
    await restart(hass, leak.entry, rest=leak.rest)
    said.append(await _outside(hass, leak.entry))
    assert await hass.config_entries.async_unload(leak.entry.entry_id)
    return said


async def _fail_once(
    hass: HomeAssistant, leak: Leak, clocks: Clocks, fail: Callable[[], None]
) -> str:
    """Return what comes out while something is wrong, and let it pass."""
    fail()
    await pass_time(hass, clocks, 16 * MINUTE, step=2 * MINUTE, rest=leak.rest)
    said = await _outside(hass, leak.entry)
    leak.recover()
    await pass_time(hass, clocks, 11 * MINUTE, step=MINUTE, rest=leak.rest)
    return said


async def _outside(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    """Return diagnostics, and what an exception says with all its causes."""
    told = await async_get_config_entry_diagnostics(hass, entry)
    err = entry.runtime_data.last_exception
    chain = "".join(traceback.format_exception(err)) if err else ""
    return json.dumps(told, default=str) + chain


def _issues(hass: HomeAssistant) -> Iterable[str]:
    """Return what repairs say; whom they are about is for that person to know."""
    issues = ir.async_get(hass).issues.values()
    return [json.dumps(issue.translation_placeholders) for issue in issues]


def _logged(
    records: Iterable[logging.LogRecord],
    *,
    by: tuple[str, ...] = ("",),
    but: tuple[str, ...] = (),
) -> list[str]:
    """Return what was logged by some, but for what others said."""
    formatter = logging.Formatter()
    return [
        formatter.format(record)
        for record in records
        if record.name.startswith(by) and not record.name.startswith(but)
    ]


def _unshown(kinds: Iterable[str], shown: Iterable[str]) -> list[str]:
    """Return the kinds of credentials that nobody was shown."""
    return [kind for kind in kinds if not any(re.search(kind, each) for each in shown)]


def _found(said: str, secrets: Iterable[str]) -> list[str]:
    """Return the secrets that are somewhere, in whatever form and case."""
    said = said.casefold()
    return [
        secret
        for secret in secrets
        if any(form.casefold() in said for form in _forms(secret))
    ]


def _forms(secret: str) -> Iterator[str]:
    """Yield how a secret may be written."""
    yield from {secret, quote(secret, safe=""), quote_plus(secret)}
    if secret.count(".") == 2:
        # Either half of a JWT says enough; the first part of all is the same.
        yield from (part for part in secret.split(".")[1:] if len(part) > 8)
    # Each third of what stands before it is written otherwise.
    for before in range(3):
        raw = bytes(before) + secret.encode()
        whole = slice(-(-before * 8 // 6), len(raw) * 8 // 6)
        yield b64encode(raw).decode()[whole]
        yield urlsafe_b64encode(raw).decode()[whole]


def test_a_secret_is_found_in_every_form() -> None:
    secret, jwt = "a+secret/of?mine", "eyJhbGciOi.eyJhY2Nlc3.c2lnbmF0dXJl"
    for said in (
        secret.upper(),
        quote(secret, safe=""),
        *(b64encode(f"{who}:{secret}!".encode()).decode() for who in ("", "a", "ab")),
        urlsafe_b64encode(f"??>{secret}".encode()).decode(),
    ):
        assert _found(f"said {said}.", [secret]) == [secret], said
    assert _found("a c2lnbmF0dXJl", [jwt]) == [jwt]
    assert _found("a secret of yours, eyJhbGciOi.x.y", [secret, jwt]) == []


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
        typed = {"name": NAME, "username": username, "region": "us"}
        for fault in (None, *FAULTS):
            server.fault = fault
            answer = await flow.async_configure(
                form["flow_id"], {**typed, "password": "wrong" + PASSWORD}
            )
            await settle(hass)
            assert answer["errors"]

    everything = "\n".join(_logged(caplog.records, but=NOT_OURS))
    assert _found(everything, (username, PASSWORD, ACCOUNT)) == []
    assert _found("\n".join(_logged(caplog.records, by=OURS)), (NAME,)) == []
