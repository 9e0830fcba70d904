"""What every trigger has in common: whom it is about, and what it tells."""

from collections.abc import Callable, Collection
from typing import Any, ClassVar, cast, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.trigger import Trigger, TriggerConfig
from homeassistant.helpers.typing import ConfigType
import probatio

from .cgm.source import Feature
from .const import CONF_CONFIG_ENTRY_ID, CONF_UNIT
from .coordinator import CgmCoordinator
from .following import Person, person_of
from .units import shown

type Options = dict[str, Any]
"""What was chosen in the editor, validated."""


def some_of(values: Collection[str]) -> Callable[[Any], Any]:
    """Return a schema for at least one of some values."""
    return probatio.All(
        cv.ensure_list, probatio.Length(min=1), [probatio.In(list(values))]
    )


class CgmTrigger(Trigger):
    """Something that happens to people."""

    schema: ClassVar[probatio.Schema]
    requires: ClassVar[Feature] = Feature.LIVE
    says: ClassVar[str]
    """What the log says; no name and no value."""

    @override
    @classmethod
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Validate what was written in the editor or by hand."""
        return cast(ConfigType, cls.schema(config))

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Keep what was chosen."""
        super().__init__(hass, config)
        self.options: Options = config.options or {}
        self.target: ConfigType = config.target or {}

    def payload(self, coordinator: CgmCoordinator) -> dict[str, Any]:
        """Return what an automation may want to know."""
        data, unit = coordinator.data, coordinator.config_entry.options[CONF_UNIT]
        latest, place = data.latest, data.glucose_range
        person: Person = person_of(self._hass, coordinator)
        return {
            **person,
            CONF_CONFIG_ENTRY_ID: coordinator.config_entry.entry_id,
            "value": shown(latest.mgdl, unit) if latest else None,
            "unit": unit,
            "out_of_range": latest is not None and latest.is_out_of_range,
            "range": place.value if place else None,
        }
