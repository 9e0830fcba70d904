"""Nightscout through version 3 of its API, over real sockets."""

from collections.abc import AsyncGenerator, Callable, Coroutine
from datetime import timedelta

from aiohttp import ClientSession
import pytest

from custom_components.glucose_follow.cgm.errors import (
    CgmAuthError,
    CgmConnectionError,
    CgmError,
    CgmRateLimitError,
    CgmResponseError,
)
from custom_components.glucose_follow.cgm.models import Reading
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.source import Feature
from custom_components.glucose_follow.cgm.sources.nightscout import (
    NightscoutSource,
    parse_address,
    parse_credential,
    v3,
)
from custom_components.glucose_follow.cgm.sources.nightscout.api import Collection
from custom_components.glucose_follow.cgm.sources.nightscout.best import BestApi
from simulators.nightscout import NightscoutSimulator, faults
from tests.simulators.nightscout_support import (
    MINUTE,
    NARROW,
    NOON,
    READER,
    SECRET,
    FakeTime,
    closed_site,
    ms,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
EXCHANGE = f"/api/v2/authorization/request/{READER}"
WRONG = "reader-ffffffffffffffff"

type Ask = Callable[[NightscoutSource], Coroutine[None, None, object]]


@pytest.fixture
def clock() -> FakeTime:
    """Return a time that stands still at noon."""
    return FakeTime()


@pytest.fixture
async def http() -> AsyncGenerator[ClientSession]:
    """Return a session."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def site(clock: FakeTime) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that shows strangers nothing, with an hour of entries."""
    async with closed_site(clock) as running:
        yield running
        running.fault = None
        assert not running.has_crashed


@pytest.fixture
async def source(
    http: ClientSession, site: NightscoutSimulator, clock: FakeTime
) -> NightscoutSource:
    """Return a source that reads the closed site through version 3."""
    source = reads(http, site, clock, READER)
    await source.identify()
    assert source.api == "v3"
    site.requests.clear()
    return source


def reads(
    http: ClientSession,
    site: NightscoutSimulator,
    clock: FakeTime,
    credential: str = "",
) -> NightscoutSource:
    """Return a source that reads a site with a credential, as it was typed."""
    address = parse_address(str(site.url))
    return NightscoutSource(http, address, parse_credential(credential), clock=clock)


def best(source: NightscoutSource) -> BestApi:
    """Return the API that a source speaks."""
    assert isinstance(source._api, BestApi)
    return source._api


def paths(site: NightscoutSimulator) -> list[str]:
    """Return what a site was asked for."""
    return [request.path for request in site.requests]


async def readings(source: NightscoutSource) -> object:
    """Ask for a day of readings."""
    return await source.readings(NOON - DAY)


async def treatments(source: NightscoutSource) -> object:
    """Ask for a day of treatments."""
    return await source.treatments(NOON - DAY)


async def test_a_token_is_enough_to_speak_version_3(
    http: ClientSession, site: NightscoutSimulator, clock: FakeTime
) -> None:
    source = reads(http, site, clock, READER)
    assert source.api == "unknown"

    await source.identify()

    assert source.api == "v3"
    assert source.features == {
        Feature.LIVE,
        Feature.PUSH,
        Feature.STATUS,
        Feature.TREATMENTS,
    }
    assert sorted(paths(site)) == [
        "/api/v1/status.json",
        EXCHANGE,
        "/api/v3/devicestatus",
        "/api/v3/entries",
        "/api/v3/treatments",
    ]


async def test_no_document_is_wanted_to_find_out_what_there_is(
    http: ClientSession, site: NightscoutSimulator, clock: FakeTime
) -> None:
    """The database would sort every document it has to choose one."""
    await reads(http, site, clock, READER).identify()

    probes = [dict(each.query) for each in site.requests if "/v3/" in each.path]
    assert probes == [{"srvModified$gt": "4102444800000", "limit": "1"}] * 3


@pytest.mark.parametrize("credential", [SECRET, ""])
async def test_secrets_and_open_sites_stay_with_version_1(
    http: ClientSession, clock: FakeTime, credential: str
) -> None:
    async with NightscoutSimulator(clock=clock, api_secret=SECRET) as site:
        source = reads(http, site, clock, credential)
        await source.identify()

    assert source.api == "v1"
    assert not any("v2" in path or "v3" in path for path in paths(site))


async def test_a_server_without_version_3_is_read_through_version_1(
    http: ClientSession, clock: FakeTime
) -> None:
    async with closed_site(clock, has_v3=False) as site:
        source = reads(http, site, clock, READER)
        await source.identify()

        assert source.api == "v1"
        assert len(await source.readings(NOON - DAY)) == 12


@pytest.mark.parametrize(
    "fault",
    [
        faults.NotFound(only={"authorization"}),
        faults.ServerError(403, only={"authorization"}),
        faults.ServerError(500, only={"authorization"}),
        faults.Refuse(only={"authorization"}),
        faults.Html(only={"authorization"}),
        faults.Garbage(only={"authorization"}),
        faults.Garbage({"token": 7}, only={"authorization"}),
    ],
)
async def test_a_site_that_exchanges_no_tokens_is_read_through_version_1(
    http: ClientSession,
    site: NightscoutSimulator,
    clock: FakeTime,
    fault: faults.Fault,
) -> None:
    """A proxy may guard everything but version 1, which uploaders need."""
    site.fault = fault
    source = reads(http, site, clock, READER)

    await source.identify()

    assert source.api == "v1"
    assert len(await source.readings(NOON - DAY)) == 12


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.Unreachable(only={"authorization"}), CgmConnectionError),
        (faults.RateLimit(9, only={"authorization"}), CgmRateLimitError),
    ],
)
async def test_a_site_that_does_not_answer_is_not_identified(
    http: ClientSession,
    site: NightscoutSimulator,
    clock: FakeTime,
    fault: faults.Fault,
    error: type[CgmError],
) -> None:
    site.fault = fault
    source = reads(http, site, clock, READER)

    with pytest.raises(error):
        await source.identify()

    assert source.api == "unknown"
    site.fault = None
    await source.identify()
    assert source.api == "v3"


async def test_a_wrong_token_is_punished_once(
    http: ClientSession, site: NightscoutSimulator, clock: FakeTime
) -> None:
    """The exchange does not punish, so version 1 may have the last word."""
    with pytest.raises(CgmAuthError) as caught:
        await reads(http, site, clock, WRONG).identify()

    assert caught.value.is_recognised is False
    assert site.delay == 5


async def test_a_token_without_the_right_is_recognised(
    http: ClientSession, site: NightscoutSimulator, clock: FakeTime
) -> None:
    site.grant(READER, {"treatments"})

    with pytest.raises(CgmAuthError) as caught:
        await reads(http, site, clock, READER).identify()

    assert caught.value.is_recognised is True
    assert site.delay == 0


async def test_a_narrow_token_reads_entries_through_version_3(
    http: ClientSession, site: NightscoutSimulator, clock: FakeTime
) -> None:
    source = reads(http, site, clock, NARROW)

    await source.identify()

    assert source.api == "v3"
    assert source.features == {Feature.LIVE, Feature.PUSH}


async def test_readings_are_asked_for_by_date_newest_first(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    await source.readings(NOON - 7 * MINUTE)

    (request,) = site.requests
    assert request.path == "/api/v3/entries"
    assert dict(request.query) == {
        "type$eq": "sgv",
        "date$gt": str(ms(NOON - 7 * MINUTE)),
        "sort$desc": "date",
        "limit": "1000",
    }


async def test_treatments_are_asked_for_by_creation_with_a_margin(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    """By `date` nothing would be found that came through version 1."""
    await source.treatments(NOON - 7 * MINUTE)

    (request,) = site.requests
    assert request.path == "/api/v3/treatments"
    assert dict(request.query) == {
        "created_at$gte": "2026-11-21T10:53:00.000Z",
        "sort$desc": "created_at",
        "limit": "1000",
    }


async def test_what_v1_uploaded_is_found(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site.add_treatment(at=NOON - MINUTE, eventType="Meal Bolus", insulin=2)

    (bolus,) = await source.treatments(NOON - HOUR)

    assert bolus.insulin == 2


async def test_what_was_deleted_is_not_found(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site.add_treatment(at=NOON - 2 * MINUTE, eventType="Meal Bolus", insulin=2)
    gone = site.add_treatment(at=NOON - MINUTE, eventType="Meal Bolus", insulin=3)
    site.invalidate_treatment(gone)

    (bolus,) = await source.treatments(NOON - HOUR)

    assert bolus.insulin == 2


async def test_a_day_of_two_busy_sensors_is_read_page_by_page(
    http: ClientSession, clock: FakeTime
) -> None:
    person = SimulatedPerson(seed=7, period=MINUTE)
    async with NightscoutSimulator(
        clock=clock, person=person, tokens={READER: frozenset({"*"})}
    ) as site:
        for number in range(1440):
            site.add_entry(at=NOON - (number + 0.5) * MINUTE, sgv=150)
        source = reads(http, site, clock, READER)
        await source.identify()
        site.requests.clear()

        found = await source.readings(NOON - DAY)

    asked = [(each.query["limit"], each.query.get("skip")) for each in site.requests]
    assert asked == [("1000", None), ("1000", "1000"), ("1000", "2000")]
    assert 2870 <= len(found) <= 2890
    assert [each.at for each in found] == sorted(each.at for each in found)


async def test_far_too_much_is_cut_off_at_its_old_end(
    source: NightscoutSource,
    site: NightscoutSimulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(v3, "MOST_PAGES", 1)
    for number in range(2500):
        site.add_treatment(at=NOON - number * MINUTE, eventType="Note")

    found = await source.treatments(NOON - 3 * DAY)

    assert len(found) == 2000
    assert found[-1].at == NOON
    assert len(site.requests) == 2


async def test_a_site_that_always_sends_the_same_page_is_asked_twice(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    document = {"created_at": "2026-11-21T11:00:00Z", "identifier": "a", "insulin": 1}
    site.fault = faults.Garbage({"status": 200, "result": [document] * 1000})

    found = await source.treatments(NOON - 3 * DAY)

    assert [each.insulin for each in found] == [1]
    assert len(site.requests) == 2


async def test_what_arrives_between_two_pages_is_told_once(
    source: NightscoutSource, site: NightscoutSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It moves the last document of a page to the beginning of the next."""
    for number in range(1500):
        site.add_treatment(at=NOON - number * MINUTE, eventType="Note")
    v3 = best(source)._v3
    read = v3._read

    async def busy(*asked: object) -> object:
        found = await read(*asked)  # type: ignore[arg-type]  # as they came
        site.add_treatment(at=NOON, eventType="Note")
        return found

    monkeypatch.setattr(v3, "_read", busy)

    found = await source.treatments(NOON - 3 * DAY)

    assert len({each.id for each in found}) == len(found) == 1500


async def test_documents_without_identifiers_are_all_told(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site.fault = faults.Garbage(
        {
            "result": [
                {"date": ms(NOON - ago * MINUTE), "sgv": 100 + ago} for ago in (1, 2)
            ]
        }
    )

    found = await source.readings(NOON - HOUR)

    assert [each.mgdl for each in found if isinstance(each, Reading)] == [102, 101]


async def test_device_status_and_profiles_are_told_oldest_first(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    for number in range(20):
        site.add_devicestatus(at=NOON - number * MINUTE, device=str(number))

    statuses = await best(source).device_status(NOON - HOUR)
    (profile,) = await best(source).profiles()

    assert [each["device"] for each in statuses] == [
        str(number) for number in reversed(range(20))
    ]
    assert profile["defaultProfile"] == "Default"
    assert {request.path for request in site.requests} == {
        "/api/v3/devicestatus",
        "/api/v3/profile",
    }


async def test_the_newest_treatment_is_found_however_old(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    for ago in (12, 15):
        site.add_treatment(at=NOON - ago * DAY, eventType="Site Change", device=ago)
    site.add_treatment(at=NOON - DAY, eventType="Sensor Start", device=1)

    found = await best(source).newest_treatments("Site Change", 2)
    (newest,) = await best(source).newest_treatments("Site Change", 1)

    assert [document["device"] for document in found] == [15, 12]
    assert newest["device"] == 12
    assert list(await best(source).newest_treatments("Insulin Change", 2)) == []
    assert len(site.requests) == 3


async def test_one_question_is_one_request(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime
) -> None:
    for _ in range(84):
        clock.now += 5 * MINUTE
        await source.readings(clock.now - 20 * MINUTE)

    assert paths(site) == ["/api/v3/entries"] * 84


async def test_a_jwt_is_renewed_before_it_ends_and_nobody_is_punished(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime
) -> None:
    for _ in range(24 * 12):
        clock.now += 5 * MINUTE
        await source.readings(clock.now - 20 * MINUTE)

    assert paths(site).count(EXCHANGE) == 3
    assert len(site.requests) == 24 * 12 + 3
    assert clock.slept == []


async def test_a_jwt_that_is_refused_is_renewed_once(
    source: NightscoutSource,
    site: NightscoutSimulator,
    clock: FakeTime,
) -> None:
    """A new installation signs with another key."""
    site.fault = faults.Refuse(only={"entries"}, times=1)
    clock.now += MINUTE

    found = await source.readings(NOON - DAY)

    assert len(found) == 12
    assert paths(site) == ["/api/v3/entries", EXCHANGE, "/api/v3/entries"]
    assert source.api == "v3"


@pytest.mark.parametrize("ask", [readings, treatments])
async def test_a_token_that_was_taken_back_is_refused_and_not_tried_elsewhere(
    source: NightscoutSource, site: NightscoutSimulator, ask: Ask
) -> None:
    """Version 1 would punish it, and a JWT of nobody's would end the server."""
    site.revoke(READER)

    with pytest.raises(CgmAuthError) as caught:
        await ask(source)

    assert caught.value.is_recognised is False
    assert not any("v1" in path for path in paths(site))
    assert site.delay <= 5


async def test_a_token_that_was_given_back_is_read_with_again(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site.revoke(READER)
    with pytest.raises(CgmAuthError):
        await source.readings(NOON - DAY)

    site.grant(READER, {"*"})

    assert len(await source.readings(NOON - DAY)) == 12
    assert source.api == "v3"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 406])
@pytest.mark.parametrize("ask", [readings, treatments])
async def test_what_version_3_refuses_is_asked_of_version_1_from_then_on(
    source: NightscoutSource, site: NightscoutSimulator, status: int, ask: Ask
) -> None:
    site.add_treatment(eventType="Note", at=NOON - MINUTE)
    kind = "entries" if ask is readings else "treatments"
    site.fault = faults.ServerError(status, only={kind}, versions={"v3"})

    first = await ask(source)
    before = len(site.requests)
    again = await ask(source)

    assert first
    assert again == first
    assert source.api == f"v3 (v1 for {kind})"
    assert [path.split("/")[2] for path in paths(site)[before:]] == ["v1"]
    assert paths(site).count(f"/api/v3/{kind}") == (2 if status == 401 else 1)


async def test_one_collection_falls_back_alone(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site.fault = faults.NotFound(only={"treatments"}, versions={"v3"})
    await source.treatments(NOON - DAY)
    site.requests.clear()

    await source.readings(NOON - DAY)
    await source.treatments(NOON - DAY)

    assert paths(site) == ["/api/v3/entries", "/api/v1/treatments.json"]


@pytest.mark.parametrize("collection", [*Collection][1:])
async def test_what_only_version_1_offers_is_offered(
    source: NightscoutSource, site: NightscoutSimulator, collection: Collection
) -> None:
    site.fault = faults.ServerError(403, only={collection}, versions={"v3"})

    assert await best(source).offers(collection)
    assert await best(source).offers(collection)

    versions = [path.split("/")[2] for path in paths(site)]
    assert versions == ["v3", "v1", "v1"]
    assert source.api == f"v3 (v1 for {collection})"


async def test_what_no_version_offers_is_not_offered(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site.grant(READER, {"entries"})

    assert not await best(source).offers(Collection.DEVICE_STATUS)
    assert source.api == "v3"


async def test_trouble_does_not_mean_that_it_is_not_offered(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site.fault = faults.ServerError()

    assert await best(source).offers(Collection.DEVICE_STATUS)
    assert source.api == "v3"


async def test_treatments_fall_back_when_they_are_looked_for(
    http: ClientSession, site: NightscoutSimulator, clock: FakeTime
) -> None:
    site.fault = faults.ServerError(406, only={"treatments"}, versions={"v3"})
    source = reads(http, site, clock, READER)

    await source.identify()

    assert source.features == {
        Feature.LIVE,
        Feature.PUSH,
        Feature.STATUS,
        Feature.TREATMENTS,
    }
    assert source.api == "v3 (v1 for treatments)"


@pytest.mark.parametrize(
    ("status", "error"), [(403, CgmAuthError), (404, CgmResponseError)]
)
async def test_what_both_versions_refuse_is_asked_of_version_3_again(
    source: NightscoutSource,
    site: NightscoutSimulator,
    status: int,
    error: type[CgmError],
) -> None:
    site.fault = faults.ServerError(status, only={"entries"})
    with pytest.raises(error):
        await source.readings(NOON - DAY)
    site.fault = None
    site.requests.clear()

    found = await source.readings(NOON - DAY)

    assert len(found) == 12
    assert paths(site) == ["/api/v3/entries"]


async def test_an_exchange_that_ends_leaves_it_to_version_1(
    source: NightscoutSource, site: NightscoutSimulator, clock: FakeTime
) -> None:
    site.fault = faults.NotFound(only={"authorization"})
    clock.now += 8 * HOUR

    await source.readings(NOON - DAY)

    assert source.api == "v3 (v1 for entries)"
    assert site.delay == 0


@pytest.mark.parametrize(
    "fault",
    [
        faults.ServerError(500, versions={"v3"}),
        faults.DatabaseLost(versions={"v3"}),
        faults.Html(versions={"v3"}),
        faults.NullBody(versions={"v3"}),
        faults.Garbage({"status": 200, "result": {}}, versions={"v3"}),
        faults.RateLimit(5, versions={"v3"}),
        faults.Unreachable(versions={"v3"}),
    ],
)
@pytest.mark.parametrize("ask", [readings, treatments])
async def test_an_outage_is_no_reason_to_change_the_version(
    source: NightscoutSource,
    site: NightscoutSimulator,
    fault: faults.Fault,
    ask: Ask,
) -> None:
    site.fault = fault

    with pytest.raises(CgmError):
        await ask(source)

    assert source.api == "v3"
    assert not any("v1" in path for path in paths(site))


@pytest.mark.parametrize(
    "fault",
    [
        faults.NotFound(versions={"v3"}),
        faults.Html(versions={"v3"}),
        faults.ServerError(503, versions={"v3"}),
        faults.Garbage([], versions={"v3"}),
    ],
)
async def test_a_broken_version_3_is_not_chosen(
    http: ClientSession,
    site: NightscoutSimulator,
    clock: FakeTime,
    fault: faults.Fault,
) -> None:
    site.fault = fault
    source = reads(http, site, clock, READER)

    await source.identify()

    assert source.api == "v1"
    assert len(await source.readings(NOON - DAY)) == 12


async def test_a_site_that_was_updated_is_read_anew(
    http: ClientSession, clock: FakeTime
) -> None:
    async with closed_site(clock, has_v3=False) as site:
        source = reads(http, site, clock, READER)
        await source.identify()
        old = source.api
        site._site.has_v3 = True

        await source.identify()

    assert (old, source.api) == ("v1", "v3")


async def test_a_site_that_lost_version_3_is_read_through_version_1(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site._site.has_v3 = False

    await source.identify()

    assert source.api == "v1"
    site.requests.clear()
    assert len(await source.readings(NOON - DAY)) == 12
    assert paths(site) == ["/api/v1/entries/sgv.json"]


async def test_the_jwt_is_shown_to_version_3_only(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    """Shown to version 1 after its subject was deleted, it ends the server."""
    site.fault = faults.NotFound(only={"treatments"}, versions={"v3"})
    site.add_treatment(eventType="Note")

    await source.identify()
    await source.readings(NOON - DAY)
    await source.treatments(NOON - DAY)

    for request in site.requests:
        is_v3 = request.path.startswith("/api/v3/")
        assert ("Authorization" in request.headers) is is_v3
        assert ("api-secret" in request.headers) is ("/v1/" in request.path)
        assert not {"token", "secret"} & set(request.query)


async def test_a_redirect_to_an_older_version_is_not_followed(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site.fault = faults.Redirect(
        site.url / "api/v1/entries.json", is_path_kept=False, versions={"v3"}
    )

    found = await source.readings(NOON - DAY)

    assert len(found) == 12
    assert all(
        "Authorization" not in request.headers
        for request in site.requests
        if not request.path.startswith("/api/v3/")
    )


async def test_the_sites_clock_is_told(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site.skew = HOUR

    await source.readings(NOON - HOUR)

    assert source.server_time == NOON + HOUR
