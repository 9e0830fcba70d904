"""Shows a person's main sensors to Assist, and takes back just what was added.

What was added is written down beside it, in the registry's options of the entity.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import TypedDict, cast

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, CoreState, Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.start import async_at_started
from homeassistant.setup import async_when_setup
from homeassistant.util.hass_dict import HassKey

from . import pipelines
from .const import CONF_EXPOSE_TO_ASSIST, DOMAIN
from .languages import async_languages, language_of

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

_LOOKS_EVERY = timedelta(minutes=15)
"""That another pipeline is preferred is told to nobody."""


class _Added(TypedDict, total=False):
    """What was added to an entity; without a key, nothing was looked at yet."""

    exposed: bool
    """Whether it is shown because of us: it was not before, nor hidden since."""

    names: list[str]
    """The names that were wanted."""

    aliases: list[str]
    """Those of them that it did not have before."""


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Get ready for everybody who will be followed."""
    exposure = hass.data[_EXPOSURE] = _Exposure(hass)
    hass.bus.async_listen(
        er.EVENT_ENTITY_REGISTRY_UPDATED, exposure.async_came, exposure.is_new
    )
    async_at_started(hass, exposure.async_follow_all)
    async_when_setup(hass, pipelines.ASSIST_PIPELINE, exposure.async_assist_came)


@callback
def async_keep(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Follow the settings of a person until unload."""
    exposure = hass.data[_EXPOSURE]
    exposure.kept.add(entry.entry_id)
    entry.async_on_unload(lambda: exposure.kept.discard(entry.entry_id))
    if hass.state is CoreState.running:
        # What fails with Assist does not fail glucose too.
        entry.async_create_task(hass, exposure.async_follow(entry), f"{DOMAIN} assist")


async def async_follow(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Let Assist see what the settings of one person say now."""
    await hass.data[_EXPOSURE].async_follow(entry)


class _Exposure:
    """What Assist sees of all people.

    Only one person can have the names, so that one more changes at most two others.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Follow nobody yet."""
        self._hass = hass
        self._named: ConfigEntry | None = None
        self._cancel: list[CALLBACK_TYPE] = []
        self.kept: set[str] = set()
        """Entries of the people who are followed."""

    @callback
    def is_new(self, event: er.EventEntityRegistryUpdatedData) -> bool:
        """Return whether an entity is new, and of somebody who is followed."""
        return event["action"] == "create" and self._owner(event) in self.kept

    async def async_came(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        """Show what a pump reported for the first time."""
        owner = self._owner(event.data)
        if entry := owner and self._hass.config_entries.async_get_entry(owner):
            await self.async_follow(entry)

    def _owner(self, event: er.EventEntityRegistryUpdatedData) -> str | None:
        """Return the entry of an entity."""
        entity = er.async_get(self._hass).async_get(event["entity_id"])
        return entity.config_entry_id if entity else None

    async def async_follow_all(self, hass: HomeAssistant) -> None:
        """Follow the settings of everybody, one after the other."""
        for entry in hass.config_entries.async_entries(DOMAIN):
            await self.async_follow(entry)
            # A thousand of them would hold up everything else.
            await asyncio.sleep(0)

    async def async_follow(self, entry: ConfigEntry) -> None:
        """Follow the settings of one person, and of whom that gives or takes names."""
        names = await self._names() if self._alone() else ()
        before, self._named = self._named, self._alone()
        for each in filter(None, dict.fromkeys((entry, before, self._named))):
            _follow_entry(self._hass, each, names if each is self._named else ())
        if self._named is not before:
            self._listen()

    async def async_assist_came(self, *_: object) -> None:
        """Begin to hear of pipelines, which may come at any time or never."""
        self._listen()
        self._look_again()

    @callback
    def _listen(self) -> None:
        """Hear of another language as long as somebody has the names."""
        while self._cancel:
            self._cancel.pop()()
        if self._named is None:
            return
        hass, look = self._hass, self._look_again
        self._cancel = [
            *pipelines.listen(hass, look),
            async_track_time_interval(
                hass, look, _LOOKS_EVERY, cancel_on_shutdown=True
            ),
        ]

    @callback
    def _look_again(self, *_: object) -> None:
        """Give the names in the language that is spoken now."""
        if self._named is not None:
            follows = self.async_follow(self._named)
            self._hass.async_create_task(follows, f"{DOMAIN} assist")

    async def _names(self) -> Sequence[str]:
        """Return the names of glucose in the language that is spoken."""
        languages = await async_languages(self._hass)
        return language_of(languages, pipelines.preferred_language(self._hass)).aliases

    def _alone(self) -> ConfigEntry | None:
        """Return the only person who is shown: a name twice is an error in Assist."""
        entries = self._hass.config_entries.async_entries(DOMAIN)
        shown = list(islice(filter(_is_shown, entries), 2))
        return shown[0] if len(shown) == 1 else None


_EXPOSURE: HassKey[_Exposure] = HassKey(f"{DOMAIN}_exposure")


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

    What somebody changes by hand afterwards stays as it is. Hidden and shown again
    before anybody looked, it counts as ours: nothing of that is left to be seen.
    """
    settings: Mapping[str, object] = entity.options.get(ASSISTANT, {})
    is_shown = settings.get("should_expose") is True
    if is_wanted and "exposed" not in added:
        added["exposed"] = not is_shown
        async_expose_entity(hass, ASSISTANT, entity.entity_id, True)
    elif is_wanted and not is_shown:
        # Whoever hid it may show it again, and wants it then.
        added["exposed"] = False
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
