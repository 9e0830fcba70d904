"""A Tidepool that every environment leads to, and entries that follow through it."""

from functools import partial

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow import factory
from custom_components.glucose_follow.cgm.sources.tidepool import (
    PasswordLogin,
    TidepoolSource,
)
from custom_components.glucose_follow.const import DOMAIN
from simulators.tidepool import PASSWORD, USER_ID, USERNAME, TidepoolSimulator

LOGIN = {"username": USERNAME, "password": PASSWORD}
TYPED = {"name": "Alex", "environment": "production", **LOGIN}
UNIQUE_ID = f"production:{USER_ID}"


def lead_to(server: TidepoolSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every environment lead to a simulator."""
    for name, source in (
        ("TidepoolSource", TidepoolSource),
        ("PasswordLogin", PasswordLogin),
    ):
        monkeypatch.setattr(factory, name, partial(source, base=server.url))


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
