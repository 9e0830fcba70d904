"""Sources as a whole, whose servers answer what nobody should send."""

import asyncio
from collections.abc import Awaitable, Iterable
from datetime import timedelta
from functools import partial
import json
from typing import Any, override

from homeassistant.helpers.config_entry_oauth2_flow import LocalOAuth2Implementation
from homeassistant.helpers.json import json_bytes

from custom_components.glucose_follow.cgm.errors import CgmError
from custom_components.glucose_follow.cgm.models import Sample, Treatment
from custom_components.glucose_follow.cgm.source import CgmSource
from custom_components.glucose_follow.cgm.sources.dexcom_api import (
    DexcomApiSource,
    Environment as DexcomEnvironment,
)
from custom_components.glucose_follow.cgm.sources.dexcom_share import (
    DexcomShareSource,
    Region,
)
from custom_components.glucose_follow.cgm.sources.nightscout import (
    Credential,
    NightscoutSource,
    parse_address,
    parse_credential,
)
from custom_components.glucose_follow.cgm.sources.nightscout.best import BestApi
from custom_components.glucose_follow.cgm.sources.nightscout.decode import documents
from custom_components.glucose_follow.cgm.sources.nightscout.news import News
from custom_components.glucose_follow.cgm.sources.nightscout.reader import StatusReader
from custom_components.glucose_follow.cgm.sources.nightscout.tokens import Tokens
from custom_components.glucose_follow.cgm.sources.nightscout.v1 import V1Api
from custom_components.glucose_follow.cgm.sources.tidepool import (
    Environment,
    PasswordLogin,
    TidepoolSource,
    find_realm,
)
from custom_components.glucose_follow.cgm.transport import Json, JsonClient
from custom_components.glucose_follow.oauth import renewed
from custom_components.glucose_follow.oauth_provider import _Checked

from .fuzz_answers import BASE, Page, answering, run, saying
from .fuzz_documents import ID, JWT, NOW, WIDE

type Kept = frozenset[str]
"""What came of documents, and when that was."""

SINCE = NOW - timedelta(days=2)
LONG_AGO = NOW - timedelta(days=20)
_HOUR = timedelta(hours=1)
_READER = "reader-0123456789abcdef"
_OPEN = '0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000}'


async def _all(*asked: Awaitable[Any]) -> list[Any]:
    """Return every answer; one that is an error of ours hides no other error."""
    found = await asyncio.gather(*asked, return_exceptions=True)
    faults = [each for each in found if isinstance(each, BaseException)]
    for fault in sorted(faults, key=lambda each: isinstance(each, CgmError)):
        raise fault
    return found


def _kept(found: Iterable[Sample | Treatment]) -> Kept:
    """Return what was kept; readings that replace each other are of one moment."""
    return frozenset(f"{type(each).__name__} {each.at.isoformat()}" for each in found)


async def _read(source: CgmSource) -> Kept:
    """Return what a source tells of the last days, after asking for everything."""
    readings, treatments, _ = await _all(
        source.readings(SINCE), source.treatments(SINCE), source.status()
    )
    return _kept([*readings, *treatments])


def _site(page: Page, credential: str) -> NightscoutSource:
    """Return a site that answers with pages."""
    address, told = parse_address(str(BASE)), parse_credential(credential)
    return NightscoutSource(answering(page), address, told, clock=lambda: NOW)


def nightscout_v1(told: Json) -> Kept:
    """Read a site through version 1."""
    return run(_read_site(_site(lambda _: told, "a secret of the site")))


def nightscout_v3(told: Json) -> Kept:
    """Read a site through version 3."""
    answer: Json = {"result": told} if isinstance(told, list) else told
    source = _site(lambda path: JWT if "/request/" in path else answer, _READER)
    assert source._v3 is not None
    source._api = source._v3
    return run(_read_site(source))


async def _read_site(source: NightscoutSource) -> Kept:
    """Return what a site tells of the last days; devices are a question apart."""
    readings, treatments = await _all(source.readings(SINCE), source.treatments(SINCE))
    return _kept([*readings, *treatments])


class _Api(BestApi):
    """Tells the same of everything."""

    def __init__(self, told: Json) -> None:
        """Keep what is told."""
        self._told = list(documents(told))

    @override
    async def _asked(self, *_: object) -> Any:
        """Return it."""
        return self._told


def nightscout_status(told: Json) -> None:
    """Ask a site for what devices report, for profiles and for changes."""
    reader = StatusReader(lambda: NOW)
    asked = reader.read(_Api(told), now=NOW, has_devices=True, has_treatments=True)
    run(asked)


def nightscout_pages(told: Json) -> None:
    """Read on from where a page that is full begins."""
    api = V1Api(JsonClient(answering(lambda _: [told]), BASE), Credential())
    keys = ("date", "created_at")
    run(_all(*(api._paged("path", key, {"count": 1}) for key in keys)))


def nightscout_account(told: Json) -> None:
    """Find out whose site it is."""
    source = _site(lambda path: [] if "/entries/" in path else told, "a secret")
    run(source.identify())


def nightscout_tokens(told: Json) -> None:
    """Exchange a token."""
    client = JsonClient(answering(lambda _: told), BASE)
    run(Tokens(client, _READER, lambda: NOW).jwt())


def nightscout_said(told: list[Json]) -> Kept:
    """Return what is kept of what a site says unasked."""
    news = News(StatusReader(lambda: NOW))
    change = run(news.updated({"sgvs": told, "treatments": told}))
    return _kept([*change.samples, *change.treatments])


def nightscout_push(told: Json) -> None:
    """Listen to a site: to its greeting, its admission, and all that follows."""
    text, admitted = json.dumps(told), '40{"sid":"x"}'
    conversations = (
        [f"0{text}"],
        [_OPEN, f"40{text}", f"44{text}"],
        [_OPEN, admitted, f"430[{text}]"],
        [
            *(_OPEN, admitted, '430[{"read":true}]', '40/storage,{"sid":"x"}'),
            *(f'42["dataUpdate",{text}]', f'42/storage,["update",{text}]'),
            *(f"42{text}", f"43{text}", f"2{text}", f"41{text}"),
        ],
    )
    run(_all(*map(_listened, conversations)))


async def _listened(frames: list[str]) -> None:
    """Listen to frames."""
    address, told = parse_address(str(BASE)), parse_credential(_READER)
    source = NightscoutSource(saying(frames), address, told, clock=lambda: NOW)
    await source.listen(lambda _: None)


def _share(page: Page, status: int = 200) -> DexcomShareSource:
    """Return an account whose server answers with pages."""
    return DexcomShareSource(
        answering(page, status),
        username="alex",
        password="hush",
        region=Region.OUS,
        clock=lambda: NOW,
    )


def share_source(told: Json) -> Kept:
    """Read what a Dexcom app shares."""
    source = _share(lambda path: told if "/Publisher/" in path else ID)
    return _kept(run(source.readings(SINCE)))


def share_login(told: Json) -> None:
    """Log in to Dexcom Share, which says in a body what went wrong."""
    logins = (_share(lambda _: told, status) for status in (200, 400, 401, 500))
    run(_all(*(each.identify() for each in logins)))


async def _token(_: str | None) -> str:
    """Return what opens any account."""
    return "token"


def dexcom_source(told: Json) -> Kept:
    """Read Dexcom's API, version 3 and its shared unit of version 2."""
    answer: Json = told
    if isinstance(told, list):
        answer = {"unit": told[:1], "records": told}
    source = DexcomApiSource(
        answering(lambda path: WIDE if path.endswith("/dataRange") else answer),
        environment=DexcomEnvironment.EU,
        token=_token,
        clock=lambda: NOW,
    )
    return run(_read(source))


class _Given(LocalOAuth2Implementation):
    """A credential for which a provider answers something."""

    domain = "application"

    def __init__(self, told: Json) -> None:
        """Keep what is answered."""
        self.client_id = "client"
        self._told: Any = told

    @override
    async def _token_request(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return what is answered."""
        told: dict[str, Any] = self._told
        return told


class _Provider(_Checked, _Given):
    """A provider whose answers are looked at as those of Dexcom and Tidepool."""


def oauth_tokens(told: Json) -> None:
    """Renew a token, which Home Assistant has to store."""
    json_bytes(dict(run(renewed(_Provider(told), {"refresh_token": "refresh"}))))


def _tidepool(told: Json, user_id: str | None) -> TidepoolSource:
    """Return an account that answers the same to everything."""
    return TidepoolSource(
        answering(lambda _: told),
        environment=Environment.PRODUCTION,
        token=_token,
        clock=lambda: NOW,
        user_id=user_id,
    )


def tidepool_source(told: Json) -> Kept:
    """Read a Tidepool account: a few days, and so many that nothing is held."""
    source, longer = _tidepool(told, "1"), _tidepool(told, "1")
    begin = SINCE.replace(minute=0)
    found = run(
        _all(
            source.readings(SINCE),
            source.treatments(SINCE),
            source.status(),
            longer.readings(LONG_AGO),
            longer.treatments(LONG_AGO),
            longer.history(begin, begin + 48 * _HOUR),
        )
    )
    # Documents of one event become one treatment, whichever tells more.
    facts = [each.treatment for each in source._facts._items.values()]
    return _kept([*found[0], *facts]) | _kept(found[3])


def tidepool_account(told: Json) -> None:
    """Find out whose data an account may see."""
    source = _tidepool(told, None)
    run(_all(source.people(), source.identify()))


def tidepool_realm(told: Json) -> None:
    """Find out where people log in."""
    run(find_realm(answering(lambda _: told), Environment.PRODUCTION, BASE))


def tidepool_login(told: Json) -> None:
    """Log in to Tidepool, and refresh that."""
    login = partial(
        PasswordLogin,
        environment=Environment.PRODUCTION,
        username="alex",
        password="hush",
    )
    sessions = (
        answering(lambda _: told, status, {"x-tidepool-session-token": "token"})
        for status in (200, 400, 403, 500)
    )
    logins = (login(session, token="old") for session in sessions)
    run(_all(*(each.token("old") for each in logins)))
