"""What every source promises, whichever it is."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Literal

from aiohttp import ClientSession
import pytest

from custom_components.glucose_follow.cgm import transport
from custom_components.glucose_follow.cgm.errors import (
    CgmAuthError,
    CgmConnectionError,
    CgmError,
    CgmRateLimitError,
    CgmResponseError,
)
from custom_components.glucose_follow.cgm.models import (
    HIGHEST_MGDL,
    LOWEST_MGDL,
    Account,
    Reading,
)
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.source import CgmSource, Change, Feature
from custom_components.glucose_follow.cgm.sources.dexcom_api import (
    DexcomApiSource,
    Environment,
)
from custom_components.glucose_follow.cgm.sources.dexcom_share import (
    DexcomShareSource,
    Region,
)
from custom_components.glucose_follow.cgm.sources.nightscout import (
    NightscoutSource,
    parse_address,
    parse_credential,
)
from custom_components.glucose_follow.cgm.sources.simulated import SimulatedSource
from custom_components.glucose_follow.cgm.sources.tidepool import (
    Environment as TidepoolEnvironment,
    PasswordLogin,
    TidepoolSource,
)
from custom_components.glucose_follow.cgm.timeline import Timeline
from simulators.dexcom_api import DexcomApiSimulator, Fault as DexcomApiFault
from simulators.dexcom_share import ACCOUNT_ID, PASSWORD, DexcomShareSimulator
from simulators.nightscout import NightscoutSimulator, faults
from simulators.tidepool import (
    PASSWORD as TIDEPOOL_PASSWORD,
    Fault as TidepoolFault,
    TidepoolSimulator,
)
from tests.simulators.nightscout_support import READER, SECRET, FakeTime

from .dexcom_share.support import Says
from .test_transport import chain

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
PERSON = SimulatedPerson(seed=7)
EXPECTED = PERSON.readings(NOON - DAY + MINUTE, NOON)


class Failure(StrEnum):
    """What can happen to a service."""

    REFUSE = "refuse"
    UNREACHABLE = "unreachable"
    HANG = "hang"
    HTML = "html"
    SERVER_ERROR = "server_error"
    NOT_FOUND = "not_found"
    RATE_LIMIT = "rate_limit"
    GARBAGE = "garbage"
    CUT_OFF = "cut_off"
    TRUNCATED = "truncated"
    ENDLESS = "endless"


ERRORS: Mapping[Failure, type[CgmError]] = {
    Failure.REFUSE: CgmAuthError,
    Failure.UNREACHABLE: CgmConnectionError,
    Failure.HANG: CgmConnectionError,
    Failure.HTML: CgmResponseError,
    Failure.SERVER_ERROR: CgmConnectionError,
    Failure.NOT_FOUND: CgmResponseError,
    Failure.RATE_LIMIT: CgmRateLimitError,
    Failure.GARBAGE: CgmResponseError,
    Failure.CUT_OFF: CgmConnectionError,
    Failure.TRUNCATED: CgmResponseError,
    Failure.ENDLESS: CgmResponseError,
}

FAULTS: Mapping[Failure, faults.Fault] = {
    Failure.REFUSE: faults.Refuse(),
    Failure.UNREACHABLE: faults.Unreachable(),
    Failure.HANG: faults.Hang(),
    Failure.HTML: faults.Html(),
    Failure.SERVER_ERROR: faults.ServerError(503),
    Failure.NOT_FOUND: faults.NotFound(),
    Failure.RATE_LIMIT: faults.RateLimit(90),
    Failure.GARBAGE: faults.Garbage(),
    Failure.CUT_OFF: faults.Truncate(),
    Failure.TRUNCATED: faults.Truncate(is_announced=True),
    Failure.ENDLESS: faults.Endless(),
}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A source that follows `PERSON`, and what can be done to its service."""

    source: CgmSource
    fail: Callable[[Failure | None], None] = lambda _: None
    """Lets the service fail, or work again."""

    was_asked: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
    """Waits, at its end, until the service was asked once more."""

    secrets: tuple[str, ...] = ()
    """What no error may tell."""

    is_live: bool = True
    """Whether what it tells is the present."""


type Make = Callable[[FakeTime], AbstractAsyncContextManager[Subject]]


@asynccontextmanager
async def simulated(clock: FakeTime) -> AsyncGenerator[Subject]:
    """Yield the source that asks nobody."""
    source = SimulatedSource(lambda: PERSON, clock)
    yield Subject(source=source)


@asynccontextmanager
async def nightscout(
    clock: FakeTime, *, has_v3: bool = False
) -> AsyncGenerator[Subject]:
    """Yield a source of a site that the person uploads to.

    Where it has version 3 of its API, that is in use already.
    """

    def fail(failure: Failure | None) -> None:
        site.fault = None if failure is None else FAULTS[failure]

    @asynccontextmanager
    async def was_asked() -> AsyncGenerator[None]:
        asked = len(site.requests)
        yield
        await site.wait_for_requests(asked + 1)

    async with (
        ClientSession() as session,
        NightscoutSimulator(
            clock=clock,
            sleep=clock.sleep,
            person=PERSON,
            api_secret=SECRET,
            tokens={READER: frozenset({"*"})},
            default_roles="denied",
            title="Anna",
            has_v3=has_v3,
        ) as site,
    ):
        source = NightscoutSource(
            session, parse_address(str(site.url)), parse_credential(READER), clock=clock
        )
        if has_v3:
            await source.identify()
            assert source.api == "v3"
        yield Subject(
            source=source,
            fail=fail,
            was_asked=was_asked,
            secrets=(READER, str(site.url), "127.0.0.1", "Anna", "find[", "Bearer"),
        )
        site.fault = None


@asynccontextmanager
async def dexcom_share(clock: FakeTime) -> AsyncGenerator[Subject]:
    """Yield a source of an account that the person's phone uploads to."""

    def fail(failure: Failure | None) -> None:
        if failure is Failure.REFUSE:
            server.fault = Says({"Code": "AccountPasswordInvalid", "Message": ""})
        else:
            server.fault = None if failure is None else FAULTS[failure]

    @asynccontextmanager
    async def was_asked() -> AsyncGenerator[None]:
        asked = len(server.requests)
        yield
        await server.wait_for_requests(asked + 1)

    async with (
        ClientSession() as session,
        DexcomShareSimulator(clock=clock, sleep=clock.sleep, person=PERSON) as server,
    ):
        yield Subject(
            source=DexcomShareSource(
                session,
                username=server.username,
                password=server.password,
                region=Region.OUS,
                clock=clock,
                base=server.url,
            ),
            fail=fail,
            was_asked=was_asked,
            secrets=(
                PASSWORD,
                ACCOUNT_ID,
                server.username,
                str(server.url),
                "127.0.0.1",
                "sessionId",
            ),
        )
        server.fault = None


@asynccontextmanager
async def dexcom_api(
    clock: FakeTime, v3_refusal: Literal[404] | None = None
) -> AsyncGenerator[Subject]:
    """Yield a source of an account whose data are not even late."""

    def fail(failure: Failure | None) -> None:
        api.fault = None if failure is None else DexcomApiFault(failure.value)

    @asynccontextmanager
    async def was_asked() -> AsyncGenerator[None]:
        asked = len(api.requests)
        yield
        await api.wait_for_requests(asked + 1)

    async with (
        ClientSession() as session,
        DexcomApiSimulator(
            clock=clock,
            person=PERSON,
            history=2 * DAY,
            delay=timedelta(),
            v3_refusal=v3_refusal,
        ) as api,
    ):
        token = api.sign_in().access

        async def valid_token(_: str | None) -> str:
            return token

        yield Subject(
            source=DexcomApiSource(
                session,
                environment=Environment.US,
                token=valid_token,
                clock=clock,
                base=api.url,
                account_id="entry-0123456789abcdef",
            ),
            fail=fail,
            was_asked=was_asked,
            secrets=(token, str(api.url), "127.0.0.1", "0123456789abcdef"),
            is_live=False,
        )


@asynccontextmanager
async def tidepool(
    clock: FakeTime, *, is_live: bool = False
) -> AsyncGenerator[Subject]:
    """Yield a source of an account that the person's devices upload to."""

    def fail(failure: Failure | None) -> None:
        server.fault = None if failure is None else TidepoolFault(failure.value)

    @asynccontextmanager
    async def was_asked() -> AsyncGenerator[None]:
        asked = len(server.requests)
        yield
        await server.wait_for_requests(asked + 1)

    async with (
        ClientSession() as session,
        TidepoolSimulator(clock=clock, person=PERSON, history=2 * DAY) as server,
    ):
        tokens: list[str] = []
        login = PasswordLogin(
            session,
            environment=TidepoolEnvironment.PRODUCTION,
            username=server.desk.username,
            password=TIDEPOOL_PASSWORD,
            keep=tokens.append,
            base=server.url,
        )
        yield Subject(
            source=TidepoolSource(
                session,
                environment=TidepoolEnvironment.PRODUCTION,
                token=login.token,
                clock=clock,
                is_live=is_live,
                base=server.url,
            ),
            fail=fail,
            was_asked=was_asked,
            secrets=(
                TIDEPOOL_PASSWORD,
                server.desk.username,
                server.user_id,
                str(server.url),
                "127.0.0.1",
                "kc:",
                *tokens,
            ),
            is_live=is_live,
        )
        server.fault = None


NETWORK: Mapping[str, Make] = {
    "dexcom_api": dexcom_api,
    "dexcom_api_v2": partial(dexcom_api, v3_refusal=404),
    "dexcom_share": dexcom_share,
    "nightscout": nightscout,
    "nightscout_v3": partial(nightscout, has_v3=True),
    "tidepool": tidepool,
    "tidepool_live": partial(tidepool, is_live=True),
}
SOURCES: Mapping[str, Make] = {"simulated": simulated, **NETWORK}
GLUCOSE_ONLY = frozenset({"dexcom_share"})
"""Sources that never have a treatment, and ask nobody for any."""
REPORTING = frozenset({"nightscout"})
"""Sources that ask somebody for pump, loop and phone."""


@pytest.fixture
def clock() -> FakeTime:
    """Return a time that stands still at noon."""
    return FakeTime()


@pytest.fixture
async def subject(
    request: pytest.FixtureRequest, clock: FakeTime
) -> AsyncGenerator[Subject]:
    """Return a source and its service."""
    make: Make = SOURCES[request.param]
    async with make(clock) as made:
        yield made
        await made.source.close()


every_source = pytest.mark.parametrize("subject", SOURCES, indirect=True)
every_network_source = pytest.mark.parametrize("subject", NETWORK, indirect=True)
every_treating_source = pytest.mark.parametrize(
    "subject", [name for name in SOURCES if name not in GLUCOSE_ONLY], indirect=True
)
every_failure = pytest.mark.parametrize("failure", Failure)

type Ask = Callable[[CgmSource], Coroutine[None, None, object]]


async def identify(source: CgmSource) -> object:
    """Ask whose data it is."""
    return await source.identify()


async def readings(source: CgmSource) -> object:
    """Ask for a day of readings."""
    return await source.readings(NOON - DAY)


async def treatments(source: CgmSource) -> object:
    """Ask for a day of treatments."""
    return await source.treatments(NOON - DAY)


async def status(source: CgmSource) -> object:
    """Ask for pump, loop and phone."""
    return await source.status()


def is_asked(name: str, ask: Ask) -> bool:
    """Return whether a source asks anybody for something."""
    if ask is treatments:
        return name not in GLUCOSE_ONLY
    return ask is not status or name in REPORTING


every_network_request = pytest.mark.parametrize(
    ("subject", "ask"),
    [
        (name, ask)
        for name in NETWORK
        for ask in (identify, readings, treatments, status)
        if is_asked(name, ask)
    ],
    indirect=["subject"],
)


@every_source
async def test_an_account_has_an_id_that_stays(subject: Subject) -> None:
    account = await subject.source.identify()

    assert isinstance(account, Account)
    assert account.id
    assert (await subject.source.identify()).id == account.id
    assert (Feature.LIVE in subject.source.features) is subject.is_live


@every_source
async def test_which_interface_is_in_use_is_told_in_a_word(subject: Subject) -> None:
    await subject.source.identify()

    assert subject.source.api in {"share", "simulated", "v1", "v2", "v3"}


@every_source
async def test_readings_are_the_persons_oldest_first(subject: Subject) -> None:
    await subject.source.identify()

    found = await subject.source.readings(NOON - DAY + MINUTE)

    assert [sample.at for sample in found] == sorted(sample.at for sample in found)
    assert len(found) == len(EXPECTED)
    for one, other in zip(found, EXPECTED, strict=True):
        assert isinstance(one, Reading)
        assert (one.mgdl, one.direction) == (other.mgdl, other.direction)


@every_source
async def test_moments_are_utc_and_values_are_mgdl(subject: Subject) -> None:
    await subject.source.identify()

    found = await subject.source.readings(NOON - DAY)
    done = await subject.source.treatments(NOON - DAY)

    assert all(each.at.tzinfo is UTC for each in [*found, *done])
    assert all(
        LOWEST_MGDL <= each.mgdl <= HIGHEST_MGDL and isinstance(each.mgdl, int)
        for each in found
        if isinstance(each, Reading)
    )


@every_source
async def test_the_newest_stamp_passed_back_brings_nothing_known(
    subject: Subject,
) -> None:
    await subject.source.identify()
    found = await subject.source.readings(NOON - DAY)

    assert list(await subject.source.readings(found[-1].at)) == []
    assert list(await subject.source.readings(found[-3].at)) == list(found[-2:])


@every_source
async def test_only_what_happened_by_now_is_told(
    subject: Subject, clock: FakeTime
) -> None:
    await subject.source.identify()
    before = await subject.source.readings(NOON - DAY)

    clock.now += 5 * MINUTE
    after = await subject.source.readings(before[-1].at)

    assert before[-1].at <= NOON
    assert len(after) == 1
    assert NOON < after[0].at <= clock.now


@every_source
async def test_overlapping_answers_make_one_series(subject: Subject) -> None:
    await subject.source.identify()
    timeline = Timeline()

    timeline.merge(await subject.source.readings(NOON - DAY / 2), NOON)
    timeline.merge(await subject.source.readings(NOON - DAY + MINUTE), NOON)
    is_news = timeline.merge(await subject.source.readings(NOON - DAY / 3), NOON)

    assert is_news is False
    assert [each.mgdl for each in timeline.readings] == [each.mgdl for each in EXPECTED]


@every_treating_source
async def test_treatments_are_oldest_first_and_have_ids(subject: Subject) -> None:
    await subject.source.identify()
    since = NOON - DAY / 2

    done = await subject.source.treatments(since)

    assert done
    assert [each.at for each in done] == sorted(each.at for each in done)
    assert all(each.at >= since for each in done)
    assert len({each.id for each in done}) == len(done)
    assert subject.source.skipped == 0


@every_source
async def test_the_service_tells_the_time_or_shares_ours(subject: Subject) -> None:
    await subject.source.readings(NOON - DAY)

    assert subject.source.server_time in {None, NOON}


@every_source
async def test_nothing_is_pushed_where_nothing_can_be(subject: Subject) -> None:
    """None of these servers has a socket, so a source that wants one says so."""
    changes: list[Change] = []
    await subject.source.identify()
    pushes = Feature.PUSH in subject.source.features

    with pytest.raises(CgmConnectionError) if pushes else nullcontext():
        await subject.source.listen(changes.append)

    assert changes == []


@every_source
async def test_there_is_a_status_with_its_feature_only(subject: Subject) -> None:
    await subject.source.identify()

    status = await subject.source.status()

    assert (status is not None) is (Feature.STATUS in subject.source.features)


@every_source
async def test_without_their_feature_there_are_no_treatments(subject: Subject) -> None:
    await subject.source.identify()

    done = await subject.source.treatments(NOON - DAY)

    assert bool(done) is (Feature.TREATMENTS in subject.source.features)


@every_network_request
@every_failure
async def test_every_failure_is_its_error_and_tells_no_secret(
    subject: Subject,
    failure: Failure,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport, "TIMEOUT", 0.1 if failure is Failure.HANG else 10)
    monkeypatch.setattr(transport, "LARGEST_BODY", 2**20)
    subject.fail(failure)

    with pytest.raises(CgmError) as caught:
        await ask(subject.source)

    assert type(caught.value) is ERRORS[failure]
    for error in chain(caught.value):
        text = f"{error} {error!r} {error.args}"
        assert not any(secret in text for secret in subject.secrets)


@every_network_source
async def test_how_long_to_wait_is_passed_on(subject: Subject) -> None:
    subject.fail(Failure.RATE_LIMIT)

    with pytest.raises(CgmRateLimitError) as caught:
        await subject.source.readings(NOON - DAY)

    assert caught.value.retry_after == 90


@every_network_source
@every_failure
async def test_a_service_that_works_again_is_read_again(
    subject: Subject, failure: Failure, monkeypatch: pytest.MonkeyPatch
) -> None:
    await subject.source.identify()
    with monkeypatch.context() as patched:
        patched.setattr(transport, "TIMEOUT", 0.1 if failure is Failure.HANG else 10)
        patched.setattr(transport, "LARGEST_BODY", 2**20)
        subject.fail(failure)
        with pytest.raises(CgmError):
            await subject.source.readings(NOON - DAY)

    subject.fail(None)

    assert len(await subject.source.readings(NOON - DAY + MINUTE)) == len(EXPECTED)


@every_network_request
async def test_a_cancelled_request_leaves_nothing_behind(
    subject: Subject, ask: Ask
) -> None:
    """Tasks and timers that linger fail any test, by a fixture of the plugin."""
    subject.fail(Failure.HANG)
    async with subject.was_asked():
        task = asyncio.create_task(ask(subject.source))

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    subject.fail(None)
    assert len(await subject.source.readings(NOON - DAY + MINUTE)) == len(EXPECTED)
