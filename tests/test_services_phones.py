"""Phones are told each by itself, whatever becomes of another."""

import asyncio
from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
import pytest

from custom_components.glucose_follow import services_phones
from custom_components.glucose_follow.const import DOMAIN

from .blueprints import UNKNOWN_PHONE, failing_phone, phone, silent_phone
from .conftest import Clocks


@pytest.fixture(autouse=True)
def _home(hass: HomeAssistant) -> None:
    """Offer the action, with nobody followed."""
    services_phones.async_register(hass)


async def _tell(hass: HomeAssistant, *device_ids: str, **more: Any) -> None:
    """Tell phones something."""
    said = {"device_id": list(device_ids), "message": "Hello", **more}
    await hass.services.async_call(DOMAIN, "tell_phones", said, blocking=True)


async def test_a_phone_hears_all_that_is_said(hass: HomeAssistant) -> None:
    first, told = phone(hass, "Phone One")
    said = {"title": "Alex", "data": {"tag": "a", "push": {"sound": "none"}}}

    await _tell(hass, first, first, **said)

    assert [call.data for call in told] == [{"message": "Hello", **said}]


async def test_nobody_can_be_told_without_an_error(hass: HomeAssistant) -> None:
    await _tell(hass)


async def test_a_phone_that_cannot_be_told_keeps_it_from_no_other(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    broken, tried = failing_phone(hass, "Broken Phone")
    good, told = phone(hass, "Good Phone")
    mute = silent_phone(hass, "Mute Phone")

    with pytest.raises(HomeAssistantError):
        await _tell(hass, UNKNOWN_PHONE, mute, broken, good)
    with pytest.raises(HomeAssistantError) as caught:
        await _tell(hass, UNKNOWN_PHONE, mute, broken, good)

    assert caught.value.translation_key == "phones_not_told"
    assert caught.value.translation_placeholders == {"failed": "3", "phones": "4"}
    assert (len(tried), len(told)) == (2, 2)
    for device_id in (UNKNOWN_PHONE, mute, broken):
        assert caplog.text.count(f"device id {device_id} could not be told") == 1
    assert "Broken Phone" not in caplog.text


async def test_a_phone_that_fails_again_is_complained_of_again(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    mute = silent_phone(hass, "Mute Phone")

    with pytest.raises(HomeAssistantError):
        await _tell(hass, mute)
    hass.services.async_register("notify", "mobile_app_mute_phone", _nothing)
    await _tell(hass, mute)
    hass.services.async_remove("notify", "mobile_app_mute_phone")
    with pytest.raises(HomeAssistantError):
        await _tell(hass, mute)

    assert caplog.text.count(f"device id {mute} could not be told") == 2


async def _nothing(_: ServiceCall) -> None:
    """Hear it."""


async def test_a_phone_is_told_by_the_name_that_its_app_knows(
    hass: HomeAssistant,
) -> None:
    first, told = phone(hass, "Phone One")
    dr.async_get(hass).async_update_device(first, name_by_user="Bedside")

    await _tell(hass, first)

    assert len(told) == 1


async def test_nobody_waits_for_ever_for_a_phone(
    hass: HomeAssistant, clocks: Clocks
) -> None:
    slow = silent_phone(hass, "Slow Phone")
    good, told = phone(hass, "Good Phone")

    async def hang(_: ServiceCall) -> None:
        await asyncio.Event().wait()

    hass.services.async_register("notify", "mobile_app_slow_phone", hang)
    telling = asyncio.create_task(_tell(hass, slow, good))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(told) == 1

    clocks.tick(timedelta(seconds=services_phones.PATIENCE + 1))

    with pytest.raises(HomeAssistantError):
        await telling
