"""What opens somebody's data is no stronger, and goes no further, than it must."""

import ast
from collections.abc import Iterator
import json
from pathlib import Path
import ssl

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow.cgm import errors
from custom_components.glucose_follow.factory import create_source
from simulators.nightscout import NightscoutSimulator, faults

from .conftest import TOKEN, Clocks
from .home import set_up

PACKAGE = Path(__file__).parents[1] / "custom_components/glucose_follow"
LOOSE = {"ssl", "verify_ssl", "ssl_context", "connector", "trust_env"}
"""Arguments by which a request would be told not to check who answers."""


def _arguments() -> Iterator[tuple[str, str]]:
    """Yield the name of every named argument in the integration, and where it is."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg:
                yield node.arg, f"{path.name}:{node.value.lineno}"


def test_nothing_in_the_code_leaves_certificates_unchecked() -> None:
    used = list(_arguments())

    assert len(used) > 1000
    assert [found for found in used if found[0] in LOOSE] == []


def test_nobody_is_offered_to_leave_certificates_unchecked() -> None:
    texts = json.loads((PACKAGE / "translations/en.json").read_text())

    def keys(told: object) -> Iterator[str]:
        """Yield all keys."""
        for key, value in told.items() if isinstance(told, dict) else ():
            yield key
            yield from keys(value)

    assert "url" in set(keys(texts))
    assert not LOOSE & set(keys(texts))


async def test_the_session_that_everything_uses_checks_certificates(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    source = create_source(hass, entry.data, lambda: entry.options)

    session = async_get_clientsession(hass)
    assert session.connector is not None
    context = session.connector._ssl  # type: ignore[attr-defined]  # nothing else tells
    assert isinstance(context, ssl.SSLContext)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    await source.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_credential_follows_anybody_elsewhere(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
    status: int,
) -> None:
    await set_up(hass, entry)
    async with NightscoutSimulator(clock=clocks.world) as elsewhere:
        site.fault = faults.Redirect(elsewhere.url, status, only={"entries"})
        await entry.runtime_data.async_refresh()

        assert elsewhere.requests
        for request in elsewhere.requests:
            assert TOKEN not in f"{request.path} {request.query}"
            assert not {"Authorization", "api-secret", "Cookie"} & set(request.headers)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.Huge(megabytes=20), id="huge"),
        pytest.param(faults.Huge(megabytes=20, is_announced=False), id="unannounced"),
        pytest.param(faults.Endless(), id="endless"),
    ],
)
async def test_what_is_too_much_is_a_clear_error(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    fault: faults.Fault,
) -> None:
    source = create_source(hass, entry.data, lambda: entry.options)
    site.fault = fault

    with pytest.raises(errors.CgmResponseError):
        await source.identify()
    site.fault = None

    assert (await source.identify()).id
