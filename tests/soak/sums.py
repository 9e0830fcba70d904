"""What a whole life shows: what grows, what is late, what is told too seldom."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .referee import Referee
from .subjects import Subject
from .watch import Violation, Watch

_SOON = 30
"""Seconds in which half of all readings are known while nothing is wrong."""

_NOISE = 2
"""By how much tasks, timers and files differ from one moment to another."""


@dataclass(kw_only=True)
class Life:
    """What came of some days."""

    seed: int
    days: float
    people: list[str]
    violations: list[Violation] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    most: dict[str, dict[str, int]] = field(default_factory=dict)
    """Most requests in an hour, by person."""

    logins: dict[str, int] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    """What was shown of anybody at least once."""

    waits: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Seconds until a reading was shown, by person: of half, and of nine in ten."""

    resources: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Least at the beginning and at the end."""

    trace: int = 0


def sum_up(
    life: Life, referee: Referee, subjects: Sequence[Subject], heard: Sequence[str]
) -> None:
    """Write down what the referee saw, and what was logged."""
    notes = referee.notes
    life.violations = notes.violations
    life.counts = notes.counts.copy()
    life.trace = notes.trace
    now = notes.clocks.world()
    for subject in subjects:
        watch = referee.watch(subject)
        life.most[subject.kind] = dict(watch.most)
        life.logins[subject.kind] = subject.logins
        life.waits[subject.kind] = look_at_waits(life, watch, now)
    life.seen = sorted({key for each in subjects for key in referee.watch(each).seen})
    for text in heard:
        life.violations.append(
            Violation(at=now, who="log", rule="exception logged", detail=text)
        )


def look_at_repetitions(life: Life, now: datetime) -> None:
    """Note repetitions that are too many or too few; one may end as it comes."""
    off, due = life.counts["repetitions off"], life.counts["repetitions due"]
    if off > 3 + due / 100:
        detail = f"{off} of {due} too many or too few"
        life.violations.append(
            Violation(at=now, who="home", rule="repeated too seldom", detail=detail)
        )


def look_at_waits(life: Life, watch: Watch, now: datetime) -> tuple[float, float]:
    """Return how long readings took, and note if that is not soon."""
    waits = sorted(watch.waits) or [0.0]
    half, most = waits[len(waits) // 2], waits[len(waits) * 9 // 10]
    if half > _SOON or most > 2 * _SOON:
        who, detail = watch.subject.kind, f"{half} s, and {most} s of nine in ten"
        life.violations.append(
            Violation(at=now, who=who, rule="known late", detail=detail)
        )
    return round(half, 1), round(most, 1)


def look_at_resources(
    life: Life,
    samples: Sequence[dict[str, int]],
    left: int,
    before: dict[str, int],
    after: dict[str, int],
    now: datetime,
    names: str,
) -> None:
    """Note what grows, and what is never let go of."""
    third = max(1, len(samples) // 3)
    found = []
    for name, least in before.items():
        early = [each[name] for each in samples[:third]]
        late = [each[name] for each in samples[-third:]]
        if samples:
            life.resources[name] = min(early), min(late)
            # A few samples tell noise from growth no better than none.
            if third >= 8 and min(late) > max(early) + _NOISE:
                found.append(f"{name} grew from {max(early)} to {min(late)}")
        if after[name] > least:
            found.append(f"{name}: {after[name]} left of {least} {names}")
    if left:
        found.append(f"{left} coordinators are held by somebody")
    life.violations += [
        Violation(at=now, who="home", rule="resources grow", detail=each)
        for each in found
    ]
