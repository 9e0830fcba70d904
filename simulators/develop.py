"""Everything at once: a person, their Nightscout, and a home that follows them."""

import argparse
import asyncio
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
import signal
import sys
import time

from custom_components.glucose_follow.cgm.person import SimulatedPerson
from simulators.home import PASSWORD, USER, Home, HomeError
from simulators.nightscout import NightscoutSimulator

TOKEN = "home-0123456789abcdef"
FOLDER = Path(".develop")

_DEVICE = "alex"
_DASHBOARD = {
    "title": "Glucose",
    "views": [
        {
            "title": "Alex",
            "type": "sections",
            "sections": [
                {
                    "cards": [
                        {"type": "heading", "heading": "Now"},
                        {
                            "type": "tile",
                            "entity": f"sensor.{_DEVICE}_glucose",
                            "grid_options": {"columns": 12, "rows": 1},
                        },
                        *(
                            {"type": "tile", "entity": entity}
                            for entity in (
                                f"sensor.{_DEVICE}_direction",
                                f"sensor.{_DEVICE}_delta",
                                f"sensor.{_DEVICE}_last_reading",
                                f"binary_sensor.{_DEVICE}_signal_lost",
                            )
                        ),
                    ]
                },
                {
                    "cards": [
                        {"type": "heading", "heading": "Treatments"},
                        *(
                            {"type": "tile", "entity": f"sensor.{_DEVICE}_{key}"}
                            for key in (
                                "last_bolus",
                                "last_bolus_time",
                                "last_carbs",
                                "last_carbs_time",
                            )
                        ),
                        {
                            "type": "tile",
                            "entity": f"sensor.{_DEVICE}_sensor_status",
                        },
                    ]
                },
            ],
        }
    ],
}


async def furnish(home: Home, site: NightscoutSimulator) -> None:
    """Add the person as a user would, and a dashboard to look at."""
    await home.flow(
        {"next_step_id": "nightscout"},
        {"name": "Alex", "url": str(site.url), "credential": TOKEN},
    )
    await add_dashboard(home)
    await home.wait_for(f"sensor.{_DEVICE}_glucose", str.isdigit)


async def add_dashboard(home: Home) -> None:
    """Add something small to look at."""
    await home.command(
        type="lovelace/dashboards/create",
        url_path="glucose-demo",
        title="Glucose",
        icon="mdi:water",
    )
    await home.command(
        type="lovelace/config/save", url_path="glucose-demo", config=_DASHBOARD
    )


async def run(*, period: timedelta, port: int, folder: Path) -> None:
    """Run until somebody presses Ctrl-C."""
    started = time.monotonic()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    person = SimulatedPerson(seed=7, period=period)
    async with NightscoutSimulator(
        person=person,
        tokens={TOKEN: frozenset({"*"})},
        default_roles="denied",
        title="Alex",
        has_sockets=True,
    ) as site:
        print("Starting Home Assistant ...", flush=True)
        starting = asyncio.create_task(_start(site, port=port, folder=folder))
        waiting = asyncio.create_task(stopped.wait())
        await asyncio.wait({starting, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            home = starting.result()
            _greet(home, site, time.monotonic() - started)
            running = asyncio.create_task(home.run())
            await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                print(f"Home Assistant ended by itself ({running.result()}).")
            running.cancel()
            await home.__aexit__()
        else:
            starting.cancel()
            with suppress(asyncio.CancelledError):
                await starting
    print("Stopped.")


async def _start(site: NightscoutSimulator, *, port: int, folder: Path) -> Home:
    """Return a home that follows the person of a site."""
    home = await Home(folder, port=port).__aenter__()
    try:
        await furnish(home, site)
    except BaseException:
        await home.__aexit__()
        raise
    return home


def _greet(home: Home, site: NightscoutSimulator, seconds: float) -> None:
    """Say where everything is."""
    print(
        f"""
Home Assistant  {home.url}/glucose-demo
Login           {USER} / {PASSWORD}
Nightscout      {site.url} (token {TOKEN})
Glucose was there after {seconds:.0f} s. Ctrl-C stops everything.
""",
        flush=True,
    )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="scripts/develop", description=__doc__)
    parser.add_argument(
        "--fast", action="store_true", help="a reading every 15 seconds"
    )
    parser.add_argument("--port", type=int, default=8123, help="of Home Assistant")
    parser.add_argument(
        "--folder", type=Path, default=FOLDER, help="new, or made by an earlier run"
    )
    options = parser.parse_args()
    period = timedelta(seconds=15) if options.fast else timedelta(minutes=5)
    try:
        asyncio.run(run(period=period, port=options.port, folder=options.folder))
    except HomeError as err:
        sys.exit(str(err))


if __name__ == "__main__":
    main()
