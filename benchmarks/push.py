"""What push brings and costs, measured in a running Home Assistant.

How long a reading takes from the site to a state, what a quiet day asks for,
and what is left of a month in which the socket drops whenever it likes.
"""

from argparse import ArgumentParser, Namespace
import asyncio
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
import json
import logging
from random import Random
from statistics import median
import time

from aiohttp import ClientSession, TCPConnector
from homeassistant.core import Event, EventStateChangedData, callback

from custom_components.glucose_follow.cgm.models import Treatment
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from simulators.nightscout import NightscoutSimulator, faults, socket_faults
from simulators.nightscout.documents import object_id, to_ms

from .follow import percentile
from .travel import TOKEN, Clock, Journey, TravellingLoop, journey

_RELOAD = 0.067
"""Seconds from a change to its announcement; median of a real server."""

_LAG = timedelta(seconds=6)
_SELDOM = (600.0, 300.0)
"""Seconds between pings, or a simulated month is spent on them."""

_SETTLED = timedelta(minutes=30)
"""What is done so long before the end must be known."""

_BETWEEN_DROPS = 7200.0

_WARM_UP = 5
"""Readings until the connection is trusted, and nobody asks beside it."""

_IN_REAL_TIME = 0.1
"""Seconds before each reading that really pass, so that all else is done."""

type Row = dict[str, float]


@dataclass
class Seen:
    """What was seen of a person, whenever it was."""

    readings: set[int] = field(default_factory=set)
    treatments: set[str] = field(default_factory=set)
    shown: list[str] = field(default_factory=list)
    """States of the newest reading's stamp, in their order."""
    told: list[str] = field(default_factory=list)
    """Treatments that were told as news, in their order."""

    def look(self, trip: Journey) -> None:
        """Look at what is known now."""
        data = trip.entry.runtime_data.data
        self.readings.update(to_ms(reading.at) for reading in data.readings)
        self.treatments.update(treatment.id for treatment in data.treatments)

    @callback
    def hear(self, event: Event[EventStateChangedData]) -> None:
        """Note a state."""
        new = event.data["new_state"]
        if event.data["entity_id"] == "sensor.alex_last_reading" and new is not None:
            self.shown.append(new.state)

    @callback
    def hear_treatment(self, treatment: Treatment) -> None:
        """Note what is news."""
        self.told.append(treatment.id)


def _site(clock: Clock, person: SimulatedPerson | None) -> NightscoutSimulator:
    """Return a site that pushes."""
    return NightscoutSimulator(
        clock=clock,
        person=person,
        tokens={TOKEN: frozenset({"admin"})},
        default_roles="denied",
        upload_lag=_LAG,
        has_sockets=True,
        ping=_SELDOM,
        reload=_RELOAD,
        debounce=0,
    )


async def _latency(count: int) -> Row:
    """Return real milliseconds from posting a reading to Home Assistant's state."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, TravellingLoop)
    waits: list[float] = []
    async with (
        journey(lambda clock: _site(clock, None)) as trip,
        # A connection of five minutes ago may be gone, and not known to be.
        ClientSession(connector=TCPConnector(force_close=True)) as session,
    ):
        await trip.site.sockets.wait_for_listeners(1)
        loop.is_patient = True
        for number in range(_WARM_UP + count):
            loop.ahead += 300 - _IN_REAL_TIME
            await asyncio.sleep(_IN_REAL_TIME)
            waits.append(1000 * await _posted(trip, session, 100 + number % 50))
        loop.is_patient = False
        del waits[:_WARM_UP]
    return {
        "readings": count,
        "median_ms": round(median(waits), 1),
        "p95_ms": round(percentile(waits, 0.95), 1),
        "most_ms": round(max(waits), 1),
    }


async def _posted(trip: Journey, session: ClientSession, sgv: int) -> float:
    """Return real seconds from posting a reading to its state."""
    seen = asyncio.Event()

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        if event.data["entity_id"] == "sensor.alex_glucose":
            seen.set()

    stop = trip.hass.bus.async_listen("state_changed", changed)
    date = round(trip.clock().timestamp() * 1000)
    began = time.perf_counter()
    async with session.post(
        trip.site.url / "api/v1/entries",
        json=[{"type": "sgv", "sgv": sgv, "date": date, "direction": "Flat"}],
        headers={"api-secret": TOKEN},
    ) as response:
        response.raise_for_status()
    await seen.wait()
    stop()
    return time.perf_counter() - began


async def _follow(days: float, *, is_rough: bool) -> Row:
    """Return what a person's days come to, with sockets that hold or do not."""
    person, rng, seen = SimulatedPerson(seed=7), Random(7), Seen()
    async with journey(lambda clock: _site(clock, person)) as trip:
        start = trip.clock()
        trip.hass.bus.async_listen("state_changed", seen.hear)
        trip.entry.runtime_data.news.async_listen(seen.hear_treatment)
        trouble = asyncio.create_task(_trouble(trip.site, rng)) if is_rough else None
        while trip.clock() < start + timedelta(days=days):
            await asyncio.sleep(3600)
            seen.look(trip)
        end = trip.clock() - _SETTLED
        requests = Counter(request.kind for request in trip.site.requests)
        connections = trip.entry.runtime_data.push.connection.count
        if trouble is not None:
            trouble.cancel()
            with suppress(asyncio.CancelledError):
                await trouble
        made = {to_ms(reading.at) for reading in person.readings(start, end)}
        done = {object_id(done.id) for done in person.treatments(start, end)}
    hours = days * 24
    return {
        "days": days,
        "connections": connections,
        "readings": len(made),
        "readings_lost": len(made - seen.readings),
        "readings_shown_twice": len(seen.shown) - len(set(seen.shown)),
        "treatments": len(done),
        "treatments_lost": len(done - seen.treatments),
        "treatments_not_told": len(done - set(seen.told)),
        "treatments_told_twice": len(seen.told) - len(set(seen.told)),
        **{f"{kind}_per_hour": round(n / hours, 2) for kind, n in requests.items()},
        "requests_per_hour": round(requests.total() / hours, 2),
        "rest_per_hour": round((requests.total() - requests["socket"]) / hours, 2),
    }


async def _trouble(site: NightscoutSimulator, rng: Random) -> None:
    """Drop the socket at random, and let none or a bad one follow now and then."""
    followers: tuple[faults.Fault | None, ...] = (
        None,
        None,
        None,
        socket_faults.NoWebsocket(),
        socket_faults.SilentSocket(),
        socket_faults.SilentSocket(at=socket_faults.Stage.AUTHORIZE),
        socket_faults.TwiceSocket(),
        socket_faults.DropSockets(),
    )
    while True:
        await asyncio.sleep(rng.expovariate(1 / _BETWEEN_DROPS))
        site.fault = rng.choice(followers)
        site.sockets.drop()
        if site.fault is not None:
            await asyncio.sleep(rng.uniform(60, 3600))
            site.fault = None


def latency(count: int) -> Row:
    """Return how long a reading takes, in real milliseconds."""
    return _run(_latency(count))


def follow(days: float, *, is_rough: bool) -> Row:
    """Return what a person's days come to.

    Args:
        days: Simulated.
        is_rough: Whether the socket drops every two hours on average.
    """
    return _run(_follow(days, is_rough=is_rough))


def _run(travel: Coroutine[None, None, Row]) -> Row:
    """Return what comes of a journey."""
    # The troubles of a rough month are wanted, and not worth a line each.
    logging.disable(logging.CRITICAL)
    with asyncio.Runner(loop_factory=TravellingLoop) as runner:
        row = runner.run(travel)
        loop = runner.get_loop()
        assert isinstance(loop, TravellingLoop)
        # Threads end in their own time.
        loop.is_patient = True
        return row


def _arguments() -> Namespace:
    """Return what was asked for on the command line."""
    parser = ArgumentParser(prog="benchmark push", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="readings to time")
    parser.add_argument("--days", type=float, default=30, help="simulated, rough")
    parser.add_argument("--quiet", type=float, default=1, help="simulated, quiet")
    parser.add_argument("--json", action="store_true", help="print one object")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    table = {
        "latency": latency(arguments.count),
        "quiet": follow(arguments.quiet, is_rough=False),
        "rough": follow(arguments.days, is_rough=True),
    }
    if arguments.json:
        print(json.dumps(table))
        return
    for name, row in table.items():
        print(f"\n{name}")
        for key, value in row.items():
            print(f"  {key:<24}{value:>10g}")


if __name__ == "__main__":
    main()
