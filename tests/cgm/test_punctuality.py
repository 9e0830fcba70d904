"""Whether readings arrive in time, as found by looking now and then."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from custom_components.glucose_follow.cgm.punctuality import Punctuality

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

type Uploads = Callable[[datetime], datetime | None]
"""Returns the stamp of the newest reading that is there at a moment."""


def every(period: timedelta, delay: timedelta = timedelta()) -> Uploads:
    """Return an uploader that sends what it has every so often."""

    def newest(now: datetime) -> datetime:
        sent = now - (now - NOON) % period
        return sent - (sent - NOON) % (5 * MINUTE) - delay

    return newest


def after(
    uploads: Uploads, length: timedelta = DAY, step: timedelta = 10 * MINUTE
) -> Punctuality:
    """Return what is known after looking for a while, at uneven moments."""
    rng, found, now = Random(7), Punctuality(), NOON
    while now <= NOON + length + step:
        found.look(now, uploads(now))
        now += step + rng.uniform(-2, 2) * MINUTE
    return found


@pytest.mark.parametrize(
    ("uploads", "expected"),
    [
        (every(MINUTE), True),
        (every(5 * MINUTE, 5 * MINUTE), True),
        (every(20 * MINUTE), False),
        (every(MINUTE, 20 * MINUTE), False),
        (every(HOUR), False),
        (every(DAY, 3 * HOUR), False),
        (lambda _: None, False),
    ],
    ids=["loop", "slow_loop", "xdrip", "late", "hourly", "cloud", "nothing"],
)
def test_a_day_shows_who_is_punctual(uploads: Uploads, expected: bool) -> None:
    assert after(uploads).is_punctual is expected


def test_less_than_a_day_shows_nothing() -> None:
    assert not Punctuality().is_punctual
    assert not after(every(MINUTE), 23 * HOUR).is_punctual


def test_a_change_of_sensor_is_forgiven() -> None:
    def uploads(now: datetime) -> datetime:
        is_warming_up = NOON + 8 * HOUR < now < NOON + 10 * HOUR
        return NOON + 8 * HOUR if is_warming_up else now

    assert after(uploads).is_punctual


def test_a_lost_night_is_not_forgiven_for_a_day() -> None:
    def uploads(now: datetime) -> datetime:
        return NOON if NOON < now < NOON + 6 * HOUR else now

    assert not after(uploads).is_punctual
    assert after(uploads, 1.5 * DAY).is_punctual


def test_a_few_looks_are_not_enough() -> None:
    assert not after(every(MINUTE), 3 * DAY, HOUR).is_punctual


def test_a_clock_that_went_back_begins_anew() -> None:
    found = after(every(MINUTE))
    found.look(NOON, NOON)

    assert not found.is_punctual
