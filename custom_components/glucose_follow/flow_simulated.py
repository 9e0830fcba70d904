"""Adding a person who does not exist."""

from secrets import randbits
from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig
from homeassistant.util import dt as dt_util
import probatio

from .cgm.person import Scenario
from .const import (
    CONF_SCENARIO,
    CONF_SCENARIO_SINCE,
    CONF_SEED,
    CONF_SOURCE,
    SourceKind,
)
from .flow import TEXT, PersonFlow

SIMULATED_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_NAME): TEXT,
        probatio.Required(CONF_SCENARIO, default=Scenario.DAY.value): SelectSelector(
            SelectSelectorConfig(
                options=[scenario.value for scenario in Scenario],
                translation_key="scenario",
            )
        ),
    }
)


class SimulatedFlow(PersonFlow):
    """Asks for a name, and for what happens to its bearer."""

    async def async_step_simulated(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a name, and for what happens to its bearer."""
        known = self._known()
        if user_input is not None:
            name = user_input[CONF_NAME].strip() or "Simulated person"
            await self._abort_if_taken(f"simulated-{name.casefold()}")
            data = {
                CONF_SOURCE: SourceKind.SIMULATED.value,
                CONF_SEED: known.get(CONF_SEED, randbits(31)),
            }
            scenario = user_input[CONF_SCENARIO]
            if scenario == known.get(CONF_SCENARIO):
                return self._finish(name, data)
            since = dt_util.utcnow().isoformat()
            options = {CONF_SCENARIO: scenario, CONF_SCENARIO_SINCE: since}
            return self._finish(name, data, options=options)
        return self._form("simulated", SIMULATED_SCHEMA, {}, known)
