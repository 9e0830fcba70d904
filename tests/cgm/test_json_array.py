"""Elements of an array, however its bytes are cut into pieces."""

from collections import deque
from contextlib import suppress
import json
import time

from hypothesis import given, strategies as st
import pytest

from custom_components.glucose_follow.cgm import transport
from custom_components.glucose_follow.cgm.errors import CgmResponseError
from custom_components.glucose_follow.cgm.json_array import ArrayReader
from custom_components.glucose_follow.cgm.transport import Json

ELEMENTS: list[Json] = [
    {"id": "a", "value": 5.55, "note": 'quoted "]}" and \\ and }', "at": None},
    {"id": "ä€😀", "nested": {"list": [1, 2, {"three": []}], "empty": {}}},
    12,
    -3.5e-7,
    True,
    None,
    "],[",
    [],
    {},
]
BODIES = [
    json.dumps(ELEMENTS).encode(),
    json.dumps(ELEMENTS, ensure_ascii=False).encode(),
    json.dumps(ELEMENTS, indent=2).encode(),
    b"[\n" + b",\n".join(json.dumps(each).encode() for each in ELEMENTS) + b"\n]\n",
]
every_body = pytest.mark.parametrize("body", BODIES)


def read(*pieces: bytes) -> list[Json]:
    """Return the elements of an array that comes in pieces."""
    reader = ArrayReader()
    elements = [element for piece in pieces for element in reader.feed(piece)]
    return elements + reader.close()


@every_body
def test_a_cut_anywhere_changes_nothing(body: bytes) -> None:
    for cut in range(len(body) + 1):
        assert read(body[:cut], body[cut:]) == ELEMENTS


@every_body
def test_single_bytes_are_as_good_as_the_whole(body: bytes) -> None:
    assert read(*(body[at : at + 1] for at in range(len(body)))) == ELEMENTS


@every_body
def test_a_missing_end_is_noticed_wherever_it_is(body: bytes) -> None:
    for end in range(len(body.rstrip())):
        with pytest.raises(CgmResponseError):
            read(body[:end])


@pytest.mark.parametrize("body", [b"[]", b" [ ] ", b"[\n\n]\n"])
def test_an_empty_array_has_no_elements(body: bytes) -> None:
    assert read(body) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{}",
        b'"surprise"',
        b"<html>Maintenance</html>",
        b"[1 2]",
        b"[1,,2]",
        b"[,1]",
        b"[1,]",
        b"[1]2",
        b"[] []",
        b"[1}",
        b"[{]",
        b"[bare]",
    ],
)
def test_what_is_no_array_is_refused(body: bytes) -> None:
    with pytest.raises(CgmResponseError):
        read(body)
    with pytest.raises(CgmResponseError):
        read(*(body[at : at + 1] for at in range(len(body))))


@given(st.binary(max_size=60))
def test_whatever_comes_only_our_error_does(body: bytes) -> None:
    with suppress(CgmResponseError):
        read(b"[", body)


@pytest.mark.parametrize("bad", [b"\xff", b"\xc3", b"\xe2\x82", b"\xed\xa0\x80"])
def test_bytes_that_are_no_text_cost_a_character_not_the_answer(bad: bytes) -> None:
    body = b'[{"name": "cake' + bad + b'"}, {"id": "next"}]'

    whole = read(body)
    for cut in range(len(body) + 1):
        assert read(body[:cut], body[cut:]) == whole

    first, last = whole
    assert isinstance(first, dict)
    assert str(first["name"]).strip("�") == "cake"
    assert last == {"id": "next"}


def test_half_a_character_at_the_end_is_noticed() -> None:
    with pytest.raises(CgmResponseError):
        read(b'["a"]\xe2\x82')


def test_elements_are_told_when_they_are_complete() -> None:
    reader = ArrayReader()

    assert reader.feed(b'[{"id": 1}, {"id"') == [{"id": 1}]
    assert reader.feed(b': 2}, {"id": 3}') == [{"id": 2}, {"id": 3}]
    assert reader.feed(b"]") == []
    assert reader.close() == []


def test_no_more_than_an_element_is_held() -> None:
    reader = ArrayReader()
    piece = b'{"id": 1, "more": "' + 500 * b"x" + b'"},'
    reader.feed(b"[")

    for _ in range(1000):
        reader.feed(piece)

    assert len(reader._text) < len(piece)


def test_a_large_element_does_not_cost_the_square_of_its_size() -> None:
    element = {"list": list(range(200_000))}
    body = json.dumps([element]).encode()
    started = time.process_time()

    found = read(*(body[at : at + 1024] for at in range(0, len(body), 1024)))

    assert found == [element]
    assert time.process_time() - started < 2


@pytest.mark.parametrize("filling", [b" ", b'["', b"[1", b"[] "])
def test_nothing_without_end_is_read(
    filling: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LARGEST_BODY", 1000)
    reader = ArrayReader()
    reader.feed(filling)

    with pytest.raises(CgmResponseError):
        deque(map(reader.feed, 12 * [100 * b" "]))


def test_many_elements_are_not_one_large_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST_BODY", 1000)

    assert read(b"[0", *(1000 * [b",          1"]), b"]") == [0, *(1000 * [1])]


def test_a_bottomless_element_is_refused() -> None:
    with pytest.raises(CgmResponseError):
        read(b"[" + 200_000 * b"[")
