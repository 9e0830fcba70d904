"""The simulated Nightscout answers as the recorded one did."""

from datetime import timedelta

from aiohttp import ClientSession
import pytest

from simulators.nightscout import ADMIN, CAREPORTAL, NightscoutSimulator

from .nightscout_support import (
    ENTRIES,
    MINUTE,
    NOON,
    SHA1,
    TREATMENTS,
    Answer,
    FakeTime,
    ask,
    assert_as_recorded,
    closed_site,
    ms,
    open_site,
    post,
    recorded,
)


async def test_status_has_the_recorded_fields(
    http: ClientSession, clock: FakeTime
) -> None:
    def fields(answer: Answer) -> set[str]:
        """Return the names on both levels."""
        data = answer.json()
        assert isinstance(data, dict)
        return {*data, *data["settings"]}

    async with NightscoutSimulator(clock=clock, units="mmol", title="Anna") as site:
        answer = await ask(http, site, "/api/v1/status.json")

    assert fields(answer) == fields(recorded("denied/v1/status.json"))
    assert '"units":"mmol"' in answer.text
    assert '"customTitle":"Anna"' in answer.text
    assert '"serverTime":"2026-11-21T12:00:00.000Z"' in answer.text


@pytest.mark.parametrize(
    ("path", "accept", "content_type"),
    [
        ("status", "*/*", "text/html"),
        ("status", "application/json", "application/json"),
        ("status.json", "text/html", "application/json"),
        ("entries", "*/*", "text/plain"),
        ("entries/current", "*/*", "text/plain"),
        ("entries", "application/json", "application/json"),
        ("entries", "text/html", "application/json"),
        ("entries.json", "*/*", "application/json"),
        ("entries.csv", "*/*", "text/csv"),
        ("treatments", "*/*", "application/json"),
        ("devicestatus", "*/*", "application/json"),
        ("profile", "*/*", "application/json"),
    ],
)
async def test_extension_and_accept_decide_the_content_type(
    http: ClientSession, clock: FakeTime, path: str, accept: str, content_type: str
) -> None:
    async with open_site(clock) as site:
        answer = await ask(http, site, f"/api/v1/{path}", headers={"Accept": accept})

    assert answer.status == 200
    assert answer.headers["Content-Type"] == f"{content_type}; charset=utf-8"


async def test_text_has_one_entry_per_line(
    http: ClientSession, clock: FakeTime
) -> None:
    async with open_site(clock) as site:
        answer = await ask(http, site, "/api/v1/entries?count=2")

    first, second = answer.text.split("\r\n")
    assert first == f'\t{ms(NOON - MINUTE)}\t112\t"Flat"\t"test"'
    assert second.split("\t")[2] == "111"


@pytest.mark.parametrize(
    ("query", "sgvs"),
    [
        ("", list(range(112, 102, -1))),
        ("?count=3", [112, 111, 110]),
        ("?count=0", []),
        ("?count=-5", []),
        ("?count=abc", list(range(112, 100, -1))),
        (f"?find[date][$gt]={ms(NOON - 6 * MINUTE)}", [112]),
        (f"?find%5Bdate%5D%5B%24gte%5D={ms(NOON - 6 * MINUTE)}", [112, 111]),
        (f"?find[date]={ms(NOON - 6 * MINUTE)}", [111]),
        (f"?find[date][$eq]={ms(NOON - 6 * MINUTE)}", [111]),
        (f"?find[date][$lt]={ms(NOON - 50 * MINUTE)}", [102, 101]),
        (f"?find[date][$lte]={ms(NOON - 51 * MINUTE)}", [102, 101]),
        ("?find[date][$gt]=0", list(range(112, 102, -1))),
        ("?find[date][$gt]=2026-11-21T11:58:00Z&count=2", [112, 111]),
        ("?find[sgv][$gte]=111", [112, 111]),
        ("?find[dateString][$gte]=2026", []),
        ("?find[date][$gt]=0&sort[date]=1&count=2", [102, 101]),
    ],
)
async def test_entries_come_newest_first_as_asked(
    http: ClientSession, clock: FakeTime, query: str, sgvs: list[int]
) -> None:
    async with open_site(clock) as site:
        answer = await ask(http, site, f"{ENTRIES}{query}")

    assert answer.sgvs() == sgvs


async def test_a_query_without_a_date_covers_four_days(
    http: ClientSession, clock: FakeTime
) -> None:
    async with NightscoutSimulator(clock=clock) as site:
        site.add_entry(at=NOON - timedelta(days=5), sgv=100)
        site.add_treatment(at=NOON - timedelta(days=5), eventType="Note")
        usual = [await ask(http, site, path) for path in (ENTRIES, TREATMENTS)]
        dated = [
            await ask(http, site, f"{ENTRIES}?find[date][$gt]=0"),
            await ask(http, site, f"{TREATMENTS}?find[created_at][$gte]=2000-01-01"),
        ]

    assert [len(answer.documents()) for answer in usual] == [0, 0]
    assert [len(answer.documents()) for answer in dated] == [1, 1]


async def test_the_current_entry_may_be_of_another_type(
    http: ClientSession, clock: FakeTime
) -> None:
    async with open_site(clock) as site:
        site.add_entry(type="mbg", mbg=120)
        current = await ask(http, site, "/api/v1/entries/current.json")
        sgv = await ask(http, site, "/api/v1/entries/sgv.json?count=1")
        unknown = await ask(http, site, "/api/v1/entries/foo.json")
        site.clear()
        nothing = await ask(http, site, "/api/v1/entries/current.json")

    assert [document["type"] for document in current.documents()] == ["mbg"]
    assert sgv.sgvs() == [112]
    assert (unknown.json(), nothing.json()) == ([], [])


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/versions", "versions"),
        ("/api/v1/nonsense", "unknown-path"),
        ("/api/v1/entries.json?count=0", "entries_count0"),
        ("/api/v1/entries.json?find[date][$foo]=1&count=1", "entries_bad-operator"),
        ("/api/v1/entries/000000000000000000000000.json", "entries-byid-unknown"),
        (
            f"{TREATMENTS}?find[created_at][$gte]=yesterday",
            "treatments_created_at-invalid",
        ),
    ],
)
async def test_odd_requests_get_the_recorded_answer(
    http: ClientSession, clock: FakeTime, path: str, name: str
) -> None:
    async with open_site(clock) as site:
        answer = await ask(http, site, path)

    assert_as_recorded(answer, f"denied/v1/{name}")


@pytest.mark.parametrize(
    "path",
    ["//api/v1/status.json", "/api/v1/status.json/", "/API/v1/status.json", "/api/v1"],
)
async def test_paths_are_taken_literally(
    http: ClientSession, clock: FakeTime, path: str
) -> None:
    async with open_site(clock) as site:
        answer = await ask(http, site, path)

    assert answer.status == 404
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("query", "notes"),
    [
        ("", ["now", "hour", "day"]),
        ("?count=1", ["now"]),
        ("?count=0", []),
        ("?find[created_at][$gte]=2026-11-21T11:00:00.000Z", ["now", "hour"]),
        ("?find[created_at][$gte]=2026-11-21T12:00:00%2B01:00", ["now", "hour"]),
        ("?find[created_at][$gte]=2026-11-21T12:00:00+01:00", ["now", "hour"]),
        ("?find[created_at][$gt]=2026-11-21T11:00:00Z", ["now"]),
        ("?find[created_at][$gte]=1795162782182", ["now", "hour", "day"]),
        ("?find[date][$gte]=0", []),
        ("?find[mills][$gte]=0", []),
        ("?find[eventType]=/Ex/", ["hour"]),
        (
            "?find[eventType][$in][]=Note&find[eventType][$in][]=Exercise",
            ["now", "hour"],
        ),
        ("?find[carbs][$gt]=0.9", ["day"]),
    ],
)
async def test_treatments_come_newest_first_as_asked(
    http: ClientSession, clock: FakeTime, query: str, notes: list[str]
) -> None:
    async with NightscoutSimulator(clock=clock) as site:
        site.add_treatment(at=NOON - 60 * MINUTE, notes="hour", eventType="Exercise")
        site.add_treatment(notes="now", eventType="Note")
        site.add_treatment(at=NOON - timedelta(days=1), notes="day", carbs=1)
        answer = await ask(http, site, f"{TREATMENTS}{query}")

    assert [document["notes"] for document in answer.documents()] == notes


async def test_the_default_counts_differ(http: ClientSession, clock: FakeTime) -> None:
    since = "?find[created_at][$gte]=2026-01-01"

    async with NightscoutSimulator(clock=clock) as site:
        for _ in range(120):
            site.add_treatment()
            site.add_devicestatus()
        answers = [
            await ask(http, site, f"/api/v1/{path}")
            for path in (
                "treatments.json",
                f"treatments.json{since}",
                "devicestatus.json",
                f"devicestatus.json{since}",
            )
        ]

    assert [len(answer.documents()) for answer in answers] == [100, 120, 10, 10]


async def test_what_has_not_changed_is_not_sent_again(
    http: ClientSession, clock: FakeTime
) -> None:
    async with open_site(clock) as site:
        first = await ask(http, site, ENTRIES)
        modified = first.headers["Last-Modified"]
        since = {"If-Modified-Since": modified}
        same = await ask(http, site, ENTRIES, headers=since)
        etag = {"If-None-Match": first.headers["ETag"]}
        by_etag = await ask(http, site, ENTRIES, headers=etag)
        site.add_entry(at=NOON - MINUTE + timedelta(seconds=0.9), sgv=113)
        within_the_second = await ask(http, site, ENTRIES, headers=since)
        site.add_entry(at=NOON - MINUTE + timedelta(seconds=1), sgv=114)
        newer = await ask(http, site, ENTRIES, headers=since)

    assert modified == "Sat, 21 Nov 2026 11:59:00 GMT"
    answers = (same, by_etag, within_the_second, newer)
    assert [answer.status for answer in answers] == [304, 304, 304, 200]
    assert same.body == b""


async def test_only_long_answers_are_compressed(
    http: ClientSession, clock: FakeTime
) -> None:
    async with open_site(clock) as site:
        long = await ask(http, site, ENTRIES)
        short = await ask(http, site, f"{ENTRIES}?count=1")

    assert long.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in short.headers
    assert len(long.documents()) == 10


async def test_the_date_header_tells_the_sites_own_time(
    http: ClientSession, clock: FakeTime
) -> None:
    async with NightscoutSimulator(clock=clock) as site:
        right = await ask(http, site, ENTRIES)
        site.skew = timedelta(minutes=-7)
        wrong = await ask(http, site, ENTRIES)

    assert right.headers["Date"] == "Sat, 21 Nov 2026 12:00:00 GMT"
    assert wrong.headers["Date"] == "Sat, 21 Nov 2026 11:53:00 GMT"
    assert "Server" not in right.headers


async def test_uploads_need_a_right_and_are_answered_with_an_array(
    http: ClientSession, clock: FakeTime
) -> None:
    entry = {
        "type": "sgv",
        "sgv": 123,
        "date": ms(NOON),
        "dateString": NOON.isoformat(),
    }
    secret = {"api-secret": SHA1}

    async with closed_site(clock) as site:
        site.grant("carer", CAREPORTAL)
        site.grant("admin", ADMIN)
        refused = await post(http, site, f"{ENTRIES}?token=carer", entry)
        kept = await post(http, site, ENTRIES, entry, headers=secret)
        again = await post(http, site, ENTRIES, [entry | {"sgv": 124}], headers=secret)
        undated = await post(http, site, ENTRIES, {"sgv": 99}, headers=secret)
        in_body = await post(http, site, ENTRIES, [entry | {"token": "admin"}])
        read = await ask(http, site, f"{ENTRIES}?count=1", headers=secret)

    assert (refused.status, in_body.status, undated.json()) == (401, 200, [])
    assert "_id" in kept.documents()[0]
    assert "_id" not in again.documents()[0]
    assert kept.documents()[0]["sysTime"] == "2026-11-21T12:00:00.000Z"
    assert read.sgvs() == [123]


async def test_an_uploaded_treatment_is_kept_in_utc(
    http: ClientSession, clock: FakeTime
) -> None:
    note = {"eventType": "Note", "created_at": "2026-11-21T13:00:00+02:00"}

    async with closed_site(clock) as site:
        site.grant("carer", CAREPORTAL)
        await post(http, site, "/api/v1/treatments?token=carer", note)
        answer = await ask(http, site, f"{TREATMENTS}?token=carer")

    (document,) = answer.documents()
    assert document["created_at"] == "2026-11-21T11:00:00.000Z"
    assert document["utcOffset"] == 120
    assert (document["carbs"], document["insulin"]) == (None, None)


async def test_a_site_may_live_below_a_prefix(
    http: ClientSession, clock: FakeTime
) -> None:
    async with NightscoutSimulator(clock=clock, prefix="/family/anna/") as site:
        below = await ask(http, site, ENTRIES)
        async with http.get(site.url.with_path(ENTRIES)) as outside:
            status = outside.status

    assert site.url.path == "/family/anna"
    assert (below.status, status) == (200, 404)
    assert [request.path for request in site.requests] == [ENTRIES, ENTRIES]


async def test_requests_are_recorded(http: ClientSession, clock: FakeTime) -> None:
    async with open_site(clock) as site:
        await ask(http, site, f"{ENTRIES}?count=7", headers={"api-secret": SHA1})

    (request,) = site.requests
    assert (request.method, request.path, request.kind) == ("GET", ENTRIES, "entries")
    assert request.query["count"] == "7"
    assert request.headers["api-secret"] == SHA1
    assert request.at == NOON
