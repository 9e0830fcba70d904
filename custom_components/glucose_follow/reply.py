"""Finds whom a question is about, and says what is known of them."""

from collections.abc import Sequence

from homeassistant.core import HomeAssistant

from .cgm.speech import Phrase, Topic, Words, answer
from .const import CONF_PERSON, CONF_VOICE, DOMAIN
from .coordinator import CgmConfigEntry
from .languages import Whose
from .people import is_mine, name_of, names_of, own_person, subject_of
from .questions import is_same_name


def reply(
    hass: HomeAssistant,
    words: Words,
    *,
    topic: Topic,
    whose: Whose | None,
    name: str | None = None,
    user_id: str | None = None,
) -> str:
    """Return the answer to a question.

    Args:
        hass: Knows the people.
        words: The language of the answer.
        topic: What was asked.
        whose: Whom it is about, None if somebody who is not known.
        name: Who is meant with `Whose.NAMED`.
        user_id: Who asks, None if nobody knows, as with most satellites.
    """
    people = _people(hass)
    if not people:
        return words.say(Phrase.NOBODY)
    meant = _meant(hass, people, whose, name, user_id)
    if isinstance(meant, Phrase):
        names = list(dict.fromkeys(name_of(hass, entry) for entry in people))
        is_question = meant is Phrase.WHICH
        listed = words.choice(names) if is_question else words.both(names)
        return words.say(meant, names=listed)
    return " ".join(answer(topic, subject_of(hass, entry), words) for entry in meant)


def _people(hass: HomeAssistant) -> list[CgmConfigEntry]:
    """Return who may be asked about, by name."""
    loaded = hass.config_entries.async_loaded_entries(DOMAIN)
    wanted = [entry for entry in loaded if entry.options.get(CONF_VOICE)]
    return sorted(wanted, key=lambda entry: name_of(hass, entry).casefold())


def _meant(
    hass: HomeAssistant,
    people: Sequence[CgmConfigEntry],
    whose: Whose | None,
    name: str | None,
    user_id: str | None,
) -> Sequence[CgmConfigEntry] | Phrase:
    """Return who is meant, or what to say if that is not clear."""
    match whose:
        case Whose.EVERYONE:
            return people
        case Whose.MINE | Whose.ANYONE:
            return _nearest(hass, people, whose, user_id)
    named = [
        entry
        for entry in people
        if name and any(is_same_name(name, known) for known in names_of(hass, entry))
    ]
    return named or Phrase.UNKNOWN_NAME


def _nearest(
    hass: HomeAssistant,
    people: Sequence[CgmConfigEntry],
    whose: Whose,
    user_id: str | None,
) -> Sequence[CgmConfigEntry] | Phrase:
    """Return who is meant when no name is said: the speaker, else the only one."""
    mine = [entry for entry in people if is_mine(hass, entry, user_id)]
    if mine:
        return mine
    if len(people) > 1:
        return Phrase.WHICH
    # A person who was renamed, or is gone, is nobody else.
    linked = hass.states.get(people[0].options.get(CONF_PERSON, ""))
    is_somebody_else = linked and own_person(hass, user_id)
    if whose is Whose.MINE and is_somebody_else:
        return Phrase.NOT_YOURS
    return people
