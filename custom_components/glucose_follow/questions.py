"""Every question that the people known can be asked about, as templates of hassil.

Names are written out, never left open: these sentences are tried before any
other, and what they match nobody else hears.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
import re

from .cgm.speech import Topic
from .languages import Language, Whose

_SYNTAX = re.compile(r"([()\[\]{}<>|;\\])")
_MARKS = ",:;?!。，；：？！¿¡؟…—–―"  # noqa: RUF001 - as hassil has it
_PUNCTUATION = re.compile(rf"[.{_MARKS}]")
_BEFORE_WORDS = re.compile(rf"(?<!\w)[.{_MARKS}]+")
_AFTER_WORDS = re.compile(rf"[.{_MARKS}]+(?!\w)")
_AFTER_ALL_BUT_INITIALS = re.compile(rf"((?<!\w\.\w)\.|[{_MARKS}])+(?!\w)")
_UNSPOKEN = re.compile(r"[^\w\s'-]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What a template asks."""

    language: str
    """Code of the language it is in."""

    topic: Topic

    whose: Whose | None
    """Whom it is about, None if somebody who is not known."""

    name: str | None = None
    """With `Whose.NAMED`: one of the names of who is meant."""


def questions(
    languages: Iterable[Language], names: Mapping[str, Iterable[str]]
) -> dict[str, Question]:
    """Return every template with what it asks, in the order they are to be tried.

    Args:
        languages: The most likely first.
        names: What each person is called, by whatever tells people apart.
    """
    asked: dict[str, Question] = {}
    spoken = list(languages)
    shared = _shared(names)
    for language in spoken:
        for template, question in _known(language, shared):
            asked.setdefault(template, question)
    # Last, or they would match what is asked about those who are known.
    for language in spoken:
        nobody = Question(language=language.code, topic=Topic.GLUCOSE, whose=None)
        for template in language.unknown:
            asked.setdefault(template, nobody)
    return asked


def meant(
    question: Question,
    whom: str,
    language: Language,
    names: Mapping[str, Iterable[str]],
) -> list[Question]:
    """Return what a question with an open name asks: of several people one by one.

    Args:
        question: Whom it is about is not known.
        whom: What was said for the name, such as "my son Alex".
        language: Of the question.
        names: What each person is called.
    """
    said = f" {' '.join(_UNSPOKEN.sub(' ', whom.casefold()).split())} "
    found = []
    spellings = {key: group[0] for group in _shared(names) for key in _keys(group)}
    # A name may be a part of another.
    for key in sorted(spellings, key=len, reverse=True):
        if f" {key} " in said:
            said = said.replace(f" {key} ", "  ")
            found.append(replace(question, whose=Whose.NAMED, name=spellings[key]))
    for whose, words in language.pronouns.items():
        if said.strip() in words:
            found.append(replace(question, whose=whose))
    return found or [question]


def _keys(names: Iterable[str]) -> Iterator[str]:
    """Yield what names are when heard."""
    for name in names:
        yield from _heard(name)


def is_same_name(one: str, other: str) -> bool:
    """Return whether two names sound the same."""
    return not _heard(one).keys().isdisjoint(_heard(other))


def _shared(names: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Return the names of all, those of the same people together."""
    bearers: dict[str, set[str]] = {}
    spellings: dict[str, str] = {}
    for person, called in names.items():
        for name in called:
            for key, spelling in _heard(name).items():
                bearers.setdefault(key, set()).add(person)
                spellings.setdefault(key, spelling)
    groups: dict[frozenset[str], list[str]] = {}
    for key, people in bearers.items():
        groups.setdefault(frozenset(people), []).append(spellings[key])
    return list(groups.values())


def _known(
    language: Language, shared: Iterable[list[str]]
) -> Iterator[tuple[str, Question]]:
    """Yield what can be asked in one language."""
    called = [(names[0], *_alternatives(language, names)) for names in shared]
    for topic, by_whom in language.sentences.items():
        for whose, templates in by_whom.items():
            for template in templates:
                if whose is not Whose.NAMED:
                    yield (
                        template,
                        Question(language=language.code, topic=topic, whose=whose),
                    )
                    continue
                for name, plain, theirs in called:
                    filled = template.replace("<name>", plain)
                    yield (
                        filled.replace("<name's>", theirs),
                        Question(
                            language=language.code, topic=topic, whose=whose, name=name
                        ),
                    )


def _alternatives(language: Language, names: list[str]) -> tuple[str, str]:
    """Return names as a choice, plainly and as somebody's own."""
    theirs = [form for name in names for form in language.genitives(name)]
    return _choice(names), _choice(theirs)


def _choice(texts: Iterable[str]) -> str:
    """Return texts as alternatives of a template, whatever is in them."""
    escaped = (_SYNTAX.sub(r"\\\1", text) for text in dict.fromkeys(texts))
    return f"({'|'.join(escaped)})"


def _heard(name: str) -> dict[str, str]:
    """Return how a name may be written when heard, by what makes it the same."""
    plain = " ".join(name.replace("\u2019", "'").split())
    apart = _PUNCTUATION.sub(" ", plain)
    spoken = _UNSPOKEN.sub(" ", apart)
    forms = (spoken, spoken.replace("-", " "), apart, *_typed(plain))
    texts = (" ".join(form.split()) for form in forms)
    return {text.casefold(): text for text in texts if text}


def _typed(name: str) -> tuple[str, str]:
    """Return what is left of a name that is typed, at the end and before other words.

    Punctuation is taken away around words and not within them, and the last dot
    of initials only where a sentence ends with another mark.

    Source: hassil, util.py.
    """
    begun = _BEFORE_WORDS.sub("", name)
    return _AFTER_WORDS.sub("", begun), _AFTER_ALL_BUT_INITIALS.sub("", begun)
