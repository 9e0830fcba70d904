"""What pump, loop and phone say that is still so."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.glucose_follow.cgm.data import STALE_AFTER, judge
from custom_components.glucose_follow.cgm.models import (
    BasalSchedule,
    DeviceStatus,
    Forecast,
    LoopState,
    ProfileUse,
    Reported,
    TemporaryTarget,
    Treatment,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.status import StatusLog, ages, current
from custom_components.glucose_follow.cgm.timeline import Timeline

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")

HALF_HOUR = ("insulin_on_board", "carbs_on_board")
ONE_HOUR = (
    "basal_rate",
    "reservoir",
    "pump_battery",
    "pump_voltage",
    "uploader_battery",
)

SCHEDULE = BasalSchedule(zone=BERLIN, rates=((0, 0.7), (6 * 3600, 1.1), (82_800, 0.8)))
PROFILE = ProfileUse(start=NOON - 30 * 24 * HOUR, name="Default", basal=SCHEDULE)
PUMP = DeviceStatus(reservoir=Reported(90.0, NOON), profiles=(PROFILE,))


def now(
    status: DeviceStatus,
    *treatments: Treatment,
    at: datetime = NOON,
    are_treatments_known: bool = True,
    is_late: bool = False,
) -> DeviceStatus:
    """Return what is so at a moment, noon unless told."""
    return current(
        status,
        treatments,
        now=at,
        are_treatments_known=are_treatments_known,
        is_late=is_late,
    )


def did(kind: TreatmentKind, minutes: float, **fields: object) -> Treatment:
    """Return what was done so many minutes before noon."""
    at = NOON - minutes * MINUTE
    return Treatment(at=at, id=f"{kind} {minutes}", kind=kind, **fields)  # type: ignore[arg-type]  # whatever a test names


def basal(minutes: float, **fields: object) -> Treatment:
    """Return a temporary basal rate."""
    return did(TreatmentKind.TEMP_BASAL, minutes, **fields)


def rate(*treatments: Treatment, status: DeviceStatus = PUMP) -> float | None:
    """Return the basal rate at noon."""
    found = now(status, *treatments).basal_rate
    return found.value if found else None


@pytest.mark.parametrize(
    ("name", "span"),
    [(name, 30) for name in HALF_HOUR] + [(name, 60) for name in ONE_HOUR],
)
def test_each_value_ends_at_its_own_age(name: str, span: int) -> None:
    status = DeviceStatus(**{name: Reported(1.5, NOON)})  # type: ignore[arg-type]  # whatever a test names

    last, over = NOON + (span - 0.01) * MINUTE, NOON + span * MINUTE
    assert getattr(now(status, at=last), name) == Reported(1.5, NOON)
    assert getattr(now(status, at=over), name) is None


def test_a_profile_the_pump_names_ends_too() -> None:
    status = DeviceStatus(active_profile=Reported("Weekend", NOON))

    assert now(status, at=NOON + 59 * MINUTE).active_profile is not None
    assert now(status, at=NOON + 60 * MINUTE).active_profile is None


def test_a_forecast_ends_when_the_loop_should_have_made_another() -> None:
    made = Forecast(start=NOON, period=5 * MINUTE, mgdl=(120.0, 118.0))
    status = DeviceStatus(forecast=Reported(made, NOON))

    assert now(status, at=NOON + 14 * MINUTE).forecast is not None
    assert now(status, at=NOON + 15 * MINUTE).forecast is None


@pytest.mark.parametrize(("minutes", "is_so"), [(0, True), (10, True), (10.1, False)])
def test_a_report_from_the_future_has_no_age(minutes: float, is_so: bool) -> None:
    status = DeviceStatus(reservoir=Reported(90.0, NOON + minutes * MINUTE))

    assert (now(status).reservoir is not None) is is_so


@pytest.mark.parametrize(
    ("minutes", "state"),
    [
        (0, LoopState.LOOPING),
        (14.9, LoopState.LOOPING),
        (15, LoopState.NOT_LOOPING),
        (59.9, LoopState.NOT_LOOPING),
        (60, None),
    ],
)
def test_a_loop_that_does_not_run_does_not_loop(
    minutes: float, state: LoopState | None
) -> None:
    status = DeviceStatus(loop=Reported(LoopState.LOOPING, NOON), looped_at=NOON)

    found = now(status, at=NOON + minutes * MINUTE)

    assert found.loop == (Reported(state, NOON) if state else None)
    assert found.looped_at == NOON


@pytest.mark.parametrize("state", [LoopState.LOOPING, LoopState.ERROR])
def test_a_loop_that_is_heard_of_late_is_not_said_to_have_stopped(
    state: LoopState,
) -> None:
    status = DeviceStatus(loop=Reported(state, NOON), looped_at=NOON)

    heard = now(status, at=NOON + 14.9 * MINUTE, is_late=True)
    silent = now(status, at=NOON + 15 * MINUTE, is_late=True)

    assert heard.loop == Reported(state, NOON)
    assert silent.loop is None
    assert silent.looped_at == NOON


@pytest.mark.parametrize(
    ("state", "is_suspended", "expected"),
    [
        (LoopState.LOOPING, True, LoopState.SUSPENDED),
        (LoopState.OPEN, True, LoopState.SUSPENDED),
        (LoopState.ERROR, True, LoopState.ERROR),
        (LoopState.LOOPING, False, LoopState.LOOPING),
    ],
)
def test_a_loop_without_a_pump_that_gives_is_suspended(
    state: LoopState, is_suspended: bool, expected: LoopState
) -> None:
    status = DeviceStatus(
        loop=Reported(state, NOON), is_suspended=Reported(is_suspended, NOON)
    )

    assert now(status).loop == Reported(expected, NOON)


def test_a_suspension_that_is_too_old_suspends_nothing() -> None:
    status = DeviceStatus(
        loop=Reported(LoopState.LOOPING, NOON),
        is_suspended=Reported(True, NOON - HOUR),
    )

    assert now(status).loop == Reported(LoopState.LOOPING, NOON)


@pytest.mark.parametrize(
    ("at", "expected", "since"),
    [
        # Noon in London is one o'clock in Berlin in winter.
        (NOON, 1.1, "2026-11-21T05:00:00+00:00"),
        (NOON.replace(hour=4, minute=59), 0.7, "2026-11-20T23:00:00+00:00"),
        (NOON.replace(hour=5), 1.1, "2026-11-21T05:00:00+00:00"),
        (NOON.replace(hour=22), 0.8, "2026-11-21T22:00:00+00:00"),
        (NOON.replace(hour=23), 0.7, "2026-11-21T23:00:00+00:00"),
        # In summer Berlin is another hour ahead.
        (NOON.replace(month=7, hour=3, minute=59), 0.7, "2026-07-20T22:00:00+00:00"),
        (NOON.replace(month=7, hour=4), 1.1, "2026-07-21T04:00:00+00:00"),
        # The night on which the clock goes back: two o'clock comes twice.
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), 0.7, "2026-10-24T22:00:00+00:00"),
        (datetime(2026, 10, 25, 4, 59, tzinfo=UTC), 0.7, "2026-10-24T22:00:00+00:00"),
        (datetime(2026, 10, 25, 5, 0, tzinfo=UTC), 1.1, "2026-10-25T05:00:00+00:00"),
        # The night on which it goes forward.
        (datetime(2026, 3, 29, 3, 59, tzinfo=UTC), 0.7, "2026-03-28T23:00:00+00:00"),
        (datetime(2026, 3, 29, 4, 0, tzinfo=UTC), 1.1, "2026-03-29T04:00:00+00:00"),
    ],
)
def test_the_scheduled_rate_follows_the_clock_on_the_persons_wall(
    at: datetime, expected: float, since: str
) -> None:
    profile = ProfileUse(
        start=datetime(2026, 1, 1, tzinfo=UTC), name="", basal=SCHEDULE
    )
    status = DeviceStatus(reservoir=Reported(90.0, at), profiles=(profile,))

    found = now(status, at=at).basal_rate

    assert found == Reported(expected, datetime.fromisoformat(since))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"rate": 1.85, "duration": 30}, 1.85),
        ({"rate": 0.0, "duration": 30}, 0.0),
        ({"percent": 50, "duration": 30}, 1.65),
        ({"percent": -20, "duration": 30}, 0.88),
        ({"percent": -100, "duration": 30}, 0.0),
        ({"rate": 0.5, "percent": -20, "duration": 30}, 0.5),
        ({"rate": 1.85, "duration": 0}, 1.1),
        ({"rate": 1.85, "duration": 10}, 1.1),
        ({"rate": 1.85}, 1.1),
        ({"duration": 30}, 1.1),
    ],
)
def test_a_temporary_rate_replaces_the_scheduled_one_for_its_time(
    fields: dict[str, float], expected: float
) -> None:
    assert rate(basal(10, **fields)) == expected


def test_a_temporary_rate_is_cut_by_the_next() -> None:
    assert (
        rate(basal(20, rate=1.85, duration=60), basal(10, rate=0.4, duration=30)) == 0.4
    )
    assert rate(basal(20, rate=1.85, duration=60), basal(10, duration=0)) == 1.1
    assert rate(basal(20, rate=1.85, duration=60), basal(10, rate=9, duration=5)) == 1.1


def test_a_planned_temporary_rate_has_not_begun() -> None:
    assert rate(basal(-1, rate=1.85, duration=30)) == 1.1


def test_since_when_a_rate_runs_is_known() -> None:
    absolute = now(PUMP, basal(10, rate=1.85, duration=30)).basal_rate
    relative = now(PUMP, basal(10, percent=50, duration=30)).basal_rate

    assert absolute == Reported(1.85, NOON - 10 * MINUTE)
    assert relative == Reported(1.65, NOON - 10 * MINUTE)


@pytest.mark.parametrize(
    ("treatments", "expected"),
    [
        ([did(TreatmentKind.SUSPEND, 90, rate=0.0)], 0.0),
        ([did(TreatmentKind.SUSPEND, 20, rate=0.0, duration=30)], 0.0),
        ([did(TreatmentKind.SUSPEND, 20, rate=0.0, duration=10)], 1.1),
        ([did(TreatmentKind.SUSPEND, 20), did(TreatmentKind.RESUME, 10)], 1.1),
        ([did(TreatmentKind.SUSPEND, 20), basal(10, rate=0.4, duration=30)], 0.4),
        ([basal(20, rate=0.4, duration=30), did(TreatmentKind.SUSPEND, 10)], 0.0),
        ([did(TreatmentKind.RESUME, 10)], 1.1),
    ],
)
def test_a_pump_that_was_suspended_gives_nothing_until_it_goes_on(
    treatments: list[Treatment], expected: float
) -> None:
    assert rate(*treatments) == expected


@pytest.mark.parametrize(
    ("treatments", "is_suspended", "minutes", "expected"),
    [
        ([], True, 5, 0.0),
        ([], False, 5, 1.1),
        ([basal(10, rate=0.4, duration=30)], True, 5, 0.0),
        ([basal(10, rate=0.4, duration=30)], False, 5, 0.4),
        ([basal(10, rate=0.4, duration=30)], True, 15, 0.4),
        ([did(TreatmentKind.SUSPEND, 10)], False, 5, 1.1),
        ([did(TreatmentKind.SUSPEND, 10)], False, 15, 0.0),
        ([did(TreatmentKind.SUSPEND, 10)], True, 5, 0.0),
    ],
)
def test_what_the_pump_says_of_itself_counts_if_it_is_newer(
    treatments: list[Treatment], is_suspended: bool, minutes: int, expected: float
) -> None:
    said = Reported(is_suspended, NOON - minutes * MINUTE)
    status = DeviceStatus(is_suspended=said, profiles=(PROFILE,))

    assert rate(*treatments, status=status) == expected


def test_what_the_loop_set_counts_before_it_is_a_treatment() -> None:
    status = DeviceStatus(
        loop=Reported(LoopState.LOOPING, NOON),
        profiles=(PROFILE,),
        enacted=basal(5, rate=2.0, duration=30),
    )

    assert rate(status=status) == 2.0
    assert rate(basal(10, rate=0.4, duration=30), status=status) == 2.0
    assert rate(basal(1, rate=0.4, duration=30), status=status) == 0.4


def test_what_the_loop_will_set_does_not_count_yet() -> None:
    status = DeviceStatus(
        loop=Reported(LoopState.LOOPING, NOON),
        profiles=(PROFILE,),
        enacted=basal(-5, rate=2.0, duration=30),
    )

    assert rate(status=status) == 1.1


def test_without_a_profile_nobody_knows_the_rate() -> None:
    nameless = ProfileUse(start=NOON - HOUR, name="Default")
    later = ProfileUse(start=NOON + HOUR, name="Default", basal=SCHEDULE)
    temporary = basal(10, rate=0.4, duration=30)

    for profiles in ((), (nameless,), (later,)):
        status = DeviceStatus(reservoir=Reported(90.0, NOON), profiles=profiles)
        assert rate(temporary, status=status) is None


def test_without_treatments_nobody_knows_the_rate() -> None:
    assert now(PUMP, are_treatments_known=False).basal_rate is None


def test_a_pump_that_has_not_been_heard_of_gives_nobody_knows_what() -> None:
    assert now(PUMP, at=NOON + 59 * MINUTE).basal_rate is not None
    assert now(PUMP, at=NOON + 60 * MINUTE).basal_rate is None


def test_a_rate_does_not_outlive_its_known_end() -> None:
    """Whenever it was read, and although nothing was read since."""
    status = DeviceStatus(
        basal_rate=Reported(0.0, NOON), basal_rate_until=NOON + 5 * MINUTE
    )

    assert now(status, at=NOON + 14 * MINUTE).basal_rate == Reported(0.0, NOON)
    assert now(status, at=NOON + 15 * MINUTE).basal_rate is None


def test_a_rate_that_the_source_knows_itself_is_believed() -> None:
    status = DeviceStatus(basal_rate=Reported(0.3, NOON), profiles=(PROFILE,))

    assert now(status, are_treatments_known=False).basal_rate == Reported(0.3, NOON)


@pytest.mark.parametrize(
    ("status", "treatments", "is_pump"),
    [
        (DeviceStatus(), (), False),
        (DeviceStatus(uploader_battery=Reported(50.0, NOON)), (), False),
        (DeviceStatus(sensor_started=NOON - HOUR), (), False),
        (DeviceStatus(site_changed=NOON - 90 * HOUR), (), True),
        (DeviceStatus(insulin_changed=NOON - HOUR), (), True),
        (DeviceStatus(pump_battery_changed=NOON - HOUR), (), True),
        (DeviceStatus(), (basal(600, rate=1, duration=30),), True),
        (DeviceStatus(), (did(TreatmentKind.BOLUS, 9, insulin=2.0),), False),
        (DeviceStatus(), (did(TreatmentKind.SITE_CHANGE, -9),), False),
    ],
)
def test_who_has_a_profile_and_no_pump_has_no_basal_rate(
    status: DeviceStatus, treatments: tuple[Treatment, ...], is_pump: bool
) -> None:
    """Many people who inject have a profile on their site."""
    known = DeviceStatus(
        uploader_battery=status.uploader_battery,
        sensor_started=status.sensor_started,
        site_changed=status.site_changed,
        insulin_changed=status.insulin_changed,
        pump_battery_changed=status.pump_battery_changed,
        profiles=(PROFILE,),
    )

    assert rate(*treatments, status=known) == (1.1 if is_pump else None)


def test_the_profile_that_began_last_and_has_not_ended_is_in_use() -> None:
    weekend = ProfileUse(start=NOON - 2 * HOUR, name="Weekend")
    sick = ProfileUse(start=NOON - HOUR, until=NOON + HOUR, name="Sick")
    status = DeviceStatus(profiles=(PROFILE, weekend, sick))

    def name(at: datetime) -> str | None:
        profile = now(status, at=at).active_profile
        return profile.value if profile else None

    assert name(NOON - 3 * HOUR) == "Default"
    assert name(NOON - HOUR) == "Sick"
    assert name(NOON + HOUR - MINUTE) == "Sick"
    assert name(NOON + HOUR) == "Weekend"
    assert now(status).active_profile == Reported("Sick", NOON - HOUR)


def test_the_pump_knows_better_which_profile_it_runs() -> None:
    said = Reported("Night", NOON - 5 * MINUTE)
    status = DeviceStatus(active_profile=said, profiles=(PROFILE,))

    assert now(status).active_profile == said


TARGET = TemporaryTarget(low=140, high=140, until=NOON + 20 * MINUTE)


def test_a_temporary_target_runs_until_its_end() -> None:
    aimed = did(TreatmentKind.TEMPORARY_TARGET, 25, target=TARGET, duration=45)
    status = DeviceStatus()

    assert now(status, aimed).temporary_target == Reported(TARGET, aimed.at)
    assert now(status, aimed, at=NOON + 19.9 * MINUTE).temporary_target is not None
    assert now(status, aimed, at=NOON + 20 * MINUTE).temporary_target is None


def test_a_temporary_target_can_be_ended_replaced_and_planned() -> None:
    aimed = did(TreatmentKind.TEMPORARY_TARGET, 25, target=TARGET)
    ended = did(TreatmentKind.TEMPORARY_TARGET, 5)
    other = did(
        TreatmentKind.TEMPORARY_TARGET,
        4,
        target=TemporaryTarget(low=80, high=100, until=None),
    )
    planned = did(TreatmentKind.TEMPORARY_TARGET, -5)

    assert now(DeviceStatus(), aimed, ended).temporary_target is None
    assert now(DeviceStatus(), aimed, ended, other).temporary_target == Reported(
        other.target, other.at
    )
    assert now(DeviceStatus(), aimed, planned).temporary_target is not None


def test_a_target_that_the_source_knows_itself_ends_too() -> None:
    status = DeviceStatus(temporary_target=Reported(TARGET, NOON))

    assert now(status).temporary_target == Reported(TARGET, NOON)
    assert now(status, at=NOON + HOUR).temporary_target is None


def test_without_treatments_nobody_knows_what_runs_for_a_while() -> None:
    aimed = did(TreatmentKind.TEMPORARY_TARGET, 25, target=TARGET)
    chosen = did(TreatmentKind.OVERRIDE, 25, note="Sport")

    found = now(DeviceStatus(), aimed, chosen, are_treatments_known=False)

    assert found.temporary_target is None
    assert found.override is None


def test_an_override_runs_until_its_end_and_then_there_is_none() -> None:
    chosen = did(TreatmentKind.OVERRIDE, 25, note="Sport", duration=45)
    end = NOON + 20 * MINUTE

    running = now(DeviceStatus(), chosen)
    over = now(DeviceStatus(), chosen, at=end)

    assert running.override == Reported("Sport", chosen.at)
    assert running.override_until == end
    assert over.override == Reported("", end)
    assert over.override_until is None


@pytest.mark.parametrize(
    ("minutes", "duration", "name"),
    [
        (44, 45, "Sport"),
        (45, 45, None),
        (59, None, "Sport"),
        (60, None, None),
        (90, 120, "Sport"),
        (5, 0, None),
    ],
)
def test_of_a_late_source_nobody_knows_what_followed_an_override(
    minutes: int, duration: int | None, name: str | None
) -> None:
    """Another may run of which nothing is uploaded yet, and an endless one may not."""
    chosen = did(TreatmentKind.OVERRIDE, minutes, note="Sport", duration=duration)

    found = now(DeviceStatus(), chosen, is_late=True)

    assert found.override == (Reported(name, chosen.at) if name else None)
    assert found.override_until == (chosen.until if name else None)


@pytest.mark.parametrize(
    ("treatments", "name"),
    [
        ([], "Sleep"),
        ([did(TreatmentKind.OVERRIDE, 20, note="Sport", duration=60)], "Sleep"),
        ([did(TreatmentKind.OVERRIDE, 5, note="Sport", duration=60)], "Sport"),
        ([did(TreatmentKind.OVERRIDE, 5, note="Sport")], "Sport"),
        ([did(TreatmentKind.OVERRIDE, 5)], "Custom"),
        ([did(TreatmentKind.OVERRIDE, 5, duration=0)], ""),
        ([did(TreatmentKind.OVERRIDE, -5, note="Sport")], "Sleep"),
        ([did(TreatmentKind.EXERCISE, 5, note="Sport")], "Sleep"),
    ],
)
def test_whatever_was_said_last_of_overrides_is_so(
    treatments: list[Treatment], name: str
) -> None:
    status = DeviceStatus(
        override=Reported("Sleep", NOON - 10 * MINUTE), override_until=NOON + HOUR
    )

    override = now(status, *treatments).override

    assert override is not None
    assert override.value == name


def test_an_override_of_which_nothing_is_heard_is_unknown() -> None:
    status = DeviceStatus(
        override=Reported("Sleep", NOON - HOUR), override_until=NOON + HOUR
    )

    found = now(status)

    assert found.override is None
    assert found.override_until is None


@pytest.mark.parametrize("minutes", [59, 61])
def test_an_override_that_a_loop_ended_does_not_come_back(minutes: int) -> None:
    """Also not when it is long ago that the loop said so."""
    chosen = did(TreatmentKind.OVERRIDE, 240, note="Sport")
    status = DeviceStatus(override=Reported("", NOON - minutes * MINUTE))

    override = now(status, chosen).override

    assert override in {None, status.override}


KINDS = {
    "sensor_started": TreatmentKind.SENSOR_START,
    "site_changed": TreatmentKind.SITE_CHANGE,
    "insulin_changed": TreatmentKind.INSULIN_CHANGE,
    "pump_battery_changed": TreatmentKind.PUMP_BATTERY_CHANGE,
}


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_what_is_changed_seldom_is_known_however_long_ago(
    name: str, kind: TreatmentKind
) -> None:
    long_ago = NOON - timedelta(days=300)
    status = DeviceStatus(**{name: long_ago})  # type: ignore[arg-type]  # whatever a test names

    def changed(*treatments: Treatment) -> object:
        return getattr(now(status, *treatments), name)

    assert changed() == long_ago
    assert changed(did(kind, 20), did(kind, 10)) == NOON - 10 * MINUTE
    assert changed(did(kind, -10)) == long_ago
    assert changed(did(TreatmentKind.NOTE, 10)) == long_ago
    assert getattr(now(DeviceStatus(), did(kind, 10)), name) == NOON - 10 * MINUTE


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_a_change_stays_the_last_while_treatments_are_not_known(
    name: str, kind: TreatmentKind
) -> None:
    """What is asked for seldom may not know of it yet, only of the one before."""
    before = DeviceStatus(**{name: NOON - timedelta(days=9)})  # type: ignore[arg-type]  # whatever a test names

    found = now(before, did(kind, 60), are_treatments_known=False)

    assert getattr(found, name) == NOON - HOUR


def test_what_is_published_does_not_hold_what_it_was_made_of() -> None:
    status = DeviceStatus(profiles=(PROFILE,), enacted=basal(5, rate=1, duration=30))

    found = now(status)

    assert found.profiles == ()
    assert found.enacted is None


def test_only_what_is_current_is_published() -> None:
    status = DeviceStatus(
        insulin_on_board=Reported(2.0, NOON - 31 * MINUTE),
        reservoir=Reported(90.0, NOON - 31 * MINUTE),
        profiles=(PROFILE,),
    )

    data = judge(
        Timeline(),
        [basal(10, rate=0.4, duration=30)],
        now=NOON,
        stale_after=STALE_AFTER,
        are_treatments_known=True,
        is_answering=True,
        status=status,
    )

    assert data.status.insulin_on_board is None
    assert data.status.reservoir is not None
    assert data.status.basal_rate == Reported(0.4, NOON - 10 * MINUTE)


def test_what_does_not_change_is_not_published_again() -> None:
    """Listeners are called for everything that differs."""
    status = DeviceStatus(
        loop=Reported(LoopState.LOOPING, NOON),
        is_suspended=Reported(False, NOON),
        profiles=(PROFILE,),
    )
    running = basal(10, percent=50, duration=60)

    assert now(status, running) == now(status, running, at=NOON + 5 * MINUTE)


def test_the_age_of_everything_that_was_told_is_known() -> None:
    status = DeviceStatus(
        reservoir=Reported(90.0, NOON - MINUTE),
        looped_at=NOON - HOUR,
        override_until=NOON + HOUR,
        profiles=(PROFILE,),
        pump_model="Dash",
    )

    assert ages(status, NOON) == {"reservoir": MINUTE, "looped_at": HOUR}


def lively(at: datetime = NOON) -> DeviceStatus:
    """Return what a loop says."""
    return DeviceStatus(loop=Reported(LoopState.LOOPING, at))


def asked_log(status: DeviceStatus | None = None) -> StatusLog:
    """Return a log that asked at noon, and was told something by a loop."""
    log = StatusLog()
    assert log.is_due(NOON, None)
    log.answer(status or lively())
    return log


def test_the_first_question_is_asked_at_once() -> None:
    log = StatusLog()

    assert log.is_due(NOON, None)
    assert not log.is_due(NOON + MINUTE, None)
    assert log.status is None


@pytest.mark.parametrize(
    ("seconds", "seen", "is_due"),
    [
        # A reading arrives five minutes after the question.
        (300, 300, False),
        (344, 300, False),
        (345, 300, True),
        # One that came before the question was asked about already.
        (345, -60, False),
        # One that came with it was asked about too early.
        (345, 0, True),
        (239, 100, False),
        (240, 100, True),
        (359, None, False),
        (360, None, True),
        (360, 340, True),
    ],
)
def test_a_loop_is_asked_about_a_while_after_its_reading(
    seconds: int, seen: int | None, is_due: bool
) -> None:
    newest = None if seen is None else NOON + timedelta(seconds=seen)

    assert asked_log().is_due(NOON + timedelta(seconds=seconds), newest) is is_due


def test_a_day_of_readings_is_as_many_questions() -> None:
    log, asked = asked_log(), 0

    for tick in range(24 * 180):
        now = NOON + tick * timedelta(seconds=20)
        seen = NOON + now.minute // 5 * 5 * MINUTE
        newest = now.replace(minute=seen.minute, second=7)
        if log.is_due(now, newest):
            log.answer(lively(now))
            asked += 1

    assert asked == 288


def test_a_sensor_that_sends_every_minute_does_not_ask_more_often() -> None:
    log, asked = asked_log(), 0

    for tick in range(180):
        now = NOON + tick * timedelta(seconds=20)
        if log.is_due(now, now.replace(second=0)):
            asked += 1

    assert asked <= 15


@pytest.mark.parametrize(
    "status",
    [
        DeviceStatus(),
        DeviceStatus(uploader_battery=Reported(50.0, NOON)),
        lively(NOON - HOUR),
    ],
)
def test_where_no_pump_and_no_loop_is_heard_of_the_site_is_asked_less(
    status: DeviceStatus,
) -> None:
    log = asked_log(status)
    later = NOON + 14.9 * MINUTE

    assert not log.is_due(later, later - MINUTE)
    assert log.is_due(NOON + 15 * MINUTE, None)


@pytest.mark.parametrize(
    "status",
    [
        lively(),
        DeviceStatus(insulin_on_board=Reported(1.0, NOON)),
        DeviceStatus(reservoir=Reported(90.0, NOON)),
    ],
)
def test_whatever_a_pump_says_makes_it_worth_asking(status: DeviceStatus) -> None:
    assert asked_log(status).is_due(NOON + 6 * MINUTE, None)


def test_a_question_without_an_answer_is_asked_again_soon() -> None:
    log = StatusLog()
    log.is_due(NOON, None)

    assert not log.is_due(NOON + 5.9 * MINUTE, None)
    assert log.is_due(NOON + 6 * MINUTE, None)


@pytest.mark.parametrize(("wished", "minutes"), [(3600, 60), (None, 1), (5, 1)])
def test_a_source_that_wants_to_rest_rests(wished: float | None, minutes: int) -> None:
    log = StatusLog()
    log.rest(NOON, wished)

    assert not log.is_due(NOON + (minutes - 0.1) * MINUTE, None)
    assert log.is_due(NOON + minutes * MINUTE, None)


def test_what_is_said_unasked_is_not_asked_for_but_once_an_hour() -> None:
    log = asked_log()
    log.heard(lively(), NOON)
    asked = []

    for minute in range(1, 181):
        now = NOON + minute * MINUTE
        if minute % 5 == 0:
            log.heard(lively(now), now)
        if log.is_due(now, now - MINUTE):
            asked.append(minute)

    assert asked == [60, 120, 180]
    assert log.status == lively(NOON + 180 * MINUTE)


def test_a_source_that_falls_silent_is_asked_again() -> None:
    log = asked_log()
    log.heard(lively(NOON + 5 * MINUTE), NOON + 5 * MINUTE)

    assert not log.is_due(NOON + 10.9 * MINUTE, None)
    assert log.is_due(NOON + 11 * MINUTE, None)


def test_a_clock_that_went_back_makes_everything_due() -> None:
    log = asked_log()

    assert log.is_due(NOON - MINUTE, None)


def test_what_is_pushed_is_asked_for_every_three_hours() -> None:
    """Profiles and changes of long ago are read then as well."""
    log = asked_log()
    log.heard(lively(NOON), NOON)
    asked = [
        minutes
        for minutes in range(0, 400, 5)
        if log.is_due(NOON + minutes * MINUTE, None, is_pushed=True)
    ]

    assert asked == [180, 360]


def test_where_nothing_was_pushed_of_devices_they_are_asked_for() -> None:
    log = asked_log()

    assert log.is_due(NOON + 6 * MINUTE, None, is_pushed=True)


def test_what_is_not_pushed_any_more_is_asked_for_again() -> None:
    log = asked_log()
    log.heard(lively(NOON + MINUTE), NOON + MINUTE)

    assert not log.is_due(NOON + 8 * MINUTE, None, is_pushed=True)
    assert log.is_due(NOON + 8 * MINUTE, None)


def test_a_clock_that_goes_back_makes_everything_due_that_is_pushed() -> None:
    log = asked_log()
    log.heard(lively(NOON), NOON)

    assert log.is_due(NOON - MINUTE, None, is_pushed=True)


def test_a_source_that_is_hours_behind_is_asked_once_an_hour() -> None:
    log = StatusLog()

    assert log.is_due(NOON, NOON, is_late=True)
    assert not log.is_due(NOON + 59 * MINUTE, NOON + 58 * MINUTE, is_late=True)
    assert log.is_due(NOON + 60 * MINUTE, NOON, is_late=True)
