"""How a light was, before something was shown on it."""

from typing import TypedDict

from homeassistant.const import ATTR_ASSUMED_STATE, STATE_OFF, STATE_ON, STATE_UNKNOWN
from homeassistant.core import State
from homeassistant.util.json import JsonValueType

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


class Before(TypedDict):
    """How a light was."""

    state: str
    attributes: dict[str, JsonValueType]
    is_due: bool
    """Whether it should be given back as soon as it answers."""


def before_of(state: State) -> Before:
    """Return how a light is that answers."""
    return {
        "state": STATE_ON if state.state == STATE_ON else STATE_OFF,
        "attributes": {
            name: state.attributes[name]
            for name in _REMEMBERED
            if name in state.attributes
        },
        "is_due": False,
    }


def answer(state: State | None) -> State | None:
    """Return the state of a light, None if it does not answer.

    One that is only ever spoken to is unknown until somebody does. It is taken
    for off: red for ever would show an old low as the present.
    """
    if state is None or state.state in {STATE_OFF, STATE_ON}:
        return state
    is_mute = state.attributes.get(ATTR_ASSUMED_STATE, False)
    return state if is_mute and state.state == STATE_UNKNOWN else None
