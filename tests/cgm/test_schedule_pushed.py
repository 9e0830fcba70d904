"""When to ask a source that says by itself what is new."""

from datetime import UTC, datetime, timedelta
from random import Random

from custom_components.glucose_follow.cgm.schedule import Schedule

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


class Pushed:
    """A source that pushes a reading every five minutes, six seconds late."""

    def __init__(self) -> None:
        """Begin with a reading that was asked for."""
        self.schedule = Schedule(rng=Random(1))
        self.now = START
        self.newest = START
        self.when = self.poll(START)

    def poll(self, now: datetime) -> datetime:
        """Ask, and return when to ask next."""
        self.now = now
        self.when = self.schedule.polled(
            asked=now, now=now + SECOND, newest=self.newest
        )
        return self.when

    def push(self, *, lag: timedelta = 6 * SECOND, is_pushed: bool = True) -> datetime:
        """Push the next reading, and return when to ask next."""
        self.newest += 5 * MINUTE
        self.now = self.newest + lag
        self.schedule.heard(now=self.now, newest=self.newest)
        return self.replan(is_pushed=is_pushed)

    def replan(self, *, is_pushed: bool) -> datetime:
        """Return when to ask next."""
        self.schedule.is_pushed = is_pushed
        self.when = self.schedule.replanned(now=self.now)
        return self.when


def test_a_reading_that_is_not_pushed_is_asked_for_twenty_seconds_late() -> None:
    pushed = Pushed()

    when = pushed.push()

    expected = pushed.newest + 5 * MINUTE + 20 * SECOND
    assert expected + SECOND < when < expected + 15 * SECOND


def test_it_is_asked_for_once_and_then_the_source_is_believed() -> None:
    pushed = Pushed()
    asked = pushed.push()

    when = pushed.poll(asked)

    assert when == asked + 14 * MINUTE


def test_what_is_pushed_is_compared_every_fourteen_minutes() -> None:
    pushed = Pushed()

    planned = [pushed.push() for _ in range(2)]

    assert planned[0] > START + 10 * MINUTE
    assert planned[1] == START + 14 * MINUTE


def test_asking_goes_on_as_usual_when_nothing_is_pushed_any_more() -> None:
    pushed = Pushed()
    for _ in range(20):
        pushed.push()

    when = pushed.replan(is_pushed=False)

    due = pushed.newest + 5 * MINUTE + 6 * SECOND
    assert abs(when - due) < 5 * SECOND


def test_a_reading_that_was_due_meanwhile_is_asked_for_at_once() -> None:
    pushed = Pushed()
    for _ in range(20):
        pushed.push()
    pushed.now = pushed.newest + 7 * MINUTE

    when = pushed.replan(is_pushed=False)

    assert when - pushed.now < 15 * SECOND


def test_what_is_pushed_teaches_when_to_ask() -> None:
    pushed = Pushed()
    for _ in range(40):
        pushed.push(lag=45 * SECOND)

    when = pushed.replan(is_pushed=False)

    due = pushed.newest + 5 * MINUTE + 45 * SECOND
    assert abs(when - due) < 5 * SECOND


def test_a_source_that_is_asked_for_the_first_time_is_not_trusted() -> None:
    schedule = Schedule(rng=Random(1))
    schedule.is_pushed = True

    when = schedule.polled(asked=START, now=START, newest=None)

    assert when - START <= 5 * MINUTE


def test_a_push_may_come_before_the_first_answer() -> None:
    schedule = Schedule(rng=Random(1))

    schedule.heard(now=START, newest=START - 6 * SECOND)
    when = schedule.replanned(now=START)

    assert START < when <= START + 5 * MINUTE


def test_news_without_a_newer_reading_teaches_nothing() -> None:
    pushed, other = Pushed(), Pushed()
    planned = [pushed.push(), other.push()]

    pushed.schedule.heard(now=pushed.now + 4 * MINUTE, newest=pushed.newest)
    pushed.schedule.heard(now=pushed.now + 4 * MINUTE, newest=None)

    assert pushed.replan(is_pushed=True) == planned[1]


def test_a_clock_that_is_set_back_between_pushes_does_not_stop_asking() -> None:
    """Then what is due seems hours away."""
    pushed = Pushed()
    for _ in range(3):
        pushed.push()
    pushed.poll(pushed.now)

    pushed.now -= timedelta(hours=3)
    when = pushed.replan(is_pushed=False)

    assert timedelta() <= when - pushed.now <= 5 * MINUTE + 15 * SECOND


def test_a_clock_that_is_set_ahead_between_pushes_makes_asking_due() -> None:
    pushed = Pushed()
    for _ in range(3):
        pushed.push()

    pushed.now += timedelta(hours=3)
    when = pushed.replan(is_pushed=False)

    assert when - pushed.now <= 5 * MINUTE


def test_a_source_that_complained_is_left_alone_whatever_is_pushed() -> None:
    pushed = Pushed()
    pushed.schedule.failed(
        asked=pushed.now, now=pushed.now, retry_after=60, is_rate_limited=True
    )
    pushed.now += 30 * SECOND

    when = pushed.replan(is_pushed=False)

    assert when >= START + 60 * SECOND


def test_a_reading_is_late_when_it_is_asked_for() -> None:
    pushed = Pushed()
    pushed.push()

    assert pushed.schedule.late_at == pushed.when


def test_nothing_is_late_before_the_first_reading() -> None:
    assert Schedule(rng=Random(1)).late_at is None


def test_what_is_late_is_so_by_our_clock() -> None:
    pushed = Pushed()
    pushed.push()
    late_at = pushed.schedule.late_at
    assert late_at is not None

    pushed.poll(pushed.now - timedelta(hours=3))

    assert pushed.schedule.late_at is not None
    assert pushed.schedule.late_at < late_at - timedelta(hours=2)
