"""How soon a reading is known and what that costs, against what others do."""

from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Callable, Mapping
import json
from random import Random
from statistics import fmean, median
from typing import Any

from .day import day
from .follow import Outcome, follow, percentile
from .policies import POLICIES, SHARE
from .recovery import OUTAGES, longest_recovery
from .running import running
from .sources import (
    REPORTED,
    REPORTED_SEEDS,
    SHARED,
    TUNED_ON,
    TUNING_SEEDS,
    Path,
    simulate,
)

type Row = dict[str, float]
type Table = dict[str, dict[str, Row]]


def measure(path: Path, policy: str, *, days: float, seeds: range) -> Outcome:
    """Return how a policy fares on a path, over all seeds."""
    total = Outcome()
    for seed in seeds:
        feed = simulate(path, days, Random(seed))
        # Each policy meets the same feed; its own luck is drawn separately.
        rng = Random(f"{policy} {seed}")
        follower = {**POLICIES, **SHARE}[policy](rng)
        total.add(follow(feed, follower, path=path, days=days, rng=rng))
    return total


def row(outcome: Outcome) -> Row:
    """Return the numbers people compare."""
    return {
        "median_s": round(median(outcome.waits), 2),
        "mean_s": round(fmean(outcome.waits), 2),
        "p95_s": round(percentile(outcome.waits, 0.95), 2),
        "requests_per_hour": round(len(outcome.sent) / outcome.hours, 2),
        "wasted": round(outcome.wasted / len(outcome.sent), 3),
    }


def freshness(paths: Mapping[str, Path], days: float, seeds: range) -> Table:
    """Return a row for every path and policy."""
    return {
        name: {
            policy: row(measure(path, policy, days=days, seeds=seeds))
            for policy in (*POLICIES, *(SHARE if name in SHARED else ()))
        }
        for name, path in paths.items()
    }


def recovery(seeds: range) -> Table:
    """Return the longest recovery of each policy, in seconds by minutes of outage."""
    return {
        policy: {
            kind: {
                str(minutes): round(
                    longest_recovery(
                        make, minutes=minutes, is_hanging=kind == "hung", seeds=seeds
                    ),
                    1,
                )
                for minutes in OUTAGES
            }
            for kind in ("refused", "hung")
        }
        for policy, make in POLICIES.items()
    }


def _print_freshness(table: Table) -> None:
    """Print seconds from available to known, and what they cost."""
    print("Seconds from available at the source to known, newest readings only\n")
    print(
        f"{'path':<16} {'policy':<11} {'median':>7} {'mean':>7} {'p95':>7}"
        f" {'req/h':>7} {'wasted':>7}"
    )
    for path, policies in table.items():
        for policy, numbers in policies.items():
            print(
                f"{path:<16} {policy:<11} {numbers['median_s']:>7.1f}"
                f" {numbers['mean_s']:>7.1f} {numbers['p95_s']:>7.1f}"
                f" {numbers['requests_per_hour']:>7.1f} {numbers['wasted']:>7.0%}"
            )


def _print_recovery(table: Table) -> None:
    """Print the longest recoveries."""
    print("\nMost seconds until known to be back, by minutes of outage\n")
    print(f"{'policy':<11} {'failing':<8}" + "".join(f"{m:>7}" for m in OUTAGES))
    for policy, kinds in table.items():
        for kind, numbers in kinds.items():
            cells = "".join(f"{most:>7.1f}" for most in numbers.values())
            print(f"{policy:<11} {kind:<8}{cells}")


def _print_day(table: dict[str, Row]) -> None:
    """Print what the running integration asked for."""
    print("\nRequests of the running integration over a simulated day\n")
    kinds = sorted({kind for row in table.values() for kind in row})
    print(f"{'readings, site':<22}" + "".join(f"{kind:>15}" for kind in kinds))
    for name, numbers in table.items():
        cells = "".join(f"{numbers.get(kind, 0):>15g}" for kind in kinds)
        print(f"{name:<22}{cells}")


def _print_running(table: dict[str, Row]) -> None:
    """Print seconds from available to written, in a running Home Assistant."""
    print("\nSeconds from available at the source to a state that says so\n")
    keys = list(next(iter(table.values())))
    print(f"{'follower':<14}" + "".join(f"{key:>10}" for key in keys))
    for name, numbers in table.items():
        print(f"{name:<14}" + "".join(f"{numbers[key]:>10g}" for key in keys))


_PRINT: Mapping[str, Callable[[Any], None]] = {
    "paths": _print_freshness,
    "recovery": _print_recovery,
    "day": _print_day,
    "running": _print_running,
}


def _arguments() -> Namespace:
    """Return what was asked for on the command line."""
    parser = ArgumentParser(prog="benchmark freshness", description=__doc__)
    parser.add_argument("--days", type=float, default=14, help="simulated days")
    parser.add_argument("--seeds", type=int, default=4, help="runs of each kind")
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.add_argument(
        "--tuning", action="store_true", help="use what constants were chosen on"
    )
    parser.add_argument(
        "--running",
        action=BooleanOptionalAction,
        help="only what is beside others in a running Home Assistant, or all but that",
    )
    parser.add_argument("--hours", type=float, default=6, help="running, of each")
    parser.add_argument("--people", type=int, default=10, help="running")
    return parser.parse_args()


def measured(asked: Namespace) -> dict[str, Any]:
    """Return the tables that were asked for, by name."""
    tables: dict[str, Any] = {}
    if not asked.running:
        paths = TUNED_ON if asked.tuning else REPORTED
        seeds = TUNING_SEEDS if asked.tuning else REPORTED_SEEDS
        tables["paths"] = freshness(paths, asked.days, seeds[: asked.seeds])
        tables["recovery"] = recovery(seeds)
        tables["day"] = day()
    if asked.running is not False:
        tables["running"] = running(asked.hours, asked.people)
    return tables


def main() -> None:
    """Measure and print."""
    asked = _arguments()
    tables = measured(asked)
    if asked.json:
        print(json.dumps(tables))
        return
    for name, table in tables.items():
        _PRINT[name](table)


if __name__ == "__main__":
    main()
