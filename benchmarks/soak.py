"""Simulated weeks of the whole integration, in which everything fails.

A real Home Assistant follows people over real sockets; servers, phones, sensors,
clocks and the home itself fail at random. What must never happen is looked for at
every state change and every simulated ten seconds. A seed lives through exactly
the same days each time.
"""

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
import json
import logging
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
import os
from pathlib import Path
import sys
from sysconfig import get_config_var
from time import process_time

from custom_components.glucose_follow.const import TICK
from tests.soak.life import live
from tests.soak.pace import DENSE, USUAL
from tests.soak.subjects import KINDS
from tests.soak.sums import Life

from .soak_kept import Kept, row

_COLUMNS = ("looks", "changes", "answers", "readings", "treatments", "violations")
_HASHING = "PYTHONHASHSEED"
_SPACIOUS = (
    {"PYTHONMALLOC": "mimalloc", "MIMALLOC_ALLOW_LARGE_OS_PAGES": "1"}
    if get_config_var("WITH_MIMALLOC")
    else {}
)
"""The heap is half a gigabyte; in small pages it costs a tenth or more of the time."""


def people(seed: int, *, is_short: bool) -> tuple[int, ...]:
    """Return who is followed: everybody, or one after the other to be quick.

    In a short run the first seed has two people in one home.
    """
    everybody = tuple(range(len(KINDS)))
    if not is_short:
        return everybody
    return everybody[:2] if seed == 1 else (everybody[seed % len(KINDS)],)


def lived(
    seed: int, *, days: float, is_short: bool, is_dense: bool = False
) -> tuple[Life, float]:
    """Return what came of a seed, and how many seconds of CPU it took."""
    # The troubles are wanted, and not worth a line each.
    logging.getLogger().handlers = [logging.NullHandler()]
    began = process_time()
    tick = 3 * TICK if is_short else TICK
    pace = DENSE if is_dense else USUAL
    life = live(seed, days, people(seed, is_short=is_short), tick, pace)
    return life, process_time() - began


def run(
    seeds: Sequence[int], days: float, *, is_short: bool, is_dense: bool, jobs: int
) -> Iterator[tuple[Life, float]]:
    """Yield what came of seeds, as soon as it is known."""
    one = partial(lived, days=days, is_short=is_short, is_dense=is_dense)
    if jobs == 1:
        yield from map(one, seeds)
        return
    context = get_context("spawn")
    processors = context.SimpleQueue()
    for number in range(jobs):
        processors.put(number)
    with ProcessPoolExecutor(
        jobs, context, initializer=_stay, initargs=(processors,)
    ) as pool:
        for done in as_completed([pool.submit(one, seed) for seed in seeds]):
            yield done.result()


def resumed(
    seeds: Sequence[int],
    days: float,
    *,
    is_short: bool,
    is_dense: bool,
    jobs: int,
    kept: Kept,
) -> Iterator[tuple[Life, float]]:
    """Yield what came of seeds: first of those that were lived through before."""
    everybody = {
        seed: [KINDS[kind].kind for kind in people(seed, is_short=is_short)]
        for seed in seeds
    }
    known = kept.of(days, everybody)
    yield from (known[seed] for seed in seeds if seed in known)
    left = [seed for seed in seeds if seed not in known]
    found = run(left, days, is_short=is_short, is_dense=is_dense, jobs=jobs)
    for life, seconds in found:
        kept.add(life, seconds)
        yield life, seconds


def _stay(processors: SimpleQueue[int]) -> None:
    """Stay on a processor that no other worker has, as long as there are enough."""
    number = processors.get()
    if hasattr(os, "sched_setaffinity"):
        mine = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {mine[number % len(mine)]})


def _print_row(life: Life, seconds: float) -> None:
    """Print a seed's row, and the first of what must not have happened."""
    counts = {**life.counts, "violations": len(life.violations)}
    cells = "".join(f"{counts.get(name, 0):>11}" for name in _COLUMNS)
    print(f"{life.seed:>5}{cells}{seconds:>10.1f}   {life.trace:08x}", flush=True)
    for each in life.violations[:5]:
        print(f"      {each.at:%F %T} {each.who}: {each.rule} {each.detail}")


def _print_troubles(lives: Sequence[Life]) -> None:
    """Print what happened, and what was asked for."""
    total: Counter[str] = sum((life.counts for life in lives), Counter())
    told = (f"{name} {total[name]}" for name in sorted(total) if name not in _COLUMNS)
    print("\nWhat happened: " + ", ".join(told))
    for kind in (each.kind for each in KINDS):
        found = [life.most[kind] for life in lives if kind in life.most]
        most = {
            name: max(each.get(name, 0) for each in found)
            for name in ("readings", "total", "logins")
            if found
        }
        logins = sum(life.logins.get(kind, 0) for life in lives)
        print(f"{kind}: most requests in an hour {most}, logins {logins}", end="")
        half, more = _longest(lives, kind)
        print(f", readings shown in {half:g} s, nine in ten in {more:g} s")


def _longest(lives: Sequence[Life], kind: str) -> tuple[float, float]:
    """Return for how long readings took where they took longest."""
    found = [life.waits[kind] for life in lives if kind in life.waits]
    half, most = zip(*found, strict=True) if found else ((0.0,), (0.0,))
    return max(half), max(most)


def _arguments() -> Namespace:
    """Return what was asked for on the command line."""
    parser = ArgumentParser(prog="benchmark soak", description=__doc__)
    parser.add_argument("--days", type=float, default=90, help="simulated, per seed")
    parser.add_argument("--seeds", type=int, default=20, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--seed", type=int, help="this one only")
    parser.add_argument("--jobs", type=int, default=1, help="seeds at a time")
    parser.add_argument("--short", action="store_true", help="fewer people and ticks")
    parser.add_argument(
        "--dense", action="store_true", help="several things go wrong at once"
    )
    parser.add_argument(
        "--keep", type=Path, help="a file to keep rows in, and to go on from"
    )
    parser.add_argument("--json", action="store_true", help="print an object per seed")
    arguments = parser.parse_args()
    if arguments.keep and arguments.dense:
        parser.error("rows of dense lives are not told from others, and not kept")
    return arguments


def _hash_alike() -> None:
    """Begin again where sets have the same order each time."""
    if os.environ.get(_HASHING) != "0":
        command = [sys.executable, "-m", "benchmarks.soak", *sys.argv[1:]]
        around = {**_SPACIOUS, **os.environ, _HASHING: "0"}
        os.execve(sys.executable, command, around)  # noqa: S606 - it is this one


def main() -> None:
    """Live through all seeds; fail if anything was not as it must be."""
    arguments = _arguments()
    _hash_alike()
    first = arguments.seed or arguments.first
    seeds = range(first, first + (1 if arguments.seed else arguments.seeds))
    lives: list[Life] = []
    if not arguments.json:
        heads = "".join(f"{name:>11}" for name in _COLUMNS)
        print(f"{arguments.days:g} days\n seed{heads}{'CPU s':>10}   trace")
    found = resumed(
        seeds,
        arguments.days,
        is_short=arguments.short,
        is_dense=arguments.dense,
        jobs=arguments.jobs,
        kept=Kept(arguments.keep),
    )
    for life, seconds in found:
        lives.append(life)
        if arguments.json:
            print(json.dumps(row(life, seconds)), flush=True)
        else:
            _print_row(life, seconds)
    if not arguments.json:
        _print_troubles(lives)
    sys.exit(any(life.violations for life in lives))


if __name__ == "__main__":
    main()
