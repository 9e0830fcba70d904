"""The simulated Dexcom API gives tokens once, and data late."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import cast

from aiohttp import ClientError, ClientSession
import pytest

from custom_components.glucose_follow.cgm.person import Scenario, SimulatedPerson
from custom_components.glucose_follow.cgm.sources.dexcom_api import Environment
from simulators.dexcom_api import (
    CLIENT_ID,
    CLIENT_SECRET,
    DexcomApiSimulator,
    Fault,
    Refusal,
)

from .dexcom_api_support import REDIRECT, ask, ask_token, log_in, refresh
from .nightscout_support import NOON, FakeTime

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PERSON = SimulatedPerson(seed=7)
RANGE = "v3/users/self/dataRange"

type Document = dict[str, object]


@pytest.fixture
async def api(clock: FakeTime) -> AsyncGenerator[DexcomApiSimulator]:
    """Return a server that a person uploads to."""
    async with DexcomApiSimulator(clock=clock, person=PERSON) as api:
        yield api


def window(start: datetime, end: datetime) -> dict[str, str]:
    """Return a window as the API wants it."""
    return {
        "startDate": f"{start:%Y-%m-%dT%H:%M:%S}",
        "endDate": f"{end:%Y-%m-%dT%H:%M:%S}",
    }


async def documents(
    http: ClientSession,
    api: DexcomApiSimulator,
    kind: str,
    version: str = "v3",
    span: timedelta = DAY,
) -> list[Document]:
    """Return the documents of the last days, in the order of the answer."""
    path = f"{version}/users/self/{kind}"
    query = window(NOON - span, NOON + HOUR)
    status, body = await ask(http, api, path, **query)
    assert status == 200
    assert isinstance(body, dict)
    return cast("list[Document]", body["records" if version == "v3" else kind])


@pytest.mark.parametrize("version", ["v2", "v3"])
async def test_a_login_ends_in_tokens_that_open_the_account(
    http: ClientSession, api: DexcomApiSimulator, version: str
) -> None:
    status, location = await log_in(http, api, version)
    told, tokens = await ask_token(
        http,
        api,
        version,
        grant_type="authorization_code",
        code=location.query["code"],
        redirect_uri=REDIRECT,
    )
    opened, _ = await ask(http, api, RANGE, access=str(tokens["access_token"]))

    assert (status, told, opened) == (302, 200, 200)
    assert str(location).startswith(REDIRECT)
    assert location.query["state"] == "state-1"
    assert tokens["expires_in"] == 7200
    assert tokens["token_type"] == "Bearer"


async def test_a_code_works_once_for_a_minute_and_for_its_address(
    http: ClientSession, api: DexcomApiSimulator, clock: FakeTime
) -> None:
    async def exchanged(code: str, redirect_uri: str = REDIRECT) -> int:
        grant = {"grant_type": "authorization_code", "redirect_uri": redirect_uri}
        return (await ask_token(http, api, code=code, **grant))[0]

    code = (await log_in(http, api))[1].query["code"]
    elsewhere = (await log_in(http, api))[1].query["code"]
    late = (await log_in(http, api))[1].query["code"]

    statuses = [await exchanged(code), await exchanged(code), await exchanged("none")]
    statuses.append(await exchanged(elsewhere, "https://other.example"))
    clock.now += timedelta(minutes=1)
    statuses.append(await exchanged(late))

    assert statuses == [200, 400, 400, 400, 400]


@pytest.mark.parametrize(
    "query",
    [
        {"client_id": "somebody"},
        {"scope": "everything"},
        {"response_type": "token"},
        {"redirect_uri": "https://other.example"},
    ],
)
async def test_a_login_that_is_not_as_registered_leads_nowhere(
    http: ClientSession, clock: FakeTime, query: dict[str, str]
) -> None:
    async with DexcomApiSimulator(clock=clock, redirect_uris=[REDIRECT]) as api:
        status, location = await log_in(http, api, **query)
        right, _ = await log_in(http, api)

    assert (status, right) == (400, 302)
    assert not str(location)


async def test_a_person_may_say_no(
    http: ClientSession, api: DexcomApiSimulator
) -> None:
    api.is_denied = True

    _, location = await log_in(http, api)

    assert location.query["error"] == "access_denied"
    assert "code" not in location.query


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "wrong"}, 401, "invalid_client"),
        ({}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, 400, "invalid_grant"),
    ],
)
async def test_errors_of_tokens_have_their_names(
    http: ClientSession,
    api: DexcomApiSimulator,
    form: dict[str, str],
    status: int,
    error: str,
) -> None:
    assert await ask_token(http, api, **form) == (status, {"error": error})


async def test_the_secret_is_read_from_a_form_only(
    http: ClientSession, api: DexcomApiSimulator
) -> None:
    grant = {"grant_type": "refresh_token", "refresh_token": api.sign_in().refresh}
    headers = {"Authorization": "Basic Y2xpZW50LWlkOmNsaWVudC1zZWNyZXQ="}
    url = api.url / "v3/oauth2/token"
    secret = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}

    async with http.post(url, data=grant, headers=headers) as answer:
        assert answer.status == 401
    async with http.post(url, json=grant | secret) as answer:
        assert answer.status == 400


async def test_a_refresh_token_works_once_and_twice_ends_everything(
    http: ClientSession, api: DexcomApiSimulator
) -> None:
    first = api.sign_in()
    status, second = await refresh(http, api, first.refresh)
    opened, _ = await ask(http, api, RANGE, access=str(second["access_token"]))
    assert (status, opened) == (200, 200)
    assert second["refresh_token"] != first.refresh

    again, error = await refresh(http, api, first.refresh)
    rest, _ = await refresh(http, api, str(second["refresh_token"]))
    closed, _ = await ask(http, api, RANGE, access=str(second["access_token"]))

    assert (again, error["error"]) == (400, "invalid_grant")
    assert (rest, closed) == (400, 401)


async def test_after_a_lost_answer_the_old_refresh_token_is_spent(
    http: ClientSession, api: DexcomApiSimulator
) -> None:
    tokens = api.sign_in()
    api.fault = Fault.LOST_TOKEN

    with pytest.raises(ClientError):
        await refresh(http, api, tokens.refresh)
    opened, _ = await ask(http, api, RANGE, access=tokens.access)
    api.fault = None
    status, error = await refresh(http, api, tokens.refresh)
    closed, _ = await ask(http, api, RANGE, access=tokens.access)

    assert opened == 200
    assert (status, error["error"]) == (400, "invalid_grant")
    assert closed == 401


async def test_an_access_token_lives_two_hours(
    http: ClientSession, api: DexcomApiSimulator, clock: FakeTime
) -> None:
    access = api.sign_in().access
    clock.now += 2 * HOUR - timedelta(seconds=1)
    alive, _ = await ask(http, api, RANGE, access=access)
    clock.now += timedelta(seconds=1)
    dead, _ = await ask(http, api, RANGE, access=access)

    assert (alive, dead) == (200, 401)


async def test_a_withdrawn_consent_closes_the_account(
    http: ClientSession, api: DexcomApiSimulator
) -> None:
    tokens = api.sign_in()
    api.revoke()

    closed, _ = await ask(http, api, RANGE, access=tokens.access)

    assert closed == 401
    assert (await refresh(http, api, tokens.refresh))[0] == 400


@pytest.mark.parametrize("refusal", [401, 403, 404])
async def test_some_applications_have_only_version_2(
    http: ClientSession, clock: FakeTime, refusal: Refusal
) -> None:
    async with DexcomApiSimulator(clock=clock, v3_refusal=refusal) as api:
        newer, _ = await ask(http, api, RANGE)
        older, told = await ask(http, api, "v2/users/self/dataRange")

    assert (newer, older) == (refusal, 200)
    assert told == {"calibrations": None, "egvs": None, "events": None}


@pytest.mark.parametrize(
    ("environment", "hours"),
    [(Environment.US, 1), (Environment.EU, 3), (Environment.JP, 3)],
)
async def test_data_are_hours_late(
    http: ClientSession, clock: FakeTime, environment: Environment, hours: int
) -> None:
    async with DexcomApiSimulator(
        clock=clock, person=PERSON, environment=environment
    ) as api:
        newest, *_ = await documents(http, api, "egvs")

    expected = PERSON.readings(NOON - DAY, NOON - hours * HOUR)[-1]
    assert str(newest["systemTime"])[:19] == f"{expected.at:%Y-%m-%dT%H:%M:%S}"
    assert newest["value"] == expected.mgdl


async def test_the_sandbox_ended_in_the_past(
    http: ClientSession, clock: FakeTime
) -> None:
    async with DexcomApiSimulator(
        clock=clock, person=PERSON, environment=Environment.SANDBOX
    ) as api:
        _, before = await ask(http, api, RANGE)
        clock.now += DAY
        _, after = await ask(http, api, RANGE)

    assert before == after
    assert isinstance(before, dict)
    assert before["egvs"]["end"]["systemTime"] < "2026"


async def test_answers_are_newest_first_and_repeat_themselves(
    http: ClientSession, api: DexcomApiSimulator, clock: FakeTime
) -> None:
    found = await documents(http, api, "egvs")
    clock.now += HOUR / 2
    later = await documents(http, api, "egvs")
    clock.now -= HOUR / 2

    stamps = [str(document["systemTime"])[:19] for document in found]
    assert stamps == sorted(stamps, reverse=True)
    assert len(found) == pytest.approx(276, abs=2)
    assert later[-len(found) :] == found
    assert await documents(http, api, "egvs") == found


async def test_receivers_write_no_offsets_and_phones_do(
    http: ClientSession, api: DexcomApiSimulator
) -> None:
    found = await documents(http, api, "egvs")

    naive = [each for each in found if len(str(each["systemTime"])) == 19]
    assert 0 < len(naive) < len(found)
    assert {each["displayDevice"] for each in naive} == {"receiver"}
    assert {str(each["displayTime"])[19:] for each in found if each not in naive} == {
        "-08:00"
    }


async def test_values_of_events_are_text_in_version_3_and_numbers_before(
    http: ClientSession, api: DexcomApiSimulator
) -> None:
    newer = await documents(http, api, "events")
    older = await documents(http, api, "events", "v2")

    assert {type(each["value"]) for each in newer} == {str}
    assert {type(each["value"]) for each in older} == {float}
    assert {each["eventSubType"] for each in newer} == {
        None,
        "fastActing",
        "longActing",
    }
    assert [each["recordId"] for each in newer] == [each["eventId"] for each in older]


async def test_a_value_that_is_no_number_is_null_in_version_2(
    http: ClientSession, api: DexcomApiSimulator
) -> None:
    api.add("events", NOON, eventType="notes", value="Pizza")

    newest, *_ = await documents(http, api, "events", "v2")

    assert newest["value"] is None


async def test_version_2_smooths_values_afterwards(
    http: ClientSession, api: DexcomApiSimulator
) -> None:
    record = api.add("egvs", NOON, value=120)
    before, *_ = await documents(http, api, "egvs", "v2")
    api.edit(record, smoothedValue=117)
    after, *_ = await documents(http, api, "egvs", "v2")

    assert (before["value"], before["smoothedValue"]) == (120, None)
    assert (after["value"], after["realtimeValue"]) == (117, 120)
    assert after["systemTime"] == "2026-11-21T12:00:00"


@pytest.mark.parametrize(
    ("version", "days", "status"),
    [
        ("v3", 30, 200),
        ("v3", 31, 400),
        ("v2", 90, 200),
        ("v2", 91, 400),
        ("v3", 0, 400),
    ],
)
async def test_windows_are_of_limited_length(
    http: ClientSession, api: DexcomApiSimulator, version: str, days: int, status: int
) -> None:
    told = window(NOON - days * DAY, NOON)

    assert (await ask(http, api, f"{version}/users/self/egvs", **told))[0] == status


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"startDate": "2026-11-21T00:00:00"},
        {"startDate": "2026-11-21T00:00:00Z", "endDate": "2026-11-21T01:00:00Z"},
        {"startDate": "yesterday", "endDate": "today"},
    ],
)
async def test_windows_have_two_ends_without_zones(
    http: ClientSession, api: DexcomApiSimulator, query: dict[str, str]
) -> None:
    assert (await ask(http, api, "v3/users/self/egvs", **query))[0] == 400


async def test_the_end_of_a_window_is_left_out(
    http: ClientSession, api: DexcomApiSimulator
) -> None:
    api.add("egvs", NOON - HOUR / 2, value=120)
    path = "v3/users/self/egvs"

    _, before = await ask(http, api, path, **window(NOON - HOUR, NOON - HOUR / 2))
    _, after = await ask(http, api, path, **window(NOON - HOUR / 2, NOON))

    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert before["records"] == []
    assert [each["value"] for each in after["records"]] == [120]


async def test_a_deleted_event_says_so_and_a_removed_one_is_gone(
    http: ClientSession, api: DexcomApiSimulator
) -> None:
    one, other, *_ = await documents(http, api, "events")
    api.delete(str(one["recordId"]))
    api.remove(str(other["recordId"]))

    found = {each["recordId"]: each for each in await documents(http, api, "events")}

    assert found[one["recordId"]]["eventStatus"] == "deleted"
    assert other["recordId"] not in found


async def test_a_person_who_falls_is_warned(
    http: ClientSession, clock: FakeTime
) -> None:
    person = SimulatedPerson(seed=7, scenario=Scenario.LOW, since=NOON - 6 * HOUR)
    async with DexcomApiSimulator(clock=clock, person=person) as api:
        alerts = await documents(http, api, "alerts")

    assert {each["alertName"] for each in alerts} == {"low"}
    states = [each["alertState"] for each in reversed(alerts)]
    assert states[0] == "activeAlarming"
    assert set(states) == {"activeAlarming", "activeSnoozed", "inactive"}


async def test_a_person_calibrates_every_morning(
    http: ClientSession, api: DexcomApiSimulator
) -> None:
    found = await documents(http, api, "calibrations")

    assert [str(each["systemTime"])[:13] for each in found] == ["2026-11-21T06"]


async def test_version_3_knows_devices_without_a_window_and_version_2_with_one(
    http: ClientSession, api: DexcomApiSimulator
) -> None:
    newer, _ = await ask(http, api, "v3/users/self/devices")
    older, _ = await ask(http, api, "v2/users/self/devices")
    (device,) = await documents(http, api, "devices", "v2")

    assert (newer, older) == (200, 400)
    assert device["transmitterGeneration"] == "g7"


@pytest.mark.parametrize(
    "path", ["v2/users/self/alerts", "v3/users/self/secrets", "v4/users/self/egvs"]
)
async def test_what_there_is_not_is_not_found(
    http: ClientSession, api: DexcomApiSimulator, path: str
) -> None:
    assert (await ask(http, api, path))[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        "surprise",
        {"targetRanges": []},
        {
            "targetRanges": [
                {
                    "name": "day",
                    "startTime": "07:00:00",
                    "endTime": "20:00:00",
                    "egvRanges": [
                        {"name": "urgentLow", "bound": 55},
                        {"name": "low", "bound": 80},
                        {"name": "high", "bound": 250},
                    ],
                }
            ]
        },
        {
            "targetRanges": [
                {
                    "name": "day",
                    "startTime": "00:00:00",
                    "endTime": "00:00:00",
                    "egvRanges": [
                        {"name": "urgentLow", "bound": 80},
                        {"name": "low", "bound": 55},
                        {"name": "high", "bound": 250},
                    ],
                }
            ]
        },
    ],
)
async def test_statistics_want_ranges_that_cover_a_day(
    http: ClientSession, api: DexcomApiSimulator, body: object
) -> None:
    headers = {"Authorization": f"Bearer {api.sign_in().access}"}
    url = (api.url / "v2/users/self/statistics").with_query(window(NOON - DAY, NOON))

    async with http.post(url, json=body, headers=headers) as answer:
        assert answer.status == 400


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.REFUSE, 401),
        (Fault.SERVER_ERROR, 503),
        (Fault.NOT_FOUND, 404),
        (Fault.RATE_LIMIT, 429),
        (Fault.HTML, 200),
        (Fault.GARBAGE, 200),
    ],
)
async def test_a_fault_takes_the_place_of_every_answer_until_it_is_over(
    http: ClientSession, api: DexcomApiSimulator, fault: Fault, status: int
) -> None:
    api.fault = fault
    spoiled, body = await ask(http, api, RANGE)
    api.fault = None
    recovered, _ = await ask(http, api, RANGE)

    assert (spoiled, recovered) == (status, 200)
    assert body in {None, "surprise"}


@pytest.mark.parametrize("fault", [Fault.UNREACHABLE, Fault.CUT_OFF])
async def test_a_connection_can_be_cut(
    http: ClientSession, api: DexcomApiSimulator, fault: Fault
) -> None:
    api.fault = fault

    with pytest.raises(ClientError):
        await ask(http, api, RANGE)


async def test_every_request_is_recorded(
    http: ClientSession, api: DexcomApiSimulator
) -> None:
    await refresh(http, api, "spent")
    await ask(http, api, RANGE)

    assert [request.kind for request in api.requests] == ["token", "dataRange"]
    assert b"refresh_token=spent" in api.requests[0].body
    assert api.requests[1].at == NOON
