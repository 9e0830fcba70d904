"""When to ask next: freshness, cost, failures and clocks."""

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from benchmarks.follow import Outcome, follow
from benchmarks.freshness import measure, row
from benchmarks.recovery import longest_recovery
from benchmarks.sources import REPORTED, REPORTED_SEEDS, simulate
from custom_components.glucose_follow.cgm.schedule import Caps, Schedule

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHARE = Caps(per_hour=25)


class World:
    """A source with a steady lag, and our clock beside it, which may jump."""

    def __init__(
        self,
        schedule: Schedule | None = None,
        *,
        period: float = 300,
        lag: float = 6,
        ahead: float = 0,
    ) -> None:
        """Begin at true second 0, 100 s after the source's newest stamp."""
        self.schedule = schedule or Schedule(rng=Random(1))
        self.period = period
        self.lag = lag
        self.ahead = ahead
        self.source_ahead = 0.0
        self.true = 0.0
        self.silent_since: float | None = None
        self.is_down = False
        self.sent: list[float] = []
        self.waits: list[float] = []
        self._known: float | None = None

    def newest(self) -> float:
        """Return the newest stamp that can be had, in true seconds."""
        until = self.true - self.lag
        if self.silent_since is not None:
            until = min(until, self.silent_since)
        return (until + 100) // self.period * self.period - 100

    def run(self, seconds: float) -> None:
        """Live for a while, asking whenever the schedule says so."""
        end = self.true + seconds
        while self.true < end:
            wait = self.ask()
            self.true += wait

    def ask(self) -> float:
        """Ask once and return the seconds until the next request."""
        self.sent.append(self.true)
        asked = self.ours()
        if self.is_down:
            self.true += 0.3
            when = self.schedule.failed(asked=asked, now=self.ours())
            return (when - self.ours()).total_seconds()
        newest = self.newest()
        self.true += 0.3
        if newest != self._known:
            self.waits.append(self.true - newest - self.lag)
        self._known = newest
        when = self.schedule.polled(
            asked=asked,
            now=self.ours(),
            newest=START + timedelta(seconds=newest + self.source_ahead),
        )
        return (when - self.ours()).total_seconds()

    def ours(self) -> datetime:
        """Return what our clock shows."""
        return START + timedelta(seconds=self.true + self.ahead)

    def requests(self, seconds: float) -> int:
        """Return how many requests the newest seconds saw."""
        return sum(at > self.true - seconds for at in self.sent)


def healthy(caps: Caps | None = None) -> World:
    """Return a world in which the schedule learned all it can."""
    world = World(Schedule(caps=caps or Caps(), rng=Random(1)))
    world.run(4 * 3600)
    return world


def busiest_hour(sent: list[float]) -> int:
    """Return the most requests in any hour."""
    return max(bisect_left(sent, at + 3600) - index for index, at in enumerate(sent))


def longest_silence(sent: list[float]) -> float:
    """Return the most seconds between two requests."""
    return max(later - earlier for earlier, later in pairwise(sent))


@pytest.fixture(scope="module")
def direct() -> Outcome:
    """Return how the schedule fares on a direct path that it was not tuned on."""
    return adaptive("direct")


def adaptive(path: str) -> Outcome:
    """Return a fortnight on a reported path, with seeds kept from tuning."""
    return measure(REPORTED[path], "adaptive", days=14, seeds=REPORTED_SEEDS[:3])


def test_readings_are_known_within_seconds(direct: Outcome) -> None:
    numbers = row(direct)

    assert numbers["median_s"] <= 5
    assert numbers["p95_s"] <= 8
    assert numbers["requests_per_hour"] <= 16


@pytest.mark.parametrize(
    "path", ["skew_ahead_13", "skew_behind_13", "skew_ahead_300", "skew_behind_300"]
)
def test_a_wrong_clock_changes_nothing(direct: Outcome, path: str) -> None:
    expected = row(direct)

    numbers = row(adaptive(path))

    for name in ("median_s", "p95_s", "requests_per_hour"):
        assert numbers[name] == pytest.approx(expected[name], rel=0.1)


@pytest.mark.parametrize(
    ("minutes", "is_hanging", "most"),
    [
        (2, False, 60),
        (5, False, 60),
        (15, False, 60),
        (10, True, 90),
        (15, True, 90),
        (30, True, 300),
        (180, True, 300),
    ],
)
def test_a_source_that_is_back_is_noticed(
    minutes: float, is_hanging: bool, most: float
) -> None:
    longest = longest_recovery(
        lambda rng: Schedule(rng=rng),
        minutes=minutes,
        is_hanging=is_hanging,
        seeds=REPORTED_SEEDS,
    )

    assert longest <= most


@pytest.mark.parametrize("path", ["direct", "cellular", "one_minute"])
def test_a_cap_holds_in_any_hour(path: str) -> None:
    rng = Random(REPORTED_SEEDS[0])
    feed = simulate(REPORTED[path], 5, rng)

    outcome = follow(
        feed, Schedule(caps=SHARE, rng=rng), path=REPORTED[path], days=5, rng=rng
    )

    assert busiest_hour(outcome.sent) <= 25
    assert min(b - a for a, b in pairwise(outcome.sent)) >= 3
    assert longest_silence(outcome.sent) <= 301


def test_a_cap_below_one_request_in_five_minutes_holds() -> None:
    world = World(Schedule(caps=Caps(per_hour=4)))

    world.run(6 * 3600)

    assert busiest_hour(world.sent) <= 4
    assert longest_silence(world.sent) <= 905


def test_a_cap_outlasts_requests_nobody_planned() -> None:
    world = healthy(SHARE)
    for _ in range(25):
        world.ask()
        world.true += 3

    assert world.ask() > 3000


def test_a_floor_keeps_requests_apart() -> None:
    world = World(Schedule(caps=Caps(floor=60)), period=60)

    world.run(3 * 3600)

    assert min(b - a for a, b in pairwise(world.sent)) >= 60


@pytest.mark.parametrize("period", [10, 15, 60, 90, 300])
def test_the_period_is_learned(period: float) -> None:
    world = World(period=period, lag=3)

    world.run(7200)

    assert world.schedule.period == timedelta(seconds=period)
    assert max(world.waits[-5:]) < 10


def test_a_period_is_never_taken_for_longer_than_a_quarter_of_an_hour() -> None:
    world = World(period=3600)

    world.run(6 * 3600)

    assert world.schedule.period == timedelta(minutes=15)


def test_a_sensor_that_becomes_faster_is_followed() -> None:
    world = healthy()

    world.period = 60
    world.run(6 * 3600)

    assert world.schedule.period == timedelta(minutes=1)


@pytest.mark.parametrize(
    "ahead", [0, 13, -13, 97, -137, 300, -300, 3600, -3600, 7300, 86_000]
)
def test_a_new_schedule_finds_its_rhythm_quickly_and_cheaply(ahead: float) -> None:
    world = World(ahead=ahead)

    world.run(3600)

    assert max(world.waits[-4:]) <= 20
    assert world.requests(3600) <= 35


def test_a_new_schedule_is_cheap_when_clocks_agree() -> None:
    world = World()

    world.run(3600)

    assert max(world.waits[1:]) <= 8
    assert world.requests(3600) <= 16


def test_a_first_guess_a_whole_period_off_is_put_right_at_once() -> None:
    world = World(ahead=13)
    world.true = 203

    world.run(1200)

    assert max(world.waits[-3:]) <= 10


def test_a_late_reading_is_asked_for_again_within_seconds() -> None:
    world = healthy()

    world.lag += 9
    world.run(900)

    assert max(world.waits[-3:]) <= 8


def test_one_late_reading_changes_nothing() -> None:
    world = healthy()

    world.lag = 130
    world.run(300)
    world.lag = 6
    world.run(900)

    assert max(world.waits[-2:]) <= 8
    assert world.requests(600) <= 3


def test_a_phone_that_was_offline_changes_nothing() -> None:
    world = healthy()

    world.silent_since = world.true
    world.run(2 * 3600 + 100)
    world.silent_since = None
    world.run(1800)

    assert max(world.waits[-4:]) <= 8


def test_a_lasting_delay_is_learned() -> None:
    world = healthy()

    world.lag = 50
    world.run(3 * 3600)

    assert max(world.waits[-5:]) <= 8
    assert world.requests(3600) <= 16


def test_a_source_falls_silent_and_is_asked_ever_less() -> None:
    world = healthy()
    world.silent_since = world.true

    world.run(900)
    counts = [world.requests(900)]
    world.run(2700)
    counts.append(world.requests(2700))
    world.run(7200)
    counts.append(world.requests(7200 - 400))

    assert counts[0] <= 20
    assert counts[1] <= 28
    assert counts[2] <= 24
    assert longest_silence(world.sent) <= 301


def test_a_source_without_readings_is_asked_ever_less() -> None:
    schedule = Schedule()
    now, sent = START, [0.0]
    while now < START + timedelta(hours=3):
        now = schedule.polled(asked=now, now=now, newest=None)
        sent.append((now - START).total_seconds())

    steps = {round(later - earlier) for earlier, later in pairwise(sent)}
    assert steps == {60, 120, 300}


def test_two_uploaders_are_one_source() -> None:
    world = healthy()
    for _ in range(12):
        world.run(300 - 10)
        asked = world.ours()
        newest = START + timedelta(seconds=world.newest() + 2)
        world.schedule.polled(asked=asked, now=asked, newest=newest)
        world.run(10)

    assert world.schedule.period == timedelta(minutes=5)


@pytest.mark.parametrize("is_asleep", [False, True])
@pytest.mark.parametrize(
    "jump", [30, 100, 250, 1000, 7777, 31_536_000, -30, -100, -250, -1000, -86_400]
)
def test_a_jump_of_our_clock_costs_a_few_readings(
    jump: float, *, is_asleep: bool
) -> None:
    world = healthy()
    if is_asleep:
        wait = world.ask()
        world.ahead += jump
        world.true += wait
    else:
        world.ahead += jump

    world.run(1800)

    assert max(world.waits[-2:]) <= 20
    assert max(world.waits[-6:]) <= 75
    assert world.requests(1800) <= 25
    assert longest_silence(world.sent) <= 301


@pytest.mark.parametrize("jump", [-3600, 3600])
def test_a_jump_during_a_request_is_taken_out(jump: float) -> None:
    world = healthy()
    asked = world.ours()
    world.ahead += jump

    newest = START + timedelta(seconds=world.newest())
    when = world.schedule.polled(asked=asked, now=world.ours(), newest=newest)
    world.true += (when - world.ours()).total_seconds()
    world.run(1800)

    assert max(world.waits[-4:]) <= 20


def test_a_jump_while_a_reading_is_late_is_noticed() -> None:
    world = healthy()
    world.silent_since = world.true - 300
    wait = world.ask()

    world.ahead -= wait - 25
    world.true += wait
    world.ask()
    world.silent_since = None
    world.run(3600)

    assert max(world.waits[-4:]) <= 20


@pytest.mark.parametrize("ahead", [1000, 60, -1000])
def test_a_source_whose_clock_is_set_is_followed(ahead: float) -> None:
    world = healthy()

    world.source_ahead = ahead
    world.run(1800)

    assert max(world.waits[-2:]) <= 20


def test_a_reading_that_was_deleted_changes_little() -> None:
    world = healthy()
    now = world.ours()
    newest = START + timedelta(seconds=world.newest() - 300)

    world.schedule.polled(asked=now, now=now, newest=newest)
    world.run(1800)

    assert max(world.waits[-4:]) <= 20
    assert world.requests(1800) <= 12


def test_a_computer_that_slept_goes_on_where_it_was() -> None:
    world = healthy()

    world.true += 8 * 3600 + 77
    world.run(3600)

    assert max(world.waits[-8:]) <= 20


def test_failures_are_retried_ever_later_and_never_in_step() -> None:
    schedule = Schedule(rng=Random(3))
    delays = failures(schedule, count=8)

    for number, delay in enumerate(delays):
        ceiling = min(30.0, 5 * 2**number)
        assert ceiling / 2 <= delay <= ceiling
    assert delays != failures(Schedule(rng=Random(4)), count=8)


def test_a_long_outage_is_asked_about_every_few_minutes() -> None:
    delays = failures(Schedule(), count=1500)

    assert all(delay <= 30 for delay in delays[:30])
    assert all(120 <= delay <= 240 for delay in delays[-30:])


def test_a_success_ends_an_outage() -> None:
    world = healthy()
    world.is_down = True
    world.run(7200)
    world.is_down = False
    world.run(600)

    world.is_down = True

    assert world.ask() <= 5


def test_a_busy_source_is_left_alone_as_long_as_it_asks() -> None:
    delays = failures(Schedule(), count=2, retry_after=100)
    assert delays == [100, 100]

    delays = failures(Schedule(), count=1, retry_after=86_400)
    assert delays == [240]


@pytest.mark.parametrize(
    ("retry_after", "delays"),
    [
        (None, [60, 120, 240, 240]),
        (0, [60] * 4),
        (-5, [60] * 4),
        (float("nan"), [60] * 4),
        (400, [400] * 4),
        (float("inf"), [3600] * 4),
    ],
)
def test_a_rate_limit_never_meets_the_fast_ladder(
    retry_after: float | None, delays: list[float]
) -> None:
    measured = failures(
        Schedule(), count=4, retry_after=retry_after, is_rate_limited=True
    )

    assert measured == delays


def test_a_source_that_complained_is_asked_gently_for_an_hour() -> None:
    world = healthy()
    now = world.ours()
    world.schedule.failed(asked=now, now=now, is_rate_limited=True)
    world.true += 60
    world.silent_since = world.true

    world.run(1200)
    gentle = [at for at in world.sent if at > world.true - 1200]
    world.silent_since = None
    world.run(7200)

    assert min(b - a for a, b in pairwise(gentle)) >= 59
    assert max(world.waits[-5:]) <= 8


def failures(
    schedule: Schedule,
    *,
    count: int,
    retry_after: float | None = None,
    is_rate_limited: bool = False,
) -> list[float]:
    """Return the seconds waited after each of some failures in a row."""
    now, delays = START, list[float]()
    for _ in range(count):
        when = schedule.failed(
            asked=now,
            now=now,
            retry_after=retry_after,
            is_rate_limited=is_rate_limited,
        )
        delays.append((when - now).total_seconds())
        now = when
    return delays
