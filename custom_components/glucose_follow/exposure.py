"""Shows a person's main sensors to Assist, and takes back just what was added.

What was added is written down beside it, in the registry's options of the entity.
"""

from collections.abc import Mapping, Sequence
from typing import TypedDict, cast

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.start import async_at_started

from .const import CONF_EXPOSE_TO_ASSIST, DOMAIN
from .languages import async_languages, language_of
from .pipelines import preferred_language

ASSISTANT = "conversation"

_CURRENT = "glucose"
_LATE = "delayed_glucose"
GLUCOSE = (_CURRENT, _LATE)
"""Keys of a person's glucose, of which each has one."""

SHOWN = (
    *GLUCOSE,
    "delta",
    "direction",
    "range",
    "last_reading",
    "last_bolus",
    "last_bolus_time",
    "last_carbs",
    "last_carbs_time",
    "insulin_on_board",
    "carbs_on_board",
    "sensor_started",
)
"""Keys of the main sensors."""

_OURS = f"{DOMAIN}.assist"


class _Added(TypedDict, total=False):
    """What was added to an entity; without a key, nothing was looked at yet."""

    exposed: bool
    """Whether it was not shown before."""

    names: list[str]
    """The names that were wanted."""

    aliases: list[str]
    """Those of them that it did not have before."""


@callback
def async_keep(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Follow the settings once all have started, and whenever a sensor is new."""

    @callback
    def is_new(event: er.EventEntityRegistryUpdatedData) -> bool:
        """Return whether an entity is new, and of this person."""
        entity = er.async_get(hass).async_get(event["entity_id"])
        return event["action"] == "create" and (
            entity is not None and entity.config_entry_id == entry.entry_id
        )

    async def follow(_: Event[er.EventEntityRegistryUpdatedData]) -> None:
        """Follow the settings."""
        await async_follow(hass)

    # What a pump reports gets its sensor when it is first reported.
    entry.async_on_unload(
        hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, follow, is_new)
    )
    entry.async_on_unload(async_at_started(hass, async_follow))


async def async_follow(hass: HomeAssistant) -> None:
    """Let Assist see what the settings of all people say now."""
    entries = hass.config_entries.async_entries(DOMAIN)
    shown = [entry for entry in entries if _is_shown(entry)]
    names: Sequence[str] = ()
    if len(shown) == 1:
        # The same name twice would be an error in Assist.
        languages = await async_languages(hass)
        names = language_of(languages, preferred_language(hass)).aliases
    for entry in entries:
        _follow_entry(hass, entry, names if _is_shown(entry) else ())


def _is_shown(entry: ConfigEntry) -> bool:
    """Return whether Assist may see a person's sensors."""
    return bool(entry.options.get(CONF_EXPOSE_TO_ASSIST)) and not entry.disabled_by


@callback
def _follow_entry(
    hass: HomeAssistant, entry: ConfigEntry, names: Sequence[str]
) -> None:
    """Let Assist see what the settings of one person say."""
    registry = er.async_get(hass)
    for key in SHOWN:
        unique_id = f"{entry.entry_id}_{key}"
        entity_id = registry.async_get_entity_id(SENSOR_DOMAIN, DOMAIN, unique_id)
        entity = entity_id and registry.async_get(entity_id)
        if not entity:
            continue
        added = cast("_Added", dict(entity.options.get(_OURS, {})))
        before = added.copy()
        _show(hass, entity, added, is_wanted=_is_shown(entry))
        if key in GLUCOSE:
            # What is hours old must not answer to a name that means the present.
            _name(registry, entity, added, list(names) if key == _CURRENT else [])
        if added != before:
            registry.async_update_entity_options(
                entity.entity_id, _OURS, cast("dict[str, object]", added) or None
            )


@callback
def _show(
    hass: HomeAssistant, entity: er.RegistryEntry, added: _Added, *, is_wanted: bool
) -> None:
    """Show an entity once, or hide it if it is shown because of us.

    What somebody changes by hand afterwards stays as it is.
    """
    settings: Mapping[str, object] = entity.options.get(ASSISTANT, {})
    is_shown = settings.get("should_expose") is True
    if is_wanted and "exposed" not in added:
        added["exposed"] = not is_shown
        async_expose_entity(hass, ASSISTANT, entity.entity_id, True)
    elif not is_wanted and added.pop("exposed", False) and is_shown:
        async_expose_entity(hass, ASSISTANT, entity.entity_id, False)


@callback
def _name(
    registry: er.EntityRegistry,
    entity: er.RegistryEntry,
    added: _Added,
    names: list[str],
) -> None:
    """Give an entity other names once, instead of those that it was given before."""
    if added.get("names", []) == names:
        return
    ours = added.pop("aliases", [])
    kept = [alias for alias in entity.aliases if alias not in ours]
    known = {alias.casefold() for alias in kept if isinstance(alias, str)}
    fresh = [name for name in names if name.casefold() not in known]
    added.pop("names", None)
    if names:
        added["names"], added["aliases"] = names, fresh
    registry.async_update_entity(entity.entity_id, aliases=[*kept, *fresh])
