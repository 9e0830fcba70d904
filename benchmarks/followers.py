"""Who follows a person: ours, and what Home Assistant brings itself."""

from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from unittest.mock import patch

from homeassistant.const import (
    CONF_API_KEY,
    CONF_PASSWORD,
    CONF_REGION,
    CONF_URL,
    CONF_USERNAME,
)
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

from custom_components.glucose_follow import factory
from custom_components.glucose_follow.cgm.sources.dexcom_share import DexcomShareSource
from custom_components.glucose_follow.const import (
    CONF_ACCESS_TOKEN,
    CONF_ACCOUNT_ID,
    CONF_SOURCE,
    CONF_UNIT,
    DOMAIN,
)
from simulators.dexcom_share import ACCOUNT_ID, PASSWORD

from .apart import USERNAME


def ours(url: str, token: str, number: int = 0) -> MockConfigEntry:
    """Return an entry of ours that follows a Nightscout site."""
    return MockConfigEntry(
        domain=DOMAIN,
        title=f"Alex {number}",
        unique_id=f"{url} {number}",
        data={
            CONF_SOURCE: "nightscout",
            CONF_URL: url,
            CONF_ACCESS_TOKEN: token,
        },
        options={CONF_UNIT: "mg/dL"},
    )


def ours_by_share(number: int = 0) -> MockConfigEntry:
    """Return an entry of ours that follows through Dexcom Share."""
    return MockConfigEntry(
        domain=DOMAIN,
        title=f"Dex {number}",
        unique_id=f"{ACCOUNT_ID} {number}",
        data={
            CONF_SOURCE: "dexcom_share",
            CONF_USERNAME: USERNAME,
            CONF_PASSWORD: PASSWORD,
            CONF_REGION: "us",
            CONF_ACCOUNT_ID: ACCOUNT_ID,
        },
        options={CONF_UNIT: "mg/dL"},
    )


def nightscout(url: str, secret: str, number: int = 0) -> MockConfigEntry:
    """Return an entry of Home Assistant's own `nightscout`."""
    return MockConfigEntry(
        domain="nightscout",
        title="Nightscout",
        unique_id=f"{url} {number}",
        data={CONF_URL: url, CONF_API_KEY: secret},
    )


def dexcom(number: int = 0) -> MockConfigEntry:
    """Return an entry of Home Assistant's own `dexcom`."""
    return MockConfigEntry(
        domain="dexcom",
        title="Dexcom",
        unique_id=f"{USERNAME} {number}",
        data={
            # Its entities are told apart by the user name, the server does not
            # tell capitals from small letters.
            CONF_USERNAME: _spelling(number),
            CONF_PASSWORD: PASSWORD,
            "server": "us",
        },
    )


def _spelling(number: int) -> str:
    """Return the user name with capitals where a number has ones."""
    return "".join(
        letter.upper() if number >> place & 1 else letter
        for place, letter in enumerate(USERNAME)
    )


@contextmanager
def share_at(url: str) -> Generator[None]:
    """Let everybody find Dexcom Share at an address."""
    # Who only measures schedules does not need the library.
    const = import_module("pydexcom.const")
    theirs = {const.Region.US: f"{url.rstrip('/')}/ShareWebServices/Services/"}
    here = partial(DexcomShareSource, base=URL(url))
    with (
        patch.dict(const.DEXCOM_BASE_URLS, theirs),
        patch.object(factory, "DexcomShareSource", here),
    ):
        yield
