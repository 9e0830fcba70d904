"""A long time of an account in figures, which are summed up as documents arrive."""

from collections.abc import Iterable
from datetime import datetime, timedelta
import random

from aiohttp import ClientSession
import pytest

from custom_components.glucose_follow.cgm.errors import CgmResponseError
from custom_components.glucose_follow.cgm.hours import Glucose, Hour, Hours
from custom_components.glucose_follow.cgm.treatments import merge_treatments
from simulators.tidepool import TidepoolSimulator
from tests.simulators.nightscout_support import FakeTime

from .support import DAY, HOUR, MINUTE, NOON, PERSON, follow

MGDL_PER_MMOL = 18.01559
SECOND = timedelta(seconds=1)

type Event = tuple[datetime, float]


async def history(
    http: ClientSession,
    server: TidepoolSimulator,
    clock: FakeTime,
    start: datetime = NOON - DAY,
    end: datetime = NOON,
) -> Hours:
    """Return what a source says of a stretch of time."""
    return await follow(http, server, clock).history(start, end)


def insulin(hours: Hours) -> float:
    """Return all units."""
    return round(sum(hour.insulin for hour in hours), 3)


def carbs(hours: Hours) -> float:
    """Return all grams."""
    return sum(hour.carbs for hour in hours)


def food(grams: float) -> dict[str, object]:
    """Return what a meal has that was logged."""
    return {"nutrition": {"carbohydrate": {"net": grams, "units": "grams"}}}


async def test_history_is_what_a_stretch_brought(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    start, end = clock.now - 2 * DAY, clock.now - DAY

    hours = await history(http, server, clock, start, end)

    readings = PERSON.readings(start, end)
    done = [each for each in PERSON.treatments(start, end) if each.at < end]
    first = [each.mgdl for each in readings if each.at < start + HOUR]
    assert next(iter(hours)).glucose == Glucose(
        mean=sum(first) / len(first), lowest=min(first), highest=max(first)
    )
    assert len(list(hours)) == 24
    assert insulin(hours) == pytest.approx(sum(each.insulin or 0 for each in done))
    assert carbs(hours) == sum(each.carbs or 0 for each in done)
    assert (hours.readings, hours.treatments) == (len(readings), len(done))


def unpaired(calculated: Iterable[Event], logged: Iterable[Event]) -> list[Event]:
    """Return the calculations that nobody logged as a meal, out of lists of all."""
    alone, left = [], sorted(logged)
    for at, grams in sorted(calculated):
        for meal in left:
            if abs(meal[0] - at) <= 15 * MINUTE and abs(meal[1] - grams) <= 0.5:
                left.remove(meal)
                break
        else:
            alone.append((at, grams))
    return alone


def whole(
    readings: list[Event], boluses: list[Event], meals: list[Event]
) -> list[Hour]:
    """Return the figures of a day, out of lists of all."""

    def of(events: list[Event], start: datetime) -> list[float]:
        return [value for at, value in events if start <= at < start + HOUR]

    found = []
    for start in (NOON - DAY + place * HOUR for place in range(24)):
        values = [round(each) for each in of(readings, start)]
        glucose = values and Glucose(
            mean=sum(values) / len(values), lowest=min(values), highest=max(values)
        )
        found.append(
            Hour(
                start=start,
                glucose=glucose or None,
                insulin=round(sum(of(boluses, start)), 3),
                carbs=round(sum(of(meals, start)), 1),
            )
        )
    return found


@pytest.mark.parametrize("seed", range(4))
async def test_figures_are_those_of_lists_of_everything(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime, seed: int
) -> None:
    """Whatever the order is, and although a third of it is sent twice."""
    chance = random.Random(seed)

    def moments(count: int) -> list[datetime]:
        span = DAY + 2 * HOUR
        return [NOON + HOUR - chance.random() * span for _ in range(count)]

    readings = [(at, float(chance.randint(40, 400))) for at in moments(280)]
    boluses = [(at, chance.randint(1, 300) * 0.05) for at in moments(110)]
    logged = [(at, float(chance.choice([20, 40]))) for at in moments(60)]
    calculated = [(at, float(chance.choice([20, 40]))) for at in moments(60)]
    for at, mgdl in readings:
        bare.archive.add("cbg", at, value=mgdl / MGDL_PER_MMOL)
    for at, units in boluses:
        bare.archive.add("bolus", at, normal=round(units, 2))
    for at, grams in logged:
        bare.archive.add("food", at, **food(grams))
    for at, grams in calculated:
        bare.archive.add("wizard", at, carbInput=grams)
    bare.archive._added += chance.sample(bare.archive._added, 170)

    hours = await history(http, bare, clock)

    meals = [*logged, *unpaired(calculated, logged)]
    assert list(hours) == whole(readings, boluses, meals)
    assert len(meals) < len(logged) + len(calculated)


async def test_the_end_of_a_stretch_belongs_to_the_next_one(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime
) -> None:
    """The server includes it in both."""
    bare.archive.add("cbg", clock.now - DAY, value=5.5)
    bare.archive.add("bolus", clock.now - DAY, normal=2)

    before = await history(http, bare, clock, NOON - 2 * DAY, NOON - DAY)
    after = await history(http, bare, clock)

    assert (before.readings, before.treatments) == (0, 0)
    assert (after.readings, after.treatments) == (1, 1)


@pytest.mark.parametrize(("food_at", "wizard_at"), [(-5, 5), (5, -5)])
async def test_a_meal_at_the_end_of_a_stretch_counts_once(
    http: ClientSession,
    bare: TidepoolSimulator,
    clock: FakeTime,
    food_at: int,
    wizard_at: int,
) -> None:
    """It was logged before the end, and told to the pump after it."""
    border = NOON - DAY
    bare.archive.add("food", border + food_at * MINUTE, **food(40))
    bare.archive.add("wizard", border + wizard_at * MINUTE, carbInput=40)

    before = await history(http, bare, clock, border - DAY, border)
    after = await history(http, bare, clock, border, border + DAY)

    assert (carbs(before), carbs(after)) == ((40, 0) if food_at < 0 else (0, 40))


async def test_a_bolus_that_is_also_in_its_calculation_counts_once(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime
) -> None:
    """What it holds is the very document of the bolus, or a copy; or there is none."""
    at = NOON - HOUR
    for seconds in range(9):
        # As it was delivered, and as it was meant to be.
        own = bare.archive.add("bolus", at + seconds * SECOND, normal=0.2)
        meant = {"id": own, "normal": 2}
        bare.archive.add("wizard", at + seconds * SECOND, bolus=meant)
    bare.archive.add("bolus", at + MINUTE, normal=4)
    bare.archive.add("wizard", at + MINUTE, bolus={"id": "another", "normal": 4})
    bare.archive.add("wizard", at + 2 * MINUTE, bolus={"id": "alone", "normal": 5})
    # Nothing of it was delivered, whatever was meant.
    stopped = bare.archive.add("bolus", at + 3 * MINUTE, normal=0)
    bare.archive.add("wizard", at + 3 * MINUTE, bolus={"id": stopped, "normal": 6})
    source = follow(http, bare, clock)

    hours = await source.history(NOON - DAY, NOON)
    listed = await source.treatments(NOON - 30 * DAY)
    held = await source.treatments(NOON - DAY)

    assert insulin(hours) == 10.8
    for found in (listed, held):
        assert sorted(each.insulin or 0 for each in found) == [*9 * [0.2], 4, 5]


async def test_what_two_apps_uploaded_counts_once_as_it_does_live(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime
) -> None:
    """Loop uploads what it gave, and so does who reads it from the phone's store."""
    at = NOON - HOUR
    for milliseconds in (0, 400):
        again = at + timedelta(milliseconds=milliseconds)
        bare.archive.add("bolus", again, normal=5)
        bare.archive.add("food", again, **food(40))
    for seconds, units in ((0, 3), (1, 5)):
        bare.archive.add("bolus", at + seconds * SECOND, normal=units)
    source = follow(http, bare, clock)

    hours = await source.history(NOON - DAY, NOON)
    told = await source.treatments(NOON - DAY)
    live = merge_treatments((), told, since=NOON - DAY, now=NOON)

    assert (insulin(hours), carbs(hours), hours.treatments) == (13, 40, len(live))
    assert sum(each.insulin or 0 for each in live) == 13


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_a_bolus_of_another_time_than_its_calculation_is_left_out(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime, when: str
) -> None:
    held = {"time": when, "normal": 3}
    bare.archive.add("wizard", NOON - HOUR, carbInput=40, bolus=held)

    hours = await history(http, bare, clock)

    assert (insulin(hours), carbs(hours)) == (0, 40)


async def test_a_short_answer_about_the_newest_hours_is_noticed(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime
) -> None:
    """The storage failed, and hours would be written anew without their insulin."""
    bare.archive.add("bolus", NOON - HOUR, normal=3)
    source = follow(http, bare, clock)
    await source.identify()
    bare.ends_after = 0

    with pytest.raises(CgmResponseError):
        await source.history(NOON - DAY, NOON)
    before = await source.history(NOON - 3 * DAY, NOON - 2 * DAY)

    assert before.treatments == 0


@pytest.mark.parametrize("kind", ["cbg", "bolus"])
async def test_a_short_answer_about_any_other_hours_is_noticed(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime, kind: str
) -> None:
    """What they have to end with is asked for first."""
    for hours in range(24):
        told = {"value": 5 + hours / 100, "normal": 1 + hours / 100}
        bare.archive.add(kind, NOON - 2 * DAY - hours * HOUR, **told)
    bare.archive.add(kind, NOON - HOUR, value=6, normal=2)
    source = follow(http, bare, clock)
    await source.identify()
    bare.ends_after = 2

    with pytest.raises(CgmResponseError):
        await source.history(NOON - 4 * DAY, NOON - 2 * DAY)
    bare.ends_after = None
    whole = await source.history(NOON - 4 * DAY, NOON - 2 * DAY)

    assert whole.readings + whole.treatments == 23


async def test_hours_without_anything_are_not_short(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime
) -> None:
    bare.archive.add("bolus", NOON - HOUR, normal=3)
    bare.archive.add("bolus", NOON - 9 * DAY, normal=3)
    # Beside the stretch, where a meal and its calculation are still looked for.
    bare.archive.add("bolus", NOON - DAY + HOUR / 2, normal=3)

    hours = await history(http, bare, clock, NOON - 4 * DAY, NOON - DAY)

    assert (hours.readings, hours.treatments) == (0, 0)
