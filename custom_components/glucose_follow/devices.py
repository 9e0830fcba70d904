"""What a person wears and carries, as far as it is told."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .cgm.models import DeviceStatus
from .const import DOMAIN


@callback
def async_describe(
    hass: HomeAssistant, entry: ConfigEntry, status: DeviceStatus | None
) -> None:
    """Say what sensor and phone are called where the person is shown.

    Nothing is taken back: who stops telling still wears it.
    """
    if status is None:
        return
    parts = (status.sensor_model, status.uploader_model)
    model = ", ".join(part for part in parts if part)
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier(
        (DOMAIN, entry.entry_id), entry.entry_id
    )
    if device is not None and model and device.model != model:
        registry.async_update_device(device.id, model=model)
