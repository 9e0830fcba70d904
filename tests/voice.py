"""Two people of whom everything is known, and what tests ask about them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

from homeassistant.components import conversation
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow.cgm.data import CgmData, judge
from custom_components.glucose_follow.cgm.models import (
    DeviceStatus,
    Direction,
    Forecast,
    Reading,
    Reported,
    Treatment,
    TreatmentKind,
)
from custom_components.glucose_follow.cgm.timeline import Timeline
from custom_components.glucose_follow.const import (
    CONF_SEED,
    CONF_SENSOR_DAYS,
    CONF_SOURCE,
    CONF_UNIT,
    CONF_VOICE,
    DOMAIN,
)
from custom_components.glucose_follow.pipelines import ASSIST_PIPELINE

from .conftest import NOW
from .home import set_up, settle

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FIXTURES = Path(__file__).parent / "fixtures" / "sentences"
LANGUAGES = sorted(path.stem for path in FIXTURES.glob("*.yaml"))
MIDNIGHT = NOW - 4 * HOUR
"""When the day began in the time zone of the tests."""


def table(language: str) -> dict[str, Any]:
    """Return what is asked and answered in a language."""
    found = parse_yaml((FIXTURES / f"{language}.yaml").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def readings(
    newest: datetime, mgdl: Mapping[datetime, int], direction: Direction | None
) -> list[Reading]:
    """Return a day of readings; each value holds from its moment on."""
    found: list[Reading] = []
    at = newest
    while at > NOW - DAY:
        value = max((moment for moment in mgdl if moment <= at), default=min(mgdl))
        found.append(Reading(at=at, mgdl=mgdl[value], direction=direction))
        at -= 5 * MINUTE
    return found


def bolus(at: datetime, insulin: float) -> Treatment:
    """Return a bolus that somebody gave."""
    return Treatment(at=at, id="1", kind=TreatmentKind.BOLUS, insulin=insulin)


def known(
    samples: Sequence[Reading],
    treatments: Sequence[Treatment] = (),
    status: DeviceStatus | None = None,
    now: datetime = NOW,
) -> CgmData:
    """Return what is known at a moment."""
    timeline = Timeline()
    timeline.merge(samples, samples[0].at if samples else now)
    return judge(
        timeline,
        treatments,
        now=now,
        stale_after=15 * MINUTE,
        are_treatments_known=True,
        is_answering=True,
        status=status,
    )


def expected(*mgdl: float) -> Forecast:
    """Return a forecast from now on, in steps of five minutes."""
    return Forecast(start=NOW, period=5 * MINUTE, mgdl=mgdl)


ALEX = replace(
    known(
        readings(
            NOW - 4 * MINUTE,
            {NOW - DAY: 109, MIDNIGHT: 200, MIDNIGHT + HOUR: 109},
            Direction.FLAT,
        ),
        [bolus(NOW - 2 * HOUR, 4.5)],
        DeviceStatus(
            insulin_on_board=Reported(2.5, NOW - 4 * MINUTE),
            carbs_on_board=Reported(20.0, NOW - 4 * MINUTE),
            sensor_started=NOW - 6 * DAY,
        ),
    ),
    forecast=expected(108, 106, 104, 102, 100, 98, 95),
)
"""In range and steady."""

SAM = replace(
    known(
        readings(
            NOW - 2 * MINUTE,
            {MIDNIGHT: 90, MIDNIGHT + 53 * MINUTE: 200, NOW - 12 * MINUTE: 62},
            Direction.SINGLE_DOWN,
        ),
        [bolus(NOW - HOUR, 1)],
        DeviceStatus(
            insulin_on_board=Reported(0.35, NOW - 7 * MINUTE),
            carbs_on_board=Reported(1.0, NOW - MINUTE),
            sensor_started=NOW - DAY,
        ),
    ),
    forecast=expected(60, 55, 50, 45, 42, 38, 35),
)
"""Low and falling."""

NEVER = known([])
"""Nothing was ever heard of them."""


def person(
    name: str, unit: str, *, unique_id: str | None = None, **options: Any
) -> MockConfigEntry:
    """Return an entry whose owner may be asked about, not set up yet."""
    return MockConfigEntry(
        domain=DOMAIN,
        title=name,
        unique_id=unique_id or f"simulated-{name}",
        data={CONF_SOURCE: "simulated", CONF_SEED: 7},
        options={CONF_UNIT: unit, CONF_VOICE: True, **options},
    )


def alex(**options: Any) -> MockConfigEntry:
    """Return Alex, who reads mg/dL and changes sensors every ten days."""
    return person("Alex", "mg/dL", **{CONF_SENSOR_DAYS: 10, **options})


def sam(**options: Any) -> MockConfigEntry:
    """Return Sam, who reads mmol/L."""
    return person("Sam", "mmol/L", **options)


async def follow(hass: HomeAssistant, entry: MockConfigEntry, data: CgmData) -> None:
    """Set an entry up and let just this be known of its person.

    What pumps report is not simulated, and a forecast is not chosen by tests.
    """
    await set_up(hass, entry)
    know(entry, data)


def know(entry: MockConfigEntry, data: CgmData) -> None:
    """Let just this be known of a person from now on."""
    entry.runtime_data._judged = Mock(return_value=data)


async def start_assist(hass: HomeAssistant, language: str = "en") -> None:
    """Start Home Assistant's own conversation agent."""
    hass.config.language = language
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "conversation", {})
    await settle(hass)


async def ask(
    hass: HomeAssistant,
    text: str,
    language: str | None = None,
    user_id: str | None = None,
) -> str:
    """Return what Assist answers."""
    result = await conversation.async_converse(
        hass, text, None, Context(user_id=user_id), language=language
    )
    speech: str = result.response.speech["plain"]["speech"]
    return speech


class Pipelines:
    """A stand-in for Assist's pipelines, which need packages that tests do not have.

    The real ones are asked in the browser tests.
    """

    def __init__(self, hass: HomeAssistant, *languages: str) -> None:
        """Begin with pipelines of agents that speak these; the first is preferred."""
        self.preferred = 0
        self.listeners: list[Callable[[list[Any]], Awaitable[None]]] = []
        self.all = [SimpleNamespace(conversation_language=each) for each in languages]
        store = SimpleNamespace(
            data=self.all,
            async_items=lambda: self.all,
            async_get_preferred_item=lambda: self.preferred,
            async_add_change_set_listener=self._listen,
        )
        hass.data[ASSIST_PIPELINE] = SimpleNamespace(pipeline_store=store)

    def speak(self, **languages: str | None) -> None:
        """Let the first one have an agent for all languages, as models are."""
        told = {"stt_language": None, "tts_language": None, **languages}
        self.all[0] = SimpleNamespace(conversation_language="*", **told)

    async def change(self) -> None:
        """Tell that pipelines were changed, which a preference for another is not."""
        for listener in self.listeners:
            await listener([])

    def _listen(
        self, listener: Callable[[list[Any]], Awaitable[None]]
    ) -> CALLBACK_TYPE:
        """Tell a listener of changes, until what is returned is called."""
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)
