"""A person followed through Tidepool, over real sockets."""

from datetime import datetime, timedelta

from aiohttp import ClientSession
import pytest

from custom_components.glucose_follow.cgm.errors import (
    CgmConnectionError,
    CgmResponseError,
)
from custom_components.glucose_follow.cgm.models import (
    LoopState,
    Reading,
    Reported,
    TreatmentKind,
)
from simulators.tidepool import Fault, TidepoolSimulator
from tests.simulators.nightscout_support import FakeTime

from .support import DAY, HOUR, MINUTE, NOON, PERSON, asked, follow

SCHEDULED = {"deliveryType": "scheduled", "duration": 120_000}


async def test_nothing_is_hidden(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    """By default three of four uploaders of the person are."""
    source = follow(http, server, clock)

    found = await source.readings(clock.now - 2 * DAY)

    assert len(found) == len(PERSON.readings(clock.now - 2 * DAY, clock.now))
    flags = [
        {name: request.query[name] for name in ("carelink", "dexcom", "medtronic")}
        for request in server.requests
        if request.path.startswith("/data/")
    ]
    assert flags == 2 * [{"carelink": "true", "dexcom": "true", "medtronic": "true"}]


async def test_one_look_is_enough_while_nothing_is_new(
    http: ClientSession, clock: FakeTime
) -> None:
    async with TidepoolSimulator(
        clock=clock, person=PERSON, delay=3 * HOUR, token_life=DAY
    ) as server:
        source = follow(http, server, clock)
        await source.readings(clock.now - DAY)
        await source.treatments(clock.now - DAY)
        server.requests.clear()

        clock.now += MINUTE
        readings = await source.readings(clock.now - HOUR)
        done = await source.treatments(clock.now - DAY)

    assert list(readings) == []
    assert done
    assert asked(server) == ["latest"]


async def test_a_document_from_the_future_hides_nothing(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime
) -> None:
    """A pump whose clock was wrong for a moment has the newest document for weeks."""
    wrong = clock.now + 30 * DAY
    bare.archive.add("cbg", wrong, value=6)
    bare.archive.add("bolus", wrong, normal=9)
    bare.archive.add("dosingDecision", wrong, insulinOnBoard={"amount": 9})
    bare.archive.add("deviceEvent", wrong, subType="reservoirChange")
    bare.archive.add("deviceEvent", clock.now - DAY, subType="reservoirChange")
    source = follow(http, bare, clock, token=bare.desk.sign_in(clock.now))
    await source.readings(clock.now - DAY)
    await source.treatments(clock.now - DAY)

    for _ in range(3):
        clock.now += 10 * MINUTE
        bare.archive.add("cbg", clock.now - MINUTE, value=7)
        bare.archive.add("bolus", clock.now - MINUTE, normal=1)
        bare.archive.add("dosingDecision", clock.now, insulinOnBoard={"amount": 2})
        readings = await source.readings(clock.now - HOUR)
        done = await source.treatments(clock.now - HOUR)
        status = await source.status()

        for found in (readings, done):
            known = [each.at for each in found if each.at <= clock.now]
            assert max(known) == clock.now - MINUTE
        assert status is not None
        assert status.insulin_on_board == Reported(2, clock.now)
        assert status.insulin_changed == NOON - DAY


async def test_a_clock_that_is_a_little_ahead_is_believed(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime
) -> None:
    bare.archive.add("bolus", clock.now - HOUR, normal=1)
    source = follow(http, bare, clock)
    await source.treatments(clock.now - DAY)

    clock.now += 5 * MINUTE
    bare.archive.add("bolus", clock.now + 9 * MINUTE, normal=2)

    assert [each.insulin for each in await source.treatments(NOON - DAY)] == [1, 2]


@pytest.mark.parametrize("is_live", [False, True])
async def test_our_clock_an_hour_behind_hides_nothing(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime, is_live: bool
) -> None:
    """The first look is made by it, the next one by the server's."""
    ours = FakeTime(clock.now - HOUR)
    token = bare.desk.sign_in(clock.now)
    source = follow(http, bare, ours, token=token, is_live=is_live)
    await source.identify()
    await source.readings(ours.now - DAY)
    await source.treatments(ours.now - DAY)

    for _ in range(3):
        clock.now += 10 * MINUTE
        ours.now += 10 * MINUTE
        bare.archive.add("cbg", clock.now - MINUTE, value=7)
        bare.archive.add("bolus", clock.now - MINUTE, normal=1)
        bare.archive.add("dosingDecision", clock.now, insulinOnBoard={"amount": 2})
        bare.archive.add("basal", clock.now - MINUTE, rate=1, **SCHEDULED)
        bare.archive.add("deviceEvent", clock.now - MINUTE, subType="reservoirChange")
        readings = await source.readings(clock.now - HOUR)
        done = await source.treatments(clock.now - HOUR)
        status = await source.status()

        assert readings[-1].at == clock.now - MINUTE
        assert [each.at for each in done if each.insulin][-1] == clock.now - MINUTE
        assert status is not None
        assert status.insulin_on_board == Reported(2, clock.now)
        assert status.basal_rate == Reported(1, clock.now)
        assert status.insulin_changed == NOON + 9 * MINUTE


async def test_a_look_by_a_wrong_clock_does_not_last(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime
) -> None:
    """Neither while the clock is behind, nor when it is set right."""
    ours = FakeTime(clock.now - HOUR)
    source = follow(http, bare, ours, token=bare.desk.sign_in(clock.now))
    bare.archive.add("dosingDecision", clock.now, insulinOnBoard={"amount": 2})
    await source.identify()

    for is_right in (False, True, True):
        if is_right:
            clock.now += 2 * MINUTE
            ours.now = clock.now
            bare.archive.add("dosingDecision", clock.now, insulinOnBoard={"amount": 3})
        status = await source.status()

        assert status is not None
        assert status.insulin_on_board is not None
        assert status.insulin_on_board.at == clock.now


async def test_how_far_our_clock_is_behind_is_not_forgotten(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime
) -> None:
    """An answer that was kept on the way does not say what time it is."""
    ours = FakeTime(clock.now - HOUR)
    source = follow(http, bare, ours, token=bare.desk.sign_in(clock.now))
    await source.identify()
    bare.is_cached = True
    await source.readings(clock.now - DAY)

    clock.now += 10 * MINUTE
    ours.now += 10 * MINUTE
    bare.archive.add("cbg", clock.now - MINUTE, value=7)
    found = await source.readings(clock.now - HOUR)

    assert [each.at for each in found] == [clock.now - MINUTE]


async def test_news_is_read_with_a_day_before_it(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    source = follow(http, server, clock, token=server.desk.sign_in(clock.now))
    before = await source.readings(clock.now - 2 * DAY)
    server.requests.clear()

    clock.now += 10 * MINUTE
    await source.readings(before[-1].at - 15 * MINUTE)
    clock.now += 49 * MINUTE
    known = await source.readings(before[-1].at - 15 * MINUTE)
    clock.now += 55 * MINUTE
    await source.readings(clock.now - 15 * MINUTE)

    starts = [
        datetime.fromisoformat(request.query["startDate"])
        for request in server.requests
        if "startDate" in request.query
    ]
    assert len(starts) == 3
    assert [start > NOON - HOUR for start in starts] == [True, True, False]
    assert starts[-1] == known[-1].at - DAY


async def test_a_live_account_is_not_looked_at_first(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    source = follow(http, server, clock, is_live=True)
    before = await source.readings(clock.now - DAY)

    clock.now += 5 * MINUTE
    after = await source.readings(before[-1].at)

    assert len(after) == 1
    assert asked(server)[2:] == ["cbg", "cbg"]
    assert source.caps.per_hour == 30
    assert follow(http, server, clock).caps.floor == 600


async def test_order_does_not_matter(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    source = follow(http, server, clock)
    data = server.url / f"data/{server.user_id}"
    token = {"x-tidepool-session-token": server.desk.sign_in(clock.now)}
    async with http.get(
        data, params={"type": "cbg", "dexcom": "true"}, headers=token
    ) as answer:
        sent = [document["time"] for document in await answer.json()]

    found = await source.readings(clock.now - 2 * DAY)
    long = await source.readings(clock.now - 7 * DAY)

    assert sent not in (sorted(sent), sorted(sent, reverse=True))
    assert [each.at for each in found] == sorted(each.at for each in found)
    assert [each.at for each in long] == sorted(each.at for each in long)


@pytest.mark.parametrize("fault", [Fault.CUT_OFF, Fault.TRUNCATED])
async def test_an_answer_that_breaks_off_is_noticed(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime, fault: Fault
) -> None:
    source = follow(http, server, clock)
    await source.identify()
    server.fault = fault

    with pytest.raises((CgmConnectionError, CgmResponseError)):
        await source.readings(clock.now - DAY)
    server.fault = None

    assert len(await source.readings(clock.now - DAY)) == 288


@pytest.mark.parametrize("count", [0, 1, 100])
async def test_an_answer_that_ends_too_early_is_noticed(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime, count: int
) -> None:
    """The storage failed, and the array is complete all the same."""
    for minutes in range(200):
        bare.archive.add("cbg", clock.now - minutes * MINUTE, value=5 + minutes / 100)
    source = follow(http, bare, clock)
    await source.treatments(clock.now - DAY)
    bare.ends_after = count

    with pytest.raises(CgmResponseError):
        await source._read(
            ("cbg",),
            lambda _: True,
            clock.now - DAY,
            latest=source._latest,
        )


@pytest.mark.parametrize("is_live", [False, True])
@pytest.mark.parametrize("count", [0, 1, 20])
async def test_a_long_answer_that_ends_too_early_is_noticed(
    http: ClientSession,
    bare: TidepoolSimulator,
    clock: FakeTime,
    count: int,
    is_live: bool,
) -> None:
    for hours in range(9 * 24):
        bare.archive.add("cbg", clock.now - hours * HOUR, value=5 + hours / 100)
        bare.archive.add("bolus", clock.now - hours * HOUR, normal=1 + hours / 100)
    source = follow(http, bare, clock, is_live=is_live)
    await source.identify()
    bare.ends_after = count

    for ask in (source.readings, source.treatments):
        with pytest.raises(CgmResponseError):
            await ask(clock.now - 9 * DAY)
    bare.ends_after = None

    assert len(await source.readings(clock.now - 9 * DAY)) == 9 * 24
    assert len(await source.treatments(clock.now - 9 * DAY)) == 9 * 24


async def test_an_empty_answer_about_an_account_with_data_is_noticed(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    source = follow(http, server, clock)
    await source.treatments(clock.now - DAY)
    clock.now += 30 * timedelta(seconds=1)
    server.ends_after = 0

    long_ago = clock.now - 2 * DAY
    with pytest.raises(CgmResponseError):
        await source.treatments(long_ago)

    server.ends_after = None
    assert await source.treatments(long_ago)


async def test_what_an_early_end_left_out_is_not_gone(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime
) -> None:
    for hours in range(1, 11):
        bare.archive.add("bolus", clock.now - hours * HOUR, normal=hours / 2)
    source = follow(http, bare, clock, token=bare.desk.sign_in(clock.now))
    before = await source.treatments(clock.now - DAY)
    clock.now += 10 * MINUTE
    newest = bare.archive.add("bolus", clock.now - MINUTE, normal=7)
    for hours in range(1, 11):
        bare.archive.hide(clock.now - 10 * MINUTE - hours * HOUR)

    after = await source.treatments(clock.now - DAY)

    assert len(before) == 10
    assert len(after) == 11
    assert after[-1].id == newest


async def test_bytes_that_are_no_text_cost_one_note(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime
) -> None:
    nutrition = {"carbohydrate": {"net": 20, "units": "grams"}}
    bare.archive.add("food", clock.now - HOUR, name="cake\udce9", nutrition=nutrition)
    bare.archive.add("bolus", clock.now - HOUR / 2, normal=2)
    source = follow(http, bare, clock)

    meal, bolus = await source.treatments(clock.now - DAY)

    assert (meal.carbs, meal.note) == (20, "cake�")
    assert bolus.insulin == 2
    assert source.skipped == 0


async def test_what_is_unusable_is_counted_and_costs_nothing_else(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime
) -> None:
    bare.archive.add("cbg", clock.now - HOUR, value=120, units="mg/dL")
    bare.archive.add("cbg", clock.now - HOUR / 2, value=6.66, units="mg/dL")
    bare.archive.add("bolus", clock.now - HOUR, normal=-1)
    bare.archive.add("bolus", clock.now - HOUR / 2, id=None, normal=1)
    source = follow(http, bare, clock)

    (reading,) = await source.readings(clock.now - DAY)
    counted = source.skipped
    done = await source.treatments(clock.now - DAY)

    assert isinstance(reading, Reading)
    assert reading.mgdl == 120
    assert counted == 2
    assert list(done) == []
    assert source.skipped == 4


async def test_a_meal_is_not_counted_twice(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime
) -> None:
    nutrition = {"carbohydrate": {"net": 45, "units": "grams"}}
    bare.archive.add("food", clock.now - HOUR, nutrition=nutrition)
    bare.archive.add("wizard", clock.now - HOUR + MINUTE, carbInput=45)
    source = follow(http, bare, clock)

    all_day = await source.treatments(clock.now - DAY)
    since_between = await source.treatments(clock.now - HOUR + MINUTE / 2)

    assert [each.carbs for each in all_day] == [45]
    assert list(since_between) == []


async def test_a_deleted_bolus_disappears(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime
) -> None:
    bare.archive.add("bolus", clock.now - 2 * HOUR, normal=1)
    slip = bare.archive.add("bolus", clock.now - HOUR, normal=10)
    source = follow(http, bare, clock, token=bare.desk.sign_in(clock.now))
    before = await source.treatments(clock.now - DAY)
    bare.archive.remove(slip)

    found = []
    for _ in range(2):
        clock.now += 61 * MINUTE
        bare.archive.add("bolus", clock.now, normal=0.1)
        found = [each.insulin for each in await source.treatments(clock.now - DAY)]

    assert [each.insulin for each in before] == [1, 10]
    assert found == [1, 0.1, 0.1]


async def test_pump_loop_and_phone_are_told(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    source = follow(http, server, clock)

    status = await source.status()

    assert status is not None
    assert status.insulin_on_board == Reported(1.2, clock.now)
    assert status.basal_rate == Reported(1.0, clock.now)
    assert status.reservoir == Reported(138.0, clock.now)
    assert status.pump_battery == Reported(75, clock.now)
    assert [each.name for each in status.profiles] == ["Weekday"]
    assert status.forecast is not None
    assert status.site_changed == status.insulin_changed
    assert status.pump_model == "Tandem 1002717"
    assert status.sensor_model == "Dexcom G7"


async def test_the_newest_upload_that_was_seen_is_known(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime
) -> None:
    source = follow(http, bare, clock)
    await source.identify()
    without = source.uploaded_at()
    bare.archive.add("upload", clock.now - DAY)
    bare.archive.add("upload", clock.now - HOUR)

    await source.identify()

    assert without is None
    assert source.uploaded_at() == clock.now - HOUR


async def test_a_loop_still_runs_when_a_person_decides_something(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime
) -> None:
    """Its newest document is that of a bolus until the loop runs again."""
    source = follow(http, bare, clock, token=bare.desk.sign_in(clock.now))
    seen = []
    for minute, reason in ((0, "loop"), (2, "normalBolus"), (5, "loop")):
        clock.now = NOON + minute * MINUTE
        on_board = {"amount": minute}
        bare.archive.add(
            "dosingDecision", clock.now, reason=reason, insulinOnBoard=on_board
        )
        status = await source.status()
        assert status is not None
        assert status.insulin_on_board == Reported(minute, clock.now)
        seen.append(status.loop)

    assert seen == [
        Reported(LoopState.LOOPING, NOON),
        Reported(LoopState.LOOPING, NOON),
        Reported(LoopState.LOOPING, NOON + 5 * MINUTE),
    ]


async def test_changes_are_asked_for_now_and_then(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    source = follow(http, server, clock, token=server.desk.sign_in(clock.now))
    await source.status()
    clock.now += 59 * MINUTE
    await source.status()
    often = len([each for each in server.requests if "subType" in each.query])

    clock.now += 6 * HOUR
    await source.status()

    assert often == 3
    assert len([each for each in server.requests if "subType" in each.query]) == 6


def prime(server: TidepoolSimulator, at: datetime, target: str) -> str:
    """Add that a tube or a cannula was filled."""
    return server.archive.add("deviceEvent", at, subType="prime", primeTarget=target)


async def test_a_tube_that_is_filled_changes_no_site(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime
) -> None:
    prime(bare, NOON - 60 * HOUR, "cannula")
    prime(bare, NOON - 120 * HOUR, "cannula")
    source = follow(http, bare, clock, token=bare.desk.sign_in(clock.now))
    seen = []
    for target in (None, "tubing", None, "tubing"):
        if target is not None:
            prime(bare, clock.now - MINUTE, target)
        status = await source.status()
        assert status is not None
        seen.append(status.site_changed)
        clock.now += 6 * HOUR

    assert seen == 4 * [NOON - 60 * HOUR]
    # Once for each of two tubes.
    assert asked(bare).count("deviceEvent") == 2


async def test_a_site_is_found_behind_a_tube_after_a_start(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime
) -> None:
    prime(bare, NOON - 90 * HOUR, "cannula")
    prime(bare, NOON - 60 * HOUR, "cannula")
    prime(bare, NOON - HOUR, "tubing")
    # By a wrong clock.
    prime(bare, NOON + 9 * DAY, "cannula")

    status = await follow(http, bare, clock).status()

    assert status is not None
    assert status.site_changed == NOON - 60 * HOUR


async def test_a_site_that_was_changed_while_nobody_looked_is_the_newest(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime
) -> None:
    prime(bare, NOON - 60 * HOUR, "cannula")
    source = follow(http, bare, clock, token=bare.desk.sign_in(clock.now))
    await source.status()

    clock.now += 6 * HOUR
    prime(bare, NOON + HOUR, "cannula")
    prime(bare, NOON + 2 * HOUR, "tubing")
    status = await source.status()

    assert status is not None
    assert status.site_changed == NOON + HOUR


async def test_a_site_is_known_for_longer_than_is_looked_back(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime
) -> None:
    prime(bare, NOON - 60 * DAY, "cannula")
    source = follow(http, bare, clock, token=bare.desk.sign_in(clock.now))
    await source.status()

    clock.now += 6 * HOUR
    prime(bare, NOON + HOUR, "tubing")
    status = await source.status()
    later = await follow(http, bare, clock).status()

    assert status is not None
    assert status.site_changed == NOON - 60 * DAY
    assert later is None


async def test_an_account_without_devices_has_no_status(
    http: ClientSession, bare: TidepoolSimulator, clock: FakeTime
) -> None:
    assert await follow(http, bare, clock).status() is None


async def test_a_long_time_is_read_and_not_held(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    source = follow(http, server, clock)

    readings = await source.readings(clock.now - 30 * DAY)
    done = await source.treatments(clock.now - 30 * DAY)

    assert len(readings) == len(PERSON.readings(clock.now - 3 * DAY, clock.now))
    assert {TreatmentKind.BOLUS, TreatmentKind.CARBS} <= {each.kind for each in done}
    assert source._readings._items == {}
    assert source._facts._items == {}


async def test_an_answer_without_a_user_is_an_error(
    http: ClientSession, server: TidepoolSimulator, clock: FakeTime
) -> None:
    source = follow(http, server, clock, token=server.desk.sign_in(clock.now))
    server.fault = Fault.GARBAGE

    with pytest.raises(CgmResponseError):
        await source.people()
