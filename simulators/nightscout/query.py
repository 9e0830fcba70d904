"""How Nightscout reads `find[...]`, `count` and `sort`, quirks included.

Source: cgm-remote-monitor, lib/server/query.js, and recorded answers.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
import operator
import re
from typing import Any

from multidict import MultiMapping

from .documents import Document, iso, moment_ms, parse_moment, to_ms
from .store import Collection

_KEY = re.compile(r"find\[([^\]]+)\](?:\[([^\]]+)\])?(?:\[\d*\])?")
_INTEGER = re.compile(r"\s*[-+]?\d+")
_WINDOW = timedelta(days=4)
"""What a query without a date covers."""

_WHOLE_NUMBERS = {
    Collection.ENTRIES: frozenset({"date", "sgv", "mbg", "filtered", "unfiltered"}),
    Collection.TREATMENTS: frozenset({"insulin", "carbs", "glucose"}),
}

type Comparison = Callable[[Any, Any], bool]
"""What `operator` offers; it is only called with values of the same type."""

_PATTERNS = frozenset({"notes", "eventType", "enteredBy"})
_COMPARISONS: dict[str, Comparison] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
    "$eq": operator.eq,
}

type Test = Callable[[Document], bool]


class MongoError(Exception):
    """The database refused a query."""


class InvalidDateError(Exception):
    """A date could not be read: collections other than entries answer null."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """What to return of a collection."""

    tests: tuple[Test, ...]
    count: int | None
    is_oldest_first: bool
    after_ms: float
    """Nothing at or before this moment can match, so it is not even looked at."""

    def pick(self, documents: Iterable[Document]) -> list[Document]:
        """Return the documents that match, newest first as they came.

        `sort[date]=1` picks the oldest ones, and yet answers newest first.
        """
        matching = (doc for doc in documents if all(test(doc) for test in self.tests))
        if not self.is_oldest_first:
            return list(islice(matching, self.count))
        found = list(matching)
        return found[max(0, len(found) - self.count) :] if self.count else []


def parse(
    kind: Collection, params: MultiMapping[str], now: datetime, default_count: int
) -> Query:
    """Return what a query string asks for.

    Raises:
        MongoError: An operator is unknown.
        InvalidDateError: `created_at` is compared with something unreadable.
    """
    date_field = "date" if kind is Collection.ENTRIES else "created_at"
    conditions = _conditions(params)
    tests = [
        _test(kind, field, name, texts) for (field, name), texts in conditions.items()
    ]
    after_ms = _after_ms(kind, conditions)
    if not {field for field, _ in conditions} & {date_field, "dateString", "_id"}:
        after_ms = max(after_ms, to_ms(now - _WINDOW) - 1)
    return Query(
        tests=tuple(tests),
        count=_count(params, default_count),
        is_oldest_first=params.get(f"sort[{date_field}]") == "1",
        after_ms=after_ms,
    )


def has_find(params: Iterable[str]) -> bool:
    """Return whether a query string filters."""
    return any(key.startswith("find[") for key in params)


def _conditions(params: MultiMapping[str]) -> dict[tuple[str, str], list[str]]:
    """Return the values by field and operator."""
    conditions: dict[tuple[str, str], list[str]] = {}
    for key, value in params.items():
        if match := _KEY.fullmatch(key):
            condition = (match[1], match[2] or "$eq")
            conditions.setdefault(condition, []).append(value)
    return conditions


def _count(params: Mapping[str, str], default: int) -> int | None:
    """Return how many documents to answer, None for all."""
    if "count" not in params:
        return default
    try:
        return max(0, int(params["count"]))
    except ValueError:
        return None


def _after_ms(kind: Collection, conditions: dict[tuple[str, str], list[str]]) -> float:
    """Return the moment below which no entry can match."""
    if kind is not Collection.ENTRIES:
        return float("-inf")
    bounds = (
        whole_number(texts[0])
        for (field, name), texts in conditions.items()
        if field == "date" and name in {"$gt", "$gte"}
    )
    return max(
        (bound - 1.0 for bound in bounds if bound is not None), default=float("-inf")
    )


def whole_number(text: str) -> int | None:
    """Return the number a text begins with, as JavaScript's parseInt does."""
    match = _INTEGER.match(text)
    return int(match[0]) if match else None


def _test(kind: Collection, field: str, name: str, texts: list[str]) -> Test:
    """Return a test for one condition.

    Raises:
        MongoError: The operator is unknown.
        InvalidDateError: As named in `_value`.
    """
    if field.startswith("$"):
        raise MongoError(f"unknown top level operator: {field}.")
    values = [_value(kind, field, text) for text in texts]
    if name == "$exists":
        return lambda doc: (field in doc) == (texts[0] != "false")
    if name == "$regex" or (name == "$eq" and isinstance(values[0], re.Pattern)):
        pattern = _pattern(texts[0])
        return lambda doc: bool(pattern.search(str(doc.get(field, ""))))
    if name == "$in":
        return lambda doc: doc.get(field) in values
    if name == "$ne":
        return lambda doc: doc.get(field) != values[0]
    if name not in _COMPARISONS:
        raise MongoError(f"unknown operator: {name}")
    if kind is Collection.ENTRIES and field == "date":
        return _date_comparison(_COMPARISONS[name], values[0])
    return _comparison(field, _COMPARISONS[name], values[0])


def _date_comparison(compare: Comparison, wanted: object) -> Test:
    """Return a test of an entry's moment; one that nobody can date passes."""

    def test(document: Document) -> bool:
        at_ms = moment_ms(document)
        return at_ms == float("inf") or (wanted is not None and compare(at_ms, wanted))

    return test


def _comparison(field: str, compare: Comparison, wanted: object) -> Test:
    """Return a test that compares only what is of the same type, as MongoDB does."""

    def test(document: Document) -> bool:
        value = document.get(field)
        types = (int, float) if isinstance(wanted, int) else (type(wanted),)
        return (
            wanted is not None and isinstance(value, types) and compare(value, wanted)
        )

    return test


def _value(kind: Collection, field: str, text: str) -> object:
    """Return what the server compares a field with.

    Raises:
        InvalidDateError: `created_at` of anything but an entry is unreadable.
        MongoError: A regular expression is wrong.
    """
    if field in _WHOLE_NUMBERS.get(kind, ()):
        return whole_number(text)
    if field in _PATTERNS and kind is Collection.TREATMENTS and text.startswith("/"):
        return _pattern(text)
    if field == "created_at":
        return _created_at(kind, text)
    return text


def _pattern(text: str) -> re.Pattern[str]:
    """Return a regular expression, with or without slashes around it.

    Raises:
        MongoError: It is none.
    """
    try:
        return re.compile(text.strip("/"))
    except re.error as err:
        raise MongoError(f"Regular expression is invalid: {err}") from err


def _created_at(kind: Collection, text: str) -> str:
    """Return a date as it is stored; milliseconds stay, and so match everything.

    Raises:
        InvalidDateError: As documented on `_value`.
    """
    if text.isdecimal():
        return text
    if at := parse_moment(text):
        return iso(at)
    if kind is Collection.ENTRIES:
        return text
    raise InvalidDateError(text)
