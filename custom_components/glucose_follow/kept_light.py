"""One light: how it was, what it is to show, and what is still to be done."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from math import inf

from homeassistant.components.light.const import DOMAIN as LIGHT_DOMAIN
from homeassistant.const import ATTR_ENTITY_ID, SERVICE_TURN_ON, STATE_OFF, STATE_ON
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HassJob,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers.event import async_call_later, async_track_state_change_event
from homeassistant.helpers.state import async_reproduce_state

from .const import LOGGER
from .light_before import Before, answer, before_of
from .light_looks import Look, Looks

_PAUSES = (5, 15, 60, 300, 900)
"""Seconds after which a light that fails is tried again; the last one repeats."""

_LONGEST = 30
"""Seconds after which a light that neither does what it is told nor fails has failed."""

_BACK = 10
"""Seconds in which a light that is back says how it really is: off comes first."""


class KeptLight:
    """Brings a light to show what is wanted, and to be as it was in the end."""

    def __init__(
        self,
        hass: HomeAssistant,
        entity_id: str,
        before: Before | None,
        save: Callable[[], Awaitable[None]],
    ) -> None:
        """Know how it was before a restart, if something was shown then."""
        self.before = before
        self._hass = hass
        self._entity_id = entity_id
        self._save = save
        self._looks = Looks(hass)
        self._shown: Look | None = None
        self._tried: Look | None = None
        self._lock = asyncio.Lock()
        self._tries = 0
        self._is_failing = False
        self._back_at = -inf
        self._stop_listening: CALLBACK_TYPE | None = None
        self._stop_timer: CALLBACK_TYPE | None = None

    @callback
    def remember(self) -> bool:
        """Remember how it is, unless it is known how it was; return if that is new.

        A light that does not answer is not remembered before it does.
        """
        if before := self.before:
            # Another, which whoever gives it back just now does not forget.
            self.before = {**before, "is_due": False}
            return before["is_due"]
        if state := self._answering():
            self.before = before_of(state)
        return self.before is not None

    @callback
    def want(self, key: str, look: Look) -> None:
        """Let it show something, instead of what was wanted by the same key."""
        self._looks.add(key, look)
        self._tries = 0

    @callback
    def let_go(self, key: str) -> bool:
        """Want nothing by a key any more; return if the light is to be given back."""
        gone = self._looks.pop(key)
        self._tries = 0
        if gone and gone is self._shown and self._is_off():
            # Somebody switched it off, and nothing happened but that one let go.
            self._shown = self._looks.best
        if self._looks.best or self.before is None:
            return False
        self.before["is_due"] = True
        return True

    async def async_act(self) -> None:
        """Do what is still to be done, now or when the light answers or fails no more.

        One thing after another: what comes late must not undo what came after it.
        """
        async with self._lock:
            try:
                if self._is_open and (state := self._answering()):
                    async with asyncio.timeout(_LONGEST):
                        await self._async_do(state)
                    self._tries, self._is_failing = 0, False
            except Exception as err:  # noqa: BLE001 - one light must not keep others red
                self._complain(err)
            finally:
                self.wait()

    @callback
    def wait(self) -> None:
        """Wait for what is still to be done, and for what happens to the light."""
        if self._stop_timer:
            self._stop_timer()
            self._stop_timer = None
        is_concerned = self._looks.best is not None or self._is_open
        if self._stop_listening and not is_concerned:
            self._stop_listening()
            self._stop_listening = None
        elif not self._stop_listening and is_concerned:
            self._stop_listening = async_track_state_change_event(
                self._hass, self._entity_id, self._changed
            )
        if self._is_open and self._answering():
            # Not at its next change: what fails may change while it does.
            self._stop_timer = async_call_later(
                self._hass,
                _PAUSES[self._tries],
                HassJob(self._async_pause_over, cancel_on_shutdown=True),
            )

    @property
    def _is_open(self) -> bool:
        """Return whether something is still to be done."""
        if look := self._looks.best:
            return look is not self._shown
        return self.before is not None and self.before["is_due"]

    async def _async_do(self, state: State) -> None:
        """Show what is wanted, or give the light back.

        Who was switched off meanwhile was switched off by somebody, and stays so.
        """
        if look := self._looks.best:
            self._tried = look
            if self.remember():
                await self._save()
            await self._hass.services.async_call(
                LIGHT_DOMAIN,
                SERVICE_TURN_ON,
                {**look.data, ATTR_ENTITY_ID: self._entity_id},
                blocking=True,
                context=look.context,
            )
            self._shown = look
        elif before := self.before:
            if state.state != STATE_OFF:
                was = State(self._entity_id, before["state"], before["attributes"])
                await async_reproduce_state(self._hass, was)
            self._shown = None
            if self.before is before:
                self.before = None
                await self._save()

    def _complain(self, err: Exception) -> None:
        """Say that the light fails, once until it does not."""
        if not self._is_failing:
            self._is_failing = True
            LOGGER.warning(
                "%s could not be %s, and is tried again: %s",
                self._entity_id,
                "turned on" if self._looks.best else "given back",
                str(err) or repr(err),
            )

    def _answering(self) -> State | None:
        """Return its state, None if it does not answer."""
        return answer(self._hass.states.get(self._entity_id))

    def _is_off(self) -> bool:
        """Return whether it answers that it is off."""
        return self._hass.states.is_state(self._entity_id, STATE_OFF)

    async def _async_pause_over(self, _: datetime) -> None:
        """Try again what failed, after a longer pause if it fails again."""
        self._stop_timer = None
        self._tries = min(self._tries + 1, len(_PAUSES) - 1)
        await self._async_try_again()

    async def _async_try_again(self) -> None:
        """Do what is still to be done, if anybody still wants it."""
        self._looks.forget_gone()
        await self.async_act()

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        """Do what is to be done once it answers; never switch on what is put out."""
        old, new = answer(event.data["old_state"]), answer(event.data["new_state"])
        if new is None:
            return
        now = self._hass.loop.time()
        if old is None:
            self._back_at = now
        was_off = old is not None and old.state == STATE_OFF
        if old is None or (was_off and now - self._back_at < _BACK):
            if new.state == STATE_ON:
                # Back, and not as it was left.
                self._shown = None
            self._hass.async_create_task(self._async_try_again())
        elif (old.state, new.state) == (STATE_ON, STATE_OFF):
            # What was wanted of it until now; what comes next may switch it on.
            self._shown = self._tried
