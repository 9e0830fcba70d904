"""Which form of a word a number takes.

Source: Unicode CLDR 46, common/supplemental/plurals.xml, cardinal.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum


class Plural(StrEnum):
    """CLDR's categories, as far as our languages have them."""

    ONE = "one"
    FEW = "few"
    MANY = "many"
    OTHER = "other"


type _Rule = Callable[[int, str], Plural]
"""Takes the whole part and the digits after the point, as they are written."""


def _whole_one(whole: int, fraction: str) -> Plural:
    """Return ONE for 1 only."""
    return Plural.ONE if whole == 1 and not fraction else Plural.OTHER


def _below_two(whole: int, fraction: str) -> Plural:
    """Return ONE for everything below 2, as French and Portuguese say it."""
    return Plural.ONE if whole < 2 else Plural.OTHER


def _one_and_a_bit(whole: int, fraction: str) -> Plural:
    """Return ONE for 1, and for what is between whole numbers below 2."""
    is_between = bool(fraction) and whole < 2
    return Plural.ONE if is_between else _whole_one(whole, fraction)


def _polish(whole: int, fraction: str) -> Plural:
    """Return ONE for 1, FEW for 2 to 4, 22 to 24 and so on, else MANY."""
    if fraction:
        return Plural.OTHER
    if whole == 1:
        return Plural.ONE
    is_few = whole % 10 in range(2, 5) and whole % 100 not in range(12, 15)
    return Plural.FEW if is_few else Plural.MANY


_TWO = frozenset({Plural.ONE, Plural.OTHER})

_RULES: Mapping[str, tuple[_Rule, frozenset[Plural]]] = {
    "da": (_one_and_a_bit, _TWO),
    "de": (_whole_one, _TWO),
    "en": (_whole_one, _TWO),
    "es": (_whole_one, _TWO),
    "fi": (_whole_one, _TWO),
    "fr": (_below_two, _TWO),
    "it": (_whole_one, _TWO),
    "nb": (_whole_one, _TWO),
    "nl": (_whole_one, _TWO),
    "pl": (_polish, frozenset(Plural)),
    "pt": (_below_two, _TWO),
    "sv": (_whole_one, _TWO),
}


def plurals(language: str) -> frozenset[Plural]:
    """Return the forms that a language has.

    Raises:
        KeyError: It is not one of ours.
    """
    return _RULES[language][1]


def plural(language: str, number: str) -> Plural:
    """Return the form that a number takes.

    Args:
        language: One of ours.
        number: As it is written, with a point and without zeros at its end.

    Raises:
        KeyError: The language is not one of ours.
    """
    whole, _, fraction = number.lstrip("-").partition(".")
    return _RULES[language][0](int(whole), fraction)
