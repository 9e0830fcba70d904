"""A Dexcom with an application of ours, and how people log in there."""

from functools import partial
from http import HTTPStatus

from aiohttp import ClientSession
from homeassistant.components.application_credentials import (
    DOMAIN as CREDENTIALS,
    ClientCredential,
    async_import_client_credential,
)
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.glucose_follow import factory, oauth_provider
from custom_components.glucose_follow.cgm.sources import dexcom_api
from custom_components.glucose_follow.cgm.sources.dexcom_api import DexcomApiSource
from custom_components.glucose_follow.const import DOMAIN
from simulators.dexcom_api import CLIENT_ID, CLIENT_SECRET, DexcomApiSimulator

from .conftest import NOW
from .home import settle

USER = "user-0123456789abcdef"
CREDENTIAL = "dexcom_application"


def lead_to(api: DexcomApiSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every environment lead to a simulator."""
    here = partial(DexcomApiSource, base=api.url)
    monkeypatch.setattr(factory, "DexcomApiSource", here)
    for name in ("authorize_url", "token_url"):
        there = partial(getattr(dexcom_api, name), base=api.url)
        monkeypatch.setattr(oauth_provider, name, there)


async def register(
    hass: HomeAssistant, client_id: str = CLIENT_ID, name: str = CREDENTIAL
) -> None:
    """Let a person enter what Dexcom gave their application."""
    assert await async_setup_component(hass, CREDENTIALS, {})
    credential = ClientCredential(client_id, CLIENT_SECRET, name)
    await async_import_client_credential(hass, DOMAIN, credential, name)


def entry_of(api: DexcomApiSimulator, **data: object) -> MockConfigEntry:
    """Return the entry of a person who logged in just now, not set up yet."""
    tokens = api.sign_in()
    return MockConfigEntry(
        domain=DOMAIN,
        title="Alex",
        entry_id="01JDEXCOMAPI0000000000000",
        unique_id=USER,
        data={
            "source": "dexcom_api",
            "environment": "eu",
            "account_id": USER,
            "auth_implementation": CREDENTIAL,
            "token": {
                "access_token": tokens.access,
                "refresh_token": tokens.refresh,
                "expires_in": 7200,
                "expires_at": NOW.timestamp() + 7200,
                "token_type": "Bearer",
            },
            **data,
        },
        options={"unit": "mg/dL"},
    )


async def log_in(
    hass: HomeAssistant,
    http: ClientSessionGenerator,
    flow: ConfigFlowResult,
    credential: str = CREDENTIAL,
) -> ConfigFlowResult:
    """Return what comes of choosing a credential, logging in and being sent back."""
    configure = hass.config_entries.flow.async_configure
    assert flow["step_id"] == "pick_implementation"
    login = await configure(flow["flow_id"], {"implementation": credential})
    assert login["step_id"] == "auth"
    async with (
        ClientSession() as browser,
        browser.get(login["url"], allow_redirects=False) as page,
    ):
        back = URL(page.headers["Location"])
    home = await http()
    answer = await home.get(back.path, params=back.query)
    assert answer.status == HTTPStatus.OK
    result = await configure(flow["flow_id"])
    await settle(hass)
    return result
