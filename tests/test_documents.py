"""What people copy from our documents works, and is safe."""

from collections.abc import Iterator
from pathlib import Path
import re
from typing import Any
from urllib.parse import quote

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict, parse_yaml
import pytest

from .blueprints import FOLDER
from .home import settle

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_CODE = re.compile(r"```yaml\n(.*?)```", re.DOTALL)


def _examples(page: Path) -> list[Any]:
    """Return the YAML that a page shows."""
    return [parse_yaml(code) for code in _CODE.findall(page.read_text("utf-8"))]


def _automations() -> Iterator[dict[str, Any]]:
    """Yield automations that pages show, and parts of some."""
    for page in PAGES:
        for number, shown in enumerate(_examples(page)):
            if isinstance(shown, dict) and {"triggers", "conditions"} & shown.keys():
                name = f"{page.stem} {number}"
                yield {
                    "triggers": [],
                    "actions": [],
                    **shown,
                    "alias": name,
                    "id": name,
                }


def _negated(node: Any) -> Iterator[str]:
    """Yield all that a document says is not so, in words."""
    if isinstance(node, list):
        for item in node:
            yield from _negated(item)
    elif isinstance(node, dict):
        if node.get("condition") == "not" or "not" in node:
            yield str(node)
        yield from _negated(list(node.values()))
    elif isinstance(node, str):
        yield from re.findall(r"\bnot\b[^%}]*", node)


async def test_every_automation_that_is_shown_is_accepted(hass: HomeAssistant) -> None:
    shown = list(_automations())
    assert await async_setup_component(hass, "homeassistant", {})

    assert await async_setup_component(hass, "automation", {"automation": shown})
    await settle(hass)

    assert len(shown) > 10
    states = hass.states.async_all("automation")
    assert {state.name: state.state for state in states} == {
        automation["alias"]: "on" for automation in shown
    }
    everything = {"entity_id": "all"}
    await hass.services.async_call("automation", "turn_off", everything, blocking=True)


@pytest.mark.parametrize(
    "path", [*PAGES, *sorted(FOLDER.rglob("*.yaml"))], ids=lambda path: path.name
)
def test_not_low_is_never_taken_for_safe(path: Path) -> None:
    is_page = path.suffix == ".md"
    shown = _examples(path) if is_page else load_yaml_dict(str(path))["actions"]

    assert [words for words in _negated(shown) if "low" in words] == []


@pytest.mark.parametrize(
    "path", sorted(FOLDER.rglob("*.yaml")), ids=lambda path: path.name
)
def test_every_blueprint_can_be_imported_from_the_first_page(path: Path) -> None:
    address = str(load_yaml_dict(str(path))["blueprint"]["source_url"])

    page = PAGES[0].read_text("utf-8")

    assert f"blueprint_import/?blueprint_url={quote(address, safe='')})" in page


def test_who_looks_for_what_is_negated_finds_it() -> None:
    is_low = {"condition": "glucose_follow.is_low"}

    for shown in (
        [{"condition": "not", "conditions": [is_low]}],
        {"choose": [{"not": is_low}]},
        {"if": "{{ not is_state('binary_sensor.alex_low', 'on') }}"},
    ):
        assert any("low" in words for words in _negated(shown))
