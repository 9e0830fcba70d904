"""The simulated Nightscout knows whom it may answer, and punishes guessing."""

from datetime import timedelta
from hashlib import sha512

from aiohttp import ClientConnectionError, ClientSession
import pytest

from simulators.nightscout.credentials import Penalties

from .nightscout_support import (
    ENTRIES,
    NARROW,
    NOON,
    READER,
    SECRET,
    SHA1,
    FakeTime,
    ask,
    assert_as_recorded,
    closed_site,
    open_site,
)

SHA512 = sha512(SECRET.encode()).hexdigest()


@pytest.mark.parametrize("secret", [SHA1, SHA1.upper(), SHA512, READER])
async def test_a_closed_site_opens_to_a_hash_or_a_token(
    http: ClientSession, clock: FakeTime, secret: str
) -> None:
    async with closed_site(clock) as site:
        by_header = await ask(http, site, ENTRIES, headers={"api-secret": secret})
        by_query = await ask(http, site, f"{ENTRIES}?secret={secret}")

    assert (by_header.status, by_query.status) == (200, 200)
    assert site.delay == 0


@pytest.mark.parametrize("secret", [SECRET, "0" * 40])
@pytest.mark.parametrize("is_open", [True, False])
async def test_a_wrong_secret_is_refused_even_by_an_open_site(
    http: ClientSession, clock: FakeTime, secret: str, is_open: bool
) -> None:
    async with open_site(clock) if is_open else closed_site(clock) as site:
        answer = await ask(http, site, ENTRIES, headers={"api-secret": secret})

    assert_as_recorded(answer, "denied/wrong-auth/wrong-secret-1")
    assert site.delay == 5


async def test_a_wrong_token_counts_as_none(
    http: ClientSession, clock: FakeTime
) -> None:
    wrong = f"{ENTRIES}?token=reader-0000000000000000"

    async with open_site(clock) as site:
        from_open = await ask(http, site, wrong)
    async with closed_site(clock) as site:
        from_closed = await ask(http, site, wrong)

    assert (from_open.status, from_closed.status) == (200, 401)
    assert site.delay == 0


async def test_a_narrow_token_reads_only_what_it_may(
    http: ClientSession, clock: FakeTime
) -> None:
    async with closed_site(clock) as site:
        answers = [
            await ask(http, site, f"/api/v1/{name}.json?token={NARROW}")
            for name in ("entries", "treatments", "status", "devicestatus", "profile")
        ]

    assert [answer.status for answer in answers] == [200, 401, 401, 401, 401]


async def test_only_the_digits_of_a_token_count(
    http: ClientSession, clock: FakeTime
) -> None:
    async with closed_site(clock) as site:
        answer = await ask(http, site, f"{ENTRIES}?token=renamed-{READER[-16:]}")

    assert answer.status == 200


async def test_a_wrong_secret_holds_the_next_request_back(
    http: ClientSession, clock: FakeTime
) -> None:
    wrong, right = {"api-secret": "wrong"}, {"api-secret": SHA1}

    async with closed_site(clock) as site:
        await ask(http, site, ENTRIES, headers=wrong)
        await ask(http, site, "/api/versions")
        assert clock.slept == []

        await ask(http, site, ENTRIES, headers=wrong)
        await ask(http, site, ENTRIES, headers=right)
        await ask(http, site, ENTRIES, headers=right)

    assert clock.slept == [5, 5]


def test_penalties_add_up_until_a_success() -> None:
    """Four parallel failures hold later requests for 20 s, less what has passed."""
    penalties = Penalties(5)
    for _ in range(4):
        penalties.add("10.0.0.1", NOON)

    assert penalties.left("10.0.0.1", NOON) == 20
    assert penalties.left("10.0.0.1", NOON + timedelta(seconds=5)) == 15
    assert penalties.left("10.0.0.2", NOON) == 0

    penalties.forgive("10.0.0.1")
    assert penalties.left("10.0.0.1", NOON) == 0


async def test_a_proxy_names_the_address_that_is_penalised(
    http: ClientSession, clock: FakeTime
) -> None:
    wrong = {"api-secret": "wrong", "X-Forwarded-For": "10.0.0.1, 10.0.0.2"}

    async with closed_site(clock) as site:
        await ask(http, site, ENTRIES, headers=wrong)
        assert site.delay == 0
        await ask(http, site, ENTRIES, headers={"X-Forwarded-For": "10.0.0.1"})

    assert clock.slept == [5]


async def test_a_revoked_token_and_a_changed_secret_are_refused(
    http: ClientSession, clock: FakeTime
) -> None:
    async with closed_site(clock, auth_fail_delay=0) as site:
        site.revoke(READER)
        site.set_secret("another secret")
        revoked = await ask(http, site, ENTRIES, headers={"api-secret": READER})
        changed = await ask(http, site, ENTRIES, headers={"api-secret": SHA1})
        site.grant(READER, {"entries"})
        granted = await ask(http, site, ENTRIES, headers={"api-secret": READER})

    assert (revoked.status, changed.status, granted.status) == (401, 401, 200)


@pytest.mark.parametrize(
    ("query", "secret", "name"),
    [
        ("", SHA1, "denied/v1/verifyauth"),
        ("", None, "denied/v1/verifyauth_none"),
        (f"?token={READER}", None, "denied/v1/verifyauth_token-reader"),
        (f"?token={NARROW}", None, "denied/v1/verifyauth_token-entries-only"),
        ("", "wrong", "denied/wrong-auth/verifyauth-wrong-1"),
    ],
)
async def test_verifyauth_tells_what_a_credential_is_worth(
    http: ClientSession, clock: FakeTime, query: str, secret: str | None, name: str
) -> None:
    headers = {"api-secret": secret} if secret else None

    async with closed_site(clock) as site:
        answer = await ask(http, site, f"/api/v1/verifyauth{query}", headers=headers)

    assert_as_recorded(answer, name)


async def test_verifyauth_is_the_only_sign_of_a_wrong_token_on_an_open_site(
    http: ClientSession, clock: FakeTime
) -> None:
    async with open_site(clock) as site:
        answer = await ask(http, site, "/api/v1/verifyauth?token=wrong")

    assert '"canRead":true' in answer.text
    assert '"rolefound":"NOTFOUND","permissions":"DEFAULT"' in answer.text


async def test_a_token_earns_a_jwt_that_lives_eight_hours(
    http: ClientSession, clock: FakeTime
) -> None:
    async with closed_site(clock) as site:
        status = await ask(http, site, f"/api/v1/status.json?token={READER}")
        data = status.json()
        assert isinstance(data, dict)
        authorized = data["authorized"]
        assert authorized["permissionGroups"] == [["*:*:read"], []]
        bearer = {"Authorization": f"Bearer {authorized['token']}"}
        fresh = await ask(http, site, ENTRIES, headers=bearer)
        clock.now += timedelta(hours=8)
        expired = await ask(http, site, ENTRIES, headers=bearer)

    assert (fresh.status, expired.status) == (200, 401)


async def test_a_deleted_subjects_jwt_crashes_the_server_until_it_is_restarted(
    http: ClientSession, clock: FakeTime
) -> None:
    async with closed_site(clock) as site:
        status = await ask(http, site, f"/api/v1/status.json?token={READER}")
        data = status.json()
        assert isinstance(data, dict)
        bearer = {"Authorization": f"Bearer {data['authorized']['token']}"}
        site.revoke(READER)
        with pytest.raises(ClientConnectionError):
            await ask(http, site, ENTRIES, headers=bearer)
        assert site.has_crashed

        await site.close()
        await site.start()
        answer = await ask(http, site, "/api/versions")

    assert answer.status == 200
