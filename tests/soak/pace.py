"""How often something goes wrong, and for how long."""

from dataclasses import dataclass
from datetime import timedelta

from .watch import HOUR, MINUTE


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How much happens in a life."""

    between: timedelta
    """Between somebody's troubles, on average."""

    between_stops: timedelta
    """Between what happens to the home, on average."""

    lasting: timedelta
    """How long a trouble is, on average."""

    longest: timedelta
    """How long a trouble is at most."""

    asleep: timedelta
    """How long a machine sleeps at most."""

    left_out: frozenset[str] = frozenset()
    """Rules that count what happens around troubles, of which there may be many."""


USUAL = Pace(
    between=4 * HOUR,
    between_stops=7 * HOUR,
    lasting=20 * MINUTE,
    longest=2 * HOUR,
    asleep=4 * HOUR,
)
"""Mostly one thing after the other."""

DENSE = Pace(
    between=24 * MINUTE,
    between_stops=15 * MINUTE,
    lasting=HOUR,
    longest=4 * HOUR,
    asleep=70 * MINUTE,
    left_out=frozenset(
        {"known late", "repeated not as the engine says", "repeated too seldom"}
    ),
)
"""Several things at once: what needs two of them is found within hours."""
