"""A million documents that nobody should send, for each decoder.

Real documents, of which a few fields are replaced by whatever JSON can say. Only
our own errors may come of it. atheris looks for documents that reach new code;
hypothesis, much slower, makes one small that was not borne.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from importlib.util import find_spec
import json
from multiprocessing import get_context
from random import Random
import subprocess
import sys
from tempfile import TemporaryDirectory
from time import process_time

from hypothesis import HealthCheck, given, seed as seeded, settings

from benchmarks.fuzz_found import Found
from custom_components.glucose_follow.cgm.transport import Json
from tests.cgm.fuzz import DECODERS, bears, size
from tests.cgm.fuzz_drawn import answers

_BATCH = 2000
"""Answers between two looks at how many documents there were."""


def _counting(name: str, found: Found) -> Callable[[Json], None]:
    """Return what decodes an answer and counts it."""
    decoder = DECODERS[name].decode

    def decode(told: Json) -> None:
        found.documents += size(told)
        found.answers += 1
        found.refused += not bears(decoder, told)

    return decode


def drawn(name: str, count: int, seed: int) -> Found:
    """Return what came of so many documents of hypothesis at least."""
    found, rng = Found(), Random(f"{name} {seed}")
    decode, began = _counting(name, found), process_time()
    while found.documents < count and found.failure is None:
        test = settings(
            max_examples=min(_BATCH, count),
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )(given(answers(DECODERS[name]))(decode))
        try:
            seeded(rng.getrandbits(64))(test)()
        except Exception as err:  # noqa: BLE001 - it is what is looked for
            found.failure = f"{type(err).__name__}: {err}"[:2000]
    found.seconds = round(process_time() - began, 1)
    return found


def reached(name: str, count: int, seed: int) -> Found:
    """Return what came of so many documents of atheris at least."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.fuzz_bytes"]
        ended = subprocess.run(  # noqa: S603 - it is our own
            [*command, name, str(count), str(seed), folder],
            capture_output=True,
            check=False,
            text=True,
        )
    if ended.returncode:
        return Found(failure=ended.stderr[-2000:])
    return Found(**json.loads(ended.stdout))


_ENGINES = {"atheris": reached, "hypothesis": drawn}


def _arguments() -> Namespace:
    """Return what was asked for on the command line."""
    parser = ArgumentParser(prog="benchmark fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="documents each")
    parser.add_argument("--decoder", nargs="+", choices=DECODERS, help="these only")
    parser.add_argument("--jobs", type=int, default=1, help="decoders at a time")
    # It is only made for some machines.
    engine = "atheris" if find_spec("atheris") else "hypothesis"
    parser.add_argument("--engine", choices=_ENGINES, default=engine)
    parser.add_argument("--seed", type=int, default=7, help="of the documents")
    parser.add_argument("--json", action="store_true", help="print one object")
    return parser.parse_args()


def _fuzzed(arguments: Namespace) -> Iterator[tuple[str, Found]]:
    """Yield each decoder, and what came of it."""
    names = arguments.decoder or list(DECODERS)
    fuzz = partial(
        _ENGINES[arguments.engine], count=arguments.count, seed=arguments.seed
    )
    # A copy of this process has everything imported, which takes long.
    with ProcessPoolExecutor(arguments.jobs, get_context("fork")) as pool:
        yield from zip(names, pool.map(fuzz, names), strict=True)


def _row(name: str, found: Found) -> str:
    """Return a row of the table, and below it what else came out."""
    counted = f"{found.documents:>10}{found.answers:>10}{found.refused:>10}"
    row = f"{name:<22}{counted}{found.seconds:>9.1f}"
    return f"{row}\n{found.failure}" if found.failure else row


def main() -> None:
    """Fuzz, print, and fail if anything but our errors came out."""
    arguments = _arguments()
    table: dict[str, Found] = {}
    if not arguments.json:
        print(f"{'decoder':<22} documents   answers   refused    CPU s")
    for name, found in _fuzzed(arguments):
        table[name] = found
        if not arguments.json:
            print(_row(name, found), flush=True)
    if arguments.json:
        print(json.dumps({name: asdict(found) for name, found in table.items()}))
    sys.exit(any(found.failure for found in table.values()))


if __name__ == "__main__":
    main()
