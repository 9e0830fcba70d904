"""Actions that remember how lights were, and give them back.

Home Assistant's scenes that are made on the fly are gone after a restart, and a
lamp that showed a low would stay red for ever.
"""

import asyncio
from datetime import datetime, timedelta
from typing import TypedDict

from homeassistant.components.light.const import DOMAIN as LIGHT_DOMAIN
from homeassistant.const import ATTR_ASSUMED_STATE, STATE_OFF, STATE_ON, STATE_UNKNOWN
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HassJob,
    HomeAssistant,
    ServiceCall,
    State,
    callback,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.event import async_call_later, async_track_state_change_event
from homeassistant.helpers.state import async_reproduce_state
from homeassistant.helpers.storage import Store
from homeassistant.helpers.target import (
    TargetSelection,
    async_extract_referenced_entity_ids,
)
from homeassistant.util.json import JsonValueType

from .const import DOMAIN, LOGGER

_VERSION = 1

_PATIENCE = timedelta(minutes=1)
"""After which a light that failed is tried again."""

_REMEMBERED = (
    "brightness",
    "color_mode",
    "color_temp_kelvin",
    "effect",
    "hs_color",
    "rgb_color",
    "rgbw_color",
    "rgbww_color",
    "white",
    "xy_color",
)
"""What makes a light look as it does."""


class _Remembered(TypedDict):
    """How a light was."""

    state: str
    attributes: dict[str, JsonValueType]
    is_due: bool
    """Whether it should be given back as soon as it answers."""


async def async_setup(hass: HomeAssistant) -> None:
    """Offer the actions, and go on with what a restart interrupted."""
    memory = LightMemory(hass)
    await memory.async_load()
    schema = cv.make_entity_service_schema({})

    async def remember(call: ServiceCall) -> None:
        await memory.async_remember(_lights(call))

    async def restore(call: ServiceCall) -> None:
        await memory.async_restore(_lights(call))

    hass.services.async_register(DOMAIN, "remember_lights", remember, schema)
    hass.services.async_register(DOMAIN, "restore_lights", restore, schema)


def _lights(call: ServiceCall) -> list[str]:
    """Return the lights that an action means; groups are their members."""
    selected = async_extract_referenced_entity_ids(
        call.hass, TargetSelection(call.data)
    )
    found = selected.referenced | selected.indirectly_referenced
    return sorted(each for each in found if each.startswith(f"{LIGHT_DOMAIN}."))


class LightMemory:
    """Knows how lights were before something was shown on them."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know nothing yet."""
        self._hass = hass
        self._store: Store[dict[str, _Remembered]] = Store(
            hass, _VERSION, f"{DOMAIN}.lights"
        )
        self._lights: dict[str, _Remembered] = {}
        self._giving: set[str] = set()
        self._failed: set[str] = set()
        self._stop_waiting: list[CALLBACK_TYPE] = []

    async def async_load(self) -> None:
        """Know what was remembered before a restart."""
        self._lights = await self._store.async_load() or {}
        self._wait()

    async def async_remember(self, entity_ids: list[str]) -> None:
        """Remember how lights are, unless it is known how they were.

        A light that does not answer is remembered by nobody, and stays as it is.
        """
        for entity_id in entity_ids:
            if light := self._lights.get(entity_id):
                # Another, which whoever gives it back just now does not forget.
                self._lights[entity_id] = {**light, "is_due": False}
            elif state := self._answering(entity_id):
                is_on = state.state == STATE_ON
                self._lights[entity_id] = {
                    "state": STATE_ON if is_on else STATE_OFF,
                    "attributes": {
                        name: state.attributes[name]
                        for name in _REMEMBERED
                        if name in state.attributes
                    },
                    "is_due": False,
                }
        await self._async_save()

    async def async_restore(self, entity_ids: list[str]) -> None:
        """Give lights back, now or when they answer again."""
        for entity_id in entity_ids:
            if entity_id in self._lights:
                self._lights[entity_id]["is_due"] = True
        await self._async_give_back()

    async def _async_give_back(self) -> None:
        """Give back the lights that are due and answer."""
        due = [
            state
            for entity_id, light in self._lights.items()
            if light["is_due"]
            and entity_id not in self._giving
            and (state := self._answering(entity_id))
        ]
        await asyncio.gather(*(self._async_give(state) for state in due))
        await self._async_save()

    async def _async_give(self, state: State) -> None:
        """Give back a light and forget it, or try again later if it fails.

        Who was switched off meanwhile was switched off by somebody, and stays so.
        """
        entity_id = state.entity_id
        light = self._lights[entity_id]
        self._giving.add(entity_id)
        try:
            if state.state != STATE_OFF:
                before = State(entity_id, light["state"], light["attributes"])
                await async_reproduce_state(self._hass, before)
        except Exception as err:  # noqa: BLE001 - one light must not keep others red
            self._complain(entity_id, err)
        else:
            self._failed.discard(entity_id)
            if self._lights.get(entity_id) is light:
                del self._lights[entity_id]
        finally:
            self._giving.discard(entity_id)

    def _complain(self, entity_id: str, err: Exception) -> None:
        """Say that a light fails, once until it does not."""
        if entity_id not in self._failed:
            self._failed.add(entity_id)
            LOGGER.warning(
                "%s could not be given back, and is tried again: %s", entity_id, err
            )

    async def _async_save(self) -> None:
        """Write down what is remembered, before anything else happens to lights."""
        await self._store.async_save(self._lights)
        self._wait()

    def _answering(self, entity_id: str) -> State | None:
        """Return the state of a light, None if it does not answer.

        One that is only ever spoken to is unknown until somebody does. It is taken
        for off: red for ever would show an old low as the present.
        """
        state = self._hass.states.get(entity_id)
        if state is None or state.state in {STATE_OFF, STATE_ON}:
            return state
        is_mute = state.attributes.get(ATTR_ASSUMED_STATE, False)
        return state if is_mute and state.state == STATE_UNKNOWN else None

    @callback
    def _wait(self) -> None:
        """Wait for the lights that are due: until they answer, or a while."""
        while self._stop_waiting:
            self._stop_waiting.pop()()
        due = [
            entity_id for entity_id, light in self._lights.items() if light["is_due"]
        ]
        silent = [entity_id for entity_id in due if not self._answering(entity_id)]
        if silent:
            stop = async_track_state_change_event(self._hass, silent, self._answered)
            self._stop_waiting.append(stop)
        if len(silent) < len(due):
            # Not at its next change: what fails may change while it does.
            again = HassJob(self._try_again, cancel_on_shutdown=True)
            self._stop_waiting.append(async_call_later(self._hass, _PATIENCE, again))

    async def _try_again(self, _: datetime) -> None:
        """Give back the lights that failed."""
        await self._async_give_back()

    async def _answered(self, event: Event[EventStateChangedData]) -> None:
        """Give back a light that answers again."""
        if self._answering(event.data["entity_id"]):
            await self._async_give_back()
