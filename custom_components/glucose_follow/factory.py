"""The one function that knows which module reads which source."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from homeassistant.const import (
    CONF_PASSWORD,
    CONF_REGION,
    CONF_TOKEN,
    CONF_URL,
    CONF_USERNAME,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util
from yarl import URL

from .cgm.errors import CgmAuthError
from .cgm.person import Scenario, SimulatedPerson
from .cgm.source import CgmSource
from .cgm.sources.dexcom_api import AccessToken, DexcomApiSource, Environment
from .cgm.sources.dexcom_share import DexcomShareSource, Region
from .cgm.sources.nightscout import Address, Credential, NightscoutSource
from .cgm.sources.simulated import SimulatedSource
from .cgm.sources.tidepool import (
    Environment as TidepoolEnvironment,
    PasswordLogin,
    TidepoolSource,
)
from .const import (
    CONF_ACCESS_TOKEN,
    CONF_ACCOUNT_ID,
    CONF_API_SECRET_SHA1,
    CONF_ENVIRONMENT,
    CONF_LIVE,
    CONF_SCENARIO,
    CONF_SCENARIO_SINCE,
    CONF_SEED,
    CONF_SESSION_TOKEN,
    CONF_SOURCE,
    CONF_USER_ID,
    SIMULATED_PERIOD,
    SourceKind,
)

type Settings = Mapping[str, Any]
"""What Home Assistant keeps for an entry: JSON that the config flow wrote."""


def create_source(
    hass: HomeAssistant,
    data: Settings,
    options: Callable[[], Settings],
    token: AccessToken | None = None,
) -> CgmSource:
    """Return the source that an entry's data describe.

    Args:
        hass: Lends its session.
        data: Of the entry, or what is about to become an entry.
        options: Returns those of the entry as they are at that moment.
        token: Keeps the entry's access token valid, the data's own without.
    """
    match SourceKind(data[CONF_SOURCE]):
        case SourceKind.NIGHTSCOUT:
            return NightscoutSource(
                async_get_clientsession(hass),
                Address(url=URL(data[CONF_URL])),
                Credential(
                    token=data.get(CONF_ACCESS_TOKEN),
                    secret_sha1=data.get(CONF_API_SECRET_SHA1),
                ),
                clock=dt_util.utcnow,
            )
        case SourceKind.DEXCOM_SHARE:
            return DexcomShareSource(
                async_get_clientsession(hass),
                username=data[CONF_USERNAME],
                password=data[CONF_PASSWORD],
                region=Region(data[CONF_REGION]),
                clock=dt_util.utcnow,
                account_id=data.get(CONF_ACCOUNT_ID),
            )
        case SourceKind.DEXCOM_API:
            return DexcomApiSource(
                async_get_clientsession(hass),
                environment=Environment(data[CONF_ENVIRONMENT]),
                token=token or partial(_token, data),
                clock=dt_util.utcnow,
                account_id=data[CONF_ACCOUNT_ID],
            )
        case SourceKind.TIDEPOOL:
            return create_tidepool(
                hass,
                data,
                token or create_login(hass, data, lambda _: None).token,
                is_live=options().get(CONF_LIVE, False),
            )
        case SourceKind.SIMULATED:
            return SimulatedSource(lambda: _person(data, options()), dt_util.utcnow)


def create_tidepool(
    hass: HomeAssistant, data: Settings, token: AccessToken, *, is_live: bool = False
) -> TidepoolSource:
    """Return a source of Tidepool.

    Args:
        hass: Lends its session.
        data: Of the entry, or what is about to become an entry; without a person
            the source can only say who there are.
        token: Keeps the access token valid.
        is_live: Whether the person says that uploads come at once.
    """
    return TidepoolSource(
        async_get_clientsession(hass),
        environment=TidepoolEnvironment(data[CONF_ENVIRONMENT]),
        token=token,
        clock=dt_util.utcnow,
        user_id=data.get(CONF_USER_ID),
        is_live=is_live,
    )


def create_login(
    hass: HomeAssistant,
    data: Settings,
    keep: Callable[[str], None],
    *,
    is_refused: bool = False,
) -> PasswordLogin:
    """Return what opens an account that is read with a password.

    Args:
        hass: Lends its session.
        data: Of the entry, or what is about to become an entry.
        keep: Gets every new token; the one before it is of no use then.
        is_refused: Whether the password was refused before.
    """
    return PasswordLogin(
        async_get_clientsession(hass),
        environment=TidepoolEnvironment(data[CONF_ENVIRONMENT]),
        username=data[CONF_USERNAME],
        password=data[CONF_PASSWORD],
        token=data.get(CONF_SESSION_TOKEN),
        is_refused=is_refused,
        keep=keep,
    )


async def _token(data: Settings, refused: str | None) -> str:
    """Return the access token that a login has just given.

    Raises:
        CgmAuthError: It is refused.
    """
    if refused is not None:
        raise CgmAuthError("A new access token is refused")
    return str(data[CONF_TOKEN]["access_token"])


def _person(data: Settings, options: Settings) -> SimulatedPerson:
    """Return the person whom the settings describe at this moment."""
    since = options.get(CONF_SCENARIO_SINCE)
    return SimulatedPerson(
        seed=data[CONF_SEED],
        scenario=Scenario(options.get(CONF_SCENARIO, Scenario.DAY)),
        since=dt_util.parse_datetime(since) if since else None,
        period=SIMULATED_PERIOD,
    )
