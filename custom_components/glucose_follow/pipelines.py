"""The languages that people speak to Assist in.

Assist is looked at where it keeps its pipelines, never imported: to depend on it,
even after it, would make its packages a condition for seeing glucose.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from homeassistant.const import EVENT_CORE_CONFIG_UPDATE, MATCH_ALL
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

if TYPE_CHECKING:
    from homeassistant.components.assist_pipeline.pipeline import Pipeline, PipelineData

ASSIST_PIPELINE = "assist_pipeline"
_PIPELINES: HassKey[PipelineData] = HassKey(ASSIST_PIPELINE)


def languages(hass: HomeAssistant) -> list[str]:
    """Return the languages in use, Home Assistant's own first."""
    known = hass.data.get(_PIPELINES)
    pipelines = known.pipeline_store.async_items() if known else []
    return [hass.config.language, *map(_language, pipelines)]


def preferred_language(hass: HomeAssistant) -> str:
    """Return the language of the pipeline that is used unless another is chosen."""
    if (known := hass.data.get(_PIPELINES)) is None:
        return hass.config.language
    store = known.pipeline_store
    return _language(store.data[store.async_get_preferred_item()])


def listen(hass: HomeAssistant, on_change: Callable[[], None]) -> list[CALLBACK_TYPE]:
    """Call `on_change` whenever the languages in use may be others."""

    @callback
    def configured(_: object) -> None:
        on_change()

    async def changed(_: object) -> None:
        on_change()

    listeners = [hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, configured)]
    if known := hass.data.get(_PIPELINES):
        store = known.pipeline_store
        listeners.append(store.async_add_change_set_listener(changed))
    return listeners


def _language(pipeline: Pipeline) -> str:
    """Return the language that a pipeline is spoken to in.

    Models understand all of them, so that it is what the pipeline hears and says.

    Source: homeassistant.components.assist_pipeline, default_pipeline.py.
    """
    if pipeline.conversation_language != MATCH_ALL:
        return pipeline.conversation_language
    return pipeline.stt_language or pipeline.tts_language or pipeline.language
