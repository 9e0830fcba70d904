"""What following costs, beside what Home Assistant brings itself.

Everything follows the same simulated person, in one run: time is simulated,
the processor's is real. The servers run in a process of their own, so that
only the follower is measured, and what an idle Home Assistant needs is taken
away. Nothing is encrypted here.
"""

from argparse import ArgumentParser, Namespace
import asyncio
from collections.abc import (
    AsyncGenerator,
    Callable,
    Coroutine,
    Iterable,
    Mapping,
    Sequence,
)
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
import gc
import json
import logging
from multiprocessing import get_context
from pathlib import Path
import resource
from statistics import median
import threading
import time
import tracemalloc
from typing import override
from unittest.mock import patch

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import ATTR_DEVICE_CLASS
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import DATA_CONNECTOR
from pytest_homeassistant_custom_component.common import MockConfigEntry

from . import followers
from .apart import SECRET, TOKEN, Apart, apart
from .travel import Impatient, Ready, TravellingLoop, home

_WARM_UP = 1200.0
"""Simulated seconds until everybody has found their rhythm."""

_SITES = 50
"""At most so many people are different from each other."""

_GLUCOSE = SensorDeviceClass.BLOOD_GLUCOSE_CONCENTRATION
_GROWTH_HOURS = 1.0
_GROWTH_ROUNDS = 3
_GROWTH_ROUNDS_OF_MANY = 1
_LINEAR = 1.25
_MANY = 1000
"""So many take minutes a round."""

_READINGS_PER_HOUR = 12

_TURNS = tuple(
    f"{kind}{figure}_ms"
    for kind in ("", "setup_")
    for figure in ("turn", "turn_most", "turn_wall", "collecting")
)

PEOPLE = (1, 10, 100, 1000)

type Row = dict[str, float]
type Table = dict[str, Row]
type Make = Callable[[Apart, int], MockConfigEntry]

FOLLOWERS: Mapping[str, Make] = {
    "nightscout": lambda there, n: followers.nightscout(
        there.sites[n % len(there.sites)], SECRET, n
    ),
    "ours": lambda there, n: followers.ours(
        there.sites[n % len(there.sites)], TOKEN, n
    ),
    "ours, looping": lambda there, n: followers.ours(there.looping, TOKEN, n),
    "dexcom": lambda _, n: followers.dexcom(n),
    "ours, share": lambda _, n: followers.ours_by_share(n),
}
"""Home Assistant's own by their domains."""


class _Timed(Impatient):
    """A selector that knows how long the loop did not ask it."""

    def __init__(self, loop: TravellingLoop) -> None:
        """Begin now."""
        super().__init__(loop)
        self._collecting_since = 0.0
        self._thread = threading.get_ident()
        self.start()
        gc.callbacks.append(self._collect)

    def start(self) -> None:
        """Forget what was, the turn that is being taken included."""
        self.longest = 0.0
        """Seconds of the processor that the longest turn of the loop took.

        What Python took to look for garbage is left out: it looks through all
        that the process holds, at a moment that nobody chooses.
        """
        self.collecting = 0.0
        """The same of the longest look for garbage."""
        self.wall = 0.0
        """Seconds that the longest turn lasted, whatever it was that took them."""
        self._begin()

    def _begin(self) -> None:
        """Begin a turn."""
        self._collected = 0.0
        self._began, self._began_wall = time.thread_time(), time.monotonic()

    @override
    def select(self, timeout: float | None = None) -> list[Ready]:
        """Return what is ready, after noting how long that had to wait."""
        took = time.thread_time() - self._began - self._collected
        self.longest = max(self.longest, took)
        self.wall = max(self.wall, time.monotonic() - self._began_wall)
        try:
            return super().select(timeout)
        finally:
            self._begin()

    @override
    def close(self) -> None:
        gc.callbacks.remove(self._collect)
        super().close()

    def _collect(self, phase: str, _: object) -> None:
        """Note how long a look for garbage took that holds up the loop."""
        if threading.get_ident() != self._thread:
            return
        if phase == "start":
            self._collecting_since = time.thread_time()
            return
        took = time.thread_time() - self._collecting_since
        self._collected += took
        self.collecting = max(self.collecting, took)


class _Loop(TravellingLoop):
    """A loop that travels together with another process, and is timed."""

    def __init__(self, there: Apart) -> None:
        """Go on where the servers of that process are."""
        self._there = there
        self.ahead = there.ahead
        self.hass: HomeAssistant | None = None
        super().__init__()

    @override
    def make_selector(self) -> Impatient:
        """Return what waits for sockets, and keeps the time."""
        self.timer = _Timed(self)
        return self.timer

    @override
    def skip(self, seconds: float) -> None:
        """Be so much later, here and there."""
        super().skip(seconds)
        self._there.ahead = self.ahead

    @property
    @override
    def is_busy(self) -> bool:
        """Return whether anything takes real time, such as an answer."""
        return super().is_busy or self._is_asking

    @property
    def _is_asking(self) -> bool:
        """Return whether a request has no answer yet."""
        connectors = self.hass.data.get(DATA_CONNECTOR, {}) if self.hass else {}
        return any(each._acquired for each in connectors.values())  # noqa: SLF001 - nothing else knows

    def turns(self, kind: str = "") -> Row:
        """Return the longest turn and look for garbage since then, in ms."""
        timer = self.timer
        told = {
            f"{kind}turn_ms": timer.longest * 1000,
            f"{kind}turn_wall_ms": timer.wall * 1000,
            f"{kind}collecting_ms": timer.collecting * 1000,
        }
        timer.start()
        return told


def beside(*, hours: float, rounds: int, crowd: int) -> dict[str, Row]:
    """Return what each follower costs, side by side.

    Args:
        hours: Simulated, of each follower in each round.
        rounds: So many, in which all take turns.
        crowd: How many entries memory is measured with.
    """
    idle: list[float] = []
    rows: dict[str, list[Row]] = {name: [] for name in FOLLOWERS}
    with apart() as there, followers.share_at(there.share):
        for _ in range(rounds):
            idle.append(_run(there, _follow(there, 0, None, hours))["cpu_ms"])
            for name, make in FOLLOWERS.items():
                rows[name].append(_run(there, _follow(there, 1, make, hours)))
        memory = {
            name: _run(there, _memory(there, crowd, make))
            for name, make in FOLLOWERS.items()
        }
    return {
        name: _per_hour(_usual(rows[name]), median(idle), hours)
        | {"memory_kib": memory[name]}
        for name in FOLLOWERS
    }


def growth(count: int, hours: float, rounds: int) -> Row:
    """Return what one of so many people costs, ours, in processes of its own.

    Args:
        count: Of people, each of whom is followed from Nightscout.
        hours: Simulated.
        rounds: So many, each in a new process.
    """
    context = get_context("spawn")
    rows = []
    for _ in range(rounds):
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            rows.append(pool.submit(_grown, count, hours).result())
    return _per_person(_usual(rows), count, hours)


def _rounds(count: int) -> int:
    """Return of how many rounds what so many people cost is the median."""
    return _GROWTH_ROUNDS_OF_MANY if count >= _MANY else _GROWTH_ROUNDS


def _grown(count: int, hours: float) -> Row:
    """Return what so many people cost in this process, beyond an idle home."""
    with apart(min(count, _SITES)) as there:
        idle = _run(there, _follow(there, 0, None, hours))["cpu_ms"]
        row = _run(there, _follow(there, count, FOLLOWERS["ours"], hours))
    return row | {"cpu_ms": row["cpu_ms"] - idle}


def _per_person(row: Row, count: int, hours: float) -> Row:
    """Return what one of so many people costs; turns are those of all."""
    told = _per_hour(row, 0, hours)
    shared = ("entities", "setup_ms", "cpu_ms_per_hour", "requests_per_hour")
    return {
        **{key: round(told[key] / count, 2) for key in shared},
        "rss_kib": round(row["rss_kib"] / count),
        **{key: told[key] for key in _TURNS},
    }


def _run[T](there: Apart, travel: Coroutine[None, None, T]) -> T:
    """Return what comes of a time that is spent with servers elsewhere."""
    # A reading that is missed is counted, and not worth a line.
    logging.disable(logging.CRITICAL)
    with (
        asyncio.Runner(loop_factory=lambda: _Loop(there)) as runner,
        # Connections grow old in simulated time as well.
        patch("aiohttp.connector.monotonic", lambda: runner.get_loop().time()),
    ):
        result = runner.run(travel)
        loop = runner.get_loop()
        assert isinstance(loop, _Loop)
        # Threads end in their own time.
        loop.is_patient = True
        return result


@asynccontextmanager
async def _home(there: Apart) -> AsyncGenerator[HomeAssistant]:
    """Run a Home Assistant beside the servers."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, _Loop)
    async with home(there.now) as hass:
        loop.hass = hass
        yield hass
        loop.hass = None


async def _set_up(hass: HomeAssistant, entries: Iterable[MockConfigEntry]) -> None:
    """Set up entries, one after the other."""
    for entry in entries:
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def _follow(there: Apart, count: int, make: Make | None, hours: float) -> Row:
    """Return what a Home Assistant needs that follows somebody, or nobody."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, _Loop)
    async with _home(there) as hass:
        entries = [make(there, number) for number in range(count)] if make else []
        gc.collect()
        loop.turns()
        rss, began = _rss_kib(), time.process_time()
        await _set_up(hass, entries)
        row = {
            "setup_ms": (time.process_time() - began) * 1000,
            **loop.turns("setup_"),
            "rss_kib": _rss_kib() - rss,
        }
        await asyncio.sleep(_WARM_UP)
        before = there.traffic()
        loop.turns()
        began = time.process_time()
        await asyncio.sleep(hours * 3600)
        used = time.process_time() - began
        traffic = there.traffic() - before
        row |= {
            "cpu_ms": used * 1000,
            **loop.turns(),
            "entities": len(hass.states.async_all()),
            "requests": traffic.requests,
            "kib": traffic.bytes / 1024,
        }
        assert _shown(hass) == count
        for entry in entries:
            assert await hass.config_entries.async_unload(entry.entry_id)
    return row


async def _memory(there: Apart, count: int, make: Make) -> float:
    """Return KiB that each of so many entries holds, with a day of readings.

    What the first one brings for all of them is not counted.
    """
    async with _home(there) as hass:
        await _set_up(hass, [make(there, 0)])
        await asyncio.sleep(_WARM_UP)
        tracemalloc.start()
        await _set_up(hass, (make(there, number) for number in range(1, count + 1)))
        await asyncio.sleep(_WARM_UP)
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return round(held / 1024 / count)


def _shown(hass: HomeAssistant) -> int:
    """Return for how many people a value is shown."""
    return sum(
        state.attributes.get(ATTR_DEVICE_CLASS) == _GLUCOSE and state.state.isdecimal()
        for state in hass.states.async_all("sensor")
    )


def _rss_kib() -> float:
    """Return how much memory this process has."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1024


def _usual(rows: Sequence[Row]) -> Row:
    """Return the median of each number, and the most that a turn took in any round.

    The same work takes up to twice as long, as the processor pleases, and a machine
    that others use as well has turns of which most was theirs.
    """
    usual = {key: median(row[key] for row in rows) for key in rows[0]}
    return usual | {
        f"{kind}turn_most_ms": max(row[f"{kind}turn_ms"] for row in rows)
        for kind in ("", "setup_")
    }


def _per_hour(row: Row, idle_ms: float, hours: float) -> Row:
    """Return what people compare, without what an idle home needs."""
    hourly = (row["cpu_ms"] - idle_ms) / hours
    return {
        "entities": row["entities"],
        "cpu_ms_per_hour": round(hourly, 1),
        "cpu_ms_per_reading": round(hourly / _READINGS_PER_HOUR, 2),
        "requests_per_hour": round(row["requests"] / hours, 1),
        "kib_per_hour": round(row["kib"] / hours, 1),
        "setup_ms": round(row["setup_ms"], 1),
        **{key: round(row[key], 1) for key in _TURNS},
    }


def targets(beside: Table, growth: Table) -> dict[str, bool]:
    """Return what is aimed for, and whether it was met."""
    ours, theirs = beside["ours"], beside["nightscout"]
    mine = [row for name, row in beside.items() if name.startswith("ours")]
    return {
        "no more of the processor than nightscout": (
            ours["cpu_ms_per_hour"] <= theirs["cpu_ms_per_hour"]
        ),
        "ten times its entities": ours["entities"] >= 10 * theirs["entities"],
        "at most 1.5 MB for a person's day": all(
            row["memory_kib"] <= 1500 for row in mine
        ),
        "at most 150 ms to set up an entry": all(
            row["setup_ms"] <= 150 for row in (*mine, *growth.values())
        ),
        "no turn of the loop longer than 20 ms": all(
            max(row["turn_ms"], row["setup_turn_ms"]) <= 20
            for row in (*mine, *growth.values())
        ),
        **is_linear(growth),
    }


def is_linear(growth: Table) -> dict[str, bool]:
    """Return whether one more costs as much among many as among few, if known.

    What only the first one brings is in both numbers of a step, so in neither step.
    """
    people = sorted(map(int, growth))
    if len(people) < 3:
        return {}
    few, more, most = people[-3:]
    return {
        f"linear to {most} people": all(
            _one_more(growth, key, more, most)
            <= _LINEAR * _one_more(growth, key, few, more)
            for key in ("cpu_ms_per_hour", "setup_ms", "rss_kib")
        )
    }


def _one_more(growth: Table, key: str, few: int, many: int) -> float:
    """Return what each costs by whom many people are more than few."""
    added = growth[str(many)][key] * many - growth[str(few)][key] * few
    return added / (many - few)


def _print(rows: Table) -> None:
    """Print one column for each follower, or number of people."""
    keys = list(next(iter(rows.values()), {}))
    print(f"{'':<20}" + "".join(f"{name:>15}" for name in rows))
    for key in keys:
        print(f"{key:<20}" + "".join(f"{row[key]:>15g}" for row in rows.values()))


def _arguments() -> Namespace:
    """Return what was asked for on the command line."""
    parser = ArgumentParser(prog="benchmark cost", description=__doc__)
    parser.add_argument("--hours", type=float, default=6, help="simulated, each")
    parser.add_argument("--rounds", type=int, default=15, help="of which the median")
    parser.add_argument("--crowd", type=int, default=10, help="to measure memory")
    parser.add_argument("--people", type=int, nargs="*", default=PEOPLE)
    parser.add_argument("--json", action="store_true", help="print one object")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    asked = _arguments()
    table = {
        "beside": beside(hours=asked.hours, rounds=asked.rounds, crowd=asked.crowd),
        "growth": {
            str(count): growth(count, _GROWTH_HOURS, min(asked.rounds, _rounds(count)))
            for count in asked.people
        },
    }
    if asked.json:
        print(json.dumps({**table, "targets": targets(**table)}))
        return
    print("What one person costs, side by side\n")
    _print(table["beside"])
    print("\nWhat each of so many people costs, ours\n")
    _print(table["growth"])
    print("\nTargets\n")
    for target, is_met in targets(**table).items():
        print(f"{target:<58} {'met' if is_met else 'missed'}")


if __name__ == "__main__":
    main()
