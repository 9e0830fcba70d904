"""What just happened is told once, and only while it is news."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Any

from homeassistant.core import CoreState, HomeAssistant, State, callback
from homeassistant.helpers.event import async_track_state_change_event
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.glucose_follow.cgm.models import Treatment, TreatmentKind
from custom_components.glucose_follow.const import DOMAIN
from custom_components.glucose_follow.event import treatment_attributes
from simulators.dexcom_api import DexcomApiSimulator
from simulators.nightscout import NightscoutSimulator
from simulators.nightscout.faults import Silence

from .conftest import NOW, TOKEN, Clocks
from .dexcom_api import entry_of, lead_to, register
from .home import pass_time, restart, set_up

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
TREATMENT = "event.alex_treatment"


class Heard:
    """What an automation would hear."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Listen from now on."""
        self.states: list[State] = []

        @callback
        def changed(event: object) -> None:
            new = event.data["new_state"]  # type: ignore[attr-defined]  # this event has it
            if new is not None and new.state not in ("unknown", "unavailable"):
                self.states.append(new)

        async_track_state_change_event(hass, TREATMENT, changed)

    @property
    def kinds(self) -> list[str]:
        """Return what kinds of events were heard, in order."""
        return [state.attributes["event_type"] for state in self.states]


@pytest.fixture
async def site(clocks: Clocks) -> AsyncGenerator[NightscoutSimulator]:
    """Run a site that nobody uploads to."""
    async with NightscoutSimulator(
        clock=clocks.world, tokens={TOKEN: frozenset({"*"})}
    ) as running:
        running.add_entry(sgv=100)
        yield running


@pytest.fixture
async def heard(
    hass: HomeAssistant, entry: MockConfigEntry, site: NightscoutSimulator
) -> Heard:
    """Return what is heard of a person who did nothing lately but write a note."""
    site.add_treatment(at=NOW - 10 * MINUTE, eventType="Note", notes="before")
    await set_up(hass, entry)
    return Heard(hass)


async def test_a_bolus_is_told_once_with_what_it_says(
    hass: HomeAssistant, heard: Heard, site: NightscoutSimulator, clocks: Clocks
) -> None:
    at = clocks.world()
    site.add_treatment(
        at=at,
        eventType="Meal Bolus",
        insulin=4.5,
        carbs=40,
        notes="secret",
        enteredBy="x",
    )

    await pass_time(hass, clocks, 20 * MINUTE)

    assert heard.kinds == ["bolus"]
    told = heard.states[0].attributes
    assert told["insulin"] == 4.5
    assert told["carbs"] == 40
    assert datetime.fromisoformat(told["at"]) == at
    assert "secret" not in str(dict(told))


async def test_what_was_done_before_we_looked_is_not_told(
    hass: HomeAssistant, heard: Heard, clocks: Clocks
) -> None:
    await pass_time(hass, clocks, 10 * MINUTE)

    assert heard.kinds == []


async def test_what_is_entered_late_is_not_told(
    hass: HomeAssistant, heard: Heard, site: NightscoutSimulator, clocks: Clocks
) -> None:
    site.add_treatment(at=clocks.world() - 31 * MINUTE, eventType="Carbs", carbs=10)

    await pass_time(hass, clocks, 10 * MINUTE)

    assert heard.kinds == []


async def test_what_is_planned_is_told_when_its_time_comes(
    hass: HomeAssistant, heard: Heard, site: NightscoutSimulator, clocks: Clocks
) -> None:
    site.add_treatment(at=clocks.world() + 15 * MINUTE, eventType="Carbs", carbs=10)

    await pass_time(hass, clocks, 14 * MINUTE)
    assert heard.kinds == []
    await pass_time(hass, clocks, 2 * MINUTE)

    assert heard.kinds == ["carbs"]


async def test_an_edit_is_no_news(
    hass: HomeAssistant, heard: Heard, site: NightscoutSimulator, clocks: Clocks
) -> None:
    at = clocks.world()
    identity = site.add_treatment(at=at, eventType="Bolus", insulin=2)
    await pass_time(hass, clocks, 6 * MINUTE)
    site.remove_treatment(identity)
    site.add_treatment(_id=identity, at=at, eventType="Bolus", insulin=2.5)

    await pass_time(hass, clocks, 10 * MINUTE)

    assert heard.kinds == ["bolus"]


async def test_a_second_uploaders_copy_is_no_news(
    hass: HomeAssistant, heard: Heard, site: NightscoutSimulator, clocks: Clocks
) -> None:
    at = clocks.world()
    site.add_treatment(at=at, eventType="Bolus", insulin=2)
    await pass_time(hass, clocks, 6 * MINUTE)
    site.add_treatment(at=at, eventType="Correction Bolus", insulin=2)

    await pass_time(hass, clocks, 10 * MINUTE)

    assert heard.kinds == ["bolus"]


async def test_a_loops_boluses_are_events_of_their_own_kind_and_basal_is_none(
    hass: HomeAssistant, heard: Heard, site: NightscoutSimulator, clocks: Clocks
) -> None:
    site.add_treatment(at=clocks.world(), eventType="SMB", insulin=0.2)
    site.add_treatment(
        at=clocks.world(), eventType="Temp Basal", absolute=1, duration=30
    )

    await pass_time(hass, clocks, 6 * MINUTE)

    assert heard.kinds == ["automatic_bolus"]


async def test_a_restart_tells_nothing_again(
    hass: HomeAssistant,
    heard: Heard,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    site.add_treatment(at=clocks.world(), eventType="Bolus", insulin=2)
    await pass_time(hass, clocks, 6 * MINUTE)
    await restart(hass, entry)
    before = len(heard.states)

    await pass_time(hass, clocks, 10 * MINUTE)

    # The last event is shown again, with the time that it had.
    assert {state.state for state in heard.states} == {heard.states[0].state}
    assert len(heard.states) == before


async def test_a_restart_tells_nothing_again_when_an_empty_site_is_filled(
    hass: HomeAssistant,
    heard: Heard,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    """All that it has was done before we looked, says a site, and has nothing."""
    site.add_treatment(at=clocks.world(), eventType="Carbs", carbs=10)
    await pass_time(hass, clocks, 6 * MINUTE)
    site.fault = Silence()
    await restart(hass, entry)
    log = entry.runtime_data.log
    assert log.is_told
    assert log.treatments == ()

    site.fault = None
    site.add_treatment(at=clocks.world(), eventType="Bolus", insulin=1)
    await pass_time(hass, clocks, 10 * MINUTE)

    told = {state.state: state.attributes["event_type"] for state in heard.states}
    assert list(told.values()) == ["carbs", "bolus"]


async def test_what_was_told_is_written_down_within_a_minute(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    heard: Heard,
    site: NightscoutSimulator,
    clocks: Clocks,
    hass_storage: dict[str, Any],
) -> None:
    """The newest is; what pumps do all the time is not, and wears no disk."""
    at = clocks.world()
    site.add_treatment(at=at - 20 * MINUTE, eventType="Carbs", carbs=10)
    site.add_treatment(at=at, eventType="Bolus", insulin=1)
    await pass_time(hass, clocks, 6 * MINUTE)
    site.add_treatment(at=at - 10 * MINUTE, eventType="Carbs", carbs=12)
    site.add_treatment(
        at=clocks.world(), eventType="Temp Basal", absolute=1, duration=30
    )
    await pass_time(hass, clocks, 7 * MINUTE)

    stored = hass_storage[f"{DOMAIN}.{entry.entry_id}"]["data"]["told_until"]
    assert heard.kinds == ["carbs", "bolus", "carbs"]
    assert datetime.fromisoformat(stored) == at


async def test_nothing_is_told_before_automations_can_hear_it(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    clocks: Clocks,
) -> None:
    hass.set_state(CoreState.starting)
    await set_up(hass, entry)
    heard = Heard(hass)
    site.add_treatment(at=clocks.world(), eventType="Bolus", insulin=2)

    await pass_time(hass, clocks, 10 * MINUTE)

    assert heard.kinds == []


async def test_dexcoms_alerts_are_told_although_they_come_late(
    hass: HomeAssistant, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register(hass)
    async with DexcomApiSimulator(clock=clocks.world) as api:
        lead_to(api, monkeypatch)
        api.add("egvs", NOW - HOUR, value=100)
        await set_up(hass, entry_of(api))
        heard = Heard(hass)
        api.add("egvs", NOW - HOUR / 2, value=60)
        api.add("alerts", NOW - HOUR, alertName="urgentLow")
        api.add("alerts", NOW - HOUR, alertName="urgentLow", alertState="inactive")

        await pass_time(hass, clocks, 30 * MINUTE, step=MINUTE)

    assert heard.kinds == ["alert"]
    assert heard.states[0].attributes["alert"] == "urgent_low"


def test_a_finger_stick_is_told_in_the_entrys_unit() -> None:
    stick = Treatment(at=NOW, id="1", kind=TreatmentKind.FINGER_STICK, mgdl=109)

    assert treatment_attributes(stick, "mmol/L")["glucose"] == 6.1
    assert treatment_attributes(stick, "mmol/L")["unit"] == "mmol/L"
    assert treatment_attributes(stick, "mg/dL")["glucose"] == 109
