"""The simulated Nightscout answers version 3 of its API as the real one did."""

from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta
import json
from typing import cast

from aiohttp import ClientSession
import pytest

from custom_components.glucose_follow.cgm.person import SimulatedPerson
from simulators.nightscout import ADMIN, READABLE, NightscoutSimulator, faults, lies
from simulators.nightscout.store import Collection
from simulators.nightscout.v3_query import epoch_ms

from .nightscout_support import (
    MINUTE,
    NARROW,
    NOON,
    READER,
    SECRET,
    SHA1,
    Answer,
    FakeTime,
    ask,
    closed_site,
    open_site,
    post,
    recorded,
)

RECORDED_AT = datetime(2026, 11, 21, 8, 25, 51, tzinfo=UTC)
PHONE = "phone-1111111111111111"
HOUR = timedelta(hours=1)
EXCHANGE = "/api/v2/authorization/request/"

type Stored = dict[str, object]


def stored(name: str) -> list[Stored]:
    """Return the documents of a recorded answer as the database holds them.

    Only those that came through v3 have an identifier and a moment of change of
    their own; v1's are shown with others.
    """
    body = cast(dict[str, list[Stored]], recorded(name).json())
    return [
        document
        if "app" in document
        else {
            "_id": document["identifier"],
            **{
                field: value
                for field, value in document.items()
                if field not in {"identifier", "srvModified", "srvCreated"}
            },
        }
        for document in body["result"]
    ]


@pytest.fixture
async def as_recorded(clock: FakeTime) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that holds what the recorded one held."""
    clock.now = RECORDED_AT
    async with NightscoutSimulator(
        clock=clock,
        sleep=clock.sleep,
        tokens={READER: READABLE, NARROW: frozenset({"entries"}), PHONE: ADMIN},
        default_roles="denied",
    ) as site:
        site.add_entries(stored("denied/v3/entries_history_0"))
        site.add_entries(stored("denied/v3/entries_limit1"))
        for document in stored("denied/v3/treatments_default"):
            site._site.store.add(Collection.TREATMENTS, document)
        yield site


@pytest.fixture
async def site(clock: FakeTime) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that shows nothing to strangers, with an hour of entries."""
    async with closed_site(clock) as running:
        running.grant(PHONE, ADMIN)
        yield running
        running.fault = None


async def bearer(
    http: ClientSession, site: NightscoutSimulator, token: str = READER
) -> dict[str, str]:
    """Return the header that version 3 wants from whoever has a token."""
    answer = await ask(http, site, f"{EXCHANGE}{token}")
    jwt = cast(dict[str, object], answer.json())["token"]
    return {"Authorization": f"Bearer {jwt}"}


async def asked(
    http: ClientSession,
    site: NightscoutSimulator,
    path: str,
    *,
    token: str = READER,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Return the answer to somebody who has a token."""
    credential = await bearer(http, site, token)
    return await ask(http, site, path, headers={**credential, **(headers or {})})


async def deleted(
    http: ClientSession, site: NightscoutSimulator, path: str, token: str = PHONE
) -> Answer:
    """Return the answer to a deletion."""
    url = site.url.join(site.url / path.lstrip("/").partition("?")[0])
    query = path.partition("?")[2]
    async with http.delete(
        url.with_query(query), headers=await bearer(http, site, token)
    ) as response:
        return Answer(response.status, response.headers, await response.read())


def result(answer: Answer) -> list[Stored]:
    """Return the documents of an answer."""
    assert answer.status == 200
    return cast(dict[str, list[Stored]], answer.json())["result"]


def assert_as_recorded(answer: Answer, name: str) -> None:
    """Compare status, headers that matter, and body with a recording."""
    expected = recorded(name)
    assert answer.status == expected.status
    assert answer.text == expected.text
    for header in ("Content-Type", "Vary", "ETag"):
        assert answer.headers.get(header) == expected.headers.get(header)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("entries?sort$desc=date&limit=3", "entries_desc"),
        ("entries?sort%24desc=date&limit=3", "entries_desc"),
        ("entries?sort$desc=date&limit=3&skip=3", "entries_skip"),
        ("entries?skip=100000", "entries_skip-beyond"),
        ("entries?limit=1", "entries_limit1"),
        (
            "entries?sort$desc=date&limit=2&fields=date,sgv,direction,identifier",
            "entries_fields",
        ),
        ("entries?sort$desc=date&limit=1&fields=date,sgv", "entries_fields_show"),
        ("entries?sort$desc=date&limit=1&fields=_all", "entries_fields_all"),
        ("entries?date$gt=1795245950029&sort$desc=date", "entries_date-gt"),
        (
            "entries?date$gte=2026-11-21T07:25:50.029Z&sort$desc=date",
            "entries_date-gt",
        ),
        ("entries?created_at$gte=2026-11-21T07:25:50.029Z", "entries_created_at"),
        ("entries.json?limit=2&sort$desc=date", "entries.json"),
        ("treatments?sort$desc=created_at&limit=5", "treatments_desc"),
        (
            "treatments?created_at$gte=2026-11-20T08:25:50.029Z&sort$desc=created_at",
            "treatments_created_at",
        ),
        ("treatments?date$gte=1795076750029", "treatments_date-gte"),
        ("treatments", "treatments_default"),
        ("treatments?eventType$eq=Site%20Change", "treatments_eventType"),
        ("treatments?eventType$re=Change$", "treatments_eventType-re"),
        (
            "treatments?eventType$in=Site%20Change|Sensor%20Start",
            "treatments_eventType-in",
        ),
        ("treatments?isValid$eq=true&limit=3", "treatments_isValid"),
        ("treatments/82e8d111f22a04dc8d25eb12", "treatment_read_by-objectid"),
        ("entries/eb8dd286-7905-5d44-8489-99289bfec1b5", "entry_read"),
        (
            "entries/eb8dd286-7905-5d44-8489-99289bfec1b5?fields=sgv,date",
            "entry_read_fields",
        ),
        ("entries/nope", "entry_read_unknown"),
        ("treatments/history/946684800001", "treatments_history_0"),
        ("entries/history/946684800001", "entries_history_0"),
        ("entries/history/946684800001?limit=2", "entries_history_limit2"),
        ("entries/history/1795249352656?limit=2", "entries_history_next"),
        ("entries/history/1795253150029", "entries_history_future"),
        (
            "entries/history/946684800001?limit=1&fields=date,sgv,srvModified",
            "entries_history_fields",
        ),
        ("profile/history/946684800001", "profile_history_0"),
        ("food", "food"),
    ],
)
async def test_what_was_asked_is_answered_alike(
    http: ClientSession, as_recorded: NightscoutSimulator, path: str, name: str
) -> None:
    answer = await asked(http, as_recorded, f"/api/v3/{path}")

    assert_as_recorded(answer, f"denied/v3/{name}")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("entries?limit=0", "entries_limit0"),
        ("entries?limit=1001", "entries_limit1001"),
        ("entries?limit=abc", "entries_limit-abc"),
        ("entries.foo?limit=2", "entries.foo"),
        ("nope", "unknown"),
        ("", "root"),
        ("settings", "settings_reader"),
        ("entries/history", "entries_history_noheader"),
        ("entries/history/abc", "entries_history_bad"),
        ("entries/history/1", "entries_history_tooold"),
        ("entries/history/2026-11-21T07:25:50.029Z", "entries_history_iso"),
    ],
)
async def test_what_cannot_be_is_refused_alike(
    http: ClientSession, as_recorded: NightscoutSimulator, path: str, name: str
) -> None:
    answer = await asked(http, as_recorded, f"/api/v3/{path}")

    assert_as_recorded(answer, f"denied/v3/{name}")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("skip=-1", "Parameter skip out of tolerance"),
        ("skip=abc", "Parameter skip out of tolerance"),
        (
            "sort=date&sort$desc=date",
            "Parameters sort and sort_desc cannot be combined",
        ),
        ("date$near=1", "Unsupported filter operator near"),
    ],
)
async def test_a_query_that_makes_no_sense_is_refused(
    http: ClientSession, site: NightscoutSimulator, query: str, message: str
) -> None:
    answer = await asked(http, site, f"/api/v3/entries?{query}")

    assert answer.status == 400
    assert answer.json() == {"status": 400, "message": message}


async def test_html_cannot_be_had(
    http: ClientSession, as_recorded: NightscoutSimulator
) -> None:
    answer = await asked(
        http, as_recorded, "/api/v3/entries?limit=2", headers={"Accept": "text/html"}
    )

    assert_as_recorded(answer, "denied/v3/entries_accept-html")


async def test_changes_since_the_header_include_its_second(
    http: ClientSession, as_recorded: NightscoutSimulator
) -> None:
    header = {"Last-Modified": "Sat, 21 Nov 2026 07:25:50 GMT"}

    answer = await asked(http, as_recorded, "/api/v3/entries/history", headers=header)

    assert_as_recorded(answer, "denied/v3/entries_history_0")


async def test_a_header_that_is_no_date_is_refused(
    http: ClientSession, as_recorded: NightscoutSimulator
) -> None:
    header = {"Last-Modified": "yesterday"}

    answer = await asked(http, as_recorded, "/api/v3/entries/history", headers=header)

    assert_as_recorded(answer, "denied/v3/entries_history_noheader")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("entries?limit=1", "status_noauth"),
        (f"entries?limit=1&token={READER}", "entries_token-param"),
        ("status", "status_noauth"),
        ("nope", "unknown_noauth"),
    ],
)
@pytest.mark.parametrize("is_open", [True, False])
async def test_only_a_bearer_is_let_in_even_where_everybody_may_read(
    http: ClientSession, clock: FakeTime, path: str, name: str, is_open: bool
) -> None:
    async with open_site(clock) if is_open else closed_site(clock) as site:
        answer = await ask(http, site, f"/api/v3/{path}", headers={"api-secret": SHA1})

    assert_as_recorded(answer, f"denied/v3/{name}")
    assert site.delay == 0


@pytest.mark.parametrize("wrong", [READER, "garbage", "a.b.c"])
async def test_a_wrong_bearer_is_punished(
    http: ClientSession, site: NightscoutSimulator, clock: FakeTime, wrong: str
) -> None:
    headers = {"Authorization": f"Bearer {wrong}"}

    answer = await ask(http, site, "/api/v3/entries", headers=headers)

    assert_as_recorded(answer, "denied/wrong-auth/wrong-bearer-v3-1")
    assert site.delay == 5
    assert (await asked(http, site, "/api/v3/entries?limit=1")).status == 200
    assert clock.slept == [5.0]
    assert site.delay == 0


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
async def test_the_case_of_the_scheme_does_not_matter(
    http: ClientSession, site: NightscoutSimulator, scheme: str
) -> None:
    jwt = (await bearer(http, site))["Authorization"].partition(" ")[2]

    answer = await ask(
        http, site, "/api/v3/entries", headers={"Authorization": f"{scheme} {jwt}"}
    )

    assert len(result(answer)) == 12


async def test_a_jwt_lives_for_eight_hours(
    http: ClientSession, site: NightscoutSimulator, clock: FakeTime
) -> None:
    headers = await bearer(http, site)

    clock.now += 8 * HOUR - timedelta(seconds=1)
    before = await ask(http, site, "/api/v3/entries?limit=1", headers=headers)
    clock.now += timedelta(seconds=1)
    after = await ask(http, site, "/api/v3/entries?limit=1", headers=headers)

    assert before.status == 200
    assert_as_recorded(after, "denied/v2/expired-jwt_v3_1")
    assert site.delay == 5


async def test_the_jwt_of_a_deleted_token_is_refused_and_harmless(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    """Shown to version 1 it would end the server."""
    headers = await bearer(http, site)
    site.revoke(READER)

    answer = await ask(http, site, "/api/v3/entries", headers=headers)

    assert answer.status == 401
    assert not site.has_crashed


@pytest.mark.parametrize("token", [READER, READER.rpartition("-")[2], f"x-{READER}"])
async def test_a_token_is_exchanged_for_a_jwt(
    http: ClientSession, site: NightscoutSimulator, token: str
) -> None:
    answer = await ask(http, site, f"{EXCHANGE}{token}")

    told = cast(dict[str, object], answer.json())
    assert list(told) == ["token", "sub", "permissionGroups", "iat", "exp"]
    assert told["iat"] == NOON.timestamp()
    assert told["exp"] == NOON.timestamp() + 28_800


async def test_a_jwt_is_exchanged_for_a_younger_one_while_it_lives(
    http: ClientSession, site: NightscoutSimulator, clock: FakeTime
) -> None:
    jwt = (await bearer(http, site))["Authorization"].partition(" ")[2]

    clock.now += HOUR
    before = await ask(http, site, f"{EXCHANGE}{jwt}")
    clock.now += 7 * HOUR
    after = await ask(http, site, f"{EXCHANGE}{jwt}")

    told = cast(dict[str, object], before.json())
    assert told["iat"] == (NOON + HOUR).timestamp()
    assert_as_recorded(after, "denied/v2/expired-jwt_request")


@pytest.mark.parametrize("wrong", ["reader-ffffffffffffffff", SHA1, SECRET[:4], "x"])
async def test_a_wrong_token_is_refused_without_punishment(
    http: ClientSession, site: NightscoutSimulator, wrong: str
) -> None:
    answer = await ask(http, site, f"{EXCHANGE}{wrong}")

    assert_as_recorded(answer, "denied/v2/request_wrong")
    assert site.delay == 0


async def test_nothing_else_of_version_2_is_there(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    assert (await ask(http, site, "/api/v2/summary")).status == 404
    assert (await post(http, site, f"{EXCHANGE}{READER}", {})).status == 404


async def test_an_old_server_has_no_version_3(
    http: ClientSession, clock: FakeTime
) -> None:
    async with closed_site(clock, has_v3=False) as site:
        answer = await asked(http, site, "/api/v3/entries")
        versions = await ask(http, site, "/api/versions")

    assert answer.status == 404
    assert "Cannot GET /api/v3/entries" in answer.text
    assert [each["url"] for each in versions.documents()] == ["/api/v1", "/api/v2"]


async def test_a_narrow_token_reads_only_what_it_may(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    names = ("entries", "treatments", "devicestatus", "profile")

    answers = [
        await asked(http, site, f"/api/v3/{name}", token=NARROW) for name in names
    ]

    assert [answer.status for answer in answers] == [200, 403, 403, 403]
    assert answers[1].json() == {
        "status": 403,
        "message": "Missing permission api:treatments:read",
    }


async def test_the_permissions_of_a_narrow_token_are_not_told(
    http: ClientSession, as_recorded: NightscoutSimulator
) -> None:
    narrow = await asked(http, as_recorded, "/api/v3/status", token=NARROW)
    wide = await asked(http, as_recorded, "/api/v3/status")

    for answer, name in ((narrow, "status_entries-only"), (wide, "status")):
        told = cast(dict[str, Stored], answer.json())["result"]
        expected = cast(dict[str, Stored], recorded(f"denied/v3/{name}").json())
        assert told | {"srvDate": 0} == expected["result"] | {"srvDate": 0}


async def test_everybody_may_ask_for_the_version(
    http: ClientSession, as_recorded: NightscoutSimulator
) -> None:
    answer = await ask(http, as_recorded, "/api/v3/version")

    told = cast(dict[str, Stored], answer.json())["result"]
    expected = cast(dict[str, Stored], recorded("denied/v3/version_noauth").json())
    assert told | {"srvDate": 0} == expected["result"] | {"srvDate": 0}


async def test_changes_are_told_by_collection_and_only_of_what_may_be_read(
    http: ClientSession, as_recorded: NightscoutSimulator
) -> None:
    wide = await asked(http, as_recorded, "/api/v3/lastModified")
    narrow = await asked(http, as_recorded, "/api/v3/lastModified", token=NARROW)

    told = cast(dict[str, Stored], wide.json())["result"]["collections"]
    assert isinstance(told, dict)
    assert told["treatments"] == 1795249355949
    only = cast(dict[str, Stored], narrow.json())["result"]["collections"]
    expected = recorded("denied/v3/lastModified_entries-only")
    assert only == cast(dict[str, Stored], expected.json())["result"]["collections"]


async def test_what_v1_uploads_is_found_but_has_no_history(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    site.add_treatment(eventType="Note", at=NOON - MINUTE)

    found = result(await asked(http, site, "/api/v3/treatments"))
    changed = result(await asked(http, site, "/api/v3/treatments/history/946684800001"))
    modified = await asked(http, site, "/api/v3/lastModified")

    assert found[0]["srvModified"] == (NOON - MINUTE).timestamp() * 1000
    assert "_id" not in found[0]
    assert changed == []
    told = cast(dict[str, Stored], modified.json())["result"]["collections"]
    assert cast(Stored, told)["treatments"] == (NOON - MINUTE).timestamp() * 1000


async def test_only_what_v3_uploaded_is_found_by_its_date(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    site.add_treatment(eventType="Note", at=NOON)

    found = await asked(http, site, "/api/v3/treatments?date$gte=1700000000000")

    assert result(found) == []


async def test_of_two_filters_on_a_field_the_last_one_counts(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    late, early = NOON - 20 * MINUTE, NOON - 40 * MINUTE

    found = await asked(
        http,
        site,
        f"/api/v3/entries?date$gt={late.timestamp() * 1000:.0f}"
        f"&date$gt={early.timestamp() * 1000:.0f}",
    )

    assert len(result(found)) == 8


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("sgv$lt=103", 2),
        ("sgv$lte=103", 3),
        ("sgv=103", 1),
        ("sgv$ne=103", 11),
        ("direction$nin=Flat|SingleUp", 0),
        ("device='test'", 12),
        ("sgv$gt=high", 0),
        ("isValid=false", 12),
        ("date$gte=1795258800", 12),
        ("date$gte=never", 0),
        ("created_at$gte=never", 0),
    ],
)
async def test_filters_compare_what_is_of_the_same_type(
    http: ClientSession, site: NightscoutSimulator, query: str, count: int
) -> None:
    assert len(result(await asked(http, site, f"/api/v3/entries?{query}"))) == count


async def test_what_was_deleted_is_only_in_the_history(
    http: ClientSession, clock: FakeTime
) -> None:
    """The person's own documents can be deleted as well."""
    clock.now = NOON
    person = SimulatedPerson(seed=7)
    async with NightscoutSimulator(
        clock=clock, person=person, style="aaps", tokens={PHONE: ADMIN}
    ) as site:
        known = result(await asked(http, site, "/api/v3/treatments", token=PHONE))
        gone = str(known[0]["identifier"])
        clock.now += MINUTE

        answer = await deleted(http, site, f"/api/v3/treatments/{gone}")

        assert_as_recorded(answer, "denied/v3/delete_entry")
        left = result(await asked(http, site, "/api/v3/treatments", token=PHONE))
        assert [doc["identifier"] for doc in left] == [
            doc["identifier"] for doc in known[1:]
        ]
        since = int(NOON.timestamp() * 1000)
        changed = result(
            await asked(http, site, f"/api/v3/treatments/history/{since}", token=PHONE)
        )
        assert [doc["identifier"] for doc in changed] == [gone]
        assert changed[0]["isValid"] is False
        assert changed[0]["modifiedBy"] == "phone"
        one = await asked(http, site, f"/api/v3/treatments/{gone}", token=PHONE)
        assert_as_recorded(one, "denied/v3/read_after_delete")
        old = await ask(http, site, "/api/v1/treatments.json?count=9999")
        assert [doc["isValid"] for doc in old.documents()].count(False) == 1


async def test_a_test_can_delete_as_a_phone_does(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    gone = site.add_treatment(eventType="Note")
    kept = site.add_treatment(eventType="Note", at=NOON - MINUTE)

    site.invalidate_treatment(gone)

    found = result(await asked(http, site, "/api/v3/treatments"))
    assert [doc["identifier"] for doc in found] == [kept]


async def test_what_is_really_deleted_is_nowhere(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    gone = site.add_treatment(eventType="Note")

    await deleted(http, site, f"/api/v3/treatments/{gone}?permanent=true")

    one = await asked(http, site, f"/api/v3/treatments/{gone}")
    assert_as_recorded(one, "denied/v3/read_after_permanent")
    again = await deleted(http, site, f"/api/v3/treatments/{gone}")
    assert_as_recorded(again, "denied/v3/delete_unknown")


async def test_readers_delete_and_create_nothing(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    kept = site.add_treatment(eventType="Note")

    refused = await deleted(http, site, f"/api/v3/treatments/{kept}", READER)
    created = await post(
        http,
        site,
        "/api/v3/entries",
        {"date": 1795249548029, "app": "rec"},
        headers=await bearer(http, site),
    )

    assert refused.status == 403
    assert_as_recorded(created, "denied/v3/create_reader")


async def test_an_upload_is_kept_and_the_same_again_replaces_it(
    http: ClientSession, as_recorded: NightscoutSimulator, clock: FakeTime
) -> None:
    headers = await bearer(http, as_recorded, PHONE)
    document = {"type": "sgv", "sgv": 111, "date": 1795249549029, "device": "rec"}
    clock.now = datetime.fromtimestamp(1795249550.999, UTC)

    first = await post(
        http, as_recorded, "/api/v3/entries", document | {"app": "rec"}, headers=headers
    )
    clock.now = datetime.fromtimestamp(1795249551.028, UTC)
    again = await post(
        http,
        as_recorded,
        "/api/v3/entries",
        document | {"app": "rec", "sgv": 112},
        headers=headers,
    )

    for answer, name in ((first, "create_entry"), (again, "create_entry_again")):
        expected = recorded(f"denied/v3/{name}")
        assert (answer.status, answer.text) == (expected.status, expected.text)
        assert answer.headers["Location"] == expected.headers["Location"]
        assert answer.headers["Last-Modified"] == expected.headers["Last-Modified"]
    newest = await asked(http, as_recorded, "/api/v3/entries?sort$desc=date&limit=1")
    (entry,) = result(newest)
    assert (entry["sgv"], entry["subject"]) == (112, "phone")
    assert (entry["srvCreated"], entry["srvModified"]) == (1795249550999, 1795249551028)


async def test_an_upload_replaces_what_v1_uploaded_before(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    site.add_treatment(at=NOON, eventType="Note", notes="before")
    site.add_treatment(
        at=NOON - MINUTE, eventType="Note", identifier="another", app="AAPS"
    )

    answer = await post(
        http,
        site,
        "/api/v3/treatments",
        {
            "date": "2026-11-21T12:00:00Z",
            "eventType": "Note",
            "notes": "after",
            "app": "x",
        },
        headers=await bearer(http, site, PHONE),
    )

    assert answer.status == 200
    found = result(await asked(http, site, "/api/v3/treatments?notes$re=."))
    assert [doc["notes"] for doc in found] == ["after"]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ({}, "create_empty"),
        ([{"date": 1795249549029}], "create_array"),
        ({"app": "rec"}, "create_no-date"),
        ({"app": "rec", "date": "never"}, "create_no-date"),
        ({"date": 1795249549029}, "create_no-app"),
    ],
)
async def test_an_upload_that_lacks_something_is_refused(
    http: ClientSession, site: NightscoutSimulator, data: object, name: str
) -> None:
    headers = await bearer(http, site, PHONE)

    answer = await post(http, site, "/api/v3/entries", data, headers=headers)

    assert_as_recorded(answer, f"denied/v3/{name}")


async def test_an_upload_that_is_not_json_is_refused(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    headers = await bearer(http, site, PHONE)

    async with http.post(
        site.url / "api/v3/entries", data="{bad", headers=headers
    ) as response:
        body = await response.text()

    assert response.status == 500
    assert body == recorded("denied/v3/create_bad-json").text


async def test_a_profile_is_there(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    (profile,) = result(await asked(http, site, "/api/v3/profile"))

    (expected,) = result(recorded("denied/v3/profile"))
    assert list(profile) == [
        "defaultProfile",
        "startDate",
        "mills",
        "units",
        "created_at",
        "store",
        "identifier",
        "srvModified",
        "srvCreated",
    ]
    assert set(profile) == set(expected)


async def test_settings_are_for_administrators(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    answer = await asked(http, site, "/api/v3/settings", token=PHONE)

    assert_as_recorded(answer, "denied/v3/settings_admin")


async def test_faults_speak_version_3(
    http: ClientSession, site: NightscoutSimulator
) -> None:
    site.fault = faults.Refuse(only={"entries"})
    refused = await asked(http, site, "/api/v3/entries")
    site.fault = faults.DatabaseLost()
    lost = await asked(http, site, "/api/v3/entries")
    site.fault = lies.Lie("sgv", lies.always(5), every=12)
    lied = await asked(http, site, "/api/v3/entries?sort$desc=date")
    headers = await bearer(http, site)
    site.fault = faults.EntriesOnly()
    missing = await ask(http, site, "/api/v3/entries", headers=headers)

    assert refused.text == recorded("denied/wrong-auth/wrong-bearer-v3-1").text
    assert lost.status == 500
    assert lost.json() == {"status": 500, "message": "Database error"}
    assert [doc["sgv"] for doc in result(lied)][:2] == [5, 111]
    assert missing.status == 404


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1795249552", 1795249552000),
        ("1795249552000", 1795249552000),
        ("1", None),
        ("x", None),
    ],
)
def test_small_numbers_are_seconds(text: str, expected: int | None) -> None:
    assert epoch_ms(text) == expected


def test_the_recordings_are_those_of_one_server() -> None:
    assert json.loads(recorded("denied/v3/status").body)["status"] == 200
