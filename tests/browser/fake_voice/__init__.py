"""A voice whose sound is the words themselves, so that a test can read them."""

from typing import Any, override

from homeassistant.components.tts.const import DATA_COMPONENT, TtsAudioType
from homeassistant.components.tts.entity import TextToSpeechEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType

DOMAIN = "fake_voice"


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Offer the voice."""
    await hass.data[DATA_COMPONENT].async_add_entities([FakeVoice()])
    return True


class FakeVoice(TextToSpeechEntity):
    """Says everything in letters."""

    _attr_name = "Fake voice"
    _attr_unique_id = DOMAIN
    _attr_default_language = "en"

    @property
    @override
    def supported_languages(self) -> list[str]:
        return ["en"]

    @override
    async def async_get_tts_audio(
        self, message: str, language: str, options: dict[str, Any]
    ) -> TtsAudioType:
        """Return what is said."""
        return "mp3", message.encode()
