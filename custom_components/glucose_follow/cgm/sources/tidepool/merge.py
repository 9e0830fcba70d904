"""One treatment for each thing that was done, however often it was told."""

import asyncio
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from heapq import merge
from operator import attrgetter
from typing import Protocol

from ...models import Treatment
from .facts import Fact, Origin

_AT_ONCE = 1000
"""Items that are looked at before the event loop gets a turn."""

_MEAL = timedelta(minutes=15)
"""How far apart one meal is logged and told to a pump."""

_SAME_GRAMS = 0.5

_TWINS = (
    (Origin.CALCULATOR, Origin.FOOD, _MEAL),
    (Origin.EMBEDDED_BOLUS, Origin.BOLUS, timedelta(seconds=1)),
    (Origin.PUMP_STATUS, Origin.BASAL, timedelta(minutes=1)),
)
"""What may have been told already, as what, and how far apart in time."""

_at = attrgetter("at")


class Dated(Protocol):
    """Something that happened."""

    @property
    def at(self) -> datetime:
        """Return when; aware, UTC."""


class Days[T: Dated]:
    """Things that happened, put in order without holding others up.

    A year of them, sorted at once, would take too long.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._days: dict[int, list[T]] = {}

    def add(self, item: T) -> None:
        """Take in something, whenever it was."""
        self._days.setdefault(item.at.toordinal(), []).append(item)

    async def in_order(self) -> list[T]:
        """Return everything, oldest first, and keep nothing."""
        ordered: list[T] = []
        for day in sorted(self._days):
            ordered += sorted(self._days.pop(day), key=_at)
            await asyncio.sleep(0)
        return ordered


class Merger:
    """Facts in any order, which become treatments.

    Carbs that were logged as food and told to a bolus calculator count once; so
    does a bolus that is also inside of its calculation, and a suspension that is
    also a rate of nothing.
    """

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        """Begin with some facts."""
        self._told: dict[Origin, Days[Treatment]] = {
            origin: Days() for origin in Origin
        }
        for fact in facts:
            self.add(fact)

    def add(self, fact: Fact) -> None:
        """Take in a fact."""
        self._told[fact.origin].add(fact.treatment)

    async def treatments(self) -> list[Treatment]:
        """Return what was done, oldest first."""
        told = {origin: await days.in_order() for origin, days in self._told.items()}
        twins = {
            treatment.id
            for twin, first, apart in _TWINS
            for treatment in _twins(told[twin], told[first], apart)
        }
        await asyncio.sleep(0)
        merged: list[Treatment] = []
        for count, treatment in enumerate(merge(*told.values(), key=_at), 1):
            if treatment.id not in twins:
                merged.append(treatment)
            if count % _AT_ONCE == 0:
                await asyncio.sleep(0)
        return merged


def _twins(
    twins: list[Treatment], firsts: list[Treatment], apart: timedelta
) -> Iterator[Treatment]:
    """Yield what was told before; nothing has more than one twin.

    Args:
        twins: What may have been, oldest first.
        firsts: What it may have been told as, oldest first.
        apart: How far apart in time the two may be.
    """
    taken: set[int] = set()
    for twin in twins:
        place = bisect_left(firsts, twin.at - apart, key=_at)
        while place < len(firsts) and firsts[place].at <= twin.at + apart:
            if place not in taken and _is_same(firsts[place], twin):
                taken.add(place)
                yield twin
                break
            place += 1


def _is_same(first: Treatment, second: Treatment) -> bool:
    """Return whether two tell of the same, whenever that was."""
    return (
        first.kind is second.kind
        and first.insulin == second.insulin
        and abs((first.carbs or 0) - (second.carbs or 0)) <= _SAME_GRAMS
    )
