"""How far a connection is trusted, and when the next one is tried."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from custom_components.glucose_follow.cgm.push import Connection

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def connection() -> Connection:
    """Return a connection that is not there yet."""
    return Connection(Random(1))


def trusted(connection: Connection, at: datetime = NOON) -> None:
    """Have a connection come up and show that it brings what is new."""
    connection.heard(at, has_newest=True)
    connection.heard(at, has_newest=True)


def test_what_is_said_first_earns_no_trust(connection: Connection) -> None:
    connection.heard(NOON, has_newest=True)

    assert connection.is_up
    assert not connection.is_trusted


def test_a_reading_that_is_pushed_earns_trust(connection: Connection) -> None:
    connection.heard(NOON, has_newest=True)
    connection.heard(NOON + 5 * MINUTE, has_newest=True)

    assert connection.is_trusted


def test_other_news_earns_no_trust(connection: Connection) -> None:
    connection.heard(NOON, has_newest=True)
    connection.heard(NOON + MINUTE, has_newest=False)

    assert not connection.is_trusted


def test_other_news_costs_no_trust(connection: Connection) -> None:
    trusted(connection)

    connection.heard(NOON + MINUTE, has_newest=False)

    assert connection.is_trusted


def test_a_missed_reading_ends_the_trust_until_the_next_push(
    connection: Connection,
) -> None:
    trusted(connection)

    connection.missed()
    after_miss = connection.is_trusted
    connection.heard(NOON + 10 * MINUTE, has_newest=True)

    assert not after_miss
    assert connection.is_trusted


def test_a_connection_that_keeps_missing_is_useless(connection: Connection) -> None:
    connection.heard(NOON, has_newest=True)
    useless = []

    for _ in range(3):
        connection.missed()
        useless.append(connection.is_useless)

    assert useless == [False, False, True]


def test_a_push_makes_up_for_what_was_missed(connection: Connection) -> None:
    connection.heard(NOON, has_newest=True)
    connection.missed()
    connection.missed()
    connection.heard(NOON + MINUTE, has_newest=True)

    connection.missed()

    assert not connection.is_useless


def test_nothing_is_missed_without_a_connection(connection: Connection) -> None:
    for _ in range(9):
        connection.missed()

    assert not connection.is_useless


def test_the_next_connection_begins_without_trust_or_blame(
    connection: Connection,
) -> None:
    trusted(connection)
    connection.missed()
    connection.ended(NOON + MINUTE)
    after = connection.is_up, connection.is_trusted

    connection.heard(NOON + 2 * MINUTE, has_newest=True)
    connection.missed()
    connection.missed()

    assert after == (False, False)
    assert connection.count == 2
    assert not connection.is_useless


def test_attempts_get_rarer_up_to_every_fifteen_minutes(
    connection: Connection,
) -> None:
    waits = [connection.ended(NOON) for _ in range(8)]

    assert waits == sorted(waits[:5]) + waits[5:]
    assert waits[0] <= 2 * SECOND
    assert all(7 * MINUTE < wait <= 15 * MINUTE for wait in waits[4:])


def test_not_everybody_comes_back_at_once() -> None:
    waits = {Connection(Random(seed)).ended(NOON) for seed in range(20)}

    assert len(waits) == 20
    assert all(SECOND <= wait <= 2 * SECOND for wait in waits)


def test_a_lasting_connection_ends_a_row_of_failures(connection: Connection) -> None:
    for _ in range(5):
        connection.ended(NOON)
    trusted(connection)

    assert connection.ended(NOON + 15 * MINUTE) <= 2 * SECOND


@pytest.mark.parametrize("lasted", [MINUTE, -MINUTE])
def test_a_short_connection_is_one_more_failure(
    connection: Connection, lasted: timedelta
) -> None:
    """Dropped each minute, it would be asked for more often than polling asks."""
    for _ in range(5):
        connection.ended(NOON)
    trusted(connection)

    assert connection.ended(NOON + lasted) > 7 * MINUTE


def test_a_refusal_is_tried_again_after_five_minutes_then_every_thirty(
    connection: Connection,
) -> None:
    waits = [connection.ended(NOON, is_refused=True) for _ in range(3)]

    assert waits == [5 * MINUTE, 30 * MINUTE, 30 * MINUTE]


def test_a_connection_forgives_refusals(connection: Connection) -> None:
    connection.ended(NOON, is_refused=True)
    trusted(connection)

    assert connection.ended(NOON, is_refused=True) == 5 * MINUTE
