"""The simulated Tidepool keeps the quirks of the real one."""

from base64 import b64encode
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
import json

from aiohttp import ClientSession
import pytest

from custom_components.glucose_follow.cgm.person import SimulatedPerson
from simulators.tidepool import (
    MGDL_PER_MMOL,
    PASSWORD,
    TOKEN_HEADER,
    USERNAME,
    Archive,
    Fault,
    Share,
    TidepoolSimulator,
    Uploader,
)

from .nightscout_support import FakeTime

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PERSON = SimulatedPerson(seed=7)
REDIRECT = "https://home.example/auth/external/callback"

type Document = dict[str, object]


@pytest.fixture
async def server(clock: FakeTime) -> AsyncGenerator[TidepoolSimulator]:
    """Run a server."""
    async with TidepoolSimulator(clock=clock, person=PERSON) as running:
        yield running


def basic(username: str = USERNAME, password: str = PASSWORD) -> dict[str, str]:
    """Return what a login shows."""
    credential = b64encode(f"{username}:{password}".encode()).decode()
    return {"Authorization": f"Basic {credential}"}


async def log_in(
    http: ClientSession,
    server: TidepoolSimulator,
    headers: dict[str, str],
    method: str = "POST",
) -> tuple[int, str | None, object]:
    """Return status, token and body of an answer to a login."""
    async with http.request(
        method, server.url / "auth/login", headers=headers
    ) as answer:
        body = await answer.json()
        return answer.status, answer.headers.get(TOKEN_HEADER), body


async def data(
    http: ClientSession,
    server: TidepoolSimulator,
    *,
    token: str | None = None,
    user_id: str | None = None,
    **query: str,
) -> tuple[int, list[Document]]:
    """Return status and documents of an answer to a valid token, unless told another."""
    shown = token or server.desk.sign_in(server._clock())
    url = server.url / "data" / (user_id or server.user_id)
    headers = {TOKEN_HEADER: shown}
    async with http.get(url, params=query, headers=headers) as answer:
        body = await answer.json()
        return answer.status, body if isinstance(body, list) else []


async def test_a_login_brings_a_token_that_is_none_of_the_web(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    status, token, body = await log_in(http, server, basic())

    assert status == 200
    assert token is not None
    assert token.startswith("kc:")
    assert server.desk.is_valid(token, clock.now)
    assert isinstance(body, dict)
    assert body["userid"] == server.user_id


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (basic(password="wrong"), 401),
        (basic(username="kim@example.org"), 401),
        ({}, 400),
        ({"Authorization": "Basic ?"}, 400),
        ({"Authorization": "Basic //8="}, 400),
        ({"Authorization": "Bearer abc"}, 400),
        (basic(password=""), 400),
    ],
)
async def test_a_refused_login_has_a_reason(
    http: ClientSession,
    server: TidepoolSimulator,
    headers: dict[str, str],
    status: int,
) -> None:
    found, token, body = await log_in(http, server, headers)

    assert (found, token) == (status, None)
    assert isinstance(body, dict)
    assert body["code"] == status


async def test_an_unverified_address_is_refused_with_403(
    http: ClientSession, server: TidepoolSimulator
) -> None:
    server.desk.is_verified = False

    status, _, body = await log_in(http, server, basic())

    assert status == 403
    assert body == {"code": 403, "reason": "The user hasn't verified this account yet"}


async def test_a_token_is_refreshed_once(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    old = server.desk.sign_in(clock.now)
    shown = {TOKEN_HEADER: old}

    status, new, _ = await log_in(http, server, shown, "GET")
    again, nothing, _ = await log_in(http, server, shown, "GET")

    assert (status, again, nothing) == (200, 401, None)
    assert new is not None
    assert not server.desk.is_valid(old, clock.now)
    assert server.desk.is_valid(new, clock.now)


async def test_an_ended_token_can_be_refreshed_until_its_session_ends(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    token = server.desk.sign_in(clock.now)
    clock.now += 2 * HOUR
    assert not server.desk.is_valid(token, clock.now)
    status, renewed, _ = await log_in(http, server, {TOKEN_HEADER: token}, "GET")
    clock.now += 30 * DAY

    late, _, _ = await log_in(http, server, {TOKEN_HEADER: renewed or ""}, "GET")

    assert (status, late) == (200, 401)


@pytest.mark.parametrize(
    ("token", "user_id"), [("kc:guessed", None), ("", None), (None, "9999999999")]
)
async def test_all_that_is_wrong_with_a_token_is_403(
    http: ClientSession,
    server: TidepoolSimulator,
    token: str | None,
    user_id: str | None,
) -> None:
    headers = {
        TOKEN_HEADER: server.desk.sign_in(server._clock()) if token is None else token
    }
    url = server.url / "data" / (user_id or server.user_id)
    async with http.get(url, headers=headers) as answer:
        assert answer.status == 403
        assert (await answer.json())["code"] == "data_cant_view"


async def test_only_those_who_let_are_seen(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    archive = Archive(SimulatedPerson(seed=8), start=clock.now - DAY)
    server.shares = [
        Share(user_id="1", name="Sam", archive=archive),
        Share(user_id="2", name="Kim", archive=archive, can_view=False),
    ]

    seen, found = await data(http, server, user_id="1")
    hidden, _ = await data(http, server, user_id="2")

    assert (seen, hidden) == (200, 403)
    assert found


@pytest.mark.parametrize(
    "query",
    [
        {"startDate": "2026-11-21"},
        {"startDate": "2026-11-21T12:00:00"},
        {"endDate": "soon"},
        {"latest": "perhaps"},
        {"carelink": "yes"},
    ],
)
async def test_a_bad_parameter_is_the_servers_fault(
    http: ClientSession, server: TidepoolSimulator, query: dict[str, str]
) -> None:
    status, _ = await data(http, server, **query)

    assert status == 500


async def test_both_ends_of_a_window_belong_to_it(
    http: ClientSession, clock: FakeTime
) -> None:
    async with TidepoolSimulator(clock=clock) as server:
        for hours in range(4):
            server.archive.add("bolus", clock.now - hours * HOUR, normal=hours)
        window = {
            "startDate": "2026-11-21T10:00:00Z",
            "endDate": "2026-11-21T11:00:00Z",
        }

        _, found = await data(http, server, type="bolus", **window)

    assert sorted(str(document["normal"]) for document in found) == ["1", "2"]


async def test_a_type_that_nobody_knows_matches_nothing(
    http: ClientSession, server: TidepoolSimulator
) -> None:
    status, found = await data(http, server, type="cgb")

    assert (status, found) == (200, [])


async def test_documents_are_hidden_by_default(
    http: ClientSession, server: TidepoolSimulator
) -> None:
    """`dexcom=true` shows more than Dexcom's, not less."""
    everything = {"carelink": "true", "medtronic": "true", "dexcom": "true"}
    _, shown = await data(http, server, type="cbg")
    _, without_cloud = await data(http, server, type="cbg", dexcom="true")
    _, found = await data(http, server, type="cbg", **everything)
    _, carelink = await data(http, server, type="cbg", dexcom="true", carelink="true")
    _, medtronic = await data(http, server, type="cbg", dexcom="true", medtronic="true")

    senders = [
        {document["uploadId"] for document in each}
        for each in (without_cloud, carelink, medtronic, found)
    ]
    first = {Uploader.CLOUD.value, Uploader.PHONE.value}
    assert senders == [
        first,
        first | {Uploader.CARELINK.value},
        first | {Uploader.MEDTRONIC.value},
        {uploader.value for uploader in Uploader},
    ]
    assert len(shown) < len(without_cloud) < len(found)
    assert len(found) == len(PERSON.readings(server._clock() - DAY, server._clock()))


async def test_labels_lie_and_values_do_not(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    _, found = await data(
        http, server, type="cbg", dexcom="true", carelink="true", medtronic="true"
    )

    values = {
        str(document["time"]): round(float(str(document["value"])) * MGDL_PER_MMOL)
        for document in found
    }
    expected = [each.mgdl for each in PERSON.readings(clock.now - DAY, clock.now)]
    assert [values[time] for time in sorted(values)] == expected
    assert {document["units"] for document in found} == {"mg/dL", "mmol/L"}


async def test_the_newest_of_each_type_is_not_of_all_types(
    http: ClientSession, server: TidepoolSimulator
) -> None:
    _, usual = await data(http, server, latest="true", dexcom="true")
    _, asked = await data(
        http, server, latest="true", dexcom="true", type="cbg,dosingDecision"
    )
    _, all_cbg = await data(http, server, type="cbg", dexcom="true")

    kinds = [document["type"] for document in usual]
    assert len(kinds) == len(set(kinds))
    assert "cbg" in kinds
    assert "dosingDecision" not in kinds
    assert {document["type"] for document in asked} == {"cbg", "dosingDecision"}
    newest = max(str(document["time"]) for document in all_cbg)
    assert newest in {document["time"] for document in asked}


async def test_sub_types_are_told_apart(http: ClientSession, clock: FakeTime) -> None:
    async with TidepoolSimulator(clock=clock) as server:
        server.archive.add("deviceEvent", clock.now, subType="prime")
        server.archive.add("deviceEvent", clock.now, subType="alarm")

        _, found = await data(http, server, type="deviceEvent", subType="prime,status")

    assert [document["subType"] for document in found] == ["prime"]


async def test_an_answer_is_an_array_of_lines_in_no_order(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    headers = {TOKEN_HEADER: server.desk.sign_in(clock.now)}
    async with http.get(
        server.url / "data" / server.user_id, headers=headers
    ) as answer:
        text = await answer.text()
        encoding = answer.headers["Content-Encoding"]

    assert text.startswith("[\n{")
    assert text.endswith("}\n]")
    assert encoding in {"gzip", "deflate"}
    times = [document["time"] for document in json.loads(text)]
    assert times not in (sorted(times), sorted(times, reverse=True))


async def test_a_storage_that_fails_ends_the_array_early(
    http: ClientSession, server: TidepoolSimulator
) -> None:
    server.ends_after = 5

    status, found = await data(http, server)

    assert (status, len(found)) == (200, 5)


async def test_documents_are_edited_and_vanish(
    http: ClientSession, clock: FakeTime
) -> None:
    async with TidepoolSimulator(clock=clock) as server:
        edited = server.archive.add("bolus", clock.now, normal=1)
        gone = server.archive.add("bolus", clock.now - HOUR, normal=2)
        server.archive.edit(edited, normal=3)
        server.archive.remove(gone)
        server.archive.add("bolus", clock.now - 2 * HOUR, normal=4)
        server.archive.hide(clock.now - 2 * HOUR)

        _, found = await data(http, server)

    assert [document["normal"] for document in found] == [3]


async def test_data_can_be_late(http: ClientSession, clock: FakeTime) -> None:
    async with TidepoolSimulator(
        clock=clock, person=PERSON, delay=3 * HOUR, token_life=30 * DAY
    ) as server:
        _, before = await data(http, server, type="cbg", dexcom="true")
        clock.now += HOUR
        _, after = await data(http, server, type="cbg", dexcom="true")
        clock.now -= 2 * HOUR
        _, earlier = await data(http, server, type="cbg", dexcom="true")

    newest = max(datetime.fromisoformat(str(each["time"])) for each in after)
    assert clock.now - 3 * HOUR < newest + HOUR <= clock.now
    assert len(earlier) < len(before) < len(after)


async def test_pages_say_who_is_logged_in_and_whom_they_may_see(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    server.shares = [Share(user_id="1", name="Sam", archive=Archive())]
    headers = {TOKEN_HEADER: server.desk.sign_in(clock.now)}
    own = server.user_id
    pages = {
        "auth/user": 200,
        f"metadata/users/{own}/users": 200,
        f"metadata/{own}/profile": 200,
        f"metadata/{own}/settings": 200,
        "metadata/1/profile": 403,
        "metadata/1/settings": 404,
    }

    for path, status in pages.items():
        async with http.get(server.url / path, headers=headers) as answer:
            assert answer.status == status
        async with http.get(server.url / path) as answer:
            assert answer.status in {401, 404}


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.HTML, 200),
        (Fault.GARBAGE, 200),
        (Fault.NOT_FOUND, 404),
        (Fault.RATE_LIMIT, 429),
        (Fault.SERVER_ERROR, 503),
        (Fault.REFUSE, 401),
        (None, 200),
    ],
)
async def test_a_login_goes_wrong_as_told(
    http: ClientSession, server: TidepoolSimulator, fault: Fault | None, status: int
) -> None:
    server.fault = fault

    async with http.post(server.url / "auth/login", headers=basic()) as answer:
        assert answer.status == status
