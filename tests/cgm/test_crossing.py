"""What is told of people, for what is known of them in turn."""

import pytest

from custom_components.glucose_follow.cgm.crossing import Behavior, Crossings

KNOWN = {"-": False, "+": True, "?": None}
"""How the tables write that it is not so, that it is, and that nobody knows."""

MINUTE = 60.0


def told(sequence: str) -> list[int]:
    """Return at which places something is told of one person."""
    crossings = Crossings()
    crossings.follow({"alex"})
    return [
        place
        for place, known in enumerate(sequence)
        if crossings.step("alex", KNOWN[known], place)
    ]


@pytest.mark.parametrize(
    ("sequence", "expected"),
    [
        pytest.param("-+", [1], id="it becomes so"),
        pytest.param("-+++", [1], id="it stays so"),
        pytest.param("-+-+", [1, 3], id="it becomes so twice"),
        pytest.param("+", [], id="it is so at start-up"),
        pytest.param("?+", [], id="it is so when it is first known"),
        pytest.param("???-", [], id="it is not so when it is first known"),
        pytest.param("?-+", [2], id="it becomes so after start-up"),
        pytest.param("+?+", [], id="a gap or a reload, and nothing changed"),
        pytest.param("-?-", [], id="a gap, and nothing changed the other way"),
        pytest.param("-+?+", [1], id="a gap in what was told"),
        pytest.param("-?+", [2], id="in range, a gap, low"),
        pytest.param("-???+", [4], id="the same after a long gap"),
        pytest.param("-+?-?+", [1, 5], id="a gap on the way there and back"),
        pytest.param("-?", [], id="only old data"),
    ],
)
def test_what_becomes_so_is_told_once(sequence: str, expected: list[int]) -> None:
    assert told(sequence) == expected


def told_of(
    behavior: Behavior, steps: str, people: tuple[str, ...] = ("a", "b")
) -> list[str]:
    """Return who is told of in each step; `a+` is that it is so of a."""
    crossings = Crossings(behavior)
    crossings.follow(people)
    return [
        "".join(crossings.step(step[0], KNOWN[step[1]], place))
        for place, step in enumerate(steps.split())
    ]


@pytest.mark.parametrize(
    ("behavior", "steps", "expected"),
    [
        pytest.param(Behavior.EACH, "a- b- a+ b+", ["", "", "a", "b"]),
        pytest.param(Behavior.EACH, "a+ b- b+", ["", "", "b"]),
        pytest.param(Behavior.FIRST, "a- b- a+ b+", ["", "", "a", ""]),
        pytest.param(
            Behavior.FIRST, "a- b- a+ b+ a- b- b+", ["", "", "a", "", "", "", "b"]
        ),
        # Nobody knows whether it is still so of the other: better told twice.
        pytest.param(Behavior.FIRST, "a- b- a+ a? b+", ["", "", "a", "", "b"]),
        pytest.param(Behavior.FIRST, "a+ b- b+", ["", "", ""]),
        pytest.param(Behavior.FIRST, "a- b? a+ a? a+", ["", "", "a", "", ""]),
        pytest.param(Behavior.ALL, "a- b- a+ b+", ["", "", "", "b"]),
        pytest.param(Behavior.ALL, "a- b- a+ b? b+", ["", "", "", "", "b"]),
        pytest.param(Behavior.ALL, "a- b? a+", ["", "", ""]),
        pytest.param(Behavior.ALL, "a+ b+", ["", ""]),
        pytest.param(Behavior.ALL, "a- b+ a+ a? a+", ["", "", "a", "", ""]),
        # It was so of b before the gap, and is of everybody only after it.
        pytest.param(Behavior.ALL, "a- b+ b? a+ b+", ["", "", "", "", "b"]),
    ],
)
def test_several_people_are_told_of_as_was_chosen(
    behavior: Behavior, steps: str, expected: list[str]
) -> None:
    assert told_of(behavior, steps) == expected


def waited(steps: str, behavior: Behavior = Behavior.EACH) -> list[int]:
    """Return in which minutes something is told that has to last for ten.

    A step is the minute, the person and what is known.
    """
    crossings = Crossings(behavior, 10 * MINUTE)
    crossings.follow({step.split(":")[1][0] for step in steps.split()})
    minutes = []
    for step in steps.split():
        minute, person, known = int(step.split(":")[0]), step[-2], step[-1]
        while crossings.next_at is not None and crossings.next_at < minute * MINUTE:
            due = crossings.next_at
            minutes += [int(due / MINUTE)] * len(crossings.look(due))
        value = KNOWN[known]
        minutes += [minute] * len(crossings.step(person, value, minute * MINUTE))
    return minutes


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param("0:a- 5:a+ 30:a+", [15], id="it lasts, and nothing else happens"),
        pytest.param("0:a- 5:a+ 10:a+ 15:a+", [15], id="it lasts as readings come"),
        pytest.param("0:a- 5:a+ 10:a- 60:a-", [], id="it ends too soon"),
        pytest.param("0:a- 5:a+ 10:a- 12:a+ 60:a+", [22], id="it begins again"),
        pytest.param("0:a- 5:a+ 10:a? 60:a?", [], id="nobody knows whether it lasts"),
        pytest.param("0:a- 5:a+ 10:a? 20:a+ 60:a+", [30], id="the wait begins anew"),
        pytest.param(
            "0:a- 5:a+ 10:a? 20:a- 60:a+ 99:a+", [70], id="it ended meanwhile"
        ),
        pytest.param("0:a+ 60:a+", [], id="it was so at start-up"),
        pytest.param("0:a- 5:a+ 60:a+ 99:a+", [15], id="it is told once"),
    ],
)
def test_what_has_to_last_is_told_when_it_did(steps: str, expected: list[int]) -> None:
    assert waited(steps) == expected


@pytest.mark.parametrize(
    ("behavior", "steps", "expected"),
    [
        pytest.param(Behavior.EACH, "0:a- 0:b- 1:a+ 3:b+ 60:a+", [11, 13]),
        pytest.param(Behavior.FIRST, "0:a- 0:b- 1:a+ 3:b+ 60:a+", [11]),
        # It goes on without a break, only of somebody else.
        pytest.param(Behavior.FIRST, "0:a- 0:b- 1:a+ 3:b+ 5:a- 60:b+", [11]),
        pytest.param(Behavior.FIRST, "0:a- 0:b- 1:a+ 5:a- 60:b-", []),
        pytest.param(Behavior.FIRST, "0:a- 0:b- 1:a+ 5:a? 60:b-", []),
        pytest.param(Behavior.ALL, "0:a- 0:b- 1:a+ 3:b+ 60:a+", [13]),
        pytest.param(Behavior.ALL, "0:a- 0:b- 1:a+ 3:b+ 9:a- 60:b+", []),
        pytest.param(Behavior.ALL, "0:a- 0:b- 1:a+ 3:b+ 9:a? 20:a+ 60:b+", [30]),
    ],
)
def test_several_people_are_waited_for_as_was_chosen(
    behavior: Behavior, steps: str, expected: list[int]
) -> None:
    assert waited(steps, behavior) == expected


def test_who_leaves_is_forgotten_and_who_joins_is_not_known_yet() -> None:
    crossings = Crossings()
    crossings.follow({"a"})
    crossings.step("a", value=False, now=0)

    crossings.follow({"b"})
    crossings.follow({"a", "b"})

    assert crossings.step("a", value=True, now=1) == []
    assert crossings.step("b", value=True, now=1) == []


def test_who_stays_is_remembered_when_others_join() -> None:
    crossings = Crossings()
    crossings.follow({"a"})
    crossings.step("a", value=False, now=0)

    crossings.follow({"a", "b"})

    assert crossings.step("a", value=True, now=1) == ["a"]


def test_nobody_is_told_of_whom_nobody_means_any_more() -> None:
    crossings = Crossings(duration=MINUTE)
    crossings.follow({"a"})
    crossings.step("a", value=False, now=0)
    crossings.step("a", value=True, now=1)

    crossings.follow(set())

    assert crossings.next_at is None
    assert crossings.look(2 * MINUTE) == []


def test_it_is_no_news_that_the_only_one_of_whom_it_was_not_so_left() -> None:
    crossings = Crossings(Behavior.ALL)
    crossings.follow({"a", "b"})
    crossings.step("a", value=True, now=0)
    crossings.step("b", value=False, now=0)

    crossings.follow({"a"})

    assert crossings.step("a", value=True, now=1) == []


def test_who_stays_is_waited_for_when_others_join() -> None:
    crossings = Crossings(duration=MINUTE)
    crossings.follow({"a"})
    crossings.step("a", value=False, now=0)
    crossings.step("a", value=True, now=1)

    crossings.follow({"a", "b"})

    assert crossings.look(2 * MINUTE) == ["a"]
