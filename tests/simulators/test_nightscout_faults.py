"""The simulated Nightscout fails as told, and recovers when told."""

import asyncio
from datetime import timedelta
import json
from typing import cast

from aiohttp import (
    ClientConnectionError,
    ClientError,
    ClientPayloadError,
    ClientSession,
)
import pytest
from yarl import URL

from simulators.nightscout import Bare, NightscoutSimulator, faults, lies

from .nightscout_support import (
    ENTRIES,
    NOON,
    SECRET,
    SHA1,
    TREATMENTS,
    FakeTime,
    ask,
    ms,
)

STATUS = "/api/v1/status.json"


@pytest.fixture
def site(clock: FakeTime) -> NightscoutSimulator:
    """Return a site with three entries and a treatment, not yet started."""
    site = NightscoutSimulator(clock=clock, sleep=clock.sleep, auth_fail_delay=0)
    for number in range(3):
        at = NOON - timedelta(minutes=5 * number)
        site.add_entry(at=at, sgv=120 - number, dateString=at.isoformat())
    site.add_treatment(eventType="Meal Bolus", insulin=2.5)
    return site


@pytest.mark.parametrize(
    ("fault", "status", "content_type"),
    [
        (faults.Refuse(), 401, "application/json"),
        (faults.Html(), 200, "text/html"),
        (faults.ServerError(), 500, "text/html"),
        (faults.ServerError(502), 502, "text/html"),
        (faults.NotFound(), 404, "text/html"),
        (faults.RateLimit(), 429, "text/html"),
        (faults.Garbage({"surprise": 1}), 200, "application/json"),
        (faults.NullBody(), 200, "application/json"),
    ],
)
async def test_a_fault_takes_the_place_of_every_answer_until_it_is_over(
    http: ClientSession,
    site: NightscoutSimulator,
    fault: faults.Fault,
    status: int,
    content_type: str,
) -> None:
    async with site:
        site.fault = fault
        failed = [await ask(http, site, path) for path in (ENTRIES, STATUS)]
        site.fault = None
        recovered = await ask(http, site, ENTRIES)

    assert [answer.status for answer in failed] == [status, status]
    assert failed[0].headers["Content-Type"] == f"{content_type}; charset=utf-8"
    assert recovered.sgvs() == [120, 119, 118]


async def test_a_fault_may_concern_one_kind_of_path(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    async with site:
        site.fault = faults.Refuse(only=("treatments",))
        refused = await ask(http, site, TREATMENTS)
        served = await ask(http, site, ENTRIES)

    assert (refused.status, served.status) == (401, 200)


async def test_a_fault_may_be_over_by_itself(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    async with site:
        site.fault = faults.ServerError(times=2)
        answers = [await ask(http, site, ENTRIES) for _ in range(3)]

    assert [answer.status for answer in answers] == [500, 500, 200]
    assert site.fault is None


@pytest.mark.parametrize(
    ("retry_after", "header"),
    [(30, "30"), (NOON, "Sat, 21 Nov 2026 12:00:00 GMT")],
)
async def test_a_rate_limit_says_when_to_come_back(
    http: ClientSession, site: NightscoutSimulator, retry_after: float, header: str
) -> None:
    async with site:
        site.fault = faults.RateLimit(retry_after)
        answer = await ask(http, site, ENTRIES)

    assert answer.headers["Retry-After"] == header


async def test_an_unreachable_site_drops_the_connection(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    async with site:
        site.fault = faults.Unreachable()
        with pytest.raises(ClientConnectionError):
            await ask(http, site, ENTRIES)


async def test_a_closed_site_refuses_connections_until_it_starts_again(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    async with site:
        address = site.url
        await site.close()
        with pytest.raises(ClientConnectionError):
            await ask(http, site, ENTRIES)
        await site.start()
        answer = await ask(http, site, ENTRIES)

    assert (site.url, answer.status) == (address, 200)


async def test_a_hanging_site_answers_once_it_is_released(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    async with site:
        site.fault = faults.Hang()
        asking = asyncio.create_task(ask(http, site, ENTRIES))
        await site.wait_for_requests()
        done, _ = await asyncio.wait([asking], timeout=0.02)
        assert not done

        site.fault = None
        answer = await asking

    assert answer.status == 200


async def test_a_hanging_site_can_be_closed(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    async with site:
        site.fault = faults.Hang()
        asking = asyncio.create_task(ask(http, site, ENTRIES))
        await site.wait_for_requests()

    assert (await asking).status == 200


async def test_a_slow_site_sleeps_first(
    http: ClientSession, site: NightscoutSimulator, clock: FakeTime
) -> None:
    async with site:
        site.fault = faults.Slow(12)
        await ask(http, site, ENTRIES)

    assert clock.slept == [12]


async def test_a_truncated_body_ends_the_connection_or_is_no_json(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    async with site:
        site.fault = faults.Truncate()
        with pytest.raises(ClientPayloadError):
            await ask(http, site, ENTRIES)
        site.fault = faults.Truncate(is_announced=True)
        answer = await ask(http, site, ENTRIES)

    with pytest.raises(json.JSONDecodeError):
        answer.json()


async def test_an_endless_body_outlasts_any_limit(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    async with site:
        site.fault = faults.Endless()
        async with http.get(site.url.with_path(ENTRIES)) as response:
            read = await response.content.readexactly(2**22)
            assert not response.content.at_eof()

    assert len(read) == 2**22


@pytest.mark.parametrize("is_announced", [True, False])
async def test_a_huge_body_is_valid_and_may_be_announced(
    http: ClientSession, site: NightscoutSimulator, is_announced: bool
) -> None:
    async with site:
        site.fault = faults.Huge(2, is_announced=is_announced)
        answer = await ask(http, site, ENTRIES)

    assert len(answer.body) > 2**21
    assert answer.json() == []
    assert ("Content-Length" in answer.headers) == is_announced


@pytest.mark.parametrize(
    ("fault", "location"),
    [
        (
            faults.Redirect(URL("http://elsewhere.test/")),
            "http://elsewhere.test/api/v1/entries.json?count=1",
        ),
        (
            faults.Redirect(URL("http://elsewhere.test/login"), is_path_kept=False),
            "http://elsewhere.test/login",
        ),
    ],
)
async def test_a_redirect_leads_elsewhere(
    http: ClientSession,
    site: NightscoutSimulator,
    fault: faults.Redirect,
    location: str,
) -> None:
    async with site:
        site.fault = fault
        answer = await ask(http, site, f"{ENTRIES}?count=1")

    assert (answer.status, answer.headers["Location"]) == (307, location)


async def test_without_its_database_a_site_still_says_ok(
    http: ClientSession, site: NightscoutSimulator, clock: FakeTime
) -> None:
    async with site:
        site.fault = faults.DatabaseLost(30)
        status = await ask(http, site, STATUS)
        assert clock.slept == []
        entries = await ask(http, site, ENTRIES)
        treatments = await ask(http, site, TREATMENTS)

    assert (status.status, entries.status) == (200, 500)
    assert (treatments.status, treatments.text) == (200, "null")
    assert clock.slept == [30, 30]


async def test_an_entries_only_server_knows_no_other_path(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    async with site:
        site.fault = faults.EntriesOnly()
        paths = (ENTRIES, TREATMENTS, STATUS, "/api/v1/verifyauth", "/api/versions")
        answers = [await ask(http, site, path) for path in paths]

    assert [answer.status for answer in answers] == [200, 404, 404, 404, 404]


@pytest.mark.parametrize(
    ("field", "twist", "told"),
    [
        ("sgv", lies.as_text, "120"),
        ("sgv", lies.as_fraction, 120.4),
        ("sgv", lies.always(None), None),
        ("sgv", lies.always(0), 0),
        ("sgv", lies.always(5), 5),
        ("sgv", lies.always(1e9), 1e9),
        ("date", lies.as_text, str(ms(NOON))),
        ("date", lies.as_seconds, ms(NOON) // 1000),
        ("date", lies.as_iso, "2026-11-21T12:00:00.000Z"),
        ("dateString", lies.as_seconds, ms(NOON) // 1000),
    ],
)
async def test_a_lie_is_of_another_type_or_size(
    http: ClientSession,
    site: NightscoutSimulator,
    field: str,
    twist: lies.Twist,
    told: object,
) -> None:
    async with site:
        site.fault = lies.Lie(field, twist)
        answer = await ask(http, site, ENTRIES)

    value = answer.documents()[0][field]
    assert value == told
    assert type(value) is type(told)


async def test_a_lie_may_leave_a_field_out_of_some_documents(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    async with site:
        site.fault = lies.Lie("sgv", lies.always(lies.ABSENT), every=2)
        answer = await ask(http, site, ENTRIES)

    assert ["sgv" in document for document in answer.documents()] == [
        False,
        True,
        False,
    ]


async def test_a_document_that_nobody_can_date_is_still_served(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    async with site:
        site.add_entries([{"type": "sgv", "sgv": 99}, {"type": "sgv", "date": "soon"}])
        answer = await ask(http, site, f"{ENTRIES}?find[date][$gt]={ms(NOON)}")

    assert len(answer.documents()) == 2


async def test_a_bare_phone_serves_nothing_but_its_newest_entries(
    http: ClientSession, clock: FakeTime
) -> None:
    async with NightscoutSimulator(clock=clock, units="mmol") as site:
        for number in range(1200):
            site.add_entry(at=NOON - timedelta(minutes=5 * number), sgv=100)
        site.fault = Bare()
        usual = await ask(http, site, f"/sgv.json?find[date][$gt]={ms(NOON)}")
        most = await ask(http, site, "/sgv.json?count=5000")
        other = await ask(http, site, ENTRIES)

    assert len(usual.sgvs()) == 24
    assert usual.documents()[0]["units_hint"] == "mmol"
    assert "units_hint" not in usual.documents()[1]
    assert len(most.sgvs()) == 1000
    assert other.status == 404


@pytest.mark.parametrize(
    ("api_secret", "sent", "status"),
    [
        (SECRET, SHA1, 200),
        (SECRET, None, 403),
        (SECRET, SECRET, 403),
        (None, None, 200),
        (None, SHA1, 403),
    ],
)
async def test_a_phone_wants_its_own_secret_or_none(
    http: ClientSession,
    clock: FakeTime,
    api_secret: str | None,
    sent: str | None,
    status: int,
) -> None:
    headers = {"api-secret": sent} if sent else None

    async with NightscoutSimulator(clock=clock, api_secret=api_secret) as site:
        site.fault = Bare()
        answer = await ask(http, site, "/sgv.json", headers=headers)

    assert answer.status == status


async def test_silencing_an_alarm_without_the_right_crashes_the_server(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    async with site:
        with pytest.raises(ClientError):
            await ask(http, site, "/api/v1/notifications/ack")
        with pytest.raises(ClientError):
            await ask(http, site, ENTRIES)

    assert site.has_crashed


async def test_reading_the_profile_of_a_lost_database_crashes_the_server(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    async with site:
        current = await ask(http, site, "/api/v1/profile/current")
        site.fault = faults.DatabaseLost()

        with pytest.raises(ClientConnectionError):
            await ask(http, site, "/api/v1/profile/current")

    assert cast(dict[str, object], current.json())["defaultProfile"] == "Default"
    assert site.has_crashed


async def test_a_silent_site_has_no_documents_and_is_there(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    async with site:
        site.fault = faults.Silence()
        entries = await ask(http, site, ENTRIES)
        status = await ask(http, site, STATUS)

    assert entries.json() == []
    assert status.status == 200
