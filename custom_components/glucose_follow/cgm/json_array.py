"""Elements of a JSON array, read while it arrives."""

from codecs import getincrementaldecoder
from enum import Enum, auto
import json
import re

from . import transport
from .errors import CgmResponseError
from .transport import Json

_SPACE = re.compile(r"[ \t\n\r]*")
_CLOSED = frozenset('}]"')
"""What ends an element for certain."""

_AFTER = frozenset(" \t\n\r,]")
"""What ends a number, which may otherwise go on in the next piece."""


class _State(Enum):
    """What comes next."""

    ARRAY = auto()
    FIRST = auto()
    ELEMENT = auto()
    DELIMITER = auto()
    NOTHING = auto()


_NEXT = {
    (_State.ARRAY, "["): _State.FIRST,
    (_State.FIRST, "]"): _State.NOTHING,
    (_State.DELIMITER, ","): _State.ELEMENT,
    (_State.DELIMITER, "]"): _State.NOTHING,
}


class ArrayReader:
    """Takes a body in pieces, and returns its elements as they become complete.

    It holds about one element. Bytes that are no UTF-8 become replacement
    characters: they occur in what people type, and must not cost all the rest.
    """

    def __init__(self) -> None:
        """Expect the beginning of an array."""
        self._decode = getincrementaldecoder("utf-8")(errors="replace").decode
        self._parse = json.JSONDecoder().raw_decode
        self._state = _State.ARRAY
        self._text = ""
        self._wanted = 0
        """Characters of an element before it is worth being tried again."""
        self._waiting = 0
        """Bytes since the last element."""

    def feed(self, piece: bytes) -> list[Json]:
        """Return the elements that this piece completes, in their order.

        Raises:
            CgmResponseError: It is no array, or one of its elements too large.
        """
        self._text += self._decode(piece)
        elements = self._elements()
        self._waiting = 0 if elements else self._waiting + len(piece)
        if self._waiting > transport.LARGEST_BODY:
            raise CgmResponseError("An element of the answer is too large")
        return elements

    def close(self) -> list[Json]:
        """Return what no piece after the last one can change any more.

        Raises:
            CgmResponseError: The array has no end.
        """
        self._text += self._decode(b"", final=True)
        self._wanted = 0
        elements = self._elements()
        if self._state is not _State.NOTHING:
            raise CgmResponseError("The answer is cut off")
        return elements

    def _elements(self) -> list[Json]:
        """Return what is complete, and hold on to the rest."""
        elements: list[Json] = []
        text, at = self._text, 0
        while (at := _end_of_space(text, at)) < len(text):
            state = _NEXT.get((self._state, text[at]))
            if state is not None:
                self._state, at = state, at + 1
            elif self._state in {_State.FIRST, _State.ELEMENT}:
                end = self._element(at, elements)
                if end is None:
                    break
                self._state, at = _State.DELIMITER, end
            else:
                raise CgmResponseError("An array was promised")
        self._text = text[at:]
        return elements

    def _element(self, at: int, elements: list[Json]) -> int | None:
        """Add the element that begins at `at`; return its end, None if it has none.

        What is incomplete is tried again when there is twice as much of it, so
        that a large one does not cost the square of its size.
        """
        text, there = self._text, len(self._text) - at
        if there < self._wanted:
            return None
        try:
            element, end = self._parse(text, at)
        except RecursionError:
            raise CgmResponseError("The answer is too deep") from None
        except ValueError:
            self._wanted = 2 * there
            return None
        if text[end - 1] not in _CLOSED and text[end : end + 1] not in _AFTER:
            return None
        self._wanted = 0
        elements.append(element)
        return end


def _end_of_space(text: str, at: int) -> int:
    """Return where something else than space begins."""
    found = _SPACE.match(text, at)
    return found.end() if found else at
