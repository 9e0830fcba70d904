"""How long it takes until a light is red, in a running Home Assistant.

The newest Home Assistant runs in a process of its own, follows a simulated site
that says by itself what is new, and has an automation made from our blueprint.
What it did when is read off its own states.
"""

from argparse import ArgumentParser
import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
import socket
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from simulators.home import Home
from simulators.nightscout import NightscoutSimulator

from .follow import percentile

_TOKEN = "light-0123456789abcdef"
_PYTHON = Path(".venv-hass/bin/python")
_BLUEPRINT = (
    Path(__file__).parents[1]
    / "blueprints/automation/glucose_follow/glucose_light.yaml"
)
_GLUCOSE = "sensor.pat_glucose"
_RED = [255, 0, 0]
_LOWS, _IN_RANGE = range(58, 68), range(100, 110)
"""Values are not repeated soon, or they would be taken for the same reading."""

_APART = timedelta(seconds=3.5)
"""Between the stamps of two readings; those of one reading are closer."""

_OLDEST = timedelta(minutes=13)
_REST = 0.1
"""Seconds between two readings in which everything comes to an end."""

type Row = dict[str, float]
type Table = dict[str, Row]


def light_site() -> NightscoutSimulator:
    """Return a site that says at once what is new."""
    return NightscoutSimulator(
        tokens={_TOKEN: frozenset({"*"})}, has_sockets=True, debounce=0
    )


async def measure(home: Home, site: NightscoutSimulator, count: int) -> Table:
    """Return how long lows take to turn a light red, in milliseconds.

    Args:
        home: Follows nobody called Pat yet.
        site: From `light_site`.
        count: Lows, at most 100: all readings have to be recent.
    """
    stamp = datetime.now(UTC) - _OLDEST
    site.add_entry(at=stamp, sgv=_IN_RANGE[-1])
    lamp = await _furnish(home, site)
    known, told = [], []
    async with home.listen(type="subscribe_events", event_type="state_changed") as hear:
        for number in range(2 * count):
            is_low = number % 2 == 0
            await asyncio.sleep(_REST)
            stamp += _APART
            said = datetime.now(UTC)
            values = _LOWS if is_low else _IN_RANGE
            site.add_entry(at=stamp, sgv=values[number // 2 % len(values)])
            reading, light = await _followed(hear, lamp, is_red=is_low)
            if is_low:
                known.append((light - reading) / timedelta(milliseconds=1))
                told.append((light - said) / timedelta(milliseconds=1))
    return {
        "state of glucose to red": _row(known),
        "told by the site to red": _row(told),
    }


async def _furnish(home: Home, site: NightscoutSimulator) -> str:
    """Follow the site, and let a light follow glucose; return the light."""
    await home.flow(
        {"next_step_id": "nightscout"},
        {"name": "Pat", "url": str(site.url), "credential": _TOKEN},
    )
    await site.sockets.wait_for_listeners(1)
    lamp = await home.add_lamp("Lamp")
    await home.command(
        type="blueprint/save",
        domain="automation",
        path="glucose_follow/glucose_light",
        yaml=_BLUEPRINT.read_text("utf-8"),
    )
    inputs = {"glucose": _GLUCOSE, "lights": {"entity_id": lamp}}
    path = "glucose_follow/glucose_light.yaml"
    await home.post(
        "/api/config/automation/config/light",
        {"alias": "Light", "use_blueprint": {"path": path, "input": inputs}},
    )
    await home.wait_for("automation.light", lambda state: state == "on")
    return lamp


async def _followed(
    hear: Callable[[], Awaitable[dict[str, Any]]], lamp: str, *, is_red: bool
) -> tuple[datetime, datetime]:
    """Return when glucose changed, and when the light had followed."""
    reading: datetime | None = None
    async with asyncio.timeout(10):
        while True:
            new = (await hear())["data"]["new_state"]
            if new["entity_id"] == _GLUCOSE and reading is None:
                reading = datetime.fromisoformat(new["last_updated"])
            if new["entity_id"] == lamp and _is_red(new) == is_red:
                assert reading is not None
                return reading, datetime.fromisoformat(new["last_updated"])


def _is_red(state: dict[str, Any]) -> bool:
    """Return whether a light is on and red."""
    colour: list[int] | None = state["attributes"].get("rgb_color")
    return state["state"] == "on" and colour == _RED


def _row(waits: list[float]) -> Row:
    """Return what is told of some times."""
    return {
        "count": len(waits),
        "p50_ms": round(median(waits), 1),
        "p95_ms": round(percentile(waits, 0.95), 1),
        "max_ms": round(max(waits), 1),
    }


async def _run(count: int) -> Table:
    """Return what a home of its own does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with TemporaryDirectory() as folder:
        async with (
            light_site() as site,
            Home(Path(folder) / "home", port=port, python=_PYTHON) as home,
        ):
            return await measure(home, site, count)


def main() -> None:
    """Measure and print."""
    parser = ArgumentParser(prog="benchmark light", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="lows, at most 100")
    parser.add_argument("--json", action="store_true", help="print one object")
    options = parser.parse_args()
    table = asyncio.run(_run(options.count))
    if options.json:
        print(json.dumps(table))
        return
    columns = ("count", "p50_ms", "p95_ms", "max_ms")
    print(f"{'':<26}" + "".join(f"{column:>9}" for column in columns))
    for name, row in table.items():
        print(f"{name:<26}" + "".join(f"{row[column]:>9g}" for column in columns))


if __name__ == "__main__":
    main()
