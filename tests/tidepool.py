"""A Tidepool that every environment leads to, and entries that follow through it."""

from functools import partial

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow import factory, oauth_provider
from custom_components.glucose_follow.cgm.sources.tidepool import (
    PasswordLogin,
    TidepoolSource,
    find_realm,
)
from custom_components.glucose_follow.const import DOMAIN
from simulators.tidepool import PASSWORD, USER_ID, USERNAME, TidepoolSimulator

from .conftest import NOW

LOGIN = {"username": USERNAME, "password": PASSWORD}
TYPED = {"name": "Alex", "environment": "production", **LOGIN}
UNIQUE_ID = f"production:{USER_ID}"
CREDENTIAL = "tidepool_application"
TOKEN_LIFE = 600
"""Seconds."""


def lead_to(server: TidepoolSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every environment lead to a simulator."""
    for name, source in (
        ("TidepoolSource", TidepoolSource),
        ("PasswordLogin", PasswordLogin),
    ):
        monkeypatch.setattr(factory, name, partial(source, base=server.url))
    here = partial(find_realm, base=server.url)
    monkeypatch.setattr(oauth_provider, "find_realm", here)


def entry_of(
    data: dict[str, object] | None = None, **options: object
) -> MockConfigEntry:
    """Return an entry of the simulator's owner, not set up yet."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Alex",
        entry_id="01JTIDEPOOL000000000000000",
        unique_id=UNIQUE_ID,
        data={
            "source": "tidepool",
            "environment": "production",
            "user_id": USER_ID,
            **LOGIN,
            **(data or {}),
        },
        options={"unit": "mg/dL", **options},
    )


def oauth_entry_of(server: TidepoolSimulator, **data: object) -> MockConfigEntry:
    """Return the entry of an owner who logged in just now, not set up yet."""
    tokens = server.desk.open_realm(NOW)
    return MockConfigEntry(
        domain=DOMAIN,
        title="Alex",
        entry_id="01JTIDEPOOLOAUTH0000000000",
        unique_id=UNIQUE_ID,
        data={
            "source": "tidepool",
            "environment": "production",
            "user_id": USER_ID,
            "auth_implementation": CREDENTIAL,
            "token": {
                "access_token": tokens.access,
                "refresh_token": tokens.refresh,
                "expires_in": TOKEN_LIFE,
                "expires_at": NOW.timestamp() + TOKEN_LIFE,
                "token_type": "Bearer",
            },
            **data,
        },
        options={"unit": "mg/dL"},
    )
