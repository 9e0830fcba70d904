"""Simulated hours in which several things go wrong at once."""

from collections.abc import Iterator

import pytest

from .lives import Lives, lives

pytestmark = pytest.mark.timeout(600)

SEEDS = range(8, 12)
"""One of each kind of people."""


@pytest.fixture(scope="module")
def soak() -> Iterator[Lives]:
    """Live through all seeds in one process, which takes long to begin."""
    with lives(SEEDS, 1, "--dense") as found:
        yield found


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_false_is_shown_whatever_fails_at_once(soak: Lives, seed: int) -> None:
    """`scripts/benchmark soak --short --dense --days 1 --seed N` does it again."""
    assert soak.of(seed)["violations"] == []


def test_clocks_jump_while_machines_sleep_and_servers_are_away(soak: Lives) -> None:
    counts = [row["counts"] for row in soak.all]

    assert {kind for row in soak.all for kind in row["people"]} == {
        "polled",
        "shared",
        "pushed",
        "tidal",
    }
    assert all(each["jump"] > 5 and each["suspend"] > 2 for each in counts)
    assert sum(each["looks"] for each in counts) > 10_000
