"""A million documents that nobody should send, for each decoder.

Real documents, of which a few fields are replaced by whatever JSON can say. Only
our own errors may come of it.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import asdict, dataclass
import json
from random import Random
import sys
from time import perf_counter

from hypothesis import HealthCheck, given, seed as seeded, settings

from custom_components.glucose_follow.cgm.transport import Json
from tests.cgm.fuzz import DECODERS, bears, size

_BATCH = 2000
"""Answers between two looks at how many documents there were."""


@dataclass(kw_only=True)
class Found:
    """What came of one decoder."""

    documents: int = 0
    answers: int = 0
    refused: int = 0
    """Answers that were an error of ours as a whole."""

    seconds: float = 0.0
    failure: str | None = None
    """What else came out, shortened to its smallest cause."""


def _counting(name: str, found: Found) -> Callable[[Json], None]:
    """Return what decodes an answer and counts it."""
    decoder = DECODERS[name][0]

    def decode(told: Json) -> None:
        found.documents += size(told)
        found.answers += 1
        found.refused += not bears(decoder, told)

    return decode


def fuzz(name: str, count: int, seed: int) -> Found:
    """Return what came of so many documents at least."""
    found, rng = Found(), Random(f"{name} {seed}")
    decode, began = _counting(name, found), perf_counter()
    while found.documents < count and found.failure is None:
        test = settings(
            max_examples=min(_BATCH, count),
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )(given(DECODERS[name][1])(decode))
        try:
            seeded(rng.getrandbits(64))(test)()
        except Exception as err:  # noqa: BLE001 - it is what is looked for
            found.failure = f"{type(err).__name__}: {err}"[:2000]
    found.seconds = round(perf_counter() - began, 1)
    return found


def _arguments() -> Namespace:
    """Return what was asked for on the command line."""
    parser = ArgumentParser(prog="benchmark fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="documents each")
    parser.add_argument("--decoder", choices=DECODERS, help="this one only")
    parser.add_argument("--seed", type=int, default=7, help="of the documents")
    parser.add_argument("--json", action="store_true", help="print one object")
    return parser.parse_args()


def main() -> None:
    """Fuzz, print, and fail if anything but our errors came out."""
    arguments = _arguments()
    table: dict[str, Found] = {}
    for name in [arguments.decoder] if arguments.decoder else DECODERS:
        found = table[name] = fuzz(name, arguments.count, arguments.seed)
        if not arguments.json:
            counted = f"{found.documents:>10} documents {found.answers:>9} answers"
            print(f"{name:<24}{counted}{found.seconds:>9.1f} s", flush=True)
            if found.failure:
                print(found.failure)
    if arguments.json:
        print(json.dumps({name: asdict(found) for name, found in table.items()}))
    sys.exit(any(found.failure for found in table.values()))


if __name__ == "__main__":
    main()
