"""Tools of language models: glucose to read, nothing to change."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import override

from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.components.llm import LLMTools
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.llm import (
    LLM_API_ASSIST,
    LLMContext,
    Tool,
    ToolAnnotations,
    ToolInput,
    ToolResult,
)
from homeassistant.helpers.update_coordinator import UpdateFailed
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonValueType
import probatio

from .cgm.errors import CgmError
from .cgm.models import Reading
from .cgm.speech import Extra, Facts, history, present
from .cgm.timeline import SPAN as READINGS_SPAN
from .const import DOMAIN
from .coordinator import CgmConfigEntry, CgmCoordinator
from .exposure import GLUCOSE
from .people import name_of, subject_of

PROMPT = (
    "The tools of Glucose Follow read a glucose sensor. Say how old every value is, "
    "and say a low first. A value that is stale, or from a delayed source, is not the "
    "present: say so, and never present it as current. Never advise on doses of "
    "insulin or amounts of carbohydrates, and never calculate one, even when asked: "
    "that is for the person and those who treat them."
)

MOST_HOURS = 14 * 24
"""Two weeks: what clinics look at, and few requests of the source."""

READS_ONLY = ToolAnnotations(
    read_only=True, destructive=False, idempotent=True, open_world=False
)


@callback
def async_get_tools(
    hass: HomeAssistant, llm_context: LLMContext, api_id: str
) -> LLMTools | None:
    """Return the tools if a model may see anybody's glucose."""
    if api_id != LLM_API_ASSIST:
        return None
    people = _visible(hass, llm_context.assistant)
    if not people:
        return None
    names = sorted({name_of(hass, entry) for entry in people})
    return LLMTools(tools=[GetGlucoseTool(names), GetHistoryTool(names)], prompt=PROMPT)


class GlucoseTool(Tool):
    """Reads something about the people that a model may see."""

    annotations = READS_ONLY
    integration = DOMAIN

    def __init__(self, names: Sequence[str]) -> None:
        """Let the model choose between the people that it may see."""
        person = probatio.Optional("person", description="Everybody if left out")
        self.parameters = probatio.Schema({person: probatio.In(names)})

    def _people(
        self,
        hass: HomeAssistant,
        person: str | None,
        assistant: str,
    ) -> list[CgmConfigEntry]:
        """Return the one person or all; exposure may have ended."""
        return [
            entry
            for entry in _visible(hass, assistant)
            if person in {None, name_of(hass, entry)}
        ]

    def _result(self, facts: Iterable[Facts]) -> ToolResult:
        """Return what is known of people, or that there are none."""
        people: list[JsonValueType] = list(facts)
        if not people:
            return ToolResult(data={"error": "No such person"}, error=True)
        return ToolResult(data={"people": people})


class GetGlucoseTool(GlucoseTool):
    """Tells how somebody is now."""

    name = f"{DOMAIN}__get_glucose"
    title = "Get glucose"
    description = (
        "Current glucose of a person with its age, direction and range, insulin and "
        "carbohydrates on board, the last bolus, and what is expected in half an hour."
    )

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext
    ) -> ToolResult:
        """Return what is known now."""
        chosen = self.parameters(tool_input.tool_args)
        assistant = llm_context.assistant
        return self._result(
            present(subject_of(hass, entry), _extras(hass, entry, assistant))
            for entry in self._people(hass, chosen.get("person"), assistant)
        )


class GetHistoryTool(GlucoseTool):
    """Tells what the last hours were like."""

    name = f"{DOMAIN}__get_history"
    title = "Get glucose history"
    description = (
        "Summary of a person's glucose over the last hours or days: mean, percent of time "
        "below, in and above target, and lows and highs with their times. The mean takes "
        "LOW for 39 mg/dL and HIGH for 401."
    )

    def __init__(self, names: Sequence[str]) -> None:
        """Let the model choose how far to look back, too."""
        super().__init__(names)
        hours = probatio.All(probatio.Coerce(int), probatio.Range(1, MOST_HOURS))
        self.parameters = self.parameters.extend(
            {probatio.Optional("hours", default=24): hours}
        )

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext
    ) -> ToolResult:
        """Return what the period was like."""
        chosen = self.parameters(tool_input.tool_args)
        span = timedelta(hours=chosen["hours"])
        assistant = llm_context.assistant
        found = [
            await _history(hass, entry, span, assistant)
            for entry in self._people(hass, chosen.get("person"), assistant)
        ]
        return self._result(filter(None, found))


async def _history(
    hass: HomeAssistant, entry: CgmConfigEntry, span: timedelta, assistant: str
) -> Facts | None:
    """Return what a period was like, None if that may not be told any more.

    A person may be hidden or unloaded while somebody's source is asked.
    """
    if entry not in _visible(hass, assistant):
        return None
    is_held = span <= READINGS_SPAN
    told = () if is_held else await _readings(entry.runtime_data, span)
    if entry not in _visible(hass, assistant):
        return None
    subject, zone = subject_of(hass, entry), dt_util.get_default_time_zone()
    if told is None:
        return {"person": subject.name, "error": "The source does not answer now"}
    readings = subject.data.readings if is_held else told
    return history(subject, readings, span, zone)


async def _readings(
    coordinator: CgmCoordinator, span: timedelta
) -> Sequence[Reading] | None:
    """Return the readings of a period, None if the source does not answer."""
    start = coordinator.now() - span
    try:
        # What comes while the source is asked belongs to the period, too.
        return await coordinator.past.readings(start, start + 2 * span)
    except CgmError, UpdateFailed:
        return None


def _visible(hass: HomeAssistant, assistant: str) -> list[CgmConfigEntry]:
    """Return the people whose glucose is exposed."""
    entries: list[CgmConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return [
        entry
        for entry in entries
        if any(_is_exposed(hass, entry, key, assistant) for key in GLUCOSE)
    ]


def _extras(
    hass: HomeAssistant, entry: CgmConfigEntry, assistant: str
) -> frozenset[Extra]:
    """Return what else is exposed of a person."""
    return frozenset(
        extra for extra in Extra if _is_exposed(hass, entry, extra, assistant)
    )


def _is_exposed(
    hass: HomeAssistant, entry: CgmConfigEntry, key: str, assistant: str
) -> bool:
    """Return whether one sensor of a person is exposed."""
    entity_id = er.async_get(hass).async_get_entity_id(
        SENSOR_DOMAIN, DOMAIN, f"{entry.entry_id}_{key}"
    )
    return entity_id is not None and async_should_expose(hass, assistant, entity_id)
