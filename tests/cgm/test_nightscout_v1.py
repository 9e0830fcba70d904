"""What a Nightscout site tells through version 1 of its API, as it is."""

from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from itertools import count

from aiohttp import ClientSession
import pytest

from custom_components.glucose_follow.cgm.errors import CgmResponseError
from custom_components.glucose_follow.cgm.sources.nightscout import parse_credential, v1
from custom_components.glucose_follow.cgm.sources.nightscout.api import Collection
from custom_components.glucose_follow.cgm.sources.nightscout.v1 import V1Api, created_at
from custom_components.glucose_follow.cgm.transport import JsonClient
from simulators.nightscout import Bare, NightscoutSimulator, faults
from tests.simulators.nightscout_support import (
    MINUTE,
    NARROW,
    NOON,
    READER,
    FakeTime,
    closed_site,
    ms,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
async def site() -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that shows strangers nothing, with an hour of entries."""
    async with closed_site(FakeTime()) as running:
        yield running
        running.fault = None


@pytest.fixture
async def http() -> AsyncGenerator[ClientSession]:
    """Return a session."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
def api(http: ClientSession, site: NightscoutSimulator) -> V1Api:
    """Return the API as somebody uses it who may read everything."""
    return speaks(http, site, READER)


def speaks(http: ClientSession, site: NightscoutSimulator, credential: str) -> V1Api:
    """Return the API of a site, with a credential as it was typed."""
    return V1Api(JsonClient(http, site.url), parse_credential(credential))


def marks(documents: list[Mapping[str, object]]) -> list[object]:
    """Return what tells documents of a test apart."""
    return [document["device"] for document in documents]


async def test_entries_are_told_oldest_first(api: V1Api) -> None:
    found = await api.entries(NOON - 12 * MINUTE)

    assert [document["sgv"] for document in found] == [110, 111, 112]


async def test_device_status_is_told_oldest_first(
    api: V1Api, site: NightscoutSimulator
) -> None:
    """Ten are sent unless a number is asked for."""
    for number in range(20):
        site.add_devicestatus(at=NOON - number * MINUTE, device=str(number))

    found = await api.device_status(NOON - HOUR)

    assert marks(list(found)) == [str(number) for number in reversed(range(20))]


async def test_device_status_is_asked_for_by_date_and_number(
    api: V1Api, site: NightscoutSimulator
) -> None:
    await api.device_status(NOON)

    (request,) = site.requests
    assert request.path == "/api/v1/devicestatus.json"
    assert dict(request.query) == {
        "find[created_at][$gte]": "2026-11-21T12:00:00.000Z",
        "count": "500",
    }


async def test_a_profile_is_told(api: V1Api) -> None:
    (profile,) = await api.profiles()

    assert profile["defaultProfile"] == "Default"


async def test_the_newest_treatment_is_found_however_old(
    api: V1Api, site: NightscoutSimulator
) -> None:
    """Without a date, a site looks four days back."""
    for ago in (12, 15):
        site.add_treatment(at=NOON - ago * DAY, eventType="Site Change", device=ago)
    site.add_treatment(at=NOON - DAY, eventType="Sensor Start", device=1)

    found = await api.newest_treatments("Site Change", 2)

    assert marks(list(found)) == [15, 12]
    assert marks(list(await api.newest_treatments("Site Change", 1))) == [12]
    assert list(await api.newest_treatments("Insulin Change", 2)) == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda api: api.treatments(NOON - DAY),
        lambda api: api.device_status(NOON - DAY),
        lambda api: api.profiles(),
        lambda api: api.newest_treatments("Site Change", 1),
    ],
)
async def test_a_lost_database_is_not_an_empty_one(
    api: V1Api,
    site: NightscoutSimulator,
    ask: Callable[[V1Api], Coroutine[None, None, object]],
) -> None:
    site.fault = faults.NullBody()

    with pytest.raises(CgmResponseError):
        await ask(api)


@pytest.mark.parametrize("collection", Collection)
async def test_everything_is_offered_to_who_may_read_everything(
    api: V1Api, collection: Collection
) -> None:
    assert await api.offers(collection)


@pytest.mark.parametrize("collection", Collection)
async def test_only_entries_are_offered_to_who_may_read_only_entries(
    http: ClientSession, site: NightscoutSimulator, collection: Collection
) -> None:
    api = speaks(http, site, NARROW)

    assert await api.offers(collection) is (collection is Collection.ENTRIES)


@pytest.mark.parametrize(
    ("fault", "is_offered"),
    [
        (faults.NotFound(), False),
        (faults.ServerError(), True),
        (faults.ServerError(400), True),
        (faults.Html(), True),
        (faults.Unreachable(), True),
        (faults.RateLimit(), True),
    ],
)
async def test_only_a_definite_no_means_that_it_is_not_offered(
    api: V1Api, site: NightscoutSimulator, fault: faults.Fault, is_offered: bool
) -> None:
    site.fault = fault

    assert await api.offers(Collection.DEVICE_STATUS) is is_offered


async def test_a_phone_has_entries_and_is_asked_for_nothing_else(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    site.fault = Bare()
    site.set_secret(None)
    api = speaks(http, site, "")
    await api.find_entries()
    site.requests.clear()

    assert api.is_phone
    assert [await api.offers(collection) for collection in Collection] == [
        True,
        False,
        False,
        False,
    ]
    assert list(await api.treatments(NOON - DAY)) == []
    assert list(await api.device_status(NOON - DAY)) == []
    assert list(await api.profiles()) == []
    assert list(await api.newest_treatments("Site Change", 1)) == []
    assert await api.status() is None
    assert site.requests == []


async def test_more_than_fits_one_answer_is_asked_for_page_by_page(
    api: V1Api, site: NightscoutSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = [entry["date"] for entry in await api.entries(NOON - HOUR)]
    monkeypatch.setattr(v1, "MOST_ENTRIES", 5)
    monkeypatch.setattr(v1, "MOST_TREATMENTS", 5)
    for number in range(11):
        site.add_treatment(at=NOON - number * MINUTE, eventType="Note", notes=number)
    site.requests.clear()

    entries = await api.entries(NOON - HOUR)
    treatments = await api.treatments(NOON - HOUR)

    assert len(at_once) > 5
    assert list(dict.fromkeys(entry["date"] for entry in entries)) == at_once
    assert {each["notes"] for each in treatments} == set(range(11))
    stamps = [str(each["created_at"]) for each in treatments]
    assert stamps == sorted(stamps)


async def test_broken_milliseconds_lose_nothing_between_pages(
    api: V1Api, site: NightscoutSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trio writes them, and a site reads numbers of questions as whole ones."""
    monkeypatch.setattr(v1, "MOST_ENTRIES", 5)
    stamps = [
        ms(NOON) - slot * 60_000 + part for slot in range(9) for part in (0.2, 0.8)
    ]
    for stamp in stamps:
        site.add_entry(at=NOON, sgv=100, date=stamp, device="Trio")

    found = await api.entries(NOON - 10 * MINUTE)

    trio = {entry["date"] for entry in found if entry.get("device") == "Trio"}
    assert trio == set(stamps)


@pytest.mark.parametrize("told", [{}, {"date": None}, {"date": float("nan")}])
async def test_a_page_without_dates_is_the_last_one(
    api: V1Api,
    site: NightscoutSimulator,
    monkeypatch: pytest.MonkeyPatch,
    told: Mapping[str, object],
) -> None:
    monkeypatch.setattr(v1, "MOST_ENTRIES", 2)

    async def undated(*_: object) -> list[Mapping[str, object]]:
        return [{"sgv": "100", **told}, {"sgv": "101", **told}]

    monkeypatch.setattr(api, "_get", undated)

    assert len(await api.entries(NOON - HOUR)) == 2


async def test_a_date_that_cannot_be_asked_for_ends_the_last_page(
    api: V1Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(v1, "MOST_TREATMENTS", 1)

    async def odd(*_: object) -> list[dict[str, object]]:
        return [{"carbs": 20, "created_at": True}]

    monkeypatch.setattr(api, "_get", odd)

    assert len(await api.treatments(NOON - HOUR)) == 1


async def test_a_site_that_never_ends_is_left_after_twenty_pages(
    api: V1Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(v1, "MOST_ENTRIES", 1)
    stamps = count(ms(NOON), -1)

    async def always(*_: object) -> list[dict[str, int]]:
        return [{"sgv": 100, "date": next(stamps)}]

    monkeypatch.setattr(api, "_get", always)

    assert len(await api.entries(NOON - HOUR)) == 20


@pytest.mark.parametrize(
    ("since", "pages"), [(NOON - 15 * MINUTE, 1), (NOON - 5 * DAY, 2)]
)
async def test_a_server_that_ignores_what_is_asked_is_not_asked_for_the_same_again(
    api: V1Api, monkeypatch: pytest.MonkeyPatch, since: datetime, pages: int
) -> None:
    told = [
        {"sgv": 100, "date": ms(NOON - ago * MINUTE)} for ago in range(v1.MOST_ENTRIES)
    ]
    asked: list[object] = []

    async def count_only(*question: object) -> list[dict[str, int]]:
        asked.append(question)
        return told

    monkeypatch.setattr(api, "_get", count_only)

    found = await api.entries(since)

    assert found[-1]["date"] == ms(NOON)
    assert len(asked) == pages


async def test_a_server_that_ignores_the_end_of_a_page_is_left_after_what_is_new(
    api: V1Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(v1, "MOST_TREATMENTS", 2)
    asked: list[object] = []

    async def newest(*question: object) -> list[dict[str, str]]:
        asked.append(question)
        at = NOON + len(asked) // 2 * MINUTE
        return [{"created_at": created_at(at)}, {"created_at": created_at(at - DAY)}]

    monkeypatch.setattr(api, "_get", newest)

    await api.treatments(NOON - 5 * DAY)

    assert len(asked) == 3
