"""What is never told, and a fortnight with failures."""

import asyncio
from bisect import bisect_left
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import override

from aiohttp import ClientSession, web
import pytest
from yarl import URL

from custom_components.glucose_follow.cgm import transport
from custom_components.glucose_follow.cgm.errors import (
    CgmConnectionError,
    CgmError,
    CgmResponseError,
)
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.schedule import Schedule
from custom_components.glucose_follow.cgm.sources.dexcom_share import (
    DexcomShareSource,
    Region,
)
from simulators.dexcom_share import (
    ACCOUNT_ID,
    AUTHENTICATE,
    LOG_IN,
    PASSWORD,
    READ,
    DexcomShareSimulator,
)
from simulators.nightscout import faults
from simulators.nightscout.site import Site
from tests.cgm.test_transport import chain
from tests.simulators.nightscout_support import FakeTime

from .support import DAY, MINUTE, NOON, SECOND, Says


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
