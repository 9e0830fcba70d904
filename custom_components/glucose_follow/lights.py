"""Actions that show something on lights, and give them back as they were.

Home Assistant's scenes that are made on the fly are gone after a restart, and a
lamp that showed a low would stay red for ever. Its own action to turn on a light
forgets one that fails, or that does not answer yet.
"""

import asyncio

from homeassistant.components.light.const import (
    ATTR_BRIGHTNESS_PCT,
    ATTR_RGB_COLOR,
    ATTR_TRANSITION,
    DOMAIN as LIGHT_DOMAIN,
    VALID_BRIGHTNESS_PCT,
    VALID_TRANSITION,
)
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.storage import Store
from homeassistant.helpers.target import (
    TargetSelection,
    async_extract_referenced_entity_ids,
)
import probatio

from .const import DOMAIN
from .kept_light import KeptLight
from .light_before import Before
from .light_looks import Look

_VERSION = 1

CONF_KEY = "key"
CONF_PRIORITY = "priority"
_HOW = (ATTR_BRIGHTNESS_PCT, ATTR_RGB_COLOR, ATTR_TRANSITION)

_REMEMBER_SCHEMA = cv.make_entity_service_schema({})
_RESTORE_SCHEMA = cv.make_entity_service_schema(
    {probatio.Optional(CONF_KEY, default=""): cv.string}
)
_SHOW_SCHEMA = cv.make_entity_service_schema(
    {
        probatio.Required(ATTR_RGB_COLOR): probatio.All(
            probatio.Coerce(tuple), probatio.ExactSequence((cv.byte,) * 3)
        ),
        probatio.Optional(ATTR_BRIGHTNESS_PCT): VALID_BRIGHTNESS_PCT,
        probatio.Optional(ATTR_TRANSITION): VALID_TRANSITION,
        probatio.Optional(CONF_KEY, default=""): cv.string,
        probatio.Optional(CONF_PRIORITY, default=0): probatio.Coerce(int),
    }
)


async def async_setup(hass: HomeAssistant) -> None:
    """Offer the actions, and go on with what a restart interrupted."""
    memory = LightMemory(hass)
    await memory.async_load()

    async def remember(call: ServiceCall) -> None:
        await memory.async_remember(_lights(call))

    async def show(call: ServiceCall) -> None:
        await memory.async_show(_lights(call), call.data[CONF_KEY], _look(call))

    async def restore(call: ServiceCall) -> None:
        await memory.async_restore(_lights(call), call.data[CONF_KEY])

    for name, action, schema in (
        ("remember_lights", remember, _REMEMBER_SCHEMA),
        ("restore_lights", restore, _RESTORE_SCHEMA),
        ("show_on_lights", show, _SHOW_SCHEMA),
    ):
        hass.services.async_register(DOMAIN, name, action, schema)


def _lights(call: ServiceCall) -> list[str]:
    """Return the lights that an action means; groups are their members."""
    selected = async_extract_referenced_entity_ids(
        call.hass, TargetSelection(call.data)
    )
    found = selected.referenced | selected.indirectly_referenced
    return sorted(each for each in found if each.startswith(f"{LIGHT_DOMAIN}."))


def _look(call: ServiceCall) -> Look:
    """Return what an action wants lights to show."""
    return Look(
        data={name: call.data[name] for name in _HOW if name in call.data},
        priority=call.data[CONF_PRIORITY],
        context=call.context,
    )


class LightMemory:
    """Knows lights on which something is shown, and how they were before."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know nothing yet."""
        self._hass = hass
        self._store: Store[dict[str, Before]] = Store(
            hass, _VERSION, f"{DOMAIN}.lights"
        )
        self._lights: dict[str, KeptLight] = {}

    async def async_load(self) -> None:
        """Know what was remembered before a restart."""
        for entity_id, before in (await self._store.async_load() or {}).items():
            self._light(entity_id, before).wait()

    async def async_remember(self, entity_ids: list[str]) -> None:
        """Remember how lights are, unless it is known how they were."""
        lights = [self._light(entity_id) for entity_id in entity_ids]
        await self._async_remember(lights)

    async def async_show(self, entity_ids: list[str], key: str, look: Look) -> None:
        """Show something on lights, now or when they answer, until it is let go."""
        lights = [self._light(entity_id) for entity_id in entity_ids]
        for light in lights:
            light.want(key, look)
        await self._async_remember(lights)
        await self._async_act(lights)

    async def async_restore(self, entity_ids: list[str], key: str) -> None:
        """Give lights back, now or when they answer, unless others want them."""
        lights = [self._light(entity_id) for entity_id in entity_ids]
        are_due = [light.let_go(key) for light in lights]
        if any(are_due):
            await self._async_save()
        await self._async_act(lights)

    async def _async_remember(self, lights: list[KeptLight]) -> None:
        """Write down how lights are, before anything happens to them."""
        are_new = [light.remember() for light in lights]
        if any(are_new):
            await self._async_save()

    async def _async_act(self, lights: list[KeptLight]) -> None:
        """Let lights do what is to be done, none of them waiting for another."""
        await asyncio.gather(*(light.async_act() for light in lights))

    @callback
    def _light(self, entity_id: str, before: Before | None = None) -> KeptLight:
        """Return a light, which is known from now on."""
        if entity_id not in self._lights:
            self._lights[entity_id] = KeptLight(
                self._hass, entity_id, before, self._async_save
            )
        return self._lights[entity_id]

    async def _async_save(self) -> None:
        """Write down how lights were."""
        await self._store.async_save(
            {
                entity_id: light.before
                for entity_id, light in self._lights.items()
                if light.before
            }
        )
