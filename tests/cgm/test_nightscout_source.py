"""Nightscout over real sockets."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from datetime import UTC, timedelta
from itertools import pairwise
import json
from time import perf_counter
from typing import override

from aiohttp import ClientSession, web
from hypothesis import given, strategies as st
import pytest
from yarl import URL

from custom_components.glucose_follow.cgm.errors import (
    CgmAuthError,
    CgmConnectionError,
    CgmError,
    CgmResponseError,
)
from custom_components.glucose_follow.cgm.models import (
    Account,
    Direction,
    GlucoseUnit,
    Reading,
    SensorFault,
    SensorStatus,
    Treatment,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.source import Feature
from custom_components.glucose_follow.cgm.sources.nightscout import (
    NightscoutSource,
    parse_address,
    parse_credential,
)
from custom_components.glucose_follow.cgm.sources.nightscout.reader import StatusReader
from custom_components.glucose_follow.cgm.sources.nightscout.tokens import Tokens
from custom_components.glucose_follow.cgm.sources.nightscout.v1 import V1Api
from custom_components.glucose_follow.cgm.sources.nightscout.v3 import V3Api
from custom_components.glucose_follow.cgm.timeline import Timeline
from custom_components.glucose_follow.cgm.transport import Json, JsonClient
from simulators.nightscout import Bare, NightscoutSimulator, Style, faults, lies
from tests.simulators.nightscout_support import (
    MINUTE,
    NARROW,
    NOON,
    READER,
    SECRET,
    FakeTime,
    closed_site,
    ms,
    open_site,
)

from .test_nightscout_decode import anything, documents

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WRONG = "reader-ffffffffffffffff"
BLIND = "blind-aaaaaaaaaaaaaaaa"
PERSON = SimulatedPerson(seed=7)


@pytest.fixture
def clock() -> FakeTime:
    """Return a time that stands still at noon."""
    return FakeTime()


@pytest.fixture
async def http() -> AsyncGenerator[ClientSession]:
    """Return a session."""
    async with ClientSession() as session:
        yield session


@pytest.fixture(params=["v1", "v3"])
async def site(
    request: pytest.FixtureRequest, clock: FakeTime
) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that shows strangers nothing, with an hour of entries."""
    async with closed_site(clock, has_v3=request.param == "v3") as running:
        running.grant(BLIND, {"treatments", "status"})
        yield running
        running.fault = None


@pytest.fixture
async def open_to_all(clock: FakeTime) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that everybody may read, with an hour of entries."""
    async with open_site(clock) as running:
        yield running


@pytest.fixture
async def phone(site: NightscoutSimulator) -> NightscoutSimulator:
    """Return the web service of a phone, with an hour of entries."""
    site.fault = Bare()
    return site


@pytest.fixture
def source(http: ClientSession, site: NightscoutSimulator) -> NightscoutSource:
    """Return a source that may read everything of the closed site."""
    return reads(http, site, READER)


def reads(
    http: ClientSession, site: NightscoutSimulator, credential: str = ""
) -> NightscoutSource:
    """Return a source that reads a site with a credential, as it was typed."""
    address = parse_address(str(site.url))
    return NightscoutSource(
        http, address, parse_credential(credential), clock=lambda: NOON
    )


def sent(site: NightscoutSimulator) -> list[str]:
    """Return the credentials that a site was sent."""
    headers = (request.headers.get("api-secret") for request in site.requests)
    return [value for value in headers if value]


@pytest.mark.parametrize("credential", [READER, SECRET])
async def test_a_credential_opens_a_closed_site(
    http: ClientSession, site: NightscoutSimulator, credential: str
) -> None:
    source = reads(http, site, credential)

    account = await source.identify()

    assert account == Account(id=parse_address(str(site.url)).id, unit=GlucoseUnit.MGDL)
    assert source.features == {
        Feature.LIVE,
        Feature.PUSH,
        Feature.TREATMENTS,
        Feature.STATUS,
    }
    assert len(await source.readings(NOON - DAY)) == 12


async def test_an_open_site_needs_no_credential(
    http: ClientSession, open_to_all: NightscoutSimulator
) -> None:
    source = reads(http, open_to_all)

    await source.identify()

    assert source.features == {
        Feature.LIVE,
        Feature.PUSH,
        Feature.TREATMENTS,
        Feature.STATUS,
    }
    assert sent(open_to_all) == []


@pytest.mark.parametrize("credential", [WRONG, "a wrong secret"])
async def test_a_wrong_credential_is_noticed_although_everybody_may_read(
    http: ClientSession, open_to_all: NightscoutSimulator, credential: str
) -> None:
    with pytest.raises(CgmAuthError) as caught:
        await reads(http, open_to_all, credential).identify()

    assert caught.value.is_recognised is False
    assert len(sent(open_to_all)) == 1


@pytest.mark.parametrize("credential", [WRONG, "a wrong secret"])
async def test_a_wrong_credential_is_sent_once(
    http: ClientSession, site: NightscoutSimulator, credential: str
) -> None:
    """Each one makes the site hold back everybody here for five seconds more."""
    with pytest.raises(CgmAuthError) as caught:
        await reads(http, site, credential).identify()

    assert caught.value.is_recognised is False
    assert len(sent(site)) == 1
    assert site.delay <= 5


async def test_a_closed_site_wants_a_credential(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    with pytest.raises(CgmAuthError) as caught:
        await reads(http, site).identify()

    assert caught.value.is_recognised is False


async def test_a_narrow_token_reads_what_it_may(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    source = reads(http, site, NARROW)

    account = await source.identify()

    assert account == Account(id=parse_address(str(site.url)).id)
    assert source.features == {Feature.LIVE, Feature.PUSH}
    assert len(await source.readings(NOON - DAY)) == 12


async def test_treatments_that_may_not_be_read_are_not_asked_for(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    source = reads(http, site, NARROW)
    await source.identify()
    asked = len(site.requests)

    assert await source.treatments(NOON - DAY) == ()
    assert len(site.requests) == asked


async def test_a_token_that_may_not_read_entries_is_recognised(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    with pytest.raises(CgmAuthError) as caught:
        await reads(http, site, BLIND).identify()

    assert caught.value.is_recognised is True


async def test_a_server_of_entries_only_is_enough(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site.fault = faults.EntriesOnly()

    account = await source.identify()

    assert account == Account(id=parse_address(str(site.url)).id)
    assert source.features == {Feature.LIVE, Feature.PUSH}
    assert len(await source.readings(NOON - DAY)) == 12


async def test_a_server_of_entries_only_refuses_a_wrong_credential(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    site.fault = faults.EntriesOnly()

    with pytest.raises(CgmAuthError) as caught:
        await reads(http, site, WRONG).identify()

    assert caught.value.is_recognised is False


async def test_a_server_without_entries_is_none(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site.fault = faults.NotFound()

    with pytest.raises(CgmResponseError) as caught:
        await source.identify()

    assert caught.value.status == 404


async def test_a_site_says_how_it_is_called_and_what_unit_it_shows(
    http: ClientSession, clock: FakeTime
) -> None:
    async with NightscoutSimulator(clock=clock, units="mmol", title="Anna") as site:
        account = await reads(http, site).identify()

    assert account.title == "Anna"
    assert account.unit is GlucoseUnit.MMOL


@pytest.mark.parametrize(
    ("status", "title", "unit"),
    [
        ([], None, None),
        ({"settings": None}, None, None),
        ({"settings": {}}, None, GlucoseUnit.MGDL),
        ({"settings": {"units": 7, "customTitle": 7}}, None, GlucoseUnit.MGDL),
        ({"settings": {"units": "MMOL/L"}}, None, GlucoseUnit.MMOL),
        ({"settings": {"customTitle": "Nightscout"}}, None, GlucoseUnit.MGDL),
        ("STATUS OK", None, None),
        (None, None, None),
    ],
)
async def test_a_strange_status_does_no_harm(
    source: NightscoutSource,
    site: NightscoutSimulator,
    status: object,
    title: str | None,
    unit: GlucoseUnit | None,
) -> None:
    site.fault = faults.Garbage(status, only={"status"})

    account = await source.identify()

    assert (account.title, account.unit) == (title, unit)


@pytest.mark.parametrize(
    "answer", ["OK", None, [], {}, {"message": "OK"}, {"message": ["OK"]}]
)
async def test_a_strange_verdict_leaves_it_to_the_entries(
    source: NightscoutSource, site: NightscoutSimulator, answer: object
) -> None:
    site.fault = faults.Garbage(answer, only={"verifyauth"})

    await source.identify()

    assert source.features == {
        Feature.LIVE,
        Feature.PUSH,
        Feature.TREATMENTS,
        Feature.STATUS,
    }


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.ServerError(only={"entries"}), CgmConnectionError),
        (faults.ServerError(400, only={"entries"}), CgmResponseError),
        (faults.Garbage(only={"entries"}), CgmResponseError),
        (faults.Html(only={"entries"}), CgmResponseError),
        (faults.Refuse(only={"entries"}), CgmAuthError),
    ],
)
async def test_a_site_out_of_order_is_not_identified(
    source: NightscoutSource,
    site: NightscoutSimulator,
    fault: faults.Fault,
    error: type[CgmError],
) -> None:
    site.fault = fault

    with pytest.raises(error):
        await source.identify()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.Refuse(only={"verifyauth"}), CgmAuthError),
        (faults.Unreachable(only={"verifyauth"}), CgmConnectionError),
    ],
)
async def test_a_secret_that_cannot_be_verified_is_not_identified(
    http: ClientSession,
    site: NightscoutSimulator,
    fault: faults.Fault,
    error: type[CgmError],
) -> None:
    site.fault = fault

    with pytest.raises(error):
        await reads(http, site, SECRET).identify()


@pytest.mark.parametrize("page", ["verifyauth", "status", "treatments"])
@pytest.mark.parametrize("trouble", [faults.ServerError, faults.Html, faults.Garbage])
async def test_trouble_with_a_page_that_not_every_site_has_changes_nothing(
    source: NightscoutSource,
    site: NightscoutSimulator,
    page: str,
    trouble: type[faults.Fault],
) -> None:
    """What fails now may work later; glucose does not wait for it."""
    site.fault = trouble(only={page})

    await source.identify()

    assert source.features == {
        Feature.LIVE,
        Feature.PUSH,
        Feature.TREATMENTS,
        Feature.STATUS,
    }


async def test_a_site_without_entries_is_a_site(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site.fault = faults.NullBody(only={"entries"})

    await source.identify()

    assert await source.readings(NOON - DAY) == []


async def test_readings_are_those_after_a_moment_oldest_first(
    source: NightscoutSource,
) -> None:
    everything = await source.readings(NOON - DAY)

    later = await source.readings(everything[3].at)

    assert later == everything[4:]
    assert [sample.at for sample in everything] == sorted(
        sample.at for sample in everything
    )
    assert everything[-1] == Reading(
        at=NOON - MINUTE, mgdl=112, direction=Direction.FLAT
    )


async def test_readings_are_asked_for_by_time_and_number(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    await source.readings(NOON - 7 * MINUTE)

    (request,) = site.requests
    assert request.path == "/api/v1/entries/sgv.json"
    assert dict(request.query) == {
        "find[date][$gt]": str(ms(NOON - 7 * MINUTE)),
        "count": "3000",
    }


@pytest.mark.parametrize("style", Style)
async def test_a_day_is_complete_whoever_uploads_it(
    http: ClientSession, clock: FakeTime, style: Style
) -> None:
    """Without a count it would be ten entries."""
    expected = PERSON.readings(NOON - DAY, NOON)

    async with NightscoutSimulator(clock=clock, person=PERSON, style=style) as site:
        told = await reads(http, site).readings(NOON - DAY - MINUTE)

    timeline = Timeline()
    timeline.merge(told, NOON)
    pairs = list(zip(timeline.readings[-287:], expected[-287:], strict=True))
    assert len(pairs) == 287
    for one, other in pairs:
        assert isinstance(one, Reading)
        assert (one.mgdl, one.direction, one.kind) == (
            other.mgdl,
            other.direction,
            other.kind,
        )
        assert abs(one.at - other.at) < timedelta(seconds=1)


async def test_readings_of_last_week_are_found(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    """Without a date a site looks four days back."""
    site.add_entry(at=NOON - 6 * DAY, sgv=99)

    found = await source.readings(NOON - 7 * DAY)

    assert found[0] == Reading(at=NOON - 6 * DAY, mgdl=99)


@pytest.mark.parametrize(
    ("lie", "values"),
    [
        pytest.param(lies.Lie("sgv", lies.as_text), [111, 112], id="text"),
        pytest.param(lies.Lie("sgv", lies.as_fraction), [111, 112], id="fractions"),
        pytest.param(lies.Lie("sgv", lies.always(None)), [], id="null"),
        pytest.param(lies.Lie("sgv", lies.always(0)), [], id="0"),
        pytest.param(lies.Lie("sgv", lies.always(1e9)), [], id="a billion"),
        pytest.param(lies.Lie("sgv", lies.always(lies.ABSENT)), [], id="absent"),
        pytest.param(lies.Lie("sgv", lies.always([1])), [], id="a list"),
        pytest.param(lies.Lie("sgv", lies.always(None), every=2), [111], id="some"),
        pytest.param(lies.Lie("date", lies.as_seconds), [111, 112], id="seconds"),
        pytest.param(lies.Lie("date", lies.as_iso), [111, 112], id="ISO dates"),
        pytest.param(lies.Lie("date", lies.as_text), [111, 112], id="dates as text"),
        pytest.param(lies.Lie("type", lies.always("mbg")), [], id="finger sticks"),
        pytest.param(lies.Lie("type", lies.always(lies.ABSENT)), [111, 112], id="none"),
        pytest.param(lies.Lie("direction", lies.always(7)), [111, 112], id="direction"),
    ],
)
async def test_what_is_usable_is_used(
    source: NightscoutSource,
    site: NightscoutSimulator,
    lie: lies.Lie,
    values: list[int],
) -> None:
    site.fault = lie

    found = await source.readings(NOON - 10 * MINUTE)

    assert [sample.mgdl for sample in found if isinstance(sample, Reading)] == values
    is_other_type = lie.field == "type"
    assert source.skipped == (0 if is_other_type else 2 - len(values))


async def test_error_codes_are_faults(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site.fault = lies.Lie("sgv", lies.always(5))

    found = await source.readings(NOON - 5 * MINUTE)

    assert found == [SensorFault(at=NOON - MINUTE, status=SensorStatus.WARMUP)]


async def test_a_stamp_an_hour_ahead_is_seen_and_moves_nothing(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site.add_entry(at=NOON + HOUR, sgv=99)
    timeline = Timeline()

    timeline.merge(await source.readings(NOON - DAY), NOON)

    assert timeline.ahead == 1
    assert timeline.newest_at == NOON - MINUTE


async def test_an_answer_of_another_order_and_too_many_is_put_right(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site.fault = faults.Garbage(
        [{"date": ms(NOON - ago * MINUTE), "sgv": 100 + ago} for ago in (7, 3, 90, 5)]
    )

    found = await source.readings(NOON - 6 * MINUTE)

    assert [sample.at for sample in found] == [NOON - 5 * MINUTE, NOON - 3 * MINUTE]


@pytest.mark.parametrize("answer", ["surprise", {}, 7, True])
async def test_an_answer_that_is_no_list_is_an_error(
    source: NightscoutSource, site: NightscoutSimulator, answer: object
) -> None:
    site.fault = faults.Garbage(answer)

    with pytest.raises(CgmResponseError):
        await source.readings(NOON - DAY)
    with pytest.raises(CgmResponseError):
        await source.treatments(NOON - DAY)


async def test_null_is_survived_and_never_means_that_nothing_was_done(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site.fault = faults.NullBody()

    assert await source.readings(NOON - DAY) == []
    with pytest.raises(CgmResponseError):
        await source.treatments(NOON - DAY)


async def test_a_lost_database_is_an_outage(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site.fault = faults.DatabaseLost()

    with pytest.raises(CgmConnectionError):
        await source.readings(NOON - DAY)
    with pytest.raises(CgmResponseError):
        await source.treatments(NOON - DAY)


async def test_far_too_many_entries_leave_the_loop_its_turns(
    http: ClientSession,
) -> None:
    """The answer is made beforehand, so that only the client's work counts."""
    number = 50_000
    body = json.dumps(
        [
            {"_id": str(ago), "date": ms(NOON) - ago * 1000, "sgv": 60 + ago % 300}
            for ago in range(number)
        ]
    ).encode()

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=body)

    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = URL.build(scheme="http", host="127.0.0.1", port=runner.addresses[0][1])
    source = NightscoutSource(
        http, parse_address(str(url)), parse_credential(""), clock=lambda: NOON
    )
    turns = [perf_counter()]

    async def watch() -> None:
        while True:
            await asyncio.sleep(0)
            turns.append(perf_counter())

    watching = asyncio.create_task(watch())
    found = await source.readings(NOON - 30 * DAY)
    turns.append(perf_counter())
    watching.cancel()
    await runner.cleanup()

    assert len(found) == number
    longest = max(after - before for before, after in pairwise(turns))
    assert longest < 0.3
    assert longest < (turns[-1] - turns[0]) / 2


async def test_treatments_are_those_since_a_moment_oldest_first(
    http: ClientSession, clock: FakeTime
) -> None:
    expected = PERSON.treatments(NOON - DAY, NOON)
    start = expected[3].at

    async with NightscoutSimulator(clock=clock, person=PERSON, history=2 * DAY) as site:
        found = await reads(http, site).treatments(start.replace(microsecond=0))

    assert [(each.insulin, each.carbs, each.is_automatic) for each in found] == [
        (each.insulin, each.carbs, each.is_automatic) for each in expected[3:]
    ]


async def test_treatments_are_asked_for_by_iso_date_and_number(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    """Documents in another time zone are compared as text: an hour of margin."""
    since = (NOON - 7 * MINUTE).astimezone(tz=UTC)

    await source.treatments(since)

    (request,) = site.requests
    assert request.path == "/api/v1/treatments.json"
    assert dict(request.query) == {
        "find[created_at][$gte]": "2026-11-21T10:53:00.000Z",
        "count": "2000",
    }


async def test_more_treatments_than_a_site_sends_unasked_are_read(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    for number in range(1500):
        site.add_treatment(at=NOON - number * MINUTE, eventType="Note")

    assert len(await source.treatments(NOON - 2 * DAY)) == 1500


async def test_treatments_before_the_moment_are_left_out(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    for ago in (59, 60, 61):
        site.add_treatment(at=NOON - ago * MINUTE, insulin=ago / 10)

    found = await source.treatments(NOON - HOUR)

    assert [treatment.insulin for treatment in found] == [6.0, 5.9]


async def test_an_unusable_treatment_is_counted(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site.add_treatment(insulin=2, eventType="Correction Bolus")
    site.add_treatment(insulin=-2)
    site.add_treatment(carbs=900)

    (bolus,) = await source.treatments(NOON - HOUR)

    assert isinstance(bolus, Treatment)
    assert bolus.kind is TreatmentKind.BOLUS
    assert source.skipped == 2


async def test_a_phone_is_found_and_has_entries_only(
    http: ClientSession, phone: NightscoutSimulator
) -> None:
    source = reads(http, phone, SECRET)

    account = await source.identify()

    assert account == Account(id=parse_address(str(phone.url)).id)
    assert source.features == {Feature.LIVE}
    assert len(await source.readings(NOON - DAY)) == 12
    assert await source.treatments(NOON - DAY) == ()


async def test_a_phone_may_be_open(
    http: ClientSession, phone: NightscoutSimulator
) -> None:
    phone.set_secret(None)
    source = reads(http, phone)

    await source.identify()

    assert len(await source.readings(NOON - 6 * MINUTE)) == 1


@pytest.mark.parametrize("credential", ["", "a wrong secret", WRONG])
async def test_a_phone_does_not_recognise_a_wrong_secret(
    http: ClientSession, phone: NightscoutSimulator, credential: str
) -> None:
    """It answers 403, and has no rights that a known credential could lack."""
    with pytest.raises(CgmAuthError) as caught:
        await reads(http, phone, credential).identify()

    assert caught.value.is_recognised is False


async def test_a_phone_is_asked_for_many_entries_only_after_a_gap(
    http: ClientSession, phone: NightscoutSimulator
) -> None:
    for number in range(12, 200):
        phone.add_entry(at=NOON - MINUTE - number * 5 * MINUTE, sgv=100)
    source = reads(http, phone, SECRET)
    await source.identify()
    phone.requests.clear()

    newest = await source.readings(NOON - 7 * MINUTE)
    day = await source.readings(NOON - DAY)

    assert len(newest) == 2
    assert len(day) == 200
    asked = [(request.path, request.query.get("count")) for request in phone.requests]
    assert asked == [("/sgv.json", "24"), ("/sgv.json", "24"), ("/sgv.json", "1000")]


async def test_the_sites_clock_is_told(
    source: NightscoutSource, site: NightscoutSimulator
) -> None:
    site.skew = HOUR
    assert source.server_time is None

    await source.readings(NOON - HOUR)

    assert source.server_time == NOON + HOUR


async def test_a_source_leaves_the_session_to_whoever_made_it(
    source: NightscoutSource, http: ClientSession
) -> None:
    await source.identify()

    await source.close()

    assert not http.closed


@pytest.mark.parametrize("prefix", ["", "/family/anna"])
async def test_a_site_may_live_below_a_path(
    http: ClientSession, clock: FakeTime, prefix: str
) -> None:
    async with NightscoutSimulator(clock=clock, prefix=prefix) as site:
        site.add_entry(at=NOON - MINUTE, sgv=111)
        source = reads(http, site)

        await source.identify()

        assert len(await source.readings(NOON - HOUR)) == 1


class Says(JsonClient):
    """A server that always answers the same."""

    def __init__(self, answer: Json) -> None:
        """Keep the answer."""
        self.answer = answer
        self.server_time = None

    @override
    async def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        stays: bool = False,
    ) -> Json:
        return self.answer


def told(answer: Json) -> NightscoutSource:
    """Return a source that is told the same whatever it asks."""
    client, credential = Says(answer), parse_credential(READER)
    source = NightscoutSource.__new__(NightscoutSource)
    source._v1 = source._api = V1Api(client, credential)
    source._v3 = V3Api(client, Tokens(client, READER, lambda: NOON))
    source._client = client
    source._address = parse_address("https://site.example")
    source._features = frozenset({Feature.TREATMENTS, Feature.STATUS})
    source._clock = FakeTime()
    source._ahead = timedelta()
    source._reader = StatusReader(source._now)
    source._has_devices = True
    source._skipped = 0
    return source


@given(anything | st.lists(documents))
async def test_no_answer_is_too_strange(answer: Json) -> None:
    source = told(answer)

    for entries in ("sgv.json", "api/v1/entries/sgv.json"):
        source._v1._path = entries
        await assert_survives(source)


@given(anything | st.lists(documents))
async def test_no_envelope_is_too_strange(result: Json) -> None:
    source = told({"token": "a.b.c", "status": 200, "result": result})

    with suppress(CgmError):
        await source.identify()

    await assert_survives(source)


async def assert_survives(source: NightscoutSource) -> None:
    """Ask everything that a source can be asked."""
    for ask in (source.readings, source.treatments):
        with suppress(CgmError):
            found = await ask(NOON - DAY)
            assert all(each.at.tzinfo is UTC for each in found)
            assert all(each.at >= NOON - DAY for each in found)
    with suppress(CgmError):
        await source.status()
    with suppress(CgmError):
        assert await source.identify()
