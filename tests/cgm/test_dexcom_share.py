"""Dexcom Share: one login, its errors, and records as written over the years."""

import asyncio
from bisect import bisect_left
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Protocol, TypedDict, Unpack, override

from aiohttp import ClientSession, web
import pytest
from yarl import URL

from custom_components.glucose_follow.cgm import transport
from custom_components.glucose_follow.cgm.errors import (
    CgmAuthError,
    CgmConnectionError,
    CgmError,
    CgmRateLimitError,
    CgmResponseError,
)
from custom_components.glucose_follow.cgm.models import Direction, Reading, ReadingKind
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.schedule import Schedule
from custom_components.glucose_follow.cgm.sources.dexcom_share import (
    DexcomShareSource,
    Region,
)
from simulators.dexcom_share import (
    ACCOUNT_ID,
    AUTHENTICATE,
    JAPAN_APPLICATION,
    LOG_IN,
    PASSWORD,
    READ,
    DexcomShareSimulator,
)
from simulators.dexcom_share_wire import ErrorForm, Lockout, Refusal, TrendForm, Wire
from simulators.nightscout import faults
from simulators.nightscout.answers import json_answer
from simulators.nightscout.site import Site
from tests.simulators.nightscout_support import FakeTime

from .test_transport import chain

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
EVERY_CHARACTER = "".join(map(chr, range(32, 127))) + "äß€ ę漢🩸\u2028"


@dataclass(frozen=True)
class Says(faults.Fault):
    """Everything is an error of the server's own."""

    body: object

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: faults.Serve
    ) -> web.StreamResponse:
        return json_answer(self.body, status=500)


@dataclass(frozen=True)
class FromCache(faults.Fault):
    """Something in between kept every answer for a while."""

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: faults.Serve
    ) -> web.StreamResponse:
        response = await serve()
        response.headers["Age"] = "7"
        return response


class Options(TypedDict, total=False):
    """What a test may choose."""

    username: str
    password: str
    region: Region
    account_id: str | None
    clock: Callable[[], datetime]


class Make(Protocol):
    """Makes a source of the server, whose credential is right unless told."""

    def __call__(self, **options: Unpack[Options]) -> DexcomShareSource:
        """Return the source."""


@pytest.fixture
def clock() -> FakeTime:
    """Return a time that stands still at noon."""
    return FakeTime()


@pytest.fixture
async def server(clock: FakeTime) -> AsyncGenerator[DexcomShareSimulator]:
    """Return a server with a reading of a minute ago."""
    async with DexcomShareSimulator(clock=clock, sleep=clock.sleep) as running:
        running.add_reading(120, at=NOON - MINUTE)
        yield running


@pytest.fixture
async def http() -> AsyncGenerator[ClientSession]:
    """Return a client."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
def make(http: ClientSession, server: DexcomShareSimulator, clock: FakeTime) -> Make:
    """Return a maker of sources of the server."""

    def made(**options: Unpack[Options]) -> DexcomShareSource:
        return DexcomShareSource(
            http,
            username=options.get("username", server.username),
            password=options.get("password", server.password),
            region=options.get("region", Region.US),
            clock=options.get("clock", clock),
            account_id=options.get("account_id"),
            base=server.url,
        )

    return made


@pytest.fixture
def source(make: Make) -> DexcomShareSource:
    """Return a source whose credential is right."""
    return make()


def kinds(server: DexcomShareSimulator) -> list[str]:
    """Return what was asked for, in order."""
    return [request.kind for request in server.requests]


def only(samples: object) -> Reading:
    """Return the only sample, which is a reading."""
    assert isinstance(samples, list)
    assert len(samples) == 1
    assert isinstance(samples[0], Reading)
    return samples[0]


@pytest.mark.parametrize(
    ("region", "host", "application_id"),
    [
        (Region.US, "share2.dexcom.com", "d89443d2-327c-4a6f-89e5-496bbb0317db"),
        (Region.OUS, "shareous1.dexcom.com", "d89443d2-327c-4a6f-89e5-496bbb0317db"),
        (Region.JP, "share.dexcom.jp", JAPAN_APPLICATION),
    ],
)
def test_a_region_has_its_server_and_its_application(
    region: Region, host: str, application_id: str
) -> None:
    assert (region.host, region.application_id) == (host, application_id)


async def test_without_another_base_the_regions_server_is_asked(
    server: DexcomShareSimulator, clock: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async with ClientSession() as session:

        def request(method: str, url: URL, **_: object) -> object:
            asked.append(f"{method} {url.origin()}{url.path}")
            raise OSError

        monkeypatch.setattr(session, "request", request)
        source = DexcomShareSource(
            session, username="a", password="b", region=Region.JP, clock=clock
        )
        with pytest.raises(CgmConnectionError):
            await source.identify()

    services = "https://share.dexcom.jp/ShareWebServices/Services"
    assert asked == [f"POST {services}/General/{AUTHENTICATE}"]


async def test_identify_logs_in_once(
    source: DexcomShareSource, server: DexcomShareSimulator
) -> None:
    account = await source.identify()
    await source.readings(NOON - DAY)

    assert account.id == ACCOUNT_ID
    assert kinds(server) == [AUTHENTICATE, LOG_IN, READ]
    assert server.logins == 1


@pytest.mark.parametrize(
    "options",
    [{"username": ACCOUNT_ID.upper()}, {"username": "?", "account_id": ACCOUNT_ID}],
)
async def test_a_known_account_id_spares_the_user_name(
    make: Make, server: DexcomShareSimulator, options: Options
) -> None:
    account = await make(**options).identify()

    assert account.id == ACCOUNT_ID
    assert kinds(server) == [LOG_IN]


async def test_two_questions_at_once_log_in_once(
    source: DexcomShareSource, server: DexcomShareSimulator
) -> None:
    await asyncio.gather(source.identify(), source.readings(NOON - DAY))
    server.expire_session()
    await asyncio.gather(source.readings(NOON - DAY), source.readings(NOON - DAY))

    assert server.logins == 2


async def test_whoever_waits_for_a_login_shares_its_failure(
    source: DexcomShareSource, server: DexcomShareSimulator
) -> None:
    server.fault = faults.ServerError(503)

    errors = await asyncio.gather(
        source.identify(), source.readings(NOON - DAY), return_exceptions=True
    )

    assert [type(error) for error in errors] == [CgmConnectionError] * 2
    assert kinds(server) == [AUTHENTICATE]


async def test_every_character_of_a_password_survives_the_wire(
    make: Make, server: DexcomShareSimulator
) -> None:
    server.password = EVERY_CHARACTER

    await make(password=EVERY_CHARACTER).identify()

    for request in server.requests:
        told = request.json()
        assert isinstance(told, dict)
        assert told["password"] == EVERY_CHARACTER


async def test_a_phone_number_keeps_its_plus(
    make: Make, server: DexcomShareSimulator
) -> None:
    server.username = "+4915112345678"

    assert (await make(username="+4915112345678").identify()).id == ACCOUNT_ID


@pytest.mark.parametrize("error", [ErrorForm.XML, ErrorForm.JSON])
@pytest.mark.parametrize("refusal", Refusal)
async def test_a_refused_login_is_never_sent_again(
    make: Make, server: DexcomShareSimulator, refusal: Refusal, error: ErrorForm
) -> None:
    server.wire = Wire(refusal=refusal, error=error)
    source = make(password="wrong")
    texts = set[str]()

    for ask in (source.identify(), source.readings(NOON - DAY), source.identify()):
        with pytest.raises(CgmAuthError) as caught:
            await ask
        texts.add(str(caught.value))

    assert source.is_refused
    assert len(texts) == 1
    assert kinds(server) == [AUTHENTICATE]


async def test_a_password_changed_meanwhile_is_tried_once(
    source: DexcomShareSource, server: DexcomShareSimulator
) -> None:
    await source.identify()
    server.password = "another"
    server.expire_session()

    for _ in range(3):
        with pytest.raises(CgmAuthError):
            await source.readings(NOON - DAY)

    assert kinds(server)[2:] == [READ, LOG_IN]


@pytest.mark.parametrize(
    "options",
    [
        {"password": "wrong"},
        {"username": "nobody"},
        {"username": "00000000-0000-0000-0000-000000000000"},
        {"account_id": "11111111-1111-1111-1111-111111111111"},
        {"region": Region.JP},
    ],
)
async def test_whatever_is_wrong_with_a_credential_it_is_refused(
    make: Make, server: DexcomShareSimulator, options: Options
) -> None:
    source = make(**options)

    with pytest.raises(CgmAuthError):
        await source.identify()

    assert source.is_refused
    assert len(server.requests) == 1


async def test_the_zero_id_of_a_second_step_is_a_refusal(
    make: Make, server: DexcomShareSimulator
) -> None:
    server.wire = Wire(refusal=Refusal.NOBODY)
    source = make(account_id=ACCOUNT_ID, password="wrong")

    with pytest.raises(CgmAuthError):
        await source.readings(NOON - DAY)

    assert source.is_refused
    assert kinds(server) == [LOG_IN]


@pytest.mark.parametrize("lockout", Lockout)
async def test_a_locked_account_is_left_alone_and_is_not_refused(
    source: DexcomShareSource,
    make: Make,
    server: DexcomShareSimulator,
    lockout: Lockout,
) -> None:
    server.wire = Wire(lockout=lockout)
    for _ in range(5):
        with pytest.raises(CgmAuthError):
            await make(password="wrong").identify()

    with pytest.raises(CgmRateLimitError) as caught:
        await source.identify()

    assert caught.value.retry_after == 600
    assert not source.is_refused


async def test_a_lock_that_is_over_lets_the_next_login_in(
    source: DexcomShareSource, make: Make, clock: FakeTime
) -> None:
    for _ in range(5):
        with pytest.raises(CgmAuthError):
            await make(password="wrong").identify()
    with pytest.raises(CgmRateLimitError):
        await source.identify()

    clock.now += timedelta(seconds=600)

    assert (await source.identify()).id == ACCOUNT_ID


@pytest.mark.parametrize("code", ["SessionIdNotFound", "SessionNotValid"])
async def test_a_session_that_is_gone_is_replaced_once(
    source: DexcomShareSource, server: DexcomShareSimulator, code: str
) -> None:
    server.wire = Wire(session_gone=code)
    await source.identify()
    server.expire_session()

    assert only(await source.readings(NOON - DAY)).mgdl == 120
    assert kinds(server)[2:] == [READ, LOG_IN, READ]


async def test_a_server_that_forgets_every_session_is_asked_twice(
    source: DexcomShareSource, server: DexcomShareSimulator
) -> None:
    server.session_lifetime = timedelta()

    with pytest.raises(CgmConnectionError):
        await source.readings(NOON - DAY)

    assert kinds(server) == [AUTHENTICATE, LOG_IN, READ, LOG_IN, READ]


@pytest.mark.parametrize(
    "form", [ErrorForm.TEXT, ErrorForm.LIST, ErrorForm.NULL, ErrorForm.HTML]
)
async def test_an_error_of_another_shape_is_an_outage_and_no_refusal(
    make: Make, server: DexcomShareSimulator, form: ErrorForm
) -> None:
    server.wire = Wire(error=form)
    source = make(password="wrong")

    with pytest.raises(CgmConnectionError):
        await source.identify()

    assert not source.is_refused


@pytest.mark.parametrize(
    "fault",
    [faults.Unreachable(), faults.Html(), faults.NullBody(), faults.RateLimit(5)],
)
async def test_trouble_during_a_login_is_no_refusal(
    source: DexcomShareSource, server: DexcomShareSimulator, fault: faults.Fault
) -> None:
    server.fault = fault
    with pytest.raises(CgmError):
        await source.identify()
    assert not source.is_refused

    server.fault = None

    assert (await source.identify()).id == ACCOUNT_ID


async def test_a_gate_that_bars_the_way_is_no_refusal(
    source: DexcomShareSource, server: DexcomShareSimulator
) -> None:
    server.fault = faults.ServerError(403)

    with pytest.raises(CgmConnectionError):
        await source.identify()

    assert not source.is_refused


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("SSO_InternalError", "Something else", CgmConnectionError),
        ("SessionNotValid", "Error in the application.", CgmConnectionError),
        ("MonitoringSessionNotActive", "", CgmConnectionError),
    ],
)
async def test_other_errors_of_a_login_are_outages(
    source: DexcomShareSource,
    server: DexcomShareSimulator,
    code: str,
    message: str,
    expected: type[CgmError],
) -> None:
    server.fault = Says({"Code": code, "Message": message})

    with pytest.raises(expected):
        await source.identify()

    assert not source.is_refused


async def test_a_refused_form_of_a_question_is_no_refusal_of_the_credential(
    source: DexcomShareSource, server: DexcomShareSimulator
) -> None:
    await source.identify()
    server.fault = Says({"Code": "InvalidArgument", "Message": "minutes"})

    with pytest.raises(CgmResponseError):
        await source.readings(NOON - DAY)

    assert not source.is_refused


@pytest.mark.parametrize("data", [None, {}, "text", 7])
async def test_records_that_are_no_list_are_an_error(
    source: DexcomShareSource, server: DexcomShareSimulator, data: object
) -> None:
    await source.identify()
    server.fault = faults.Garbage(data)

    with pytest.raises(CgmResponseError):
        await source.readings(NOON - DAY)


@pytest.mark.parametrize(
    ("since", "minutes"),
    [
        (timedelta(), "1"),
        (-DAY, "1"),
        (MINUTE, "1"),
        (MINUTE + timedelta(milliseconds=1), "2"),
        (timedelta(minutes=20), "20"),
        (DAY, "1440"),
        (3 * DAY, "1440"),
    ],
)
async def test_the_gap_and_no_more_than_a_day_is_asked_for(
    source: DexcomShareSource,
    server: DexcomShareSimulator,
    since: timedelta,
    minutes: str,
) -> None:
    await source.readings(NOON - since)

    assert server.requests[-1].query["minutes"] == minutes
    assert server.requests[-1].query["maxCount"] == "288"
    assert server.requests[-1].body == b"{}"


async def test_a_clock_that_is_behind_asks_for_enough(make: Make) -> None:
    source = make(clock=lambda: NOON - timedelta(hours=2))

    assert only(await source.readings(NOON - 2 * MINUTE)).mgdl == 120


async def test_a_clock_that_nobody_tells_is_not_compared(
    source: DexcomShareSource, server: DexcomShareSimulator
) -> None:
    server.fault = FromCache()

    assert only(await source.readings(NOON - 2 * MINUTE)).mgdl == 120
    assert source.server_time is None


async def test_readings_are_newer_than_asked_oldest_first_and_once(
    source: DexcomShareSource, server: DexcomShareSimulator
) -> None:
    for minutes, mgdl in ((11, 110), (6, 115), (16, 105), (6, 999), (6, 116)):
        server.add_reading(mgdl, at=NOON - minutes * MINUTE)

    found = await source.readings(NOON - 16 * MINUTE)

    assert values(found) == [110, 115, 120]
    assert source.skipped == 1


def values(samples: object) -> list[int]:
    """Return values in their order."""
    assert isinstance(samples, list)
    return [each.mgdl for each in samples]


@pytest.mark.parametrize("switch", ["has_share", "has_follower"])
async def test_an_account_that_shares_nothing_has_no_data(
    source: DexcomShareSource, server: DexcomShareSimulator, switch: str
) -> None:
    setattr(server, switch, False)

    assert list(await source.readings(NOON - DAY)) == []


@pytest.mark.parametrize("trend", TrendForm)
@pytest.mark.parametrize("has_slashes", [False, True])
async def test_readings_of_every_year_are_the_same(
    http: ClientSession, clock: FakeTime, trend: TrendForm, has_slashes: bool
) -> None:
    wire = Wire(has_slashes=has_slashes, is_shifted=has_slashes, trend=trend)
    async with DexcomShareSimulator(
        clock=clock, person=SimulatedPerson(seed=7), wire=wire
    ) as server:
        source = DexcomShareSource(
            http,
            username=server.username,
            password=PASSWORD,
            region=Region.US,
            clock=clock,
            base=server.url,
        )
        found = await source.readings(NOON - DAY)

    assert list(found) == SimulatedPerson(seed=7).readings(NOON - DAY, NOON)


@pytest.mark.parametrize(
    ("trend", "expected"),
    [
        (0, None),
        (1, Direction.DOUBLE_UP),
        (2, Direction.SINGLE_UP),
        (3, Direction.FORTY_FIVE_UP),
        (4, Direction.FLAT),
        (5, Direction.FORTY_FIVE_DOWN),
        (6, Direction.SINGLE_DOWN),
        (7, Direction.DOUBLE_DOWN),
        (8, None),
        (9, None),
        (10, None),
        (-4, None),
        ("Flat", Direction.FLAT),
        ("FLAT", Direction.FLAT),
        ("SINGLE_DOWN", Direction.SINGLE_DOWN),
        ("FortyFiveUp", Direction.FORTY_FIVE_UP),
        ("forty five up", Direction.FORTY_FIVE_UP),
        ("None", None),
        ("NOT COMPUTABLE", None),
        ("RateOutOfRange", None),
        ("Sideways", None),
        ("", None),
        (None, None),
        (True, None),
        (["Flat"], None),
        (4.5, None),
    ],
)
@pytest.mark.parametrize("form", [TrendForm.NAME, TrendForm.NUMBER])
async def test_a_trend_is_read_however_it_is_written(
    source: DexcomShareSource,
    server: DexcomShareSimulator,
    trend: object,
    expected: Direction | None,
    form: TrendForm,
) -> None:
    at = NOON - 2 * MINUTE
    times = f"Date({round(at.timestamp() * 1000)})"
    server.wire = Wire(trend=form)
    if isinstance(trend, int) and not isinstance(trend, bool):
        server.add_reading(100, at=at, trend=trend)
    else:
        server.add_record({"WT": times, "Value": 100, "Trend": trend}, at=at)

    found = await source.readings(NOON - 3 * MINUTE)

    assert values(found) == [100, 120]
    assert isinstance(found[0], Reading)
    assert found[0].direction is expected


@pytest.mark.parametrize(
    ("mgdl", "kind"),
    [
        (39, ReadingKind.LOW),
        (40, ReadingKind.MEASURED),
        (400, ReadingKind.MEASURED),
        (401, ReadingKind.HIGH),
        (402, ReadingKind.MEASURED),
        (600, ReadingKind.MEASURED),
    ],
)
async def test_beyond_the_sensors_range_is_told_apart(
    source: DexcomShareSource,
    server: DexcomShareSimulator,
    mgdl: int,
    kind: ReadingKind,
) -> None:
    server.add_reading(mgdl, at=NOON)

    found = only(await source.readings(NOON - MINUTE))

    assert (found.mgdl, found.kind) == (mgdl, kind)


WT = f"Date({round(NOON.timestamp() * 1000)})"


@pytest.mark.parametrize(
    "record",
    [
        *(
            {"WT": WT, "Value": value}
            for value in (38, 601, 0, -1, True, 1e9, "120", None)
        ),
        *({"WT": told, "Value": 120} for told in (None, 1, "", "Date()", "Date(x)")),
        {"WT": f"Date({'9' * 15})", "Value": 120},
        {"DT": WT, "ST": WT, "Value": 120},
        {"WT": WT},
        {},
        None,
        "text",
        [],
    ],
)
async def test_a_useless_record_is_skipped_and_counted(
    source: DexcomShareSource, server: DexcomShareSimulator, record: object
) -> None:
    await source.identify()
    server.fault = faults.Garbage([record, {"WT": WT, "Value": 120}])

    assert only(await source.readings(NOON - DAY)).at == NOON
    assert source.skipped == 1


@pytest.mark.parametrize(
    "form", ["Date({})", "/Date({})/", "Date({}-0400)", "/Date({}+0000)/"]
)
async def test_moments_are_wall_time_and_not_display_time(
    source: DexcomShareSource, server: DexcomShareSimulator, form: str
) -> None:
    ms = round(NOON.timestamp() * 1000)
    record = {
        "WT": form.format(ms),
        "ST": form.format(ms - 3_600_000),
        "DT": form.format(ms - 14_400_000),
        "Value": 120,
    }
    server.add_record(record, at=NOON)

    assert only(await source.readings(NOON - MINUTE)).at == NOON


async def test_nothing_but_glucose_is_shared(source: DexcomShareSource) -> None:
    await source.listen(lambda: None)
    await source.close()

    assert list(await source.treatments(NOON - DAY)) == []
    assert await source.status() is None


async def test_the_servers_clock_is_told(
    source: DexcomShareSource, server: DexcomShareSimulator
) -> None:
    assert source.server_time is None
    server.skew = timedelta(seconds=40)

    await source.identify()

    assert source.server_time == NOON + server.skew


def worst_texts(error: BaseException) -> str:
    """Return all that an error and what it carries along say."""
    return " ".join(f"{each} {each!r} {each.args}" for each in chain(error))


@pytest.mark.parametrize(
    "fault",
    [
        faults.Refuse(),
        faults.Unreachable(),
        faults.Hang(),
        faults.Html(),
        faults.ServerError(),
        faults.ServerError(403),
        faults.NotFound(),
        faults.RateLimit(5),
        faults.Garbage(),
        faults.Truncate(),
        faults.Truncate(is_announced=True),
        faults.Redirect(URL("http://127.0.0.1:9")),
        *(
            Says({"Code": code, "Message": f"{PASSWORD} {ACCOUNT_ID} anna@example.org"})
            for code in (
                "AccountPasswordInvalid",
                "InvalidArgument",
                "SSO_AuthenticateMaxAttemptsExceeed",
                "SSO_InternalError",
                "SessionIdNotFound",
                PASSWORD,
            )
        ),
        Says(f"{PASSWORD} {ACCOUNT_ID}"),
    ],
)
@pytest.mark.parametrize("only_kind", ["", AUTHENTICATE, LOG_IN, READ])
async def test_no_error_tells_a_secret(
    source: DexcomShareSource,
    server: DexcomShareSimulator,
    fault: faults.Fault,
    only_kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = repr(source)
    if not only_kind:
        await source.identify()
        server.expire_session()
    server.fault = replace(fault, only=(only_kind,) if only_kind else ())
    if isinstance(fault, faults.Hang):
        monkeypatch.setattr(transport, "TIMEOUT", 0.05)

    for _ in range(2):
        with pytest.raises(CgmError) as caught:
            await source.readings(NOON - DAY)
        told += (
            worst_texts(caught.value) + repr(source) + repr(vars(source)["_session"])
        )

    sessions = {request.query.get("sessionId", "") for request in server.requests}
    for secret in {
        PASSWORD,
        ACCOUNT_ID,
        server.username,
        "127.0.0.1",
        "Services",
        *(sessions - {""}),
    }:
        assert secret not in told


class Fortnight:
    """A source that is followed as the real schedule says, and what came of it."""

    def __init__(self, source: DexcomShareSource, clock: FakeTime) -> None:
        """Begin with nothing known."""
        self.polls: list[datetime] = []
        self.found = set[datetime]()
        self.failures = 0
        self._source = source
        self._clock = clock
        self._schedule = Schedule(caps=DexcomShareSource.caps, rng=Random(3))
        self._newest: datetime | None = None

    async def live(self) -> None:
        """Ask whenever it is time."""
        while self._clock.now < NOON + 14 * DAY:
            self.polls.append(self._clock.now)
            when = await self._ask(self._clock.now)
            self._clock.now = max(when, self._clock.now)

    async def _ask(self, asked: datetime) -> datetime:
        """Ask once, and return when to ask next."""
        since = (self._newest or NOON) - 15 * MINUTE
        try:
            samples = await self._source.readings(since)
        except CgmConnectionError, CgmResponseError:
            self.failures += 1
            self._clock.now += 0.3 * SECOND
            return self._schedule.failed(asked=asked, now=self._clock.now)
        self._clock.now += 0.3 * SECOND
        self.found.update(each.at for each in samples)
        self._newest = max(self.found, default=None)
        return self._schedule.polled(
            asked=asked, now=self._clock.now, newest=self._newest
        )


async def test_a_fortnight_with_failures_logs_in_once_a_session(
    http: ClientSession, clock: FakeTime
) -> None:
    # Five thousand requests; noting where each callback came from takes longest.
    asyncio.get_running_loop().set_debug(False)
    person = SimulatedPerson(seed=7)
    async with DexcomShareSimulator(
        clock=clock,
        sleep=clock.sleep,
        person=person,
        upload_lag=timedelta(seconds=8),
    ) as server:
        source = DexcomShareSource(
            http,
            username=server.username,
            password=PASSWORD,
            region=Region.US,
            clock=clock,
            base=server.url,
        )
        server.fault = Sometimes(
            Random(11), (faults.ServerError(503), faults.Unreachable(), faults.Html())
        )
        fortnight = Fortnight(source, clock)
        await fortnight.live()

    oldest, newest = min(fortnight.found), max(fortnight.found)
    polls = fortnight.polls
    assert len(fortnight.found) == len(person.readings(oldest - SECOND, newest))
    assert 0.03 < fortnight.failures / len(polls) < 0.07
    assert server.logins == 14
    assert most_in_an_hour([each.at for each in server.requests]) <= 25
    assert min(after - before for before, after in pairwise(polls)) >= 3 * SECOND


def most_in_an_hour(moments: list[datetime]) -> int:
    """Return the most of ascending moments in any hour."""
    hour = timedelta(hours=1)
    return max(
        bisect_left(moments, start + hour) - number
        for number, start in enumerate(moments)
    )


@dataclass(frozen=True)
class Sometimes(faults.Fault):
    """One request in twenty goes wrong, one way or another."""

    rng: Random
    ways: tuple[faults.Fault, ...]

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: faults.Serve
    ) -> web.StreamResponse:
        if self.rng.random() >= 0.05:
            return await serve()
        way = self.rng.choice(self.ways)
        return await way.answer(site, request, kind, serve)
