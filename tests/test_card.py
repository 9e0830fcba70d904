"""The card is there in every dashboard, and nowhere else."""

from collections.abc import Iterator
import gzip
from pathlib import Path
import sys
from types import ModuleType

from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.glucose_follow import card
from custom_components.glucose_follow.const import DOMAIN

MOST_BYTES = 40 * 1024


@pytest.fixture
def built_frontend(tmp_path: Path) -> Iterator[None]:
    """Stand in for the frontend's own files, which nobody looks at here."""
    (tmp_path / "static" / "polyfills").mkdir(parents=True)
    module = ModuleType("hass_frontend")
    module.where = lambda: tmp_path  # type: ignore[attr-defined]  # a module made here
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "hass_frontend", module)
        yield


def _loaded(hass: HomeAssistant) -> list[str]:
    """Return the addresses of ours that every page loads."""
    urls = hass.data[DATA_EXTRA_MODULE_URL].urls
    return [url for url in urls if url.startswith(f"/{DOMAIN}/")]


async def test_every_page_loads_the_card(
    hass: HomeAssistant, built_frontend: None, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, "frontend", {})

    assert await async_setup_component(hass, DOMAIN, {})

    (url,) = _loaded(hass)
    response = await (await hass_client()).get(url)
    assert response.status == 200
    assert await response.read() == card.FILE.read_bytes()
    assert "javascript" in response.headers["Content-Type"]
    assert "max-age" in response.headers["Cache-Control"]


async def test_another_card_has_another_address(
    hass: HomeAssistant,
    built_frontend: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Or browsers would go on with the one that they know, for a month."""
    ours = await _address(hass)
    other = tmp_path / "glucose-follow.js"
    other.write_text("// another")
    monkeypatch.setattr(card, "FILE", other)

    assert await _address(hass) != ours


async def _address(hass: HomeAssistant) -> str:
    """Return where the card is after registering it anew."""
    await async_setup_component(hass, "frontend", {})
    hass.data[DATA_EXTRA_MODULE_URL].urls = frozenset()
    with pytest.MonkeyPatch.context() as patch:
        # Home Assistant serves a path once only.
        patch.setattr(card, "URL", f"/{DOMAIN}/{card.FILE.parent.name}.js")
        await card.async_register(hass)
    (url,) = _loaded(hass)
    return url.partition("?")[2]


async def test_a_home_without_a_frontend_needs_no_card(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})

    assert DATA_EXTRA_MODULE_URL not in hass.data


def test_the_card_is_small() -> None:
    assert len(gzip.compress(card.FILE.read_bytes(), 9)) <= MOST_BYTES


def test_the_card_asks_nobody_else() -> None:
    """What it shows is nobody's business but the home's."""
    text = card.FILE.read_text(encoding="utf-8")

    for word in ("fetch(", "XMLHttpRequest", "sendBeacon", "@import", "localStorage"):
        assert word not in text
