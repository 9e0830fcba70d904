"""A Nightscout site tells of the same person, however it is asked."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import cast

from aiohttp import ClientSession, web
import pytest
from yarl import URL

from custom_components.glucose_follow.cgm.models import Sample, Treatment
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.source import Change
from custom_components.glucose_follow.cgm.sources.nightscout import (
    NightscoutSource,
    parse_address,
    parse_credential,
)
from custom_components.glucose_follow.cgm.sources.nightscout.decode import Document
from simulators.nightscout import READABLE, NightscoutSimulator, Style
from simulators.nightscout.documents import moment_ms, parse_moment
from simulators.nightscout.store import Collection
from tests.simulators.nightscout_support import NOON, READER, SECRET, FakeTime, recorded

DAY = timedelta(days=1)
MONTH = timedelta(days=31)

type Stored = dict[str, object]
type Ask = Callable[[NightscoutSimulator, ClientSession], Awaitable[Told]]


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is known of a person."""

    readings: Sequence[Sample]
    treatments: Sequence[Treatment]

    def after(self, start: datetime | None) -> Told:
        """Return what was measured and done after a moment, if there is one."""
        return Told(
            readings=[one for one in self.readings if not start or one.at > start],
            treatments=[one for one in self.treatments if not start or one.at > start],
        )


RECORDED: Mapping[str, Mapping[Collection, tuple[str, str]]] = {
    "aaps": {
        Collection.ENTRIES: (
            "denied/v1/entries_date-gt-2h_default-count",
            "denied/v3/entries_date-gt",
        ),
        Collection.TREATMENTS: (
            "denied/v1/treatments_created_at-gte-24h",
            "denied/v3/treatments_created_at",
        ),
    },
    "mmol": {
        Collection.ENTRIES: ("mmol/entries-sgv_count3", "mmol/v3_entries"),
        Collection.TREATMENTS: ("mmol/treatments_24h", "mmol/v3_treatments"),
    },
    "loop": {
        Collection.ENTRIES: ("rig-loop/entries-sgv_count3", "rig-loop/v3_entries"),
        Collection.TREATMENTS: ("rig-loop/treatments_24h", "rig-loop/v3_treatments"),
        Collection.DEVICESTATUS: (
            "rig-loop/devicestatus_count3",
            "rig-loop/v3_devicestatus",
        ),
        Collection.PROFILE: ("rig-loop/profile", "rig-loop/v3_profile"),
    },
    "trio": {
        Collection.ENTRIES: ("rig-trio/entries-sgv_count3", "rig-trio/v3_entries"),
        Collection.TREATMENTS: ("rig-trio/treatments_24h", "rig-trio/v3_treatments"),
        Collection.DEVICESTATUS: (
            "rig-trio/devicestatus_count3",
            "rig-trio/v3_devicestatus",
        ),
        Collection.PROFILE: ("rig-trio/profile", "rig-trio/v3_profile"),
    },
}
"""What real servers answered through version 1 and 3, some minutes apart."""

SITES: Mapping[str, Mapping[Collection, str]] = {
    "aaps": {
        Collection.ENTRIES: "denied/v3/entries_history_0",
        Collection.TREATMENTS: "denied/v1/treatments_count100000",
    },
    "mmol": {
        Collection.ENTRIES: "mmol/v3_entries_history",
        Collection.TREATMENTS: "mmol/treatments_24h",
    },
    "loop": {
        Collection.ENTRIES: "rig-loop/entries-sgv_count3",
        Collection.TREATMENTS: "rig-loop/treatments_24h",
        Collection.DEVICESTATUS: "rig-loop/devicestatus_count3",
    },
    "trio": {
        Collection.ENTRIES: "rig-trio/entries-sgv_count3",
        Collection.TREATMENTS: "rig-trio/treatments_24h",
        Collection.DEVICESTATUS: "rig-trio/devicestatus_count3",
    },
}
"""Sites that were recorded, by what they held."""


def recorded_documents(name: str) -> list[Stored]:
    """Return the documents of a recorded answer, newest first."""
    body = recorded(name).json()
    found = body["result"] if isinstance(body, dict) else body
    return cast(list[Stored], found)


def as_stored(document: Stored) -> Stored:
    """Return a document as the database holds it, without what was made for us."""
    stored = {name: value for name, value in document.items() if name != "mills"}
    return {
        name: value
        for name, value in stored.items()
        if name not in {"insulin", "carbs"} or value is not None
    }


@asynccontextmanager
async def replayed(name: str) -> AsyncGenerator[URL]:
    """Serve the recorded answers of a site, each to whoever speaks its version."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if "/authorization/" in request.path:
            return web.json_response({"token": "a.b.c"})
        is_v3 = request.path.startswith("/api/v3/")
        for kind, (v1, v3) in RECORDED[name].items():
            if kind in request.path:
                body = recorded(v3 if is_v3 else v1).body
                return web.Response(body=body, content_type="application/json")
        return web.json_response({"result": []} if is_v3 else [])

    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield URL.build(scheme="http", host="127.0.0.1", port=runner.addresses[0][1])
    await runner.cleanup()


def reads(http: ClientSession, url: URL, credential: str) -> NightscoutSource:
    """Return a source that reads a site with a credential, as it was typed."""
    return NightscoutSource(
        http,
        parse_address(str(url)),
        parse_credential(credential),
        clock=lambda: NOON,
    )


async def by_v1(site: NightscoutSimulator, http: ClientSession) -> Told:
    """Return what version 1 tells."""
    return await told(reads(http, site.url, SECRET), "v1")


async def by_v3(site: NightscoutSimulator, http: ClientSession) -> Told:
    """Return what version 3 tells."""
    return await told(reads(http, site.url, READER), "v3")


async def told(source: NightscoutSource, api: str) -> Told:
    """Return what a source tells through one version of the API."""
    await source.identify()
    assert source.api == api
    readings = await source.readings(NOON - MONTH)
    treatments = await source.treatments(NOON - MONTH)
    assert source.skipped == 0
    return Told(readings=readings, treatments=treatments)


async def by_sockets(site: NightscoutSimulator, http: ClientSession) -> Told:
    """Return what is said over sockets first; old things are told besides."""
    source, said = reads(http, site.url, READER), asyncio.Queue[Change]()
    listening = asyncio.create_task(source.listen(said.put_nowait))
    change = await said.get()
    listening.cancel()
    await asyncio.wait({listening})
    assert source.skipped == 0
    told = Told(
        readings=sorted(change.samples, key=attrgetter("at")),
        treatments=change.treatments,
    )
    return told.after(site._site.clock() - 2 * DAY)


WAYS: Mapping[str, tuple[Ask, timedelta | None]] = {
    "v3": (by_v3, None),
    "sockets": (by_sockets, 2 * DAY),
}
"""How a site can be heard of, besides version 1, and how far that goes back.

What they tell must be the same.
"""


@asynccontextmanager
async def as_recorded(name: str) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that holds what a real one held."""
    documents = {
        kind: [as_stored(document) for document in recorded_documents(recording)]
        for kind, recording in SITES[name].items()
    }
    newest = max(moment_ms(document) for document in documents[Collection.ENTRIES])
    clock = FakeTime(now=parse_moment(newest) or NOON)
    async with NightscoutSimulator(
        clock=clock,
        sleep=clock.sleep,
        api_secret=SECRET,
        tokens={READER: READABLE},
        has_sockets=True,
    ) as site:
        for kind, held in documents.items():
            for document in reversed(held):
                site._site.store.add(kind, document)
        yield site


@asynccontextmanager
async def as_simulated(style: str) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that a simulated person uploads to for two days."""
    clock = FakeTime()
    async with NightscoutSimulator(
        clock=clock,
        person=SimulatedPerson(seed=7),
        history=2 * DAY,
        style=style,
        api_secret=SECRET,
        tokens={READER: READABLE},
        has_sockets=True,
    ) as site:
        yield site


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", SITES)
async def test_a_recorded_site_is_of_the_same_person_however_it_is_asked(
    name: str, way: str
) -> None:
    ask, span = WAYS[way]
    async with ClientSession() as http, as_recorded(name) as site:
        told = await by_v1(site, http)
        found = await ask(site, http)
        expected = told.after(site._site.clock() - span if span else None)

    assert len(expected.readings) >= 3
    assert len(expected.treatments) >= 82
    assert list(found.readings) == list(expected.readings)
    assert by_id(found.treatments) == by_id(expected.treatments)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("style", Style)
async def test_a_simulated_site_is_of_the_same_person_however_it_is_asked(
    style: str, way: str
) -> None:
    ask, span = WAYS[way]
    async with ClientSession() as http, as_simulated(style) as site:
        told = await by_v1(site, http)
        found = await ask(site, http)
        expected = told.after(site._site.clock() - span if span else None)

    assert len(expected.readings) > 500
    assert len(expected.treatments) > 5
    assert list(found.readings) == list(expected.readings)
    assert by_id(found.treatments) == by_id(expected.treatments)


def by_id(treatments: Sequence[Treatment]) -> dict[str, Treatment]:
    """Return treatments by what tells them apart; each is there once."""
    known = {treatment.id: treatment for treatment in treatments}
    assert len(known) == len(treatments)
    return known


def identity(document: Document) -> object:
    """Return what both versions call a document."""
    return document.get("identifier") or document.get("_id")


def content(document: Document) -> Mapping[str, object]:
    """Return a document without what one of the versions adds to it."""
    added = {"_id", "identifier", "mills", "srvModified", "srvCreated"}
    return {
        name: value
        for name, value in document.items()
        if name not in added and value is not None
    }


@pytest.mark.parametrize(
    ("name", "kind"), [(name, kind) for name, told in RECORDED.items() for kind in told]
)
async def test_both_versions_told_the_same_documents(
    name: str, kind: Collection
) -> None:
    """By a real server: nothing that is simulated comes between."""
    async with ClientSession() as http, replayed(name) as url:
        sources = [reads(http, url, credential) for credential in (SECRET, READER)]
        for source in sources:
            await source.identify()
        v1, v3 = [
            {identity(document): document for document in await asked(source, kind)}
            for source in sources
        ]

    assert [source.api for source in sources] == ["v1", "v3"]
    common = v1.keys() & v3.keys()
    # The answers were recorded with a reading between them.
    assert len(common) >= max(1, min(len(v1), len(v3)) - 2)
    for each in common:
        assert content(v1[each]) == content(v3[each])


@pytest.mark.parametrize("name", RECORDED)
async def test_both_versions_were_understood_alike(name: str) -> None:
    """By a real server: nothing that is simulated comes between."""
    async with ClientSession() as http, replayed(name) as url:
        v1, v3 = [
            await told(reads(http, url, credential), api)
            for credential, api in ((SECRET, "v1"), (READER, "v3"))
        ]

    seen = {sample.at: sample for sample in v1.readings}
    same = [sample for sample in v3.readings if sample.at in seen]
    assert len(same) >= 3
    assert [seen[sample.at] for sample in same] == same
    done, others = by_id(v1.treatments), by_id(v3.treatments)
    common = done.keys() & others.keys()
    assert len(common) >= 5
    assert {each: done[each] for each in common} == {
        each: others[each] for each in common
    }


async def asked(source: NightscoutSource, kind: Collection) -> Sequence[Document]:
    """Return the documents of a collection as they are."""
    api = source._api
    match kind:
        case Collection.ENTRIES:
            return await api.entries(NOON - MONTH)
        case Collection.TREATMENTS:
            return await api.treatments(NOON - MONTH)
        case Collection.DEVICESTATUS:
            return await api.device_status(NOON - MONTH)
        case Collection.PROFILE:
            return await api.profiles()
