"""Run a simulated site in the foreground, to try things with curl or a browser."""

from argparse import ArgumentParser, Namespace
import asyncio
from datetime import UTC, datetime, timedelta
import signal

from custom_components.glucose_follow.cgm.person import Scenario, SimulatedPerson

from .credentials import READABLE
from .server import NightscoutSimulator
from .styles import Style


def _arguments() -> Namespace:
    """Return what the command line asks for."""
    parser = ArgumentParser(prog="python -m simulators.nightscout", description=__doc__)
    parser.add_argument("--port", type=int, default=1337)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--scenario", choices=list(Scenario), default=Scenario.DAY)
    parser.add_argument("--period", type=float, default=300, help="seconds")
    parser.add_argument("--history", type=float, default=24, help="hours")
    parser.add_argument("--secret", help="API secret")
    parser.add_argument("--token", action="append", default=[], help="may be repeated")
    parser.add_argument("--denied", action="store_true", help="nobody reads unasked")
    parser.add_argument("--units", choices=["mg/dl", "mmol"], default="mg/dl")
    parser.add_argument("--style", choices=list(Style), default=Style.PLAIN)
    parser.add_argument("--no-v3", action="store_true", help="like old servers")
    return parser.parse_args()


def _site(options: Namespace) -> NightscoutSimulator:
    """Return the site that the options describe."""
    person = SimulatedPerson(
        seed=options.seed,
        scenario=Scenario(options.scenario),
        since=datetime.now(UTC),
        period=timedelta(seconds=options.period),
    )
    return NightscoutSimulator(
        person=person,
        history=timedelta(hours=options.history),
        api_secret=options.secret,
        tokens=dict.fromkeys(options.token, READABLE),
        default_roles="denied" if options.denied else "readable",
        units=options.units,
        style=options.style,
        prefix=options.prefix,
        has_v3=not options.no_v3,
        port=options.port,
        has_sockets=True,
    )


async def _main() -> None:
    """Serve until told to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with _site(_arguments()) as site:
        print(f"Nightscout simulator on {site.url}", flush=True)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(_main())
