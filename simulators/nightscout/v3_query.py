"""How API v3 reads filters, sorting and paging, quirks included.

Source: recorded answers of a running 15.0.7 server; lib/api3/generic/search/
and lib/api3/storage/ of cgm-remote-monitor.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
import operator
import re
from typing import Any

from multidict import MultiMapping

from .documents import Document, iso, moment_ms, parse_moment, to_ms

MOST = 1000
"""The most documents in one answer, and the default."""

_RESERVED = frozenset({"token", "sort", "sort$desc", "limit", "skip", "fields", "now"})
_FILTER = re.compile(r"(.*)\$([a-zA-Z]+)")
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
_MOMENTS = frozenset({"date", "srvModified", "srvCreated"})
_FIRST_MS = 946_684_800_000
"""Numbers below this are taken for seconds; nothing happened before 2000."""

type Comparison = Callable[[Any, Any], bool]
"""What `operator` offers; it is only called with values of the same type."""

_COMPARISONS: dict[str, Comparison] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}

type Test = Callable[[Document], bool]


class BadRequestError(Exception):
    """The query is refused; the text is what the server says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """What to return of a collection."""

    tests: tuple[Test, ...]
    sort: str | None
    is_descending: bool
    limit: int
    skip: int
    fields: tuple[str, ...] | None
    after_ms: float
    """Nothing at or before this moment can match, so it is not even looked at."""

    def pick(self, documents: Iterable[Document]) -> list[Document]:
        """Return the documents of one page, as they are stored.

        Without a field to sort by it is the identifier that decides, so only
        what v1 uploaded, which has none, is in the order of its dates.
        """
        found = [doc for doc in documents if all(test(doc) for test in self.tests)]
        found.sort(key=self._key, reverse=self.is_descending)
        return found[self.skip : self.skip + self.limit]

    def projected(self, document: Document) -> Document:
        """Return the fields that were asked for."""
        if self.fields is None:
            return document
        return {name: document[name] for name in self.fields if name in document}

    def _key(self, document: Document) -> list[tuple[object, ...]]:
        """Return what a document is sorted by."""
        names = (*filter(None, (self.sort,)), "identifier", "created_at", "date")
        return [_rank(document.get(name)) for name in names]


def parse(params: MultiMapping[str]) -> Search:
    """Return what a query string asks for.

    Raises:
        BadRequestError: It asks for what cannot be.
    """
    if params.get("sort") and params.get("sort$desc"):
        raise BadRequestError("Parameters sort and sort_desc cannot be combined")
    conditions = _conditions(params)
    fields = params.get("fields", "_all")
    return Search(
        tests=tuple(_test(*condition) for condition in conditions),
        sort=params.get("sort$desc") or params.get("sort"),
        is_descending="sort$desc" in params,
        limit=_parse_limit(params),
        skip=_parse_skip(params),
        fields=None if fields == "_all" else tuple(fields.split(",")),
        after_ms=_after_ms(conditions),
    )


def _parse_limit(params: MultiMapping[str]) -> int:
    """Return how many documents an answer may have.

    Raises:
        BadRequestError: It is no number from 1 to 1000.
    """
    text = params.get("limit") or str(MOST)
    if not _NUMBER.fullmatch(text) or not 0 < float(text) <= MOST:
        raise BadRequestError("Parameter limit out of tolerance")
    return int(float(text))


def _parse_skip(params: MultiMapping[str]) -> int:
    """Return how many documents to leave out.

    Raises:
        BadRequestError: It is no number, or negative.
    """
    text = params.get("skip") or "0"
    if not _NUMBER.fullmatch(text) or float(text) < 0:
        raise BadRequestError("Parameter skip out of tolerance")
    return int(float(text))


def _conditions(params: MultiMapping[str]) -> list[tuple[str, str, object]]:
    """Return field, operator and value; of two for one field the last counts.

    Raises:
        BadRequestError: An operator is unknown.
    """
    conditions: dict[str, tuple[str, str, object]] = {}
    for name, text in params.items():
        if name in _RESERVED:
            continue
        match = _FILTER.fullmatch(name)
        field, how = (match[1], match[2]) if match else (name, "eq")
        if how not in _COMPARISONS and how not in {"ne", "in", "nin", "re"}:
            raise BadRequestError(f"Unsupported filter operator {how}")
        conditions[field] = (field, how, _value(field, text))
    # What was deleted is never found, whatever is asked about it.
    conditions["isValid"] = ("isValid", "ne", False)
    return list(conditions.values())


def _value(field: str, text: str) -> object:
    """Return what a field is compared with."""
    if field in _MOMENTS:
        return epoch_ms(text) or text
    if field == "created_at":
        at = parse_moment(text)
        return iso(at) if at else text
    if text in {"true", "false"}:
        return text == "true"
    return float(text) if _NUMBER.fullmatch(text) else text.strip("'")


def epoch_ms(text: str) -> int | None:
    """Return the milliseconds that a number or a date stand for, None if neither."""
    if not _NUMBER.fullmatch(text):
        at = parse_moment(text)
        return to_ms(at) if at else None
    told = float(text)
    ms = round(told if told >= _FIRST_MS else told * 1000)
    return ms if ms >= _FIRST_MS else None


def _test(field: str, how: str, wanted: object) -> Test:
    """Return a test for one condition."""
    if how == "ne":
        return lambda doc: doc.get(field) != wanted
    if how in {"in", "nin"}:
        texts = str(wanted).split("|")
        return lambda doc: (doc.get(field) in texts) == (how == "in")
    if how == "re":
        pattern = re.compile(str(wanted))
        return lambda doc: bool(pattern.search(str(doc.get(field, ""))))
    compare = _COMPARISONS[how]
    kinds = (int, float) if isinstance(wanted, int | float) else (type(wanted),)

    def test(document: Document) -> bool:
        value = document.get(field)
        return isinstance(value, kinds) and compare(value, wanted)

    return test


def _after_ms(conditions: Iterable[tuple[str, str, object]]) -> float:
    """Return the moment below which no document can match."""
    for field, how, wanted in conditions:
        if field in {"date", "created_at"} and how in {"gt", "gte"}:
            at_ms = moment_ms({field: wanted})
            return at_ms - 1 if at_ms < float("inf") else float("-inf")
    return float("-inf")


def _rank(value: object) -> tuple[object, ...]:
    """Return a key that sorts like MongoDB: nothing, numbers, texts, the rest."""
    if value is None:
        return (0,)
    if isinstance(value, int | float):
        return (1, value)
    return (2, value) if isinstance(value, str) else (3, str(value))
