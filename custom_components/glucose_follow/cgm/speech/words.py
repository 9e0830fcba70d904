"""The words of one language, and how it says numbers, times and names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
import re
from typing import Self

from ..models import Direction, GlucoseUnit
from .plurals import Plural, plural, plurals

MGDL_PER_MMOL = 18.016
"""As Home Assistant has it: what is said is what is shown."""

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_MINUTES = frozenset(range(120)) - {60}
_HOURS = frozenset(range(48)) - {24}
"""People say an hour, but 90 minutes; a day, but 30 hours."""


class Phrase(StrEnum):
    """What is said; the values are keys of the files of sentences."""

    READING = "reading"
    BELOW = "below"
    ABOVE = "above"
    ABOUT = "about"
    IN_RANGE = "in_range"
    URGENT_LOW = "urgent_low"
    LOW = "low"
    HIGH = "high"
    URGENT_HIGH = "urgent_high"
    LOW_SOON = "low_soon"
    LOW_IN = "low_in"
    STALE = "stale"
    GONE = "gone"
    NONE = "none"
    NOT_CURRENT = "not_current"
    WARMUP = "warmup"
    SENSOR_ERROR = "sensor_error"
    LAST_WAS = "last_was"
    DELAYED = "delayed"
    TREND = "trend"
    TREND_UNKNOWN = "trend_unknown"
    # YAML takes yes and no for true and false.
    IT_IS = "it_is"
    IT_IS_NOT = "it_is_not"
    NOT_YET = "not_yet"
    CANNOT_TELL = "cannot_tell"
    LAST_READING = "last_reading"
    LAST_BOLUS = "last_bolus"
    NO_BOLUS = "no_bolus"
    BOLUS_UNKNOWN = "bolus_unknown"
    INSULIN_ON_BOARD = "insulin_on_board"
    INSULIN_UNKNOWN = "insulin_unknown"
    CARBS_ON_BOARD = "carbs_on_board"
    CARBS_UNKNOWN = "carbs_unknown"
    TIME_IN_RANGE = "time_in_range"
    TIME_MISSING = "time_missing"
    TIME_UNKNOWN = "time_unknown"
    SENSOR_DUE = "sensor_due"
    SENSOR_OVERDUE = "sensor_overdue"
    SENSOR_STARTED = "sensor_started"
    SENSOR_UNKNOWN = "sensor_unknown"
    FORECAST = "forecast"
    FORECAST_UNKNOWN = "forecast_unknown"
    WHICH = "which"
    UNKNOWN_NAME = "unknown_name"
    NOT_YOURS = "not_yours"
    NOBODY = "nobody"
    JUST_NOW = "just_now"
    OR = "or"
    AND = "and"


class Tense(StrEnum):
    """How a span of time stands in a sentence."""

    AGO = "ago"
    LASTING = "lasting"
    IN = "in"


class TimeUnit(StrEnum):
    """What spans of time are counted in."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


class Amount(StrEnum):
    """What is counted besides time."""

    UNITS = "units"
    INSULIN = "insulin"
    CARBS = "carbs"
    PERCENT = "percent"


type Forms = Mapping[Plural, str]
"""A text for each form that the language has, with `{n}` for the number."""


class WordsError(ValueError):
    """A file of sentences lacks something, or has something that nobody says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """What is said in one language; texts have their placeholders in braces."""

    language: str
    """Code of the language, one of those that `plurals` knows."""

    decimal: str
    """What stands between whole and part."""

    phrases: Mapping[Phrase, str]
    directions: Mapping[Direction, str]
    times: Mapping[tuple[Tense, TimeUnit], Forms]
    amounts: Mapping[Amount, Forms]

    smoothing: Sequence[tuple[re.Pattern[str], str]] = ()
    """Patterns that are replaced in what is said, to make it smooth."""

    @classmethod
    def read(cls, language: str, document: Mapping[str, object]) -> Self:
        """Return the words of a document.

        Args:
            language: One of those that `plurals` knows.
            document: The keys `decimal`, `answers`, `directions`, `times`,
                `amounts` and `smoothing` of a file of sentences.

        Raises:
            WordsError: Something is missing, or nobody says it.
        """
        times = _within(document, "times", list(Tense))
        amounts = _within(document, "amounts", list(Amount))
        forms = list(plurals(language))
        return cls(
            language=language,
            decimal=_text(document, "decimal"),
            phrases=_texts(document, "answers", list(Phrase)),
            directions=_texts(document, "directions", list(Direction)),
            times={
                (tense, unit): _texts(
                    _within(times, tense, list(TimeUnit)), unit, forms
                )
                for tense in Tense
                for unit in TimeUnit
            },
            amounts={amount: _texts(amounts, amount, forms) for amount in Amount},
            smoothing=[_rule(rule) for rule in _all(document, "smoothing")],
        )

    def say(self, phrase: Phrase, **values: str) -> str:
        """Return a phrase with its placeholders filled in."""
        said = self.phrases[phrase].format_map(values)
        for pattern, form in self.smoothing:
            said = pattern.sub(form, said)
        return said

    def amount(self, amount: Amount, number: float, decimals: int = 0) -> str:
        """Return an amount with as many decimals as it needs, at most `decimals`."""
        return self._counted(self.amounts[amount], number, decimals)

    def ago(self, age: timedelta) -> str:
        """Return how long ago something was."""
        if round(age / _MINUTE) < 1:
            return self.phrases[Phrase.JUST_NOW]
        return self._span(Tense.AGO, age)

    def lasting(self, span: timedelta) -> str:
        """Return for how long something has been so."""
        return self._span(Tense.LASTING, span)

    def ahead(self, span: timedelta) -> str:
        """Return in what time something will be."""
        return self._span(Tense.IN, span)

    def glucose(self, mgdl: float, unit: GlucoseUnit) -> str:
        """Return glucose as people with this unit write it, without the unit."""
        decimals = int(unit is GlucoseUnit.MMOL)
        return self._written(f"{in_unit(mgdl, unit):.{decimals}f}")

    def choice(self, names: Sequence[str]) -> str:
        """Return names to choose from, as people list them."""
        return self._listed(Phrase.OR, names)

    def both(self, names: Sequence[str]) -> str:
        """Return names, as people list them."""
        return self._listed(Phrase.AND, names)

    def _listed(self, phrase: Phrase, names: Sequence[str]) -> str:
        """Return a list whose last two are joined by a word."""
        if len(names) < 2:
            return "".join(names)
        return self.say(phrase, first=", ".join(names[:-1]), last=names[-1])

    def _span(self, tense: Tense, span: timedelta) -> str:
        """Return a span in the unit that people would use."""
        minutes = max(1, round(span / _MINUTE))
        hours = round(span / _HOUR)
        if minutes in _MINUTES:
            unit, number = TimeUnit.MINUTES, minutes
        elif hours in _HOURS:
            unit, number = TimeUnit.HOURS, hours
        else:
            unit, number = TimeUnit.DAYS, round(span / _DAY)
        return self._counted(self.times[tense, unit], number)

    def _counted(self, forms: Forms, number: float, decimals: int = 0) -> str:
        """Return the form that a number takes, with the number in it."""
        text = f"{number:.{decimals}f}"
        if decimals:
            text = text.rstrip("0").rstrip(".")
        text = text if text.strip("-0") else "0"
        form = forms[plural(self.language, text)]
        return form.format_map({"n": self._written(text)})

    def _written(self, number: str) -> str:
        """Return a number as the language writes it."""
        return number.replace(".", self.decimal)


def in_unit(mgdl: float, unit: GlucoseUnit) -> float:
    """Return glucose, or a change of it, as people with this unit read it."""
    if unit is GlucoseUnit.MGDL:
        return round(mgdl)
    return round(mgdl / MGDL_PER_MMOL, 1)


def _within(
    document: Mapping[str, object], key: str, keys: Sequence[str]
) -> Mapping[str, object]:
    """Return what a key holds, having made sure that it has just these keys.

    Raises:
        WordsError: It has not.
    """
    found = document.get(key)
    if not isinstance(found, Mapping):
        raise WordsError(f"{key} is missing")
    if wrong := set(keys) ^ set(found):
        raise WordsError(f"{key} lacks, or should not have: {sorted(wrong)}")
    return found


def _texts[K: StrEnum](
    document: Mapping[str, object], key: str, keys: Sequence[K]
) -> Mapping[K, str]:
    """Return the texts that a key holds.

    Raises:
        WordsError: One is missing, is no text, or is of nothing that is said.
    """
    found = _within(document, key, keys)
    return {name: _text(found, name) for name in keys}


def _all(document: Mapping[str, object], key: str) -> Sequence[object]:
    """Return the list that a key holds.

    Raises:
        WordsError: There is none.
    """
    found = document.get(key)
    if not isinstance(found, list):
        raise WordsError(f"{key} is not a list")
    return found


def _rule(found: object) -> tuple[re.Pattern[str], str]:
    """Return a pattern, and what it is replaced by.

    Raises:
        WordsError: It is no rule.
    """
    if not isinstance(found, Mapping):
        raise WordsError(f"{found!r} is not a rule")
    return re.compile(_text(found, "pattern")), _text(found, "form")


def _text(document: Mapping[str, object], key: str) -> str:
    """Return the text that a key holds.

    Raises:
        WordsError: There is none.
    """
    text = document.get(key)
    if not isinstance(text, str) or not text:
        raise WordsError(f"{key} is not a text")
    return text
