"""Run a simulated Tidepool in the foreground, to try things with curl."""

from argparse import ArgumentParser, Namespace
import asyncio
from datetime import UTC, datetime, timedelta
import signal

from custom_components.glucose_follow.cgm.person import Scenario, SimulatedPerson

from .server import PASSWORD, USER_ID, USERNAME, TidepoolSimulator


def _arguments() -> Namespace:
    """Return what the command line asks for."""
    parser = ArgumentParser(prog="python -m simulators.tidepool", description=__doc__)
    parser.add_argument("--port", type=int, default=8009)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--scenario", choices=list(Scenario), default=Scenario.DAY)
    parser.add_argument("--history", type=float, default=24, help="hours")
    parser.add_argument("--delay", type=float, default=0, help="minutes")
    parser.add_argument("--username", default=USERNAME)
    parser.add_argument("--password", default=PASSWORD)
    parser.add_argument("--token-life", type=float, default=60, help="minutes")
    return parser.parse_args()


def _server(options: Namespace) -> TidepoolSimulator:
    """Return the server that the options describe."""
    person = SimulatedPerson(
        seed=options.seed,
        scenario=Scenario(options.scenario),
        since=datetime.now(UTC),
    )
    return TidepoolSimulator(
        person=person,
        history=timedelta(hours=options.history),
        delay=timedelta(minutes=options.delay),
        username=options.username,
        password=options.password,
        token_life=timedelta(minutes=options.token_life),
        port=options.port,
    )


async def _main() -> None:
    """Serve until told to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with _server(_arguments()) as server:
        print(f"Tidepool simulator on {server.url}, user id {USER_ID}", flush=True)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(_main())
