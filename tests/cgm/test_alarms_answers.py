"""For how long nobody has answered an alarm, which is when more people hear of it."""

import pytest

from custom_components.glucose_follow.cgm.alarm_levels import AlarmKind, Level

from .alarm_support import (
    HIGH,
    LOW,
    MINUTE,
    SIGNAL_LOST,
    URGENT_LOW,
    Night,
    at,
    on,
    wanted,
)


@pytest.fixture(params=[False, True], ids=["steady", "restarted"])
def night(request: pytest.FixtureRequest) -> Night:
    """Return a night in which alarms repeat, with and without restarts."""
    return Night(
        settings=wanted(
            {
                URGENT_LOW: on(repeat=5),
                LOW: on(repeat=10),
                HIGH: on(persistence=30, repeat=10),
                SIGNAL_LOST: on(persistence=15, repeat=10),
            }
        ),
        is_restarted_always=request.param,
    )


def _asked(night: Night, level: Level) -> list[tuple[float, int]]:
    """Return when a level was told, and for how long nobody had answered."""
    return [
        ((moment - at(0)) / MINUTE, event.unanswered)
        for moment, event in night.told
        if event.level is level and event.kind in {AlarmKind.RAISED, AlarmKind.REPEATED}
    ]


def test_nobody_answers_from_when_it_was_first_told(night: Night) -> None:
    night.live([200] * 12)

    assert _asked(night, HIGH) == [(30, 0), (40, 10), (50, 20)]


def test_what_is_over_waits_for_no_answer(night: Night) -> None:
    night.live([50, 50, 50, 100])

    assert night.lines[-1] == "15 cleared urgent_low"
    assert night.told[-1][1].unanswered == 0


def test_the_next_low_has_not_been_answered_yet(night: Night) -> None:
    night.live([50, 50, 50, 100, 50, 50])

    assert _asked(night, URGENT_LOW) == [(0, 0), (5, 5), (10, 10), (20, 0), (25, 5)]


@pytest.mark.parametrize("level", [URGENT_LOW, None])
def test_who_has_answered_is_asked_anew_when_the_snooze_ends(
    night: Night, level: Level | None
) -> None:
    night.live([50, 50, 50])
    night.snooze(level, 15)

    night.live([50] * 6)

    assert _asked(night, URGENT_LOW)[2:] == [(10, 10), (30, 0), (35, 5), (40, 10)]


def test_a_snooze_that_is_ended_is_no_longer_an_answer(night: Night) -> None:
    night.live([50, 50])
    night.snooze(URGENT_LOW, 30)
    night.live([50])

    night.end_snooze()
    night.live([50, 50])

    assert _asked(night, URGENT_LOW)[2:] == [(15, 0), (20, 5)]


def test_who_answers_an_urgent_low_answers_the_low_that_is_left_of_it(
    night: Night,
) -> None:
    night.live([65, 65, 50])
    night.snooze(URGENT_LOW, 15)

    night.live([65] * 8)

    assert _asked(night, LOW) == [(5, 0), (30, 0), (40, 10), (50, 20)]


def test_who_answers_a_low_does_not_answer_the_urgent_low(night: Night) -> None:
    night.live([65, 65, 50])
    night.snooze(LOW, 30)

    night.live([50] * 2)

    assert _asked(night, URGENT_LOW) == [(10, 0), (15, 5), (20, 10)]


def test_a_low_that_nobody_answered_is_not_answered_by_silence(night: Night) -> None:
    night.live([50, *[None] * 5])

    assert _asked(night, SIGNAL_LOST) == [(15, 15), (20, 20), (25, 25)]


def test_who_answered_the_low_has_time_to_hear_that_the_signal_is_lost(
    night: Night,
) -> None:
    night.live([65, 65])
    night.snooze(LOW, 60)

    night.live([None] * 5)

    assert _asked(night, SIGNAL_LOST) == [(20, 0), (30, 10)]


def test_who_answers_a_lost_signal_knows_of_the_low(night: Night) -> None:
    night.live([50, None, None, None])
    night.snooze(SIGNAL_LOST, 30)

    night.live([50, 50])

    assert _asked(night, URGENT_LOW)[-2:] == [(20, 0), (25, 5)]


def test_a_low_that_is_not_told_yet_waits_for_no_answer(night: Night) -> None:
    night.settings = wanted({LOW: on(persistence=30), SIGNAL_LOST: on(repeat=10)})

    night.live([65, *[None] * 5])

    assert _asked(night, SIGNAL_LOST) == [(15, 0), (25, 10)]


def test_a_clock_that_goes_back_makes_nobody_wait_longer(night: Night) -> None:
    night.live([50])
    night.now = at(-120)
    night.look()

    assert night.state.held[URGENT_LOW].unanswered_since == at(-120)
