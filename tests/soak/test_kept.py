"""A run of hours goes on where it ended, with nothing that is not true any more."""

from collections import Counter
from datetime import UTC, datetime
import json
from pathlib import Path

import pytest

from benchmarks import soak, soak_kept
from benchmarks.soak_kept import Kept, read, row

from .sums import Life
from .watch import Violation

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LOST = Violation(at=NOON, who="tidal", rule="reading lost", detail="of noon")


def life(seed: int = 7, days: float = 90, *violations: Violation) -> Life:
    """Return what came of a seed with one person."""
    return Life(
        seed=seed,
        days=days,
        people=["tidal"],
        violations=list(violations),
        counts=Counter(looks=5),
        most={"tidal": {"readings": 31, "total": 50}},
        logins={"tidal": 2},
        seen=["glucose"],
        waits={"tidal": (17.0, 28.5)},
        resources={"tasks": (1, 1)},
        trace=0xABC,
    )


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """Return a file that is not there yet."""
    return Kept(tmp_path / "new" / "soak.jsonl")


def test_what_is_kept_is_what_was_found() -> None:
    found = life(7, 90, LOST)

    told, seconds, code = read(json.dumps(row(found, 12.34)))

    assert (told, seconds, code) == (found, 12.3, soak_kept.fingerprint())


def test_a_seed_that_was_lived_through_is_not_again(kept: Kept) -> None:
    kept.add(life(), 12)

    found = soak.resumed([7], 90, is_short=True, is_dense=False, jobs=1, kept=kept)

    assert list(found) == [(life(), 12)]


@pytest.mark.parametrize(
    "other", [life(8), life(7, 3), life(7, 90, LOST)], ids=["seed", "days", "wrong"]
)
def test_what_is_not_the_same_is_lived_through(kept: Kept, other: Life) -> None:
    kept.add(other, 12)

    assert kept.of(90, {7: ["tidal"]}) == {}


def test_what_others_were_followed_by_is_lived_through(kept: Kept) -> None:
    kept.add(life(), 12)

    assert kept.of(90, {7: ["polled", "tidal"]}) == {}


def test_nothing_that_other_code_did_counts(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.add(life(), 12)
    monkeypatch.setattr(soak_kept, "fingerprint", lambda: "another")

    assert kept.of(90, {7: ["tidal"]}) == {}


def test_nothing_that_another_judge_passed_counts(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.add(life(), 12)
    monkeypatch.setattr(soak_kept, "_JUDGE", soak_kept._JUDGE + 1)

    assert kept.of(90, {7: ["tidal"]}) == {}


def test_without_a_file_nothing_is_kept() -> None:
    kept = Kept(None)
    kept.add(life(), 12)

    assert kept.of(90, {7: ["tidal"]}) == {}
