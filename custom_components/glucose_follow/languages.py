"""The languages that questions are understood and answered in.

Each is one file in `sentences/`, which a native speaker can correct.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
import re
from typing import Self

from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.yaml import load_yaml_dict

from .cgm.speech import Topic, Words, WordsError
from .const import DOMAIN

type Languages = Mapping[str, Language]
"""All languages by their code."""

FALLBACK = "en"
NORWEGIAN = {"no": "nb", "nn": "nb"}
"""Who speaks or writes Norwegian otherwise understands this one."""

FOLDER = Path(__file__).parent / "sentences"

_LANGUAGES: HassKey[Languages] = HassKey(f"{DOMAIN}_languages")
_REFERENCE = re.compile(r"<([^<>]+)>")


class Whose(StrEnum):
    """Whom a question is about; the values are keys of the files of sentences."""

    MINE = "mine"
    NAMED = "named"
    ANYONE = "anyone"
    EVERYONE = "everyone"


@dataclass(frozen=True, kw_only=True, slots=True)
class Language:
    """One language."""

    code: str
    """As pipelines have it, without a region."""

    title: str
    """What it calls itself."""

    words: Words
    """What is answered."""

    sentences: Mapping[Topic, Mapping[Whose, tuple[str, ...]]]
    """What can be asked: templates of hassil, with `<name>` and `<name's>`."""

    unknown: tuple[str, ...]
    """Templates that leave the name open: {whom} is whatever was said."""

    pronouns: Mapping[Whose, tuple[str, ...]]
    """What {whom} may be that is no name, by whom it means; in small letters."""

    theirs: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]
    """How names are written when something is theirs: the first that fits."""

    aliases: tuple[str, ...]
    """What people call the glucose sensor."""

    @classmethod
    def read(cls, code: str, document: Mapping[str, object]) -> Self:
        """Return the language that a file describes.

        Raises:
            WordsError: Something is missing or is not what it should be.
        """
        rules = {
            name: _text(rule) for name, rule in _mapping(document["rules"]).items()
        }
        sentences = _mapping(document["sentences"])
        return cls(
            code=code,
            title=_text(document["language"]),
            words=Words.read(code, document),
            sentences={
                topic: {
                    Whose(whose): _templates(templates, rules)
                    for whose, templates in _mapping(sentences[topic]).items()
                }
                for topic in Topic
            },
            unknown=_templates(document["unknown"], rules),
            pronouns={
                Whose(whose): tuple(map(_text, _list(words)))
                for whose, words in _mapping(document["pronouns"]).items()
            },
            theirs=tuple(map(_theirs, _list(document["theirs"]))),
            aliases=tuple(map(_text, _list(document["aliases"]))),
        )

    def genitives(self, name: str) -> list[str]:
        """Return how a name may be written when something is its bearer's."""
        for pattern, forms in self.theirs:
            if found := pattern.fullmatch(name):
                return [found.expand(form) for form in forms]
        return [name]


async def async_languages(hass: HomeAssistant) -> Languages:
    """Return all languages; their files are read once."""
    if _LANGUAGES not in hass.data:
        hass.data[_LANGUAGES] = await hass.async_add_executor_job(load)
    return hass.data[_LANGUAGES]


@cache
def load() -> Languages:
    """Return all languages from their files, which nobody changes."""
    return {
        path.stem: Language.read(path.stem, load_yaml_dict(path))
        for path in sorted(FOLDER.glob("*.yaml"))
    }


def language_of(languages: Languages, *codes: str) -> Language:
    """Return the first language that is one of ours.

    Args:
        languages: All of ours.
        codes: With or without a region, the most wanted first.
    """
    for code in codes:
        plain = re.split("[-_]", code)[0].lower()
        if found := languages.get(NORWEGIAN.get(plain, plain)):
            return found
    return languages[FALLBACK]


def _theirs(line: object) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """Return a rule for names when something is theirs."""
    rule = _mapping(line)
    pattern = re.compile(_text(rule["pattern"]), re.IGNORECASE)
    return pattern, tuple(map(_text, _list(rule["forms"])))


def _templates(found: object, rules: Mapping[str, str]) -> tuple[str, ...]:
    """Return templates with the words that they name put in."""
    return tuple(_filled(_text(template), rules) for template in _list(found))


def _filled(template: str, rules: Mapping[str, str]) -> str:
    """Return a template in which only names are left to be put in."""

    def put_in(reference: re.Match[str]) -> str:
        name = reference[1]
        if name in {"name", "name's"}:
            return reference[0]
        return _REFERENCE.sub(put_in, rules[name])

    return _REFERENCE.sub(put_in, template)


def _mapping(found: object) -> Mapping[str, object]:
    """Return what has keys.

    Raises:
        WordsError: It has none.
    """
    if not isinstance(found, Mapping):
        raise WordsError(f"{found!r} has no keys")
    return found


def _list(found: object) -> Sequence[object]:
    """Return what is a list.

    Raises:
        WordsError: It is none.
    """
    if not isinstance(found, list):
        raise WordsError(f"{found!r} is not a list")
    return found


def _text(found: object) -> str:
    """Return what is a text.

    Raises:
        WordsError: It is none.
    """
    if not isinstance(found, str):
        raise WordsError(f"{found!r} is not a text")
    return found
