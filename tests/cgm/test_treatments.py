"""When to ask for treatments, and what a short answer may delete."""

from datetime import UTC, datetime, timedelta

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

    for minutes in (5, 10, 15):
        later = NOON + minutes * MINUTE
        log.answer(ask(log, later), [], later)
    kept = log.treatments
    later = NOON + 60 * MINUTE
    log.answer(ask(log, later), [], later)

    assert kept == (hidden,)
    assert log.treatments == ()


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
