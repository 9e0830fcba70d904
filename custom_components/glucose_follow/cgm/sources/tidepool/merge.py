"""One treatment for each thing that was done, however often it was told."""

from array import array
import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf
from operator import attrgetter
from typing import Protocol

from ...models import Treatment, TreatmentKind
from .facts import Fact, Origin

_AT_ONCE = 100
"""Facts that are looked at before the event loop gets a turn."""

_EPOCH = datetime.fromtimestamp(0, UTC)
_TICK = timedelta.resolution
_DAY = timedelta(days=1) // _TICK

_at = attrgetter("at")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Twin:
    """As what something may have been told already."""

    origin: Origin
    kind: TreatmentKind
    apart: timedelta
    """How far apart in time the two may be."""
    tolerance: float = 0
    """How far apart their amounts may be."""


_TWINS = {
    Origin.CALCULATOR: _Twin(
        origin=Origin.FOOD,
        kind=TreatmentKind.CARBS,
        apart=timedelta(minutes=15),
        tolerance=0.5,
    ),
    Origin.EMBEDDED_BOLUS: _Twin(
        origin=Origin.BOLUS,
        kind=TreatmentKind.BOLUS,
        apart=timedelta(seconds=1),
        # The copy may be of what was wanted, before somebody stopped it.
        tolerance=inf,
    ),
    Origin.PUMP_STATUS: _Twin(
        origin=Origin.BASAL, kind=TreatmentKind.SUSPEND, apart=timedelta(minutes=1)
    ),
}


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
    """Passes facts in any order on as treatments, each thing that was done once.

    Carbs that were logged as food and told to a bolus calculator count once; so
    does a bolus that is also inside of its calculation, and a suspension that is
    also a rate of nothing. Only what may have been told already is held back. A
    bolus of which nothing was delivered is none, and neither is a copy of it.
    """

    def __init__(self, take: Callable[[Treatment], None]) -> None:
        """Begin with nothing.

        Args:
            take: Gets the treatments, in no order.
        """
        self._take = take
        self._told = {twin: _Marks() for twin in _TWINS.values()}
        self._boluses: set[str] = set()
        self._perhaps: list[Fact] = []

    def add(self, fact: Fact) -> None:
        """Take in a fact."""
        if fact.origin in _TWINS:
            self._perhaps.append(fact)
            return
        treatment = fact.treatment
        for twin, marks in self._told.items():
            if (twin.origin, twin.kind) == (fact.origin, treatment.kind):
                marks.add(treatment)
        if fact.origin is Origin.BOLUS:
            self._boluses.add(treatment.id)
        self._pass_on(treatment)

    async def close(self) -> None:
        """Pass on what was held back and nobody else told."""
        for count, fact in enumerate(sorted(self._perhaps, key=_at), 1):
            if not self._is_told(fact):
                self._pass_on(fact.treatment)
            if count % _AT_ONCE == 0:
                await asyncio.sleep(0)

    def _pass_on(self, treatment: Treatment) -> None:
        """Pass on what was done."""
        if treatment.kind is not TreatmentKind.BOLUS or treatment.insulin:
            self._take(treatment)

    def _is_told(self, fact: Fact) -> bool:
        """Return whether somebody else told it; nothing has more than one twin."""
        treatment, twin = fact.treatment, _TWINS[fact.origin]
        # A calculation may hold the very document of its bolus.
        is_held = fact.origin is Origin.EMBEDDED_BOLUS
        if is_held and treatment.id in self._boluses:
            return True
        return self._told[twin].take(treatment, twin.apart, twin.tolerance)


async def merged(facts: Iterable[Fact]) -> list[Treatment]:
    """Return what was done, oldest first."""
    days: Days[Treatment] = Days()
    merger = Merger(days.add)
    for fact in facts:
        merger.add(fact)
    await merger.close()
    return await days.in_order()


class _Marks:
    """When things were done and how much, in a few bytes each."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._days: dict[int, tuple[array[int], array[float]]] = {}

    def add(self, treatment: Treatment) -> None:
        """Remember something."""
        tick = _tick(treatment.at)
        if tick // _DAY not in self._days:
            self._days[tick // _DAY] = array("q"), array("d")
        ticks, amounts = self._days[tick // _DAY]
        ticks.append(tick)
        amounts.append(_amount(treatment))

    def take(self, twin: Treatment, apart: timedelta, tolerance: float) -> bool:
        """Forget the first one that is the same; return whether there was one."""
        tick, amount, reach = _tick(twin.at), _amount(twin), apart // _TICK
        for day in range((tick - reach) // _DAY, (tick + reach) // _DAY + 1):
            ticks, amounts = self._days.get(day, (array("q"), array("d")))
            same = [
                (each, place)
                for place, each in enumerate(ticks)
                if abs(each - tick) <= reach
                and abs(amounts[place] - amount) <= tolerance
            ]
            if same:
                _, place = min(same)
                del ticks[place], amounts[place]
                return True
        return False


def _tick(at: datetime) -> int:
    """Return a moment as a number, of which there is one for every moment."""
    return (at - _EPOCH) // _TICK


def _amount(treatment: Treatment) -> float:
    """Return units or grams."""
    return treatment.insulin or treatment.carbs or 0.0
