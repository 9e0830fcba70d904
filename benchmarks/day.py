"""Every request of the running integration over a simulated day.

The integration runs in Home Assistant, over real sockets, against the simulated
site; only time is made to pass quickly, by an event loop whose clock can be
moved on.
"""

from argparse import ArgumentParser
import asyncio
from collections import Counter
from datetime import datetime, timedelta
import json
import logging
from random import Random
from typing import override

from custom_components.glucose_follow.cgm.person import SimulatedPerson
from simulators.nightscout import NightscoutSimulator, faults

from .travel import BEGIN, TOKEN, follow, home

_STEP = timedelta(seconds=1)

type Row = dict[str, float]


class _Travelling(asyncio.SelectorEventLoop):
    """An event loop whose clock can be moved on."""

    ahead = 0.0

    @override
    def time(self) -> float:
        """Return the monotonic clock, and what was skipped."""
        return super().time() + self.ahead


def live(
    *, period: timedelta, is_rough: bool, hours: int = 24, has_v3: bool = True
) -> Row:
    """Return the requests of a day by what they were for.

    Args:
        period: Between two readings.
        is_rough: Whether the site fails one request in 200, is away for twenty
            minutes, refuses the credential for seven, and limits the rate once.
        hours: How long the day is.
        has_v3: Whether the site has version 3 of the API.
    """
    # The troubles of a rough day are wanted, and not worth a line each.
    logging.disable(logging.CRITICAL)
    with asyncio.Runner(loop_factory=_Travelling) as runner:
        return runner.run(_live(period, is_rough=is_rough, hours=hours, has_v3=has_v3))


async def _live(period: timedelta, *, is_rough: bool, hours: int, has_v3: bool) -> Row:
    """Live through a day."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, _Travelling)
    start = loop.time()

    def clock() -> datetime:
        return BEGIN + timedelta(seconds=loop.time() - start)

    async with (
        NightscoutSimulator(
            clock=clock,
            person=SimulatedPerson(seed=7, period=period),
            tokens={TOKEN: frozenset({"*"})},
            default_roles="denied",
            upload_lag=timedelta(seconds=6),
            has_v3=has_v3,
        ) as site,
        home(clock) as hass,
    ):
        await follow(hass, site)
        rng = Random(7)
        until = clock() + timedelta(hours=hours)
        while clock() < until:
            site.fault = _trouble(clock() - BEGIN, rng) if is_rough else None
            loop.ahead += _STEP.total_seconds()
            await hass.async_block_till_done(wait_background_tasks=True)
        counted = Counter(request.kind for request in site.requests)
    return {
        **dict(sorted(counted.items())),
        "total": counted.total(),
        "per_hour": round(counted.total() / hours, 2),
    }


def _trouble(passed: timedelta, rng: Random) -> faults.Fault | None:
    """Return what is wrong with the site at a moment of a rough day."""
    minutes = passed / timedelta(minutes=1)
    if 300 <= minutes < 320:
        return faults.Unreachable()
    if 600 <= minutes < 607:
        return faults.Refuse()
    if 900 <= minutes < 901:
        return faults.RateLimit(120)
    return faults.ServerError() if rng.random() < 1 / 200 else None


def day(
    hours: int = 24, *, has_v3: bool = True, is_quiet: bool = False
) -> dict[str, Row]:
    """Return the requests of four kinds of day, or of the quiet ones alone."""
    minute = timedelta(minutes=1)
    rough = {} if is_quiet else {"rough": True}
    return {
        f"{name}, {told}": live(
            period=period, is_rough=is_rough, hours=hours, has_v3=has_v3
        )
        for name, period in (("five minutes", 5 * minute), ("one minute", minute))
        for told, is_rough in ({"quiet": False} | rough).items()
    }


def main() -> None:
    """Print the requests as one object."""
    parser = ArgumentParser(prog="benchmark day", description=__doc__)
    parser.add_argument("--hours", type=int, default=24, help="simulated hours")
    parser.add_argument("--no-v3", action="store_true", help="of an older site")
    parser.add_argument("--quiet", action="store_true", help="only quiet days")
    options = parser.parse_args()
    found = day(options.hours, has_v3=not options.no_v3, is_quiet=options.quiet)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
