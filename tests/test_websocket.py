"""A card is told everything at once, then what changes, and nothing it may not see."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import (
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.glucose_follow.const import (
    CONF_SEED,
    CONF_SOURCE,
    CONF_STALE_AFTER,
    CONF_UNIT,
    DOMAIN,
)
from simulators.nightscout import NightscoutSimulator, faults

from .conftest import Clocks
from .home import GLUCOSE, pass_time, set_up, settle

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)

type Message = dict[str, Any]


@pytest.fixture
async def client(
    hass: HomeAssistant, clocks: Clocks, hass_ws_client: WebSocketGenerator
) -> MockHAClientWebSocket:
    """Return a browser."""
    assert await async_setup_component(hass, DOMAIN, {})
    return await hass_ws_client(hass)


async def _ask(client: MockHAClientWebSocket, **message: object) -> Message:
    """Return the answer to the request for a subscription."""
    await client.send_json_auto_id({"type": f"{DOMAIN}/subscribe", **message})
    answer: Message = await client.receive_json()
    return answer


async def _hear(client: MockHAClientWebSocket) -> Message:
    """Return the next message of a subscription."""
    event: Message = (await client.receive_json())["event"]
    return event


async def _subscribe(client: MockHAClientWebSocket, **message: object) -> Message:
    """Return the first message of a subscription."""
    answer = await _ask(client, **message)
    assert answer["success"], answer
    return await _hear(client)


async def _so_far(client: MockHAClientWebSocket) -> list[Message]:
    """Return what was told until now; what comes back after a ping came before it."""
    await client.send_json_auto_id({"type": "ping"})
    told = []
    while (heard := await client.receive_json())["type"] == "event":
        told.append(heard["event"])
    return told


async def _refusal(client: MockHAClientWebSocket, **message: object) -> str:
    """Return why a subscription is refused."""
    answer = await _ask(client, **message)
    assert not answer["success"]
    code: str = answer["error"]["code"]
    return code


async def test_everything_is_told_at_once(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    client: MockHAClientWebSocket,
) -> None:
    await set_up(hass, entry)
    data = entry.runtime_data.data
    newest = round(data.newest_at.timestamp() * 1000)

    told = await _subscribe(client, entity_id=GLUCOSE)

    assert told["available"] is True
    assert told["now"] == round(clocks.world().timestamp() * 1000)
    assert told["name"] == "Alex"
    assert told["unit"] == "mg/dL"
    assert told["entry_id"] == entry.entry_id
    assert told["stale_after"] == 900
    assert told["range"] == "in_range"
    assert told["alarms"] == {"active": None, "snoozed_until": None}
    assert told["fresh_until"] == newest + 900_000
    assert told["latest"] == [newest, data.latest.mgdl, 0]
    assert len(told["readings"]) == len(data.readings) > 200
    assert told["readings"][-1] == told["latest"]
    assert told["replaces"] is True


async def test_a_person_is_found_by_entry_too(
    hass: HomeAssistant, entry: MockConfigEntry, client: MockHAClientWebSocket
) -> None:
    await set_up(hass, entry)

    assert (await _subscribe(client, entry_id=entry.entry_id))["name"] == "Alex"


async def test_only_the_asked_hours_are_told(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    client: MockHAClientWebSocket,
) -> None:
    await set_up(hass, entry)

    told = await _subscribe(client, entity_id=GLUCOSE, hours=3)

    oldest = (clocks.world() - timedelta(hours=3)).timestamp() * 1000
    assert 34 <= len(told["readings"]) <= 36
    assert told["readings"][0][0] >= oldest
    assert all(treatment[0] >= oldest for treatment in told["treatments"])


@pytest.mark.parametrize("hours", [0, 25, "3"])
async def test_no_other_hours_can_be_asked_for(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    client: MockHAClientWebSocket,
    hours: object,
) -> None:
    await set_up(hass, entry)

    assert await _refusal(client, entity_id=GLUCOSE, hours=hours) == "invalid_format"


async def test_a_new_reading_is_told_alone(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    client: MockHAClientWebSocket,
) -> None:
    await set_up(hass, entry)
    first = await _subscribe(client, entity_id=GLUCOSE)

    messages: list[Message] = []
    while not any(message.get("readings") for message in messages):
        await pass_time(hass, clocks, 10 * SECOND)
        messages += await _so_far(client)

    message = next(message for message in messages if message.get("readings"))
    assert len(message["readings"]) == 1
    assert message["latest"] == message["readings"][0]
    assert message["latest"][0] > first["latest"][0]
    assert message["newest_at"] == message["latest"][0]
    assert "replaces" not in message
    assert "thresholds" not in message
    assert "name" not in message


async def test_a_reading_that_grows_old_is_told_in_that_moment(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
    client: MockHAClientWebSocket,
) -> None:
    await set_up(hass, entry)
    first = await _subscribe(client, entity_id=GLUCOSE)
    site.fault = faults.NullBody()

    messages: list[Message] = []
    while not any("latest" in message for message in messages):
        await pass_time(hass, clocks, 5 * SECOND)
        messages += await _so_far(client)

    message = next(message for message in messages if "latest" in message)
    assert message["latest"] is None
    assert message["is_signal_lost"] is True
    assert message["now"] - first["fresh_until"] < 6000
    assert "readings" not in message


async def test_an_alarm_and_its_snooze_are_told_at_once(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    site: NightscoutSimulator,
    client: MockHAClientWebSocket,
) -> None:
    await set_up(hass, entry)
    await _subscribe(client, entity_id=GLUCOSE)
    site.add_entry(at=clocks.world() - 5 * SECOND, sgv=50)

    await entry.runtime_data.async_refresh()
    await settle(hass)
    raised = [told["alarms"] for told in await _so_far(client) if "alarms" in told]
    await hass.services.async_call(
        DOMAIN,
        "snooze",
        {"config_entry_id": entry.entry_id, "minutes": 15},
        blocking=True,
    )
    await settle(hass)
    quiet = [told["alarms"] for told in await _so_far(client) if "alarms" in told]

    until = round((clocks.world() + 15 * MINUTE).timestamp() * 1000)
    assert raised == [{"active": "urgent_low", "snoozed_until": None}]
    assert quiet == [{"active": None, "snoozed_until": until}]


async def test_a_reload_is_told_at_once_and_survived(
    hass: HomeAssistant, entry: MockConfigEntry, client: MockHAClientWebSocket
) -> None:
    await set_up(hass, entry)
    first = await _subscribe(client, entity_id=GLUCOSE)

    await hass.config_entries.async_unload(entry.entry_id)
    gone = await _hear(client)
    await set_up(hass, entry)
    back = await _hear(client)

    assert gone == {"available": False}
    assert back["available"] is True
    assert back["readings"] == first["readings"]
    assert back["replaces"] is True


async def test_a_person_who_is_not_there_yet_is_waited_for(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    site: NightscoutSimulator,
    client: MockHAClientWebSocket,
) -> None:
    site.fault = faults.ServerError()
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_RETRY

    first = await _subscribe(client, entry_id=entry.entry_id)
    site.fault = None
    await hass.config_entries.async_reload(entry.entry_id)
    then = await _hear(client)

    assert first == {"available": False}
    assert then["available"] is True
    assert then["readings"]


async def test_the_line_is_never_silent_for_long(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    client: MockHAClientWebSocket,
) -> None:
    await set_up(hass, entry)
    moments = [(await _subscribe(client, entity_id=GLUCOSE))["now"]]

    for _ in range(20):
        await pass_time(hass, clocks, 10 * SECOND)
        moments += [message["now"] for message in await _so_far(client)]

    assert len(moments) >= 7
    assert max(after - before for before, after in pairwise(moments)) <= 30_000


async def test_the_line_is_open_while_nobody_is_there(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    client: MockHAClientWebSocket,
) -> None:
    await set_up(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)
    await _subscribe(client, entity_id=GLUCOSE)

    await pass_time(hass, clocks, 30 * SECOND)

    assert await _hear(client) == {"available": False}


async def test_another_unit_is_told(
    hass: HomeAssistant, entry: MockConfigEntry, client: MockHAClientWebSocket
) -> None:
    await set_up(hass, entry)
    await _subscribe(client, entity_id=GLUCOSE)

    options = {CONF_UNIT: "mmol/L", CONF_STALE_AFTER: 10}
    hass.config_entries.async_update_entry(entry, options=options)

    message = await _hear(client)
    assert message["unit"] == "mmol/L"
    assert message["stale_after"] == 600


async def test_what_the_home_calls_a_person_is_told(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    client: MockHAClientWebSocket,
    device_registry: dr.DeviceRegistry,
) -> None:
    await set_up(hass, entry)
    (device,) = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    device_registry.async_update_device(device.id, name_by_user="Sunshine")

    assert (await _subscribe(client, entity_id=GLUCOSE))["name"] == "Sunshine"


async def test_nobody_hears_of_people_who_are_not_there(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    client: MockHAClientWebSocket,
    entity_registry: er.EntityRegistry,
) -> None:
    await set_up(hass, entry)
    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    entity_registry.async_get_or_create(
        "sensor", "other", "1", suggested_object_id="other", config_entry=other
    )

    assert await _refusal(client, entity_id="sensor.nobody") == "not_found"
    assert await _refusal(client, entity_id="sensor.other") == "not_found"
    assert await _refusal(client, entry_id=other.entry_id) == "not_found"
    assert await _refusal(client, entry_id="nobody") == "not_found"
    assert await _refusal(client) == "not_found"
    both = {"entity_id": GLUCOSE, "entry_id": entry.entry_id}
    assert await _refusal(client, **both) == "invalid_format"


async def test_nobody_hears_what_they_may_not_read(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    client: MockHAClientWebSocket,
    hass_admin_user: MockUser,
) -> None:
    await set_up(hass, entry)
    hass_admin_user.groups = []
    hass_admin_user.mock_policy(
        {"entities": {"entity_ids": {"sensor.alex_last_reading": True}}}
    )

    by_entity = await _refusal(client, entity_id="sensor.alex_last_reading")
    by_entry = await _refusal(client, entry_id=entry.entry_id)
    hass_admin_user.mock_policy({"entities": {"entity_ids": {GLUCOSE: True}}})
    told = await _subscribe(client, entity_id=GLUCOSE)

    assert by_entity == by_entry == "unauthorized"
    assert told["available"] is True


async def test_without_glucose_to_ask_about_only_owners_may_read(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    client: MockHAClientWebSocket,
    hass_admin_user: MockUser,
) -> None:
    entry.add_to_hass(hass)
    told = await _subscribe(client, entry_id=entry.entry_id)

    hass_admin_user.groups = []
    hass_admin_user.mock_policy({"entities": True})

    assert told == {"available": False}
    assert await _refusal(client, entry_id=entry.entry_id) == "unauthorized"


async def test_glucose_that_is_hours_behind_is_asked_about_too(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    client: MockHAClientWebSocket,
    hass_admin_user: MockUser,
    entity_registry: er.EntityRegistry,
) -> None:
    entry.add_to_hass(hass)
    delayed = entity_registry.async_get_or_create(
        "sensor", DOMAIN, f"{entry.entry_id}_delayed_glucose", config_entry=entry
    )
    hass_admin_user.groups = []

    hass_admin_user.mock_policy({"entities": {"entity_ids": {GLUCOSE: True}}})
    refusal = await _refusal(client, entry_id=entry.entry_id)
    hass_admin_user.mock_policy({"entities": {"entity_ids": {delayed.entity_id: True}}})
    told = await _subscribe(client, entity_id=delayed.entity_id)

    assert refusal == "unauthorized"
    assert told == {"available": False}


async def test_who_stops_listening_is_told_nothing_more(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    clocks: Clocks,
    client: MockHAClientWebSocket,
) -> None:
    await set_up(hass, entry)
    coordinator = entry.runtime_data
    before = len(coordinator._listeners)
    await client.send_json_auto_id(
        {"type": f"{DOMAIN}/subscribe", "entity_id": GLUCOSE}
    )
    subscription = (await client.receive_json())["id"]
    await _hear(client)
    during = len(coordinator._listeners)

    await client.send_json_auto_id(
        {"type": "unsubscribe_events", "subscription": subscription}
    )
    assert (await client.receive_json())["success"]
    after = len(coordinator._listeners)
    await pass_time(hass, clocks, 40 * SECOND)
    await hass.config_entries.async_unload(entry.entry_id)

    assert (during, after) == (before + 1, before)
    assert await _so_far(client) == []


async def test_a_day_of_one_minute_readings_is_told_at_once(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> None:
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Alex",
        data={CONF_SOURCE: "simulated", CONF_SEED: 7},
        options={CONF_UNIT: "mg/dL"},
    )
    await set_up(hass, entry)
    client = await hass_ws_client(hass)

    told = await _subscribe(client, entity_id=GLUCOSE)

    assert len(told["readings"]) > 1400
