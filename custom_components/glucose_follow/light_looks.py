"""What is wanted of a light, and by whom.

It is never stored: after a restart an old low must turn nothing red.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from homeassistant.components.automation.const import DOMAIN as AUTOMATION_DOMAIN
from homeassistant.const import STATE_ON
from homeassistant.core import Context, HomeAssistant, callback


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Look:
    """What somebody wants a light to show; each is news, even if it looks the same."""

    data: Mapping[str, object]
    """As `light.turn_on` takes it."""
    priority: int
    context: Context


class Looks:
    """What is wanted of one light, by the keys of those who want it."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know nobody yet."""
        self._hass = hass
        self._looks: dict[str, Look] = {}

    @callback
    def add(self, key: str, look: Look) -> None:
        """Want something, instead of what was wanted by the same key."""
        self.pop(key)
        self._looks[key] = look

    @callback
    def pop(self, key: str) -> Look | None:
        """Want nothing by a key any more; return what was wanted."""
        self.forget_gone()
        return self._looks.pop(key, None)

    @callback
    def forget_gone(self) -> None:
        """Forget what automations want that are off or gone: they cannot end it."""
        for key in list(self._looks):
            is_automation = key.startswith(f"{AUTOMATION_DOMAIN}.")
            if is_automation and not self._hass.states.is_state(key, STATE_ON):
                del self._looks[key]

    @property
    def best(self) -> Look | None:
        """Return what is to be shown: the most important, of equals the last."""
        return max(
            reversed(self._looks.values()),
            key=lambda look: look.priority,
            default=None,
        )
