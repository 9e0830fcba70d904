"""Brings the card into every dashboard."""

from hashlib import sha256
from pathlib import Path

from homeassistant.components import frontend
from homeassistant.components.http import StaticPathConfig
from homeassistant.core import HomeAssistant

from .const import DOMAIN

FILE = Path(__file__).parent / "www" / "glucose-follow.js"
URL = f"/{DOMAIN}/{FILE.name}"


async def async_register(hass: HomeAssistant) -> None:
    """Serve the card, and load it wherever Home Assistant is looked at.

    Browsers keep it for a month: what is in it is in its address, so that an
    update is seen at once. A home without the frontend needs no card.
    """
    if frontend.DOMAIN not in hass.config.components:
        return
    await hass.http.async_register_static_paths([StaticPathConfig(URL, str(FILE))])
    version = await hass.async_add_executor_job(_version)
    frontend.add_extra_js_url(hass, f"{URL}?v={version}")


def _version() -> str:
    """Return what changes whenever the card does."""
    return sha256(FILE.read_bytes()).hexdigest()[:12]
