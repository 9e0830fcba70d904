"""One treatment for each thing that was done, however often it was told."""

import asyncio
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Protocol

from ...models import Treatment
from .facts import Fact, Origin

_AT_ONCE = 2000
"""Items that are looked at before the event loop gets a turn."""

_MEAL = timedelta(minutes=15)
"""How far apart one meal is logged and told to a pump."""

_SAME_GRAMS = 0.5
_SUSPENSION = timedelta(minutes=1)
_BOLUS = timedelta(seconds=1)

_at = attrgetter("at")


class Dated(Protocol):
    """Something that happened."""

    @property
    def at(self) -> datetime:
        """Return when; aware, UTC."""


async def in_order[T: Dated](items: Iterable[T]) -> list[T]:
    """Return items oldest first.

    A year of them, sorted at once, would hold everybody else up.
    """
    days: dict[int, list[T]] = {}
    for count, item in enumerate(items, 1):
        days.setdefault(item.at.toordinal(), []).append(item)
        if count % _AT_ONCE == 0:
            await asyncio.sleep(0)
    ordered: list[T] = []
    for day in sorted(days):
        ordered += sorted(days.pop(day), key=_at)
        await asyncio.sleep(0)
    return ordered


async def treatments(facts: Iterable[Fact]) -> list[Treatment]:
    """Return what was done, oldest first.

    Carbs that were logged as food and told to a bolus calculator count once; so
    does a bolus that is also inside of its calculation, and a suspension that is
    also a rate of nothing.
    """
    told = await in_order(facts)
    by_origin: dict[Origin, list[Fact]] = {origin: [] for origin in Origin}
    for count, fact in enumerate(told, 1):
        by_origin[fact.origin].append(fact)
        if count % _AT_ONCE == 0:
            await asyncio.sleep(0)
    twins = {
        fact.treatment.id
        for twin, first, apart in (
            (Origin.CALCULATOR, Origin.FOOD, _MEAL),
            (Origin.EMBEDDED_BOLUS, Origin.BOLUS, _BOLUS),
            (Origin.PUMP_STATUS, Origin.BASAL, _SUSPENSION),
        )
        for fact in _twins(by_origin[twin], by_origin[first], apart)
    }
    await asyncio.sleep(0)
    return [fact.treatment for fact in told if fact.treatment.id not in twins]


def _twins(twins: list[Fact], firsts: list[Fact], apart: timedelta) -> Iterator[Fact]:
    """Yield what was told before; nothing has more than one twin.

    Args:
        twins: What may have been, oldest first.
        firsts: What it may have been told as, oldest first.
        apart: How far apart in time the two may be.
    """
    taken: set[int] = set()
    for fact in twins:
        place = bisect_left(firsts, fact.at - apart, key=_at)
        while place < len(firsts) and firsts[place].at <= fact.at + apart:
            if place not in taken and _is_same(firsts[place], fact):
                taken.add(place)
                yield fact
                break
            place += 1


def _is_same(one: Fact, other: Fact) -> bool:
    """Return whether two facts tell of the same, whenever that was."""
    first, second = one.treatment, other.treatment
    return (
        first.kind is second.kind
        and first.insulin == second.insulin
        and abs((first.carbs or 0) - (second.carbs or 0)) <= _SAME_GRAMS
    )
