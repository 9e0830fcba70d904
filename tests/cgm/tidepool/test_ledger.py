"""What was read of an account, and what is told of it."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
import random

from hypothesis import given, strategies as st
import pytest

from custom_components.glucose_follow.cgm.models import (
    Reading,
    Treatment,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.sources.tidepool.facts import Told
from custom_components.glucose_follow.cgm.sources.tidepool.ledger import (
    KEPT,
    Ledger,
    Question,
)
from custom_components.glucose_follow.cgm.sources.tidepool.merge import (
    Days,
    Merger,
    merged,
)
from custom_components.glucose_follow.cgm.transport import Json

from .support import NOON, facts, told

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def at(minute: int, kind: str, **fields: Json) -> Told:
    """Return a document some minutes after noon, with an id of its own."""
    time = (NOON + minute * MINUTE).isoformat()
    return told(kind, time=time, id=f"{kind} {minute} {fields}", **fields)


def meal(minute: int, grams: float) -> Told:
    """Return a meal as it was logged."""
    return at(
        minute, "food", nutrition={"carbohydrate": {"net": grams, "units": "grams"}}
    )


async def done(*documents: Told) -> list[Treatment]:
    """Return what was done."""
    return await merged(facts(*documents))


async def carbs(*documents: Told) -> list[float | None]:
    """Return all carbs that were eaten."""
    return [each.carbs for each in await done(*documents)]


async def test_a_meal_and_its_calculation_count_once() -> None:
    eaten = await done(meal(0, 45), at(2, "wizard", carbInput=45))

    assert [each.carbs for each in eaten] == [45]
    assert eaten[0].at == NOON


@pytest.mark.parametrize(
    ("minute", "grams"), [(2, 45.4), (-15, 45), (15, 45), (0, 44.6)]
)
async def test_one_meal_may_be_told_a_little_differently(
    minute: int, grams: float
) -> None:
    assert await carbs(meal(0, 45), at(minute, "wizard", carbInput=grams)) == [45]


@pytest.mark.parametrize(("minute", "grams"), [(16, 45), (-16, 45), (2, 46)])
async def test_two_meals_are_two(minute: int, grams: float) -> None:
    calculation = at(minute, "wizard", carbInput=grams)

    assert sorted(await carbs(meal(0, 45), calculation), key=str) == [45, grams]


async def test_a_meal_has_one_calculation_at_most() -> None:
    first, second = at(1, "wizard", carbInput=20), at(2, "wizard", carbInput=20)

    assert await carbs(meal(0, 20), first, second) == [20, 20]
    assert await carbs(meal(0, 20), meal(3, 20), first, second) == [20, 20]
    assert await carbs(first, second) == [20, 20]


async def test_a_calculation_belongs_to_the_first_meal_that_it_may_be_of() -> None:
    """The next meal may have one of its own."""
    told = at(10, "wizard", carbInput=20), at(30, "wizard", carbInput=20)

    assert await carbs(meal(0, 20), meal(20, 20), *told) == [20, 20]


@pytest.mark.parametrize(("logged", "calculated"), [(-2, 3), (3, -2)])
async def test_a_meal_at_midnight_counts_once(logged: int, calculated: int) -> None:
    midnight = 12 * 60

    eaten = await carbs(
        meal(midnight + logged, 45),
        at(midnight + calculated, "wizard", carbInput=45),
    )

    assert eaten == [45]


async def test_a_bolus_inside_of_its_calculation_counts_once() -> None:
    held: Json = {"id": "held", "subType": "normal", "normal": 3.5}
    calculation = at(0, "wizard", carbInput=40, bolus=held)
    alone = await done(calculation)

    both = await done(calculation, at(0, "bolus", normal=3.5))
    other = await done(calculation, at(0, "bolus", normal=2))

    assert [each.insulin for each in alone if each.insulin] == [3.5]
    assert [each.insulin for each in both if each.insulin] == [3.5]
    assert [each.insulin for each in other if each.insulin] == [2]


async def test_a_suspension_counts_once() -> None:
    stretch = at(0, "basal", deliveryType="suspend", duration=600_000)
    said = at(1, "deviceEvent", subType="status", status="suspended")
    later = at(9, "deviceEvent", subType="status", status="suspended")

    once = await done(stretch, said)
    twice = await done(stretch, said, later)

    assert [each.kind for each in once] == [TreatmentKind.SUSPEND]
    assert [each.kind for each in twice] == 2 * [TreatmentKind.SUSPEND]


async def test_a_running_pump_is_no_suspension() -> None:
    stretch = at(0, "basal", deliveryType="automated", rate=0.4, duration=600_000)
    said = at(0, "deviceEvent", subType="status", status="suspended")

    assert len(await done(stretch, said)) == 2


@given(st.lists(st.integers(-5000, 5000), max_size=60))
async def test_anything_is_put_in_order(minutes: list[int]) -> None:
    readings = [Reading(at=NOON + each * MINUTE, mgdl=100) for each in minutes]
    days: Days[Reading] = Days()
    for reading in readings:
        days.add(reading)

    ordered = await days.in_order()

    assert ordered == sorted(readings, key=lambda reading: reading.at)


async def test_many_are_put_in_order_too() -> None:
    readings = [Reading(at=NOON + n * MINUTE, mgdl=100) for n in range(5000)]
    days: Days[Reading] = Days()
    for reading in random.Random(7).sample(readings, len(readings)):
        days.add(reading)
    boluses = [at(n, "bolus", normal=1) for n in range(2500)]

    assert await days.in_order() == readings
    assert len(await done(*boluses)) == 2500


async def test_others_have_their_turn_while_many_calculations_are_compared() -> None:
    passed_on: list[Treatment] = []
    merger = Merger(passed_on.append)
    for fact in facts(*(at(n, "wizard", carbInput=20) for n in range(250))):
        merger.add(fact)

    closing = asyncio.ensure_future(merger.close())
    await asyncio.sleep(0)
    before = len(passed_on)
    await closing

    assert (before, len(passed_on)) == (100, 250)


class Shelf:
    """A ledger of readings, and an account that it is read from."""

    def __init__(self, near: timedelta = DAY) -> None:
        """Hold nothing."""
        self.ledger: Ledger[Reading] = Ledger(("cbg",), near=near)
        self.account: dict[str, Reading] = {}
        self.now = NOON
        self.asked: list[Question] = []

    def add(self, age: timedelta, mgdl: int = 100) -> str:
        """Let the account have a reading of so long ago, and return its id."""
        moment = self.now - age
        self.account[moment.isoformat()] = Reading(at=moment, mgdl=mgdl)
        return moment.isoformat()

    @property
    def latest(self) -> Mapping[str, Told]:
        """Return the newest document of the account."""
        if not self.account:
            return {}
        newest = max(self.account.values(), key=lambda reading: reading.at)
        time = newest.at.isoformat()
        return {"cbg": told("cbg", id=time, time=time, value=newest.mgdl / 18)}

    def look(self, since: timedelta, *, short: int | None = None) -> list[Reading]:
        """Return what is told from so long ago on, as a source would.

        Args:
            since: How long ago.
            short: How many readings an answer has that ends too early.
        """
        return self._ask(since, self.latest, short)

    def read(self, since: timedelta) -> list[Reading]:
        """Return what is told to somebody who does not look first."""
        return self._ask(since, None, None)

    def _ask(
        self, since: timedelta, latest: Mapping[str, Told] | None, short: int | None
    ) -> list[Reading]:
        """Return what is told."""
        start = self.now - since
        if question := self.ledger.begin(start, latest, self.now):
            self.asked.append(question)
            answer = [
                (key, reading)
                for key, reading in self.account.items()
                if reading.at >= question.since
            ]
            items = dict(sorted(answer, reverse=True)[:short])
            self.ledger.renew(question, items, latest, self.now)
        return self.ledger.tell(start)

    def ages(self) -> list[timedelta]:
        """Return how far back each question went."""
        return [self.now - question.since for question in self.asked]


@pytest.fixture
def shelf() -> Shelf:
    """Return a shelf with a reading of every hour of two days."""
    shelf = Shelf()
    for hours in range(49):
        shelf.add(hours * HOUR)
    return shelf


def test_all_that_is_asked_for_is_read_once(shelf: Shelf) -> None:
    first = shelf.look(DAY)
    again = shelf.look(DAY / 2)

    assert (len(first), len(again)) == (25, 13)
    assert shelf.ages() == [DAY]


def test_who_asks_for_more_gets_more(shelf: Shelf) -> None:
    shelf.look(DAY)

    assert len(shelf.look(2 * DAY)) == 49
    assert shelf.ages() == [DAY, 2 * DAY]


def test_nothing_is_read_while_nothing_is_newer(shelf: Shelf) -> None:
    shelf.look(2 * DAY)

    shelf.now += 5 * HOUR
    shelf.look(DAY)

    assert len(shelf.asked) == 1


def test_what_is_older_is_looked_for_in_the_end(shelf: Shelf) -> None:
    shelf.look(2 * DAY)
    shelf.add(HOUR / 2)

    shelf.now += 6 * HOUR
    told_now = shelf.look(HOUR)

    assert shelf.ages()[1:] == [DAY + 6 * HOUR]
    assert [shelf.now - each.at for each in told_now] == [6.5 * HOUR]


def test_news_is_read_with_a_day_before_it(shelf: Shelf) -> None:
    shelf.look(2 * DAY)
    shelf.now += HOUR
    shelf.add(timedelta())

    told_now = shelf.look(MINUTE)

    assert shelf.ages()[1:] == [DAY + HOUR]
    assert [each.at for each in told_now] == [shelf.now]


def test_the_day_before_is_read_once_an_hour(shelf: Shelf) -> None:
    shelf.look(2 * DAY)
    for _ in range(3):
        shelf.now += 20 * MINUTE
        shelf.add(timedelta())
        shelf.look(25 * MINUTE)

    assert [question.is_all for question in shelf.asked] == [True, False, False, True]
    assert shelf.now - shelf.asked[-1].since == DAY + 20 * MINUTE
    assert shelf.asked[2].since == shelf.now - 45 * MINUTE


def filled(near: timedelta) -> Shelf:
    """Return a shelf of a day whose last minutes are there, and were read."""
    shelf = Shelf(near)
    for hours in range(25):
        shelf.add(hours * HOUR)
    shelf.look(2 * DAY)
    shelf.now += 20 * MINUTE
    shelf.add(timedelta())
    return shelf


def test_who_asks_for_days_gets_what_is_held_with_the_last_hours_read_again() -> None:
    shelf = filled(3 * HOUR)

    told_now = shelf.look(DAY)

    assert len(told_now) == 25
    assert shelf.ages()[1:] == [3 * HOUR + 20 * MINUTE]


def test_a_long_silence_that_is_filled_little_by_little_is_read_each_time() -> None:
    shelf = filled(DAY)
    for hours in (1, 4, 7):
        shelf.now += 5 * MINUTE
        late = shelf.add(hours * HOUR)
        shelf.add(timedelta())

        told_now = shelf.look(8 * HOUR)

        assert shelf.account[late] in told_now
    assert not any(question.is_all for question in shelf.asked[1:])


def test_a_stretch_that_was_uploaded_late_is_read_from_its_beginning(
    shelf: Shelf,
) -> None:
    """A pump that is read once a week has a week of news."""
    shelf.look(3 * DAY)
    shelf.now += 2 * DAY
    for hours in range(40):
        shelf.add(hours * HOUR)

    told_now = shelf.look(MINUTE)

    assert len(told_now) == 40


def test_what_changed_or_came_late_is_told_once(shelf: Shelf) -> None:
    shelf.look(2 * DAY)
    shelf.now += 2 * HOUR
    late = shelf.add(5.5 * HOUR)
    shelf.account[late] = Reading(at=shelf.account[late].at, mgdl=140)
    shelf.add(4 * HOUR, mgdl=150)
    shelf.add(timedelta())

    told_now = shelf.look(MINUTE)

    assert [each.mgdl for each in told_now] == [140, 150, 100]
    assert [each.mgdl for each in shelf.look(MINUTE)] == [100]


def test_what_vanishes_is_believed_at_the_second_time(shelf: Shelf) -> None:
    gone = shelf.add(3.5 * HOUR, mgdl=66)
    shelf.look(2 * DAY)
    del shelf.account[gone]

    values = []
    for _ in range(2):
        shelf.now += HOUR
        shelf.add(timedelta())
        values.append([each.mgdl for each in shelf.look(DAY)])

    assert 66 in values[0]
    assert 66 not in values[1]


def test_a_short_answer_costs_nothing(shelf: Shelf) -> None:
    """An error in the middle ends in a complete array."""
    shelf.look(2 * DAY)

    shelf.now += HOUR
    shelf.add(timedelta())
    short = shelf.look(DAY, short=3)
    shelf.now += HOUR
    shelf.add(timedelta())
    whole = shelf.look(DAY)
    shelf.now += HOUR
    shelf.add(timedelta())
    short_again = shelf.look(DAY, short=3)

    assert len(short) == 25
    assert len(whole) == 25
    assert len(short_again) == 25


def test_whoever_does_not_look_reads_the_last_minutes(shelf: Shelf) -> None:
    shelf.read(DAY)

    shelf.now += 5 * MINUTE
    shelf.add(timedelta())
    told_now = shelf.read(20 * MINUTE)

    assert [each.at for each in told_now] == [NOON, shelf.now]
    assert shelf.ages() == [DAY + 5 * MINUTE, 20 * MINUTE]


def test_whoever_does_not_look_reads_a_day_every_hour(shelf: Shelf) -> None:
    shelf.read(2 * DAY)

    shelf.now += HOUR
    shelf.add(timedelta())
    shelf.read(20 * MINUTE)

    assert shelf.ages()[1:] == [DAY + HOUR]


def test_only_a_few_days_are_held(shelf: Shelf) -> None:
    shelf.look(2 * DAY)

    shelf.now += KEPT
    shelf.add(timedelta())
    shelf.look(DAY)

    assert len(shelf.ledger._items) == 2
    assert shelf.ages()[1:] == [KEPT]


def test_a_stamp_from_the_future_does_not_hide_the_present(shelf: Shelf) -> None:
    shelf.add(-300 * DAY)
    shelf.read(DAY)

    shelf.now += 2 * HOUR
    shelf.add(timedelta())
    told_now = shelf.read(20 * MINUTE)

    assert next(each.at for each in told_now) == shelf.now


def test_an_empty_account_is_read_too() -> None:
    shelf = Shelf()

    assert shelf.look(DAY) == []
    assert shelf.look(DAY) == []
    assert shelf.read(DAY) == []
    assert len(shelf.asked) == 2


def test_the_first_document_of_its_type_is_read_hours_later() -> None:
    """Somebody logs a first meal long after the account was first read."""
    shelf = Shelf()
    shelf.look(DAY)
    shelf.now += 2 * HOUR
    shelf.add(MINUTE)

    told_now = shelf.look(HOUR)

    assert [shelf.now - each.at for each in told_now] == [MINUTE]


def test_a_clock_that_went_back_makes_everything_due(shelf: Shelf) -> None:
    shelf.look(2 * DAY)

    shelf.now -= HOUR
    shelf.look(DAY)

    assert len(shelf.asked) == 2
