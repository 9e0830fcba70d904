"""The simulated Dexcom Share answers as recorded, and fails as told."""

from collections.abc import AsyncGenerator, Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
import json

from aiohttp import ClientSession
import pytest

from custom_components.glucose_follow.cgm.person import SimulatedPerson
from simulators.dexcom_share import (
    ACCOUNT_ID,
    AUTHENTICATE,
    LOG_IN,
    NOBODY,
    PASSWORD,
    READ,
    WORLD_APPLICATION,
    DexcomShareSimulator,
)
from simulators.dexcom_share_wire import ErrorForm, Refusal, TrendForm, Wire
from simulators.nightscout import faults

from .nightscout_support import MINUTE, NOON, Answer, FakeTime, ms

OTHER_ID = "11111111-1111-1111-1111-111111111111"
RIGHT = {
    "accountName": "anna@example.org",
    "accountId": ACCOUNT_ID,
    "password": PASSWORD,
    "applicationId": WORLD_APPLICATION,
}


@pytest.fixture
async def server(clock: FakeTime) -> AsyncGenerator[DexcomShareSimulator]:
    """Return a server without readings."""
    async with DexcomShareSimulator(clock=clock, sleep=clock.sleep) as running:
        yield running


async def ask(
    http: ClientSession,
    server: DexcomShareSimulator,
    kind: str,
    body: Mapping[str, object],
    query: Mapping[str, str | int] | None = None,
) -> Answer:
    """Return the answer to a call."""
    group = "Publisher" if kind == READ else "General"
    url = server.url / f"ShareWebServices/Services/{group}/{kind}"
    async with http.post(url.with_query(query or {}), json=body) as response:
        return Answer(response.status, response.headers, await response.read())


async def session_of(http: ClientSession, server: DexcomShareSimulator) -> str:
    """Return a new session."""
    return str((await ask(http, server, LOG_IN, RIGHT)).json())


async def records(
    http: ClientSession, server: DexcomShareSimulator, minutes: int = 60, count: int = 9
) -> list[dict[str, object]]:
    """Return what a new session reads."""
    query: dict[str, str | int] = {
        "sessionId": await session_of(http, server),
        "minutes": minutes,
        "maxCount": count,
    }
    return (await ask(http, server, READ, {}, query)).documents()


async def test_a_login_has_two_steps_answered_with_ids(
    http: ClientSession, server: DexcomShareSimulator
) -> None:
    account = await ask(http, server, AUTHENTICATE, RIGHT)
    session = await ask(http, server, LOG_IN, RIGHT)

    assert (account.status, account.text) == (200, f'"{ACCOUNT_ID}"')
    assert len(session.body) == 38
    assert server.logins == 1
    assert [request.kind for request in server.requests] == [AUTHENTICATE, LOG_IN]
    assert server.requests[0].json() == RIGHT


async def test_every_wrong_credential_has_the_same_answer(
    http: ClientSession, server: DexcomShareSimulator
) -> None:
    wrong = [
        (AUTHENTICATE, {"password": "x"}),
        (AUTHENTICATE, {"accountName": "x"}),
        (LOG_IN, {"accountId": OTHER_ID}),
        (LOG_IN, {"applicationId": OTHER_ID}),
    ]

    answers = [await ask(http, server, kind, RIGHT | each) for kind, each in wrong]

    assert {answer.status for answer in answers} == {500}
    assert len({answer.body for answer in answers}) == 1
    assert json.loads(answers[0].body)["Code"] == "AccountPasswordInvalid"


async def test_five_wrong_logins_lock_the_account_for_ten_minutes(
    http: ClientSession, server: DexcomShareSimulator, clock: FakeTime
) -> None:
    for _ in range(5):
        await ask(http, server, LOG_IN, RIGHT | {"password": "x"})

    locked = await ask(http, server, LOG_IN, RIGHT)
    clock.now += timedelta(minutes=10)
    opened = await ask(http, server, LOG_IN, RIGHT)

    assert locked.status == 500
    assert b"SSO_AuthenticateMaxAttemptsExceeed" in locked.body
    assert opened.status == 200


async def test_a_right_login_forgives_wrong_ones(
    http: ClientSession, server: DexcomShareSimulator
) -> None:
    wrong = RIGHT | {"password": "x"}

    for each in [wrong] * 4 + [RIGHT] + [wrong] * 4:
        await ask(http, server, LOG_IN, each)

    assert (await ask(http, server, LOG_IN, RIGHT)).status == 200


async def test_a_session_ends_in_time_or_when_told(
    http: ClientSession, server: DexcomShareSimulator, clock: FakeTime
) -> None:
    query = {"minutes": 10, "maxCount": 1}
    first = await session_of(http, server)
    clock.now += timedelta(hours=24)
    late = await ask(http, server, READ, {}, {"sessionId": first, **query})
    second = await session_of(http, server)
    good = await ask(http, server, READ, {}, {"sessionId": second, **query})
    server.expire_session()
    ended = await ask(http, server, READ, {}, {"sessionId": second, **query})

    assert [each.status for each in (late, good, ended)] == [500, 200, 500]
    assert json.loads(late.body)["Code"] == "SessionIdNotFound"


@pytest.mark.parametrize("name", ["sessionId", "sessionID"])
@pytest.mark.parametrize("in_body", [False, True])
async def test_a_question_may_be_written_as_any_client_does(
    http: ClientSession, server: DexcomShareSimulator, name: str, in_body: bool
) -> None:
    server.add_reading(120, at=NOON)
    session = await session_of(http, server)
    asked: dict[str, str | int] = {name: session, "minutes": 10, "maxCount": 1}

    answer = await ask(
        http, server, READ, {**asked} if in_body else {}, {} if in_body else asked
    )

    assert len(answer.documents()) == 1


async def test_records_are_newest_first_and_no_more_than_asked(
    http: ClientSession, server: DexcomShareSimulator
) -> None:
    for minutes in (20, 0, 10):
        server.add_reading(100 + minutes, at=NOON - minutes * MINUTE)

    assert [each["Value"] for each in await records(http, server)] == [100, 110, 120]
    assert len(await records(http, server, minutes=11)) == 2
    assert len(await records(http, server, count=1)) == 1
    assert await records(http, server, minutes=0) == []
    assert await records(http, server, count=0) == []


@pytest.mark.parametrize(
    "odd", [{"minutes": 1441}, {"maxCount": 289}, {"minutes": "x"}, {"maxCount": ""}]
)
async def test_an_impossible_question_is_refused(
    http: ClientSession, server: DexcomShareSimulator, odd: dict[str, str | int]
) -> None:
    session = await session_of(http, server)
    query: dict[str, str | int] = {"sessionId": session, "minutes": 9, "maxCount": 9}

    answer = await ask(http, server, READ, {}, query | odd)

    assert answer.status == 500
    assert json.loads(answer.body)["Code"] == "InvalidArgument"


async def test_nobodys_session_reads_an_empty_body(
    http: ClientSession, server: DexcomShareSimulator
) -> None:
    answer = await ask(http, server, READ, {}, {"sessionId": NOBODY})

    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("switch", ["has_share", "has_follower"])
async def test_without_share_or_follower_there_is_nothing(
    http: ClientSession, server: DexcomShareSimulator, switch: str
) -> None:
    server.add_reading(120, at=NOON)
    setattr(server, switch, False)

    assert await records(http, server) == []


async def test_a_person_uploads_with_a_lag(
    http: ClientSession, clock: FakeTime
) -> None:
    person = SimulatedPerson(seed=7)
    newest = person.readings(NOON - 5 * MINUTE, NOON)[-1].at
    async with DexcomShareSimulator(
        clock=clock, person=person, upload_lag=timedelta(seconds=9)
    ) as server:
        clock.now = newest + timedelta(seconds=8)
        before = await records(http, server)
        clock.now = newest + timedelta(seconds=9)
        after = await records(http, server)

    assert after[1:9] == before[:8]
    assert after[0]["WT"] == f"Date({ms(newest)})"


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        (Wire(), {"WT": "Date({})", "DT": "Date({}-0500)", "Trend": "Flat"}),
        (Wire(has_slashes=True), {"WT": "/Date({})/", "DT": "/Date({}-0500)/"}),
        (Wire(trend=TrendForm.NUMBER), {"Trend": 4}),
        (Wire(trend=TrendForm.UPPER), {"Trend": "FLAT"}),
    ],
)
async def test_records_are_written_as_in_any_year(
    http: ClientSession,
    server: DexcomShareSimulator,
    wire: Wire,
    expected: dict[str, object],
) -> None:
    server.wire = wire
    server.add_reading(120, at=NOON)

    (found,) = await records(http, server)

    for name, value in expected.items():
        told = value.format(ms(NOON)) if isinstance(value, str) else value
        assert found[name] == told


async def test_a_shifted_display_time_is_local_as_if_utc(
    http: ClientSession, server: DexcomShareSimulator
) -> None:
    server.wire = Wire(is_shifted=True)
    server.add_reading(120, at=NOON)

    (found,) = await records(http, server)

    hour = 3_600_000
    assert found["WT"] == f"Date({ms(NOON)})"
    assert found["ST"] == f"Date({ms(NOON) - hour})"
    assert found["DT"] == f"Date({ms(NOON) - 5 * hour}+0000)"


@pytest.mark.parametrize(
    ("form", "begin"),
    [
        (ErrorForm.XML, b'{"Code"'),
        (ErrorForm.JSON, b'{"Code"'),
        (ErrorForm.TEXT, b'"'),
        (ErrorForm.LIST, b"["),
        (ErrorForm.NULL, b"null"),
        (ErrorForm.HTML, b"<!DOCTYPE"),
    ],
)
async def test_errors_have_every_form(
    http: ClientSession, server: DexcomShareSimulator, form: ErrorForm, begin: bytes
) -> None:
    server.wire = Wire(error=form)

    answer = await ask(http, server, LOG_IN, {})

    assert answer.status == 500
    assert answer.body.startswith(begin)
    assert (b"<OnlineException" in answer.body) is (
        form in {ErrorForm.XML, ErrorForm.LIST}
    )


@pytest.mark.parametrize("refusal", Refusal)
async def test_refusals_have_every_code(
    http: ClientSession, server: DexcomShareSimulator, refusal: Refusal
) -> None:
    server.wire = Wire(refusal=refusal)

    answer = await ask(http, server, AUTHENTICATE, {})

    assert answer.status == (200 if refusal is Refusal.NOBODY else 500)
    assert (NOBODY if refusal is Refusal.NOBODY else refusal) in answer.text


async def test_faults_may_concern_one_call_and_end(
    http: ClientSession, server: DexcomShareSimulator
) -> None:
    server.fault = faults.RateLimit(9, only=(LOG_IN,), times=1)

    kinds = (AUTHENTICATE, LOG_IN, LOG_IN)
    statuses = [(await ask(http, server, kind, RIGHT)).status for kind in kinds]

    assert statuses == [200, 429, 200]
    assert server.fault is None


async def test_other_paths_and_bodies_are_not_served(
    http: ClientSession, server: DexcomShareSimulator
) -> None:
    path = server.url / f"ShareWebServices/Services/General/{LOG_IN}"

    async with http.get(path) as read, http.post(server.url / "x") as elsewhere:
        assert (read.status, elsewhere.status) == (404, 404)
    async with http.post(path, data=b"{") as broken:
        assert broken.status == 500


async def test_the_date_header_tells_the_servers_clock(
    http: ClientSession, clock: FakeTime
) -> None:
    skew = timedelta(minutes=2)
    async with DexcomShareSimulator(clock=clock, skew=skew) as server:
        answer = await ask(http, server, LOG_IN, RIGHT)

    assert parsedate_to_datetime(answer.headers["Date"]) == NOON + skew
