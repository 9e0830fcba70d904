"""Simulated days in which everything fails: the other half of the seeds.

It is one of two, so that two processors have something to do.
"""

from collections.abc import Iterator

import pytest

from .lives import Lives, lives, look_for_falsehood, look_for_life

pytestmark = pytest.mark.timeout(600)

SEEDS = range(6, 11)


@pytest.fixture(scope="module")
def soak() -> Iterator[Lives]:
    """Live through all seeds in one process, which takes long to begin."""
    with lives(SEEDS) as found:
        yield found


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_false_is_shown_and_nothing_lost_whatever_fails(
    soak: Lives, seed: int
) -> None:
    look_for_falsehood(soak.of(seed))


def test_everything_went_wrong_that_can(soak: Lives) -> None:
    look_for_life(soak.all)
