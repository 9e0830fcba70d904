"""The intent that every question ends in, for sentences of the user's own too."""

from typing import Any, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv, intent
import probatio

from .cgm.speech import Topic
from .languages import Whose, async_languages, language_of
from .reply import reply

INTENT_GET_GLUCOSE = "GlucoseFollowGetGlucose"
SLOT_PERSON, SLOT_TOPIC, SLOT_WHOSE = "person", "topic", "whose"
UNKNOWN = "unknown"
"""In the slot `whose`: about somebody, but nobody who is known."""


async def async_setup_intents(hass: HomeAssistant) -> None:
    """Register nothing: the intent exists while somebody may be asked about."""


class GetGlucoseIntent(intent.IntentHandler):
    """Says what is known about the glucose of a person."""

    intent_type = INTENT_GET_GLUCOSE
    description = "Says how a person's glucose is, and what was done about it"

    @property
    @override
    def slot_schema(self) -> dict[Any, Any]:
        """Return what a question may name; without anything it is about glucose."""
        return {
            probatio.Optional(SLOT_PERSON): cv.string,
            probatio.Optional(SLOT_TOPIC): probatio.Coerce(Topic),
            probatio.Optional(SLOT_WHOSE): probatio.In([*Whose, UNKNOWN]),
        }

    @override
    async def async_handle(self, intent_obj: intent.Intent) -> intent.IntentResponse:
        """Return the answer in the language of the question."""
        hass = intent_obj.hass
        slots = self.async_validate_slots(intent_obj.slots)
        languages = await async_languages(hass)
        language = language_of(languages, intent_obj.language, hass.config.language)
        name = slots.get(SLOT_PERSON, {}).get("value")
        whose = slots.get(SLOT_WHOSE, {}).get("value", Whose.ANYONE)
        if name is not None:
            whose = Whose.NAMED
        response = intent_obj.create_response()
        response.response_type = intent.IntentResponseType.QUERY_ANSWER
        response.async_set_speech(
            reply(
                hass,
                language.words,
                topic=slots.get(SLOT_TOPIC, {}).get("value", Topic.GLUCOSE),
                whose=None if whose == UNKNOWN else Whose(whose),
                name=name,
                user_id=intent_obj.context.user_id,
            )
        )
        return response
