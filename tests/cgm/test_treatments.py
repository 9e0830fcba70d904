"""When to ask for treatments, and what a short answer may delete."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.glucose_follow.cgm.models import Treatment, TreatmentKind
from custom_components.glucose_follow.cgm.treatments import (
    Announcer,
    Question,
    TreatmentLog,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def bolus(at: datetime, identity: str) -> Treatment:
    """Return insulin that somebody gave."""
    return Treatment(at=at, id=identity, kind=TreatmentKind.BOLUS, insulin=2.5)


def told(*treatments: Treatment) -> tuple[Treatment, ...]:
    """Return what is known after everything was told."""
    log = TreatmentLog()
    log.answer(ask(log, NOON), treatments, NOON)
    return log.treatments


def ask(log: TreatmentLog, now: datetime, *, is_new: bool = True) -> Question:
    """Return the question that is due."""
    question = log.question(now, is_new=is_new)
    assert question is not None
    return question


def test_the_first_question_is_for_everything() -> None:
    question = ask(TreatmentLog(), NOON, is_new=False)

    assert question.is_complete
    assert question.since == NOON - timedelta(hours=72)


@pytest.mark.parametrize(
    ("minutes", "is_new", "is_due"),
    [(1, True, False), (4, True, True), (4, False, False), (5, False, True)],
)
def test_a_new_reading_makes_a_question_due_a_little_earlier(
    minutes: int, is_new: bool, is_due: bool
) -> None:
    log = TreatmentLog()
    ask(log, NOON)

    question = log.question(NOON + minutes * MINUTE, is_new=is_new)

    assert (question is not None) is is_due


def test_a_question_that_was_not_answered_is_not_repeated_at_once() -> None:
    log = TreatmentLog()
    ask(log, NOON)

    assert log.question(NOON + MINUTE, is_new=True) is None
    assert ask(log, NOON + 4 * MINUTE).is_complete


def test_everything_is_asked_for_once_an_hour() -> None:
    log = TreatmentLog()
    log.answer(ask(log, NOON), [], NOON)

    assert not ask(log, NOON + 10 * MINUTE).is_complete
    assert ask(log, NOON + 60 * MINUTE).is_complete


def test_a_late_source_is_always_asked_for_everything() -> None:
    """What it tells is older than a short question reaches."""
    log = TreatmentLog(is_late=True)
    log.answer(ask(log, NOON), [], NOON)

    question = ask(log, NOON + 10 * MINUTE)

    assert question.is_complete
    assert question.since == NOON + 10 * MINUTE - timedelta(hours=72)


@pytest.mark.parametrize(("wished", "minutes"), [(3600, 60), (None, 1), (5, 1)])
def test_a_source_that_wants_to_rest_rests(wished: float | None, minutes: int) -> None:
    log = TreatmentLog()
    later = NOON + 10 * MINUTE
    log.rest(later, wished)

    assert log.question(later + (minutes - 0.1) * MINUTE, is_new=True) is None
    assert log.question(later + minutes * MINUTE, is_new=True) is not None


def test_news_is_as_old_as_the_question() -> None:
    log = TreatmentLog()
    question = ask(log, NOON)

    log.answer(question, [], NOON + 10 * MINUTE)

    assert log.are_known(NOON + 14 * MINUTE)
    assert not log.are_known(NOON + 15 * MINUTE)


def test_what_a_late_source_said_is_trusted_for_an_hour() -> None:
    """It is asked every ten minutes, so one failure makes it twenty."""
    log = TreatmentLog(is_late=True)
    log.answer(ask(log, NOON), [], NOON)

    assert log.turning == (NOON, NOON + 60 * MINUTE)
    assert log.are_known(NOON + 59 * MINUTE)
    assert not log.are_known(NOON + 60 * MINUTE)


def test_a_clock_that_went_back_makes_everything_due_and_nothing_known() -> None:
    log = TreatmentLog()
    log.answer(ask(log, NOON), [], NOON)
    earlier = NOON - 60 * MINUTE

    assert not log.are_known(earlier)
    assert ask(log, earlier).is_complete


def test_a_deleted_treatment_disappears_with_the_next_answer() -> None:
    log = TreatmentLog()
    given = bolus(NOON - 20 * MINUTE, "a")
    log.answer(ask(log, NOON), [given], NOON)
    log.answer(ask(log, NOON + 5 * MINUTE), [given], NOON + 5 * MINUTE)

    log.answer(ask(log, NOON + 10 * MINUTE), [], NOON + 10 * MINUTE)

    assert log.treatments == ()


def test_what_only_long_questions_find_is_not_deleted_by_short_ones() -> None:
    """A document with its date in another zone is compared as text."""
    log = TreatmentLog()
    hidden = bolus(NOON - 20 * MINUTE, "a")
    log.answer(ask(log, NOON), [hidden], NOON)

    are_complete = []
    for minutes in (5, 10, 15, 20, 25):
        later = NOON + minutes * MINUTE
        question = ask(log, later)
        log.answer(question, [hidden] if question.is_complete else [], later)
        are_complete.append(question.is_complete)
    kept = log.treatments
    later = NOON + 70 * MINUTE
    log.answer(ask(log, later), [], later)

    assert kept == (hidden,)
    # It is doubted once, and not each time.
    assert are_complete == [False, True, False, False, False]
    assert log.treatments == ()


def test_what_was_deleted_after_everything_was_told_is_looked_into() -> None:
    given = bolus(NOON - 2 * MINUTE, "a")
    log = log_of(TreatmentLog(), given)

    log.answer(ask(log, NOON + 5 * MINUTE), [], NOON + 5 * MINUTE)
    question = ask(log, NOON + 10 * MINUTE)
    log.answer(question, [], NOON + 10 * MINUTE)

    assert question.is_complete
    assert log.treatments == ()


def test_what_a_short_answer_cannot_tell_is_not_looked_into() -> None:
    old, new = bolus(NOON - timedelta(hours=4), "a"), bolus(NOON - MINUTE, "b")
    log = log_of(TreatmentLog(), old, new)

    log.answer(ask(log, NOON + 5 * MINUTE), [new], NOON + 5 * MINUTE)

    assert not ask(log, NOON + 10 * MINUTE).is_complete
    assert log.treatments == (old, new)


def test_an_announcer_forgets_what_is_long_gone() -> None:
    announcer = Announcer(timedelta(minutes=30))
    old = bolus(NOON, "1")
    announcer.news([old], NOON)

    later = NOON + timedelta(days=4)
    assert announcer.news([], later) == ()
    assert announcer._told == {}


def test_a_plan_is_news_once_when_its_time_comes() -> None:
    announcer = Announcer(timedelta(minutes=30))
    plan = bolus(NOON + timedelta(minutes=15), "1")

    assert announcer.news([plan], NOON) == ()
    assert announcer.news([plan], plan.at) == (plan,)
    assert announcer.news([plan], plan.at) == ()


def test_a_copy_of_what_was_told_is_no_news() -> None:
    """Another app's copy comes later, a second apart, and takes its place."""
    announcer = Announcer(timedelta(minutes=30))
    announcer.news([], NOON)
    one = replace(bolus(NOON - MINUTE, "b"), event="77")
    copy = replace(one, id="a", at=one.at + timedelta(seconds=1))
    spread = replace(one, id="c", is_spread=True)

    assert announcer.news([one], NOON) == (one,)
    assert announcer.news([copy, spread], NOON) == (spread,)


def test_what_an_earlier_life_told_is_no_news_after_an_empty_answer() -> None:
    told, late = bolus(NOON - MINUTE, "1"), bolus(NOON - 2 * MINUTE, "2")
    new = bolus(NOON - MINUTE + timedelta(seconds=1), "3")
    announcer = Announcer(timedelta(minutes=30), told.at)
    announcer.news([], NOON)

    assert announcer.news([late, told, new], NOON) == (new,)


def test_what_was_told_by_a_clock_that_was_ahead_silences_nothing() -> None:
    announcer = Announcer(timedelta(minutes=30), NOON + timedelta(hours=3))
    announcer.news([], NOON)
    new = bolus(NOON - MINUTE, "1")

    assert announcer.news([new], NOON) == (new,)


def test_a_treatment_that_two_apps_uploaded_is_one() -> None:
    """The same kind and amount in the same second."""
    one = bolus(NOON - MINUTE, "one")
    other = bolus(NOON - MINUTE + timedelta(milliseconds=700), "other")

    assert told(one, other) == (one,)
    assert told(other, one) == (one,)


@pytest.mark.parametrize(
    "change",
    [
        {"at": NOON - MINUTE + timedelta(seconds=1)},
        {"insulin": 2.55},
        {"carbs": 5.0},
        {"kind": TreatmentKind.LONG_ACTING},
        {"is_spread": True},
    ],
)
def test_treatments_that_differ_are_two(change: dict[str, Any]) -> None:
    one = bolus(NOON - MINUTE, "one")

    assert len(told(one, replace(one, id="other", **change))) == 2


def test_what_the_pump_calls_the_same_is_one_whenever_it_was_uploaded() -> None:
    one = replace(bolus(NOON - 3 * MINUTE, "one"), event="1795247833438")
    other = replace(one, id="other", at=NOON - MINUTE, insulin=2.4)

    assert told(one, other) == (one,)
    assert told(other, one) == (one,)


def test_one_event_of_the_pump_may_be_of_two_kinds() -> None:
    one = replace(bolus(NOON - MINUTE, "one"), event="77")
    carbs = Treatment(
        at=NOON - MINUTE, id="two", kind=TreatmentKind.CARBS, carbs=30.0, event="77"
    )

    assert len(told(one, carbs)) == 2


@pytest.mark.parametrize("minutes", [120.0, 0.0, None])
def test_one_event_of_the_pump_may_be_given_at_once_and_spread(
    minutes: float | None,
) -> None:
    """However long it took in the end."""
    at_once = replace(bolus(NOON - MINUTE, "b1"), event="77")
    spread = replace(at_once, id="a1", insulin=4.0, is_spread=True, duration=minutes)

    assert len(told(at_once, spread)) == 2
    assert len(told(at_once, spread, replace(spread, id="a2", duration=45.0))) == 2


def test_a_copy_without_the_pumps_name_for_it_is_one_too() -> None:
    one = replace(bolus(NOON - MINUTE, "one"), event="77")
    other = replace(bolus(NOON - MINUTE, "other"), event="ABC-DEF")
    third = bolus(NOON - MINUTE, "third")

    assert told(third, other, one) == (one,)


def test_two_finger_sticks_of_one_second_are_one_if_they_agree() -> None:
    one = Treatment(at=NOON, id="one", kind=TreatmentKind.FINGER_STICK, mgdl=120)

    assert told(one, replace(one, id="other")) == (one,)
    assert len(told(one, replace(one, id="other", mgdl=121))) == 2


def test_notes_of_one_second_are_as_many_as_they_are() -> None:
    one = Treatment(at=NOON, id="one", kind=TreatmentKind.NOTE, note="Lunch")

    assert len(told(one, replace(one, id="other"))) == 2


def test_a_bolus_is_a_loops_if_one_of_two_apps_says_so() -> None:
    by_hand = bolus(NOON - MINUTE, "one")
    automatic = replace(by_hand, id="other", is_automatic=True)

    for order in ((by_hand, automatic), (automatic, by_hand)):
        (only,) = told(*order)
        assert only == replace(by_hand, is_automatic=True)


def test_the_other_copy_stays_if_one_is_deleted() -> None:
    log = TreatmentLog()
    one, other = bolus(NOON - 20 * MINUTE, "one"), bolus(NOON - 20 * MINUTE, "other")
    for minutes in (0, 5):
        later = NOON + minutes * MINUTE
        log.answer(ask(log, later), [one, other], later)

    later = NOON + 10 * MINUTE
    log.answer(ask(log, later), [other], later)

    assert log.treatments == (other,)


def test_the_other_copy_is_the_last_as_soon_as_one_is_said_to_be_removed() -> None:
    """Whichever of them stood for both; an older bolus is never the last."""
    older = bolus(NOON - timedelta(hours=5), "older")
    one, other = bolus(NOON, "one"), bolus(NOON, "other")
    answered = log_of(TreatmentLog(), older, one, other)
    overheard = log_of(TreatmentLog(), older)
    overheard.heard([one], (), NOON)
    overheard.heard([other], (), NOON)

    for log in (answered, overheard):
        log.heard((), {"one"}, NOON + MINUTE)

        assert ids(log) == ["older", "other"]
        assert log.are_known(NOON + MINUTE)


def test_the_other_copy_says_what_it_says_if_one_is_edited() -> None:
    one, other = bolus(NOON, "one"), bolus(NOON, "other")
    log = log_of(TreatmentLog(), one, other)

    log.heard([replace(one, insulin=3.0)], (), NOON + MINUTE)

    assert [done.insulin for done in log.treatments] == [2.5, 3.0]


def test_a_copy_is_no_longer_known_when_it_is_too_old() -> None:
    log = log_of(TreatmentLog(), bolus(NOON, "one"), bolus(NOON, "other"))

    log.heard((), (), NOON + timedelta(hours=49))

    assert log._copies == ()


def test_an_edited_treatment_replaces_what_it_was() -> None:
    log = TreatmentLog()
    given = bolus(NOON - 20 * MINUTE, "a")
    log.answer(ask(log, NOON), [given], NOON)
    edited = replace(given, insulin=3.0, at=NOON - 25 * MINUTE)

    later = NOON + 5 * MINUTE
    log.answer(ask(log, later), [edited], later)

    assert log.treatments == (edited,)


def test_carbs_yet_to_come_are_kept() -> None:
    """A bolus before a meal splits off its carbs, and fat is told hours ahead."""
    eaten = Treatment(
        at=NOON + 20 * MINUTE, id="a", kind=TreatmentKind.CARBS, carbs=40.0
    )

    assert told(eaten) == (eaten,)


def log_of(log: TreatmentLog, *known: Treatment, at: datetime = NOON) -> TreatmentLog:
    """Have a log told everything."""
    log.answer(ask(log, at), known, at)
    return log


def ids(log: TreatmentLog) -> list[str]:
    """Return what is known."""
    return [treatment.id for treatment in log.treatments]


def test_what_is_heard_is_known_at_once() -> None:
    log = log_of(TreatmentLog(), bolus(NOON - MINUTE, "a"))

    log.heard([bolus(NOON, "c"), bolus(NOON - 2 * MINUTE, "b")], (), NOON + MINUTE)

    assert ids(log) == ["b", "a", "c"]


def test_an_edit_that_is_heard_is_followed() -> None:
    log = log_of(TreatmentLog(), bolus(NOON, "a"))

    log.heard([bolus(NOON - MINUTE, "a")], (), NOON + MINUTE)

    assert [one.at for one in log.treatments] == [NOON - MINUTE]


def test_a_removal_that_is_heard_is_followed() -> None:
    log = log_of(TreatmentLog(), bolus(NOON - MINUTE, "a"), bolus(NOON, "b"))

    log.heard((), {"a", "never known"}, NOON + MINUTE)

    assert ids(log) == ["b"]


def test_what_is_heard_twice_changes_nothing() -> None:
    log = log_of(TreatmentLog())

    for _ in range(2):
        log.heard([bolus(NOON, "a")], {"b"}, NOON + MINUTE)

    assert ids(log) == ["a"]


def test_what_is_heard_while_an_answer_comes_is_newer_than_the_answer() -> None:
    log = log_of(TreatmentLog(), bolus(NOON - MINUTE, "a"))
    hour = NOON + timedelta(hours=1)
    question = ask(log, hour)

    log.heard([bolus(hour, "b")], {"a"}, hour)
    log.answer(question, [bolus(NOON - MINUTE, "a")], hour)

    assert ids(log) == ["b"]


def test_what_was_heard_before_a_question_gives_way_to_the_answer() -> None:
    log = log_of(TreatmentLog())
    log.heard([bolus(NOON, "a")], (), NOON)
    hour = NOON + timedelta(hours=1)

    log.answer(ask(log, hour), [], hour)

    assert ids(log) == []


def test_nothing_is_kept_for_an_answer_that_nobody_waits_for() -> None:
    """A connection may last for months."""
    log = log_of(TreatmentLog())

    log.heard([bolus(NOON, "a")], (), NOON)

    assert log._heard_meanwhile is None


def test_what_was_only_heard_is_not_all_that_was_done() -> None:
    """A site that cannot read its database says at first that nothing was done."""
    log = TreatmentLog()

    log.heard((), (), NOON)
    before = log.are_known(NOON)
    log_of(log)

    assert not before
    assert log.are_known(NOON)


@pytest.mark.parametrize(
    ("ages", "gone"),
    [([30, 2, 1], "abc"), ([30, 2, 1], "bc"), ([2], "a"), ([30], "a")],
)
def test_treatments_that_are_gone_all_at_once_are_kept_and_not_known(
    ages: list[int], gone: str
) -> None:
    """Several of a day, or all there are: the site may be unable to read them."""
    known = [
        bolus(NOON - timedelta(hours=age), name)
        for age, name in zip(ages, "abc", strict=False)
    ]
    log = log_of(TreatmentLog(), *known)
    now = NOON + 10 * MINUTE

    log.heard((), set(gone), now)
    question = log.question(now, is_new=False, is_pushed=True)

    assert log.treatments == tuple(known)
    assert log.is_disputed
    assert not log.are_known(now)
    assert question is not None
    assert question.is_complete


def disputed(now: datetime) -> TreatmentLog:
    """Return a log whose source said that everything is gone."""
    log = log_of(TreatmentLog(), bolus(NOON - MINUTE, "a"), bolus(NOON, "b"))
    log.heard((), {"a", "b"}, now)
    return log


def test_a_whole_answer_decides_what_is_gone() -> None:
    now = NOON + 10 * MINUTE
    log = disputed(now)

    log_of(log, bolus(NOON, "b"), at=now)

    assert ids(log) == ["b"]
    assert log.are_known(now)
    assert log.question(now + 10 * MINUTE, is_new=True, is_pushed=True) is None


def test_what_is_told_again_was_never_gone() -> None:
    now = NOON + 10 * MINUTE
    log = disputed(now)

    log.heard([bolus(NOON, "b")], (), now)
    half = log.are_known(now)
    log.heard([bolus(NOON - MINUTE, "a")], (), now)

    assert not half
    assert log.are_known(now)
    # That it could be in doubt is looked into all the same.
    assert log.question(now, is_new=True, is_pushed=True) is not None


def test_what_gets_lost_while_an_answer_comes_is_asked_for_again() -> None:
    now = NOON + timedelta(hours=1)
    known = bolus(NOON - MINUTE, "a"), bolus(NOON, "b")
    log = log_of(TreatmentLog(), *known)
    question = ask(log, now)

    log.heard((), {"a", "b"}, now)
    log.answer(question, known, now)
    later = now + 5 * MINUTE
    again = log.question(later, is_new=True, is_pushed=True)

    assert ids(log) == ["a", "b"]
    assert not log.are_known(now)
    assert again is not None
    assert again.is_complete


def test_what_is_heard_keeps_the_last_treatment_the_last() -> None:
    log = log_of(TreatmentLog())

    log.heard((), (), NOON + 14 * MINUTE)

    assert log.are_known(NOON + 28 * MINUTE)
    assert not log.are_known(NOON + 30 * MINUTE)


@pytest.mark.parametrize("is_pushed", [True, False])
def test_what_is_pushed_is_not_asked_for(is_pushed: bool) -> None:
    log = log_of(TreatmentLog())

    question = log.question(NOON + 30 * MINUTE, is_new=True, is_pushed=is_pushed)

    assert (question is None) is is_pushed


def test_everything_is_asked_for_once_an_hour_whatever_is_pushed() -> None:
    log = log_of(TreatmentLog())
    now = NOON + timedelta(hours=1)
    log.heard((), (), now)

    question = log.question(now, is_new=False, is_pushed=True)

    assert question is not None
    assert question.is_complete


@pytest.mark.parametrize(("age", "is_asked"), [(23, True), (25, False)])
def test_a_removal_is_looked_into(age: int, is_asked: bool) -> None:
    """It may have been one of two copies; of old ones a site only forgets."""
    old = bolus(NOON - timedelta(hours=age), "a")
    log = log_of(TreatmentLog(), old, bolus(NOON, "b"))
    now = NOON + 10 * MINUTE

    log.heard((), {"a"}, now)
    question = log.question(now, is_new=False, is_pushed=True)

    assert (question is not None and question.is_complete) is is_asked
    assert log.is_told


def test_a_removal_is_looked_into_once() -> None:
    log = log_of(TreatmentLog(), bolus(NOON, "a"))
    log.heard((), {"a"}, NOON + 10 * MINUTE)
    log_of(log, at=NOON + 10 * MINUTE)

    later = NOON + 20 * MINUTE
    log.heard((), (), later)

    assert log.question(later, is_new=False, is_pushed=True) is None


def test_a_limit_of_the_source_counts_for_doubts_too() -> None:
    log = log_of(TreatmentLog(), bolus(NOON, "a"))
    log.rest(NOON, 3600)

    log.heard((), {"a"}, NOON + 10 * MINUTE)

    assert log.question(NOON + 10 * MINUTE, is_new=True, is_pushed=True) is None
