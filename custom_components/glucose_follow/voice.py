"""Understands questions: one registration of sentences for all who want it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er, intent
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.setup import async_when_setup
from homeassistant.util.hass_dict import HassKey

from . import pipelines
from .const import CONF_PERSON, CONF_VOICE, DOMAIN
from .coordinator import CgmConfigEntry
from .intent import (
    INTENT_GET_GLUCOSE,
    SLOT_PERSON,
    SLOT_TOPIC,
    SLOT_WHOSE,
    UNKNOWN,
    GetGlucoseIntent,
)
from .languages import Languages, async_languages, language_of
from .people import names_of
from .questions import Question, meant, questions

if TYPE_CHECKING:
    from hassil.recognize import RecognizeResult
    from homeassistant.components.conversation import ConversationInput

type _Asked = tuple[Sequence[str], Mapping[str, Sequence[str]]]
"""Codes of languages, and the names of people by entry."""

CONVERSATION = "conversation"
_WHOM = "whom"


async def async_answer_questions(hass: HomeAssistant, entry: CgmConfigEntry) -> None:
    """Let a person be asked about until unload, if that is wanted."""
    if not entry.options.get(CONF_VOICE):
        return
    languages = await async_languages(hass)
    voice = hass.data.setdefault(_VOICE, Voice(hass, languages))
    entry.async_on_unload(voice.include(entry))


class Voice:
    """Holds the sentences of all people, and follows what the people are called."""

    def __init__(self, hass: HomeAssistant, languages: Languages) -> None:
        """Prepare; nothing is registered before the first person."""
        self._hass = hass
        self._languages = languages
        self._people: dict[str, CgmConfigEntry] = {}
        self._questions: Mapping[str, Question] = {}
        self._asked: _Asked | None = None
        self._cancel: list[CALLBACK_TYPE] = []
        self._cancel_sentences: CALLBACK_TYPE | None = None
        for component in (CONVERSATION, pipelines.ASSIST_PIPELINE):
            if component not in hass.config.components:
                async_when_setup(hass, component, self._async_came)

    @callback
    def include(self, entry: CgmConfigEntry) -> CALLBACK_TYPE:
        """Answer questions about one more person; return what ends it."""
        self._people[entry.entry_id] = entry
        self._follow_people()

        @callback
        def exclude() -> None:
            """Answer no more questions about that person."""
            del self._people[entry.entry_id]
            self._follow_people()

        return exclude

    @callback
    def _follow_people(self) -> None:
        """Watch the people who are left, or end everything."""
        while self._cancel:
            self._cancel.pop()()
        if not self._people:
            self._unregister()
            intent.async_remove(self._hass, INTENT_GET_GLUCOSE)
            return
        if INTENT_GET_GLUCOSE not in map(_intent_type, intent.async_get(self._hass)):
            intent.async_register(self._hass, GetGlucoseIntent())
        if CONVERSATION in self._hass.config.components:
            # What fails there is logged, and does not fail glucose too.
            async_when_setup(self._hass, CONVERSATION, self._async_listen)

    async def _async_came(self, *_: object) -> None:
        """Begin what had to wait for Assist."""
        self._follow_people()

    async def _async_listen(self, *_: object) -> None:
        """Look again whenever a name or a language may be another."""
        hass, look = self._hass, self._look_again
        linked = [entry.options.get(CONF_PERSON) for entry in self._people.values()]
        self._cancel = [
            async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, look),
            hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, look),
            hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, look),
            async_track_state_change_event(hass, filter(None, linked), look),
            *pipelines.listen(hass, look),
        ]
        look()

    @callback
    def _look_again(self, *_: object) -> None:
        """Register again if there is something else to register."""
        asked = self._asked_now()
        if asked != self._asked:
            self._unregister()
            self._register(asked)

    def _asked_now(self) -> _Asked:
        """Return the languages in use, and what everybody is called."""
        used = [
            language_of(self._languages, code).code
            for code in pipelines.languages(self._hass)
        ]
        names = {
            entry_id: names_of(self._hass, entry)
            for entry_id, entry in self._people.items()
        }
        return list(dict.fromkeys(used)), names

    @callback
    def _register(self, asked: _Asked) -> None:
        """Register every sentence that asks about one of the people."""
        # Its requirements are installed only where somebody talks to Assist.
        from homeassistant.components.conversation.agent_manager import (  # noqa: PLC0415 - may be missing
            get_agent_manager,
        )

        codes, names = asked
        self._asked = asked
        self._questions = questions(map(self._languages.__getitem__, codes), names)
        self._cancel_sentences = get_agent_manager(self._hass).register_trigger(
            list(self._questions), self._async_answer
        )

    @callback
    def _unregister(self) -> None:
        """Take the sentences back."""
        self._asked = None
        if self._cancel_sentences is not None:
            self._cancel_sentences()
            self._cancel_sentences = None

    async def _async_answer(
        self, heard: ConversationInput, recognised: RecognizeResult
    ) -> str | None:
        """Return the answer to what was heard, in the language of the pipeline."""
        template = recognised.intent_sentence and recognised.intent_sentence.text
        asked = self._questions[template or ""]
        whom = recognised.entities.get(_WHOM)
        if asked.whose is None and whom is not None and self._asked is not None:
            language = self._languages[asked.language]
            questions = meant(asked, str(whom.value), language, self._asked[1])
        else:
            questions = [asked]
        answers = [await self._answer(heard, question) for question in questions]
        return " ".join(dict.fromkeys(answers))

    async def _answer(self, heard: ConversationInput, question: Question) -> str:
        """Return the answer to one question."""
        language = language_of(self._languages, heard.language, question.language)
        response = await intent.async_handle(
            self._hass,
            DOMAIN,
            INTENT_GET_GLUCOSE,
            _slots(question),
            heard.text,
            heard.context,
            language.code,
            CONVERSATION,
            heard.device_id,
            heard.satellite_id,
            heard.agent_id,
        )
        speech: str = response.speech["plain"]["speech"]
        return speech


def _intent_type(handler: intent.IntentHandler) -> str:
    """Return what a handler handles."""
    return handler.intent_type


def _slots(question: Question) -> dict[str, dict[str, Any]]:
    """Return a question as the intent takes it."""
    slots: dict[str, dict[str, Any]] = {
        SLOT_TOPIC: {"value": question.topic.value},
        SLOT_WHOSE: {"value": question.whose or UNKNOWN},
    }
    if question.name is not None:
        slots[SLOT_PERSON] = {"value": question.name}
    return slots


_VOICE: HassKey[Voice] = HassKey(f"{DOMAIN}_voice")
