"""What automations can wait for.

Home Assistant's own triggers compare two states of an entity, so that glucose which
is in range, then unknown and then low never becomes low for them. Ours compare with
what was last known, and look at the coordinator: no entity has to be enabled.
"""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.trigger import Trigger

from .trigger_crossings import (
    BecameHighTrigger,
    BecameLowTrigger,
    ChangingFastTrigger,
    CrossedThresholdTrigger,
    EnteredRangeTrigger,
    ForecastLowTrigger,
    SignalLostTrigger,
    SignalReturnedTrigger,
)
from .trigger_events import AlarmTrigger, TreatmentTrigger

TRIGGERS: dict[str, type[Trigger]] = {
    "alarm": AlarmTrigger,
    "became_high": BecameHighTrigger,
    "became_low": BecameLowTrigger,
    "changing_fast": ChangingFastTrigger,
    "crossed_threshold": CrossedThresholdTrigger,
    "entered_range": EnteredRangeTrigger,
    "forecast_low": ForecastLowTrigger,
    "signal_lost": SignalLostTrigger,
    "signal_returned": SignalReturnedTrigger,
    "treatment": TreatmentTrigger,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return what automations can wait for."""
    return TRIGGERS
