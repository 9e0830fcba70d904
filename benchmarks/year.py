"""A simulated Tidepool with a year of one person, made while it is sent."""

from argparse import ArgumentParser
import asyncio
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
import math
from typing import override

from simulators.tidepool import MGDL_PER_MMOL, Archive, TidepoolSimulator
from simulators.tidepool.documents import Document, stamp

READINGS = 105_000
BOLUSES = 40_000
_MEALS = 4 * 365
_YEAR = timedelta(days=364)


class Year(Archive):
    """A year with a loop: as much as the busiest account has, and nothing in order."""

    def __init__(self, until: datetime, scale: float) -> None:
        """End now.

        Args:
            until: When; aware.
            scale: How much of a year's documents there are.
        """
        super().__init__()
        self._newest = until
        self._scale = scale

    @override
    def all(self, now: datetime) -> Iterable[Document]:
        """Yield everything, newest readings first, then everything else."""
        yield from self._readings()
        yield from self._boluses()
        yield from self._basals()
        yield from self._meals()

    def _moments(self, count: int) -> Iterator[datetime]:
        """Yield moments of the year, newest first."""
        count = round(count * self._scale)
        step = _YEAR / count
        for number in range(count):
            yield self._newest - number * step

    def _readings(self) -> Iterator[Document]:
        """Yield readings as Loop uploads them, with what nobody needs."""
        for number, at in enumerate(self._moments(READINGS)):
            mgdl = 140 + 80 * math.sin(number / 17)
            yield {
                **_common("cbg", number, at),
                "value": round(mgdl / MGDL_PER_MMOL, 5),
                "units": "mmol/L",
                "trend": "constant",
                "payload": {
                    "com.loopkit.GlucoseKit.HKMetadataKey.GlucoseIsDisplayOnly": 0
                },
            }

    def _boluses(self) -> Iterator[Document]:
        """Yield what a loop gives."""
        for number, at in enumerate(self._moments(BOLUSES)):
            yield {
                **_common("bolus", number, at),
                "subType": "automated",
                "normal": 0.15,
                "insulinFormulation": {"simple": {"actingType": "rapid"}},
            }

    def _basals(self) -> Iterator[Document]:
        """Yield what a loop changes with each reading."""
        for number, at in enumerate(self._moments(READINGS)):
            yield {
                **_common("basal", number, at),
                "deliveryType": "automated",
                "rate": number % 30 / 10,
                "duration": 300_000,
            }

    def _meals(self) -> Iterator[Document]:
        """Yield what was eaten."""
        for number, at in enumerate(self._moments(_MEALS)):
            carbohydrate = {"net": 40, "units": "grams"}
            yield {
                **_common("food", number, at),
                "nutrition": {"carbohydrate": carbohydrate},
            }


def _common(kind: str, number: int, at: datetime) -> Document:
    """Return what every document has."""
    return {
        "type": kind,
        "id": f"{kind:>8.8}{number:024}".replace(" ", "0"),
        "time": stamp(at),
        "timezone": "Europe/London",
        "timezoneOffset": 0,
        "uploadId": "0123456789abcdef0123456789abcdef",
        "origin": {
            "id": f"com.loopkit.Loop:{kind}:{number}",
            "name": "com.loopkit.Loop",
            "type": "application",
            "version": "3.4.1",
        },
    }


async def _serve(archive: Archive) -> None:
    """Serve until somebody ends the process."""
    async with TidepoolSimulator(archive=archive, token_life=_YEAR) as server:
        print(server.url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m benchmarks.year", description=__doc__)
    parser.add_argument("--scale", type=float, default=1)
    now = datetime.now(UTC).replace(microsecond=0)
    asyncio.run(_serve(Year(now, parser.parse_args().scale)))
