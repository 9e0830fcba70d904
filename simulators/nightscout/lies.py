"""Documents whose values are of the wrong type, or of no possible size."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from aiohttp import web

from . import v3
from .answers import json_answer
from .documents import iso, parse_moment
from .faults import Fault, Serve, documents, is_v3
from .site import Site

type Twist = Callable[[object], object]

ABSENT = object()
"""What a twist returns to leave the field out."""


def as_text(value: object) -> object:
    """Return a number as text: 120 becomes "120"."""
    return str(value)


def as_fraction(value: object) -> object:
    """Return a number a little larger, with a fraction."""
    return value + 0.4 if isinstance(value, int | float) else value


def as_seconds(value: object) -> object:
    """Return a moment in seconds since 1970."""
    at = parse_moment(value)
    return int(at.timestamp()) if at else value


def as_iso(value: object) -> object:
    """Return a moment as text."""
    at = parse_moment(value)
    return iso(at) if at else value


def always(lie: object) -> Twist:
    """Return a twist that always says the same: null, 0, 5, 1e9, `ABSENT`."""
    return lambda _: lie


@dataclass(frozen=True)
class Lie(Fault):
    """One field is not what it should be."""

    field: str
    twist: Twist
    every: int = 1
    """The newest document lies, and from there every so many."""

    @override
    async def answer(
        self, site: Site, request: web.Request, kind: str, serve: Serve
    ) -> web.StreamResponse:
        honest = await serve()
        found = documents(honest)
        if found is None:
            return honest
        told = [
            document if number % self.every else self._twisted(document)
            for number, document in enumerate(found)
        ]
        return v3.answer({"result": told}) if is_v3(request) else json_answer(told)

    def _twisted(self, document: dict[str, object]) -> dict[str, object]:
        """Return a document that lies, if it has the field at all."""
        if self.field not in document:
            return document
        twisted = document | {self.field: self.twist(document[self.field])}
        return {key: value for key, value in twisted.items() if value is not ABSENT}
