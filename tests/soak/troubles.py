"""What goes wrong between a home and somebody's server."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from simulators.dexcom_api.faults import Fault as Spoiled
from simulators.nightscout import faults, socket_faults
from simulators.nightscout.socket_faults import Stage

from .subjects import Polled, Pushed, Shared, Subject, Tidal

MINUTE = timedelta(minutes=1)
GRACE = 12 * MINUTE
"""After an error everybody is asked every five minutes, and a site's sockets tried."""

TOKEN_GRACE = 80 * MINUTE
"""A token is good for an hour, and what became of it is known at its end."""

SHORT_GRACE = 75 * MINUTE
"""What an answer left out without a sign of it is read again within an hour."""

REFUSED_GRACE = 45 * MINUTE
"""A refused credential is tried again after five minutes, then every 30."""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Something that goes wrong for a while."""

    name: str
    begin: Callable[[], Awaitable[None] | None]
    end: Callable[[], Awaitable[None] | None] = lambda: None
    grace: timedelta = GRACE
    """After how long at most everything is as if it had never been."""


def of(subject: Subject, rng: Random) -> Trouble:
    """Return the next trouble of somebody's."""
    return rng.choice(_TROUBLES[type(subject)](subject, rng))


def _faulty(
    subject: Subject, fault: object, grace: timedelta = GRACE, name: str = ""
) -> Trouble:
    """Return a trouble that a simulator knows."""
    server: Any = subject.server

    def end() -> None:
        """Repair the server, and start it again if it died of it."""
        server.fault = None
        server.has_crashed = False

    return Trouble(
        name=name or str(getattr(fault, "value", type(fault).__name__)),
        begin=lambda: setattr(server, "fault", fault),
        end=end,
        grace=grace,
    )


def _down(subject: Subject) -> Trouble:
    """Return that nobody listens."""
    server = subject.server
    return Trouble(name="Down", begin=server.close, end=server.start)


def _web(subject: Subject, rng: Random) -> list[Trouble]:
    """Return what may happen to every server of the web."""
    wait = rng.choice([None, 45, 600, 1800])
    storm = _faulty(
        subject,
        faults.RateLimit(wait),
        GRACE + timedelta(seconds=2 * (wait or 0)),
        f"RateLimit {wait}",
    )
    garbage: Sequence[object] = (
        "surprise",
        {"result": 7},
        [1, None, [], {}],
        [{"date": "x", "sgv": {}}] * 50,
        [{"date": 1e300, "sgv": 1e300, "Value": "NaN", "WT": "Date(0)"}],
    )
    return [
        _down(subject),
        storm,
        storm,
        *(
            _faulty(subject, fault)
            for fault in (
                faults.Unreachable(),
                faults.Hang(),
                faults.Slow(rng.uniform(5, 45)),
                faults.Endless(pause=rng.uniform(0.5, 5), chunk=b" "),
                faults.Truncate(),
                faults.Truncate(is_announced=True),
                faults.Html(),
                faults.ServerError(rng.choice([500, 502, 503, 524])),
                faults.NotFound(),
                faults.Garbage(rng.choice(garbage)),
                faults.NullBody(),
            )
        ),
    ]


def _polled(subject: Subject, rng: Random) -> list[Trouble]:
    """Return what may happen to a site."""
    return [
        *_web(subject, rng),
        _faulty(subject, faults.Silence()),
        _faulty(subject, faults.DatabaseLost(seconds=rng.choice([0, 20, 30]))),
        _faulty(subject, faults.Refuse(), REFUSED_GRACE),
    ]


def _pushed(subject: Subject, rng: Random) -> list[Trouble]:
    """Return what may happen to a site and its sockets."""
    assert isinstance(subject, Pushed)
    sockets = subject.site.sockets
    drop = Trouble(name="Drop", begin=sockets.drop)

    def follow(fault: faults.Fault) -> Trouble:
        """Return that the socket drops, and none but a bad one follows."""

        def begin() -> None:
            subject.site.fault = fault
            sockets.drop()

        trouble = _faulty(subject, fault)
        return Trouble(name=trouble.name, begin=begin, end=trouble.end)

    return [
        *_polled(subject, rng),
        *[drop] * 4,
        *(
            follow(fault)
            for fault in (
                socket_faults.NoWebsocket(),
                socket_faults.SilentSocket(),
                socket_faults.SilentSocket(at=Stage.OPEN),
                socket_faults.SilentSocket(at=Stage.AUTHORIZE),
                socket_faults.DropSockets(rng.uniform(1, 90)),
                socket_faults.RefuseSocket(),
                socket_faults.TwiceSocket(),
                socket_faults.GarbageSocket(),
            )
        ),
    ]


def _shared(subject: Subject, rng: Random) -> list[Trouble]:
    """Return what may happen to Dexcom: never a refusal, which ends everything."""
    assert isinstance(subject, Shared)
    expired = Trouble(name="Session ended", begin=subject.dexcom.expire_session)
    return [*_web(subject, rng), *[expired] * 3]


def _tidal(subject: Subject, rng: Random) -> list[Trouble]:
    """Return what may happen to Tidepool."""
    assert isinstance(subject, Tidal)
    server, desk = subject.tidepool, subject.tidepool.desk
    # One has no words, one is for another login, one ends everything.
    left_out = {Spoiled.ENDLESS, Spoiled.LOST_TOKEN, Spoiled.REFUSE}
    return [
        _down(subject),
        *(_faulty(subject, fault) for fault in Spoiled if fault not in left_out),
        Trouble(name="Tokens ended", begin=lambda: desk.end_tokens(server._clock())),
        Trouble(name="Logged out", begin=desk.end_sessions, grace=TOKEN_GRACE),
        Trouble(
            name="Refresh lost",
            begin=lambda: setattr(server, "loses_refreshes", True),
            grace=TOKEN_GRACE,
        ),
        Trouble(
            name="Half of the documents",
            begin=lambda: setattr(server, "ends_after", rng.randrange(200)),
            end=lambda: setattr(server, "ends_after", None),
            grace=SHORT_GRACE,
        ),
    ]


_TROUBLES: dict[type[Subject], Callable[[Subject, Random], list[Trouble]]] = {
    Polled: _polled,
    Pushed: _pushed,
    Shared: _shared,
    Tidal: _tidal,
}
