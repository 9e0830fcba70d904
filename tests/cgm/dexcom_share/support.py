"""What the tests of this source have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypedDict, Unpack, override

from aiohttp import web

from custom_components.glucose_follow.cgm.models import Reading
from custom_components.glucose_follow.cgm.sources.dexcom_share import (
    DexcomShareSource,
    Region,
)
from simulators.dexcom_share import DexcomShareSimulator
from simulators.nightscout import faults
from simulators.nightscout.answers import json_answer
from simulators.nightscout.site import Site

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
EVERY_CHARACTER = "".join(map(chr, range(32, 127))) + "äß€ ę漢🩸\u2028"


@dataclass(frozen=True)
class Says(faults.Fault):
    """Everything is an error of the server's own."""

    body: object
    status: int = 500

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: faults.Serve
    ) -> web.StreamResponse:
        return json_answer(self.body, status=self.status)


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


def kinds(server: DexcomShareSimulator) -> list[str]:
    """Return what was asked for, in order."""
    return [request.kind for request in server.requests]


def only(samples: object) -> Reading:
    """Return the only sample, which is a reading."""
    assert isinstance(samples, list)
    assert len(samples) == 1
    assert isinstance(samples[0], Reading)
    return samples[0]
