"""Sixty days of alarms: what was told, what must not happen, and what others do."""

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
import json
from time import perf_counter

from custom_components.glucose_follow.cgm.alarm_levels import AlarmKind, Level
from custom_components.glucose_follow.cgm.models import Reading

from .deliveries import BEGIN, MINUTE, tell
from .forecasts import METHODS, Row, is_followed, is_preceded, low_onsets, measure
from .watch import Home

_RULES = (
    "alarms from old data",
    "urgent lows not told at their first reading",
    "lows not told at their second reading",
    "lows told more than once",
)
_LASTING = 14.5 * MINUTE
"""A quarter of an hour, but for what stamps jitter."""

type Table = dict[str, Row]


def live(*, seed: int, days: int, period: timedelta) -> Home:
    """Return a home that lived through a story."""
    home = Home(story=tell(seed, days, period), now=BEGIN)
    home.live()
    return home


def counts(home: Home) -> dict[str, float]:
    """Return what happened and what must not."""
    kinds = Counter(event.kind for _, event in home.told)
    raised = Counter(
        f"raised {event.level}"
        for _, event in home.told
        if event.kind is AlarmKind.RAISED
    )
    broken = {**dict.fromkeys(_RULES, 0), **home.violations}
    broken["lows told more than once"] += _told_twice(home)
    return {
        "readings": len(home.story.readings),
        "restarts": len(home.restarted),
        "lows of 15 minutes and more": len(_lasting(home.story.readings)),
        **{f"raised {level}": raised[f"raised {level}"] for level in Level},
        "repeated": kinds[AlarmKind.REPEATED],
        "cleared": kinds[AlarmKind.CLEARED],
        **broken,
    }


def compared(home: Home, days: int) -> Table:
    """Return our alarms beside automations with a number in them, per day."""
    readings = home.story.readings
    lows, lasting = low_onsets(readings), _lasting(readings)
    soon = _raised(home, {Level.LOW_SOON})
    early = _plain(home, 80)
    return {
        "low soon: ours": _announcing(soon, lows, days),
        "low soon: numeric_state below 80": _announcing(early, lows, days),
        "low: ours": _telling(_raised(home, {Level.LOW}), lasting, days),
        "low: numeric_state below 70": _telling(_plain(home, 70), lasting, days),
    }


def forecasts(days: int, seeds: range) -> dict[str, Table]:
    """Return what each forecast is worth, for two kinds of sensor."""
    return {
        told: {
            name: measure(method, period=period, days=length, seeds=seeds)
            for name, method in METHODS.items()
        }
        for told, period, length in (
            ("five-minute sensor", 5 * MINUTE, days),
            ("one-minute sensor", MINUTE, max(1, days // 4)),
        )
    }


def _raised(home: Home, levels: set[Level] | frozenset[Level]) -> list[datetime]:
    """Return when any of some alarms was raised."""
    return [
        at
        for at, event in home.told
        if event.kind is AlarmKind.RAISED and event.level in levels
    ]


def _plain(home: Home, below: int) -> list[datetime]:
    """Return when Home Assistant's numeric_state trigger fires.

    It fires when the state is below and was not before; unknown is not below, and
    neither is anything that was before a restart.
    """
    fired: list[datetime] = []
    is_below = False
    for at, value in home.glucose:
        was_below, is_below = is_below, value is not None and value < below
        if is_below and not was_below:
            fired.append(at)
    return fired


def _announcing(alarms: Sequence[datetime], lows: list[datetime], days: int) -> Row:
    """Return how alarms announce lows."""
    return {
        "told": len(alarms) / days,
        "false": sum(not is_followed(alarm, lows) for alarm in alarms) / days,
        "missed": sum(not is_preceded(low, alarms) for low in lows) / days,
    }


def _telling(
    alarms: Sequence[datetime], lasting: Sequence[tuple[datetime, datetime]], days: int
) -> Row:
    """Return how alarms tell lows of a quarter of an hour and more.

    False is what is none of these, or one of them once more; missed is mostly what
    a phone that was offline told too late.
    """
    told = [sum(start <= alarm < end for alarm in alarms) for start, end in lasting]
    return {
        "told": len(alarms) / days,
        "false": (len(alarms) - sum(map(bool, told))) / days,
        "missed": told.count(0) / days,
    }


def _lasting(readings: Sequence[Reading]) -> list[tuple[datetime, datetime]]:
    """Return lows, from below 70 to 75, of which a quarter of an hour is below 70."""
    found: list[tuple[datetime, datetime]] = []
    onset: datetime | None = None
    since: datetime | None = None
    is_lasting = False
    for reading in readings:
        if reading.mgdl < 70:
            onset, since = onset or reading.at, since or reading.at
            continue
        is_lasting |= since is not None and reading.at - since >= _LASTING
        since = None
        if reading.mgdl >= 75:
            if onset is not None and is_lasting:
                found.append((onset, reading.at))
            onset, is_lasting = None, False
    return found


def _told_twice(home: Home) -> int:
    """Return how many times a low was raised again before it was over."""
    readings = home.story.readings
    onsets = low_onsets(readings)
    times: Counter[tuple[Level, datetime]] = Counter()
    for at, event in home.told:
        if event.kind is AlarmKind.RAISED and event.level is Level.LOW:
            onset = max((each for each in onsets if each <= at), default=BEGIN)
            times[event.level, onset] += 1
    return sum(count - 1 for count in times.values())


def _print_rows(title: str, table: Table) -> None:
    """Print a table with a row for each name."""
    print(f"\n{title}\n")
    columns = list(next(iter(table.values())))
    width = max(map(len, table))
    print(" " * width + "".join(f"{column:>16}" for column in columns))
    for name, row in table.items():
        print(f"{name:<{width}}" + "".join(f"{row[key]:>16.2f}" for key in columns))


def _arguments() -> Namespace:
    """Return what was asked for on the command line."""
    parser = ArgumentParser(prog="benchmark alarms", description=__doc__)
    parser.add_argument("--days", type=int, default=60, help="simulated days")
    parser.add_argument("--seed", type=int, default=7, help="whose days")
    parser.add_argument("--json", action="store_true", help="print one object")
    return parser.parse_args()


def main() -> None:
    """Live, measure and print."""
    arguments = _arguments()
    began = perf_counter()
    home = live(seed=arguments.seed, days=arguments.days, period=5 * MINUTE)
    counted = counts(home)
    compare = compared(home, arguments.days)
    ahead = forecasts(arguments.days, range(1, 3))
    if arguments.json:
        print(json.dumps({"counts": counted, "per_day": compare, "forecasts": ahead}))
        return
    print(f"{arguments.days} days in {perf_counter() - began:.0f} s\n")
    for name, count in counted.items():
        print(f"{name:<45}{count:>8}")
    _print_rows("Alarms per day, on what reached the home", compare)
    for told, table in ahead.items():
        _print_rows(f"Forecasts: {told}, errors in mg/dL, low soon per day", table)


if __name__ == "__main__":
    main()
