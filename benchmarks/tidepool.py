"""A year of Tidepool: memory, and how long others wait for the event loop."""

from argparse import ArgumentParser
import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
import gc
import json
import logging
from pathlib import Path
import subprocess
import sys
from tempfile import TemporaryDirectory
import threading
import time
import tracemalloc
from typing import Any
from unittest.mock import patch

from aiohttp import ClientSession
from homeassistant.components.recorder.const import DOMAIN as RECORDER
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import async_initialize_recorder, get_instance
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_test_home_assistant,
)
from yarl import URL

from custom_components.glucose_follow import factory
from custom_components.glucose_follow.cgm.sources.tidepool import (
    Environment,
    PasswordLogin,
    TidepoolSource,
)
from custom_components.glucose_follow.const import DOMAIN
from simulators.tidepool import PASSWORD, USER_ID, USERNAME
from tests.alone import alone

_YEAR = timedelta(days=365)
_MIB = 1024 * 1024
_SENSORS = 50
"""Of somebody else; each changes every second."""

type Row = dict[str, float]


@dataclass
class Watch:
    """What an event loop was busy with."""

    longest: float = 0
    """Seconds of CPU that one callback took at most, without collecting garbage.

    Others use the CPU too, so the time that passes says little.
    """

    collections: list[int] = field(default_factory=lambda: [0, 0, 0])
    """How often garbage was collected, by generation, in whatever thread.

    Everybody waits for it. The last is about all that a process holds.
    """

    collecting: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    """Seconds of CPU that each took at most."""

    peak: int = 0
    """Bytes of memory in use at most."""


@contextmanager
def watched() -> Iterator[Watch]:
    """Watch every callback of the event loop."""
    watch, run = Watch(), asyncio.Handle._run  # noqa: SLF001 - there is no other way
    loop_thread, began, collected = threading.get_ident(), 0.0, 0.0

    def collecting(phase: str, about: dict[str, int]) -> None:
        nonlocal began, collected
        if phase == "start":
            began = time.thread_time()
            return
        took, generation = time.thread_time() - began, about["generation"]
        watch.collections[generation] += 1
        watch.collecting[generation] = max(watch.collecting[generation], took)
        if threading.get_ident() == loop_thread:
            collected += took

    def measured(handle: asyncio.Handle) -> None:
        nonlocal collected
        collected, cpu = 0.0, time.thread_time()
        run(handle)
        watch.longest = max(watch.longest, time.thread_time() - cpu - collected)
        watch.peak = max(watch.peak, _memory())

    gc.callbacks.append(collecting)
    try:
        with patch.object(asyncio.Handle, "_run", measured):
            yield watch
    finally:
        gc.callbacks.remove(collecting)


def _memory() -> int:
    """Return the bytes that this process has in memory."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * 4096


async def _measured(
    what: Callable[[], Awaitable[int]], *, is_traced: bool = False
) -> Row:
    """Return what something costs.

    Args:
        what: Returns how many things it brought.
        is_traced: Whether allocations are counted, which takes its time.
    """
    gc.collect()
    cpu = time.thread_time()
    gc.collect()
    whole = time.thread_time() - cpu
    before = _memory()
    if is_traced:
        tracemalloc.start()
    began = time.perf_counter()
    with watched() as watch:
        count = await what()
        # What was found is looked at, so that it is still there.
        await asyncio.sleep(0)
    row: Row = {
        "count": count,
        "seconds": round(time.perf_counter() - began, 1),
        "resident_mib": round((watch.peak - before) / _MIB, 1),
        "longest_ms": round(watch.longest * 1000, 1),
        "whole_ms": round(whole * 1000, 1),
    }
    for generation in range(3):
        row[f"collections_{generation}"] = watch.collections[generation]
        row[f"collecting_{generation}_ms"] = round(
            watch.collecting[generation] * 1000, 1
        )
    if is_traced:
        row = {"count": count, "traced_mib": tracemalloc.get_traced_memory()[1] / _MIB}
        tracemalloc.stop()
    return row


def _source(session: ClientSession, base: URL) -> TidepoolSource:
    """Return a source of the year."""
    login = PasswordLogin(
        session,
        environment=Environment.PRODUCTION,
        username=USERNAME,
        password=PASSWORD,
        base=base,
    )
    return TidepoolSource(
        session,
        environment=Environment.PRODUCTION,
        token=login.token,
        clock=lambda: datetime.now(UTC),
        base=base,
    )


async def in_one_answer(base: URL, kind: str, *, is_traced: bool) -> Row:
    """Return what it costs to read a year of something at once."""
    async with ClientSession() as session:
        source = _source(session, base)
        since = datetime.now(UTC) - _YEAR
        await source.identify()

        async def read() -> int:
            if kind == "readings":
                return len(await source.readings(since))
            return len(await source.treatments(since))

        return await _measured(read, is_traced=is_traced)


@asynccontextmanager
async def _home(base: URL) -> AsyncIterator[HomeAssistant]:
    """Run a Home Assistant that records, and whose Tidepool is simulated."""
    with (
        TemporaryDirectory() as folder,
        alone(),
        patch.object(factory, "TidepoolSource", partial(TidepoolSource, base=base)),
        patch.object(factory, "PasswordLogin", partial(PasswordLogin, base=base)),
    ):
        async with async_test_home_assistant(config_dir=folder) as hass:
            hass.data.pop("custom_components", None)
            async_initialize_recorder(hass)
            config = {RECORDER: {"db_url": f"sqlite:///{folder}/home.db"}}
            assert await async_setup_component(hass, RECORDER, config)
            await hass.async_block_till_done()
            yield hass
            await hass.async_stop(force=True)


async def imported(base: URL, *, is_traced: bool) -> Row:
    """Return what it costs to import a year in a running Home Assistant."""
    async with _home(base) as hass:
        return await _measured(partial(_import, hass), is_traced=is_traced)


async def without(base: URL, *, is_traced: bool) -> Row:
    """Return what a minute of some other sensors costs a Home Assistant."""
    async with _home(base) as hass:

        async def live() -> int:
            for second in range(60):
                for number in range(_SENSORS):
                    hass.states.async_set(f"sensor.{number}", str(second * number))
                await asyncio.sleep(1)
            return 0

        return await _measured(live, is_traced=is_traced)


async def _import(hass: HomeAssistant) -> int:
    """Return how many documents were imported."""
    entry: MockConfigEntry = MockConfigEntry(
        domain=DOMAIN,
        title="Alex",
        data={
            "source": "tidepool",
            "environment": "production",
            "user_id": USER_ID,
            "username": USERNAME,
            "password": PASSWORD,
        },
        options={"unit": "mg/dL"},
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await get_instance(hass).async_block_till_done()
    progress: Any = entry.runtime_data.history
    assert progress.state == "done", progress
    return int(progress.readings + progress.treatments)


CASES: dict[str, Callable[..., Awaitable[Row]]] = {
    "readings in one answer": partial(in_one_answer, kind="readings"),
    "treatments in one answer": partial(in_one_answer, kind="treatments"),
    "import by months": imported,
    "a minute without us": without,
}


def year(scale: float = 1) -> dict[str, Row]:
    """Return what each case costs, in a process of its own.

    Args:
        scale: How much of a year's documents there are.
    """
    command = [sys.executable, "-m", "benchmarks.year", "--scale", str(scale)]
    with subprocess.Popen(  # noqa: S603 - it is us
        command, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            base = server.stdout.readline().strip()
            return {
                name: {**_run(name, base), **_run(name, base, "--traced")}
                for name in CASES
            }
        finally:
            server.terminate()


def _run(case: str, base: str, *more: str) -> Row:
    """Return what one case costs."""
    answer = subprocess.run(  # noqa: S603 - it is us
        [
            sys.executable,
            "-m",
            "benchmarks.tidepool",
            "--case",
            case,
            "--base",
            base,
            *more,
        ],
        capture_output=True,
        check=True,
        text=True,
    )
    row: Row = json.loads(answer.stdout)
    return row


def _print(table: dict[str, Row]) -> None:
    """Print what a year costs."""
    print("A year of Tidepool: 105,000 readings, 40,000 boluses, 105,000 basal rates.")
    print("Milliseconds of CPU, the longest of each.\n")
    print(
        f"{'':<24} {'found':>8} {'MiB resident':>13} {'MiB allocated':>14}"
        f" {'between turns':>14}"
    )
    for name, row in table.items():
        print(
            f"{name:<24} {row['count']:>8.0f} {row['resident_mib']:>13.1f}"
            f" {row['traced_mib']:>14.1f} {row['longest_ms']:>14.1f}"
        )
    print(
        f"\n{'garbage collections':<24} {'young':>14} {'middle':>14} {'all':>14}"
        f" {'all, before':>14}"
    )
    for name, row in table.items():
        told = [
            f"{row[f'collections_{each}']:.0f} of {row[f'collecting_{each}_ms']:.1f}"
            for each in range(3)
        ]
        print(
            f"{name:<24} {told[0]:>14} {told[1]:>14} {told[2]:>14}"
            f" {row['whole_ms']:>14.1f}"
        )


def main() -> None:
    """Measure and print."""
    parser = ArgumentParser(prog="benchmark tidepool", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.add_argument("--case", choices=list(CASES), help="one only, in this process")
    parser.add_argument("--base", type=URL, help="where the year is served")
    parser.add_argument("--scale", type=float, default=1, help="of the year")
    parser.add_argument("--traced", action="store_true", help="count allocations")
    options = parser.parse_args()
    if options.case:
        logging.disable(logging.CRITICAL)
        case = CASES[options.case]
        print(
            json.dumps(asyncio.run(case(base=options.base, is_traced=options.traced)))
        )
    elif options.json:
        print(json.dumps(year(options.scale)))
    else:
        _print(year(options.scale))


if __name__ == "__main__":
    main()
