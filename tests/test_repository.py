"""What HACS, Home Assistant's front end and GitHub expect of this repository."""

import hashlib
import json
import os
from pathlib import Path
import re
import struct
from typing import Any, NamedTuple
import zlib

from homeassistant.util.yaml import parse_yaml
import pytest

ROOT = Path(__file__).parent.parent
BRAND = ROOT / "custom_components/glucose_follow/brand"
RENDERER = ROOT / "scripts/brand"

IMAGES = [
    f"{theme}{name}{density}.png"
    for theme in ("", "dark_")
    for name in ("icon", "logo")
    for density in ("", "@2x")
]
WORKFLOWS = ("tests", "validate")

# HACS refuses a repository with any other key.
HACS_KEYS = {
    "content_in_root",
    "country",
    "filename",
    "hacs",
    "hide_default_branch",
    "homeassistant",
    "name",
    "persistent_directory",
    "render_readme",
    "zip_release",
}

RGBA = 6


class Png(NamedTuple):
    """The parts of a PNG that the tests look at."""

    width: int
    height: int
    depth: int
    colour_type: int
    source: str
    corner_alpha: int


def read_png(path: Path) -> Png:
    """Return what a PNG says of itself, having checked every part of it."""
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    chunks: dict[bytes, bytes] = {}
    at = 8
    while at < len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        data = content[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", content, at + 8 + length) == (
            zlib.crc32(kind + data),
        )
        chunks[kind] = chunks.get(kind, b"") + data
        at += 12 + length
    width, height, depth, colour_type = struct.unpack_from(">IIBB", chunks[b"IHDR"])
    # No filter changes the first pixel: it has no neighbours to differ from.
    _filter, _red, _green, _blue, alpha = zlib.decompress(chunks[b"IDAT"])[:5]
    source = chunks[b"tEXt"].removeprefix(b"Source\0").decode()
    return Png(width, height, depth, colour_type, source, alpha)


def drawing_of(image: str) -> Path:
    """Return the drawing that an image is rendered from."""
    return ROOT / "brand" / f"{'icon' if 'icon' in image else 'logo'}.svg"


def load_yaml(path: Path) -> Any:
    """Return what a YAML file says."""
    return parse_yaml(path.read_text(encoding="utf-8"))


def test_a_browser_test_takes_every_picture_of_the_readme() -> None:
    """What a picture shows is then what people get."""
    tests = "".join(
        path.read_text("utf-8") for path in (ROOT / "tests/browser").glob("test_*.py")
    )
    readme = (ROOT / "README.md").read_text("utf-8")

    pictures = [path.name for path in (ROOT / "docs/images").iterdir()]
    assert pictures
    for name in pictures:
        assert f'"{name}"' in tests
        assert f"docs/images/{name}" in readme


def test_the_brand_has_all_its_images_and_no_others() -> None:
    """A missing one would be replaced by another, an extra one never shown."""
    assert {path.name for path in BRAND.iterdir()} == set(IMAGES)


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_has_the_size_that_home_assistant_asks_for(image: str) -> None:
    """Icons are square, logos wider than high."""
    png = read_png(BRAND / image)

    shortest = 512 if "@2x" in image else 256
    assert min(png.width, png.height) == shortest
    if "icon" in image:
        assert png.width == png.height
    else:
        assert png.width > png.height


@pytest.mark.parametrize("image", [image for image in IMAGES if "@2x" not in image])
def test_the_sharp_image_is_twice_the_plain_one(image: str) -> None:
    """Screens with twice the pixels show the same picture."""
    plain = read_png(BRAND / image)
    sharp = read_png(BRAND / image.replace(".png", "@2x.png"))

    assert (sharp.width, sharp.height) == (2 * plain.width, 2 * plain.height)


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_is_transparent_around_the_mark(image: str) -> None:
    """A card of any colour may lie behind it."""
    png = read_png(BRAND / image)

    assert (png.depth, png.colour_type) == (8, RGBA)
    assert png.corner_alpha == 0


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_was_rendered_from_the_drawing_beside_it(image: str) -> None:
    """The renderer stamps what it read; if this fails, run scripts/brand."""
    expected = hashlib.sha256(RENDERER.read_bytes() + drawing_of(image).read_bytes())

    assert read_png(BRAND / image).source == expected.hexdigest()


@pytest.mark.parametrize("image", [image for image in IMAGES if "dark" not in image])
def test_the_dark_image_has_other_colours(image: str) -> None:
    """What is readable on white is not on black."""
    assert (BRAND / image).read_bytes() != (BRAND / f"dark_{image}").read_bytes()


def test_every_dark_colour_replaces_one_that_is_drawn() -> None:
    """A colour changed in a drawing must not lose its dark counterpart."""
    replaced = re.findall(r'"(#[0-9a-f]{6})": "#', RENDERER.read_text(encoding="utf-8"))
    logo = drawing_of("logo.png").read_text(encoding="utf-8")

    assert replaced
    assert [colour for colour in replaced if colour not in logo] == []


@pytest.mark.parametrize("image", ["icon.png", "logo.png"])
def test_a_drawing_needs_no_font(image: str) -> None:
    """Words are drawn, so that they look the same everywhere."""
    assert "<text" not in drawing_of(image).read_text(encoding="utf-8")


def test_the_logo_bears_the_mark_of_the_icon() -> None:
    """The two drawings must not drift apart."""
    icon = drawing_of("icon.png").read_text(encoding="utf-8")
    mark = icon[icon.index("<defs>") : icon.rindex("</svg>")].strip()

    assert mark in drawing_of("logo.png").read_text(encoding="utf-8")


def test_hacs_knows_every_key_and_the_oldest_home_assistant() -> None:
    """HACS refuses unknown keys, and older releases cannot load this."""
    hacs = json.loads((ROOT / "hacs.json").read_text(encoding="utf-8"))

    assert set(hacs) <= HACS_KEYS
    assert hacs["name"] == "Glucose Follow"
    assert hacs["homeassistant"] == "2026.10.0"


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_may_only_read(name: str) -> None:
    """A workflow that runs what others propose can change nothing."""
    workflow = load_yaml(ROOT / f".github/workflows/{name}.yaml")

    assert workflow["permissions"] == {}
    assert [job["permissions"] for job in workflow["jobs"].values()] == [
        {"contents": "read"} for _ in workflow["jobs"]
    ]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_runs_for_what_is_pushed_and_what_is_proposed(name: str) -> None:
    """Nobody has to remember to check."""
    workflow = load_yaml(ROOT / f".github/workflows/{name}.yaml")

    # YAML 1.1 reads the word "on" as true.
    assert {"push", "pull_request"} <= set(workflow[True])


def test_validation_asks_home_assistant_and_hacs_every_week() -> None:
    """Both change their rules without a commit of ours."""
    workflow = load_yaml(ROOT / ".github/workflows/validate.yaml")

    actions = [
        step["uses"] for job in workflow["jobs"].values() for step in job["steps"]
    ]
    assert "home-assistant/actions/hassfest@master" in actions
    assert "hacs/action@main" in actions
    assert len(workflow[True]["schedule"]) == 1


def test_github_runs_the_same_tests_as_everyone() -> None:
    """What passes here passes there."""
    workflow = load_yaml(ROOT / ".github/workflows/tests.yaml")

    commands = [
        step["run"] for step in workflow["jobs"]["test"]["steps"] if "run" in step
    ]
    assert commands == ["scripts/test"]


def test_github_keeps_what_browser_tests_saw_above_all_if_they_failed() -> None:
    workflow = load_yaml(ROOT / ".github/workflows/tests.yaml")

    *_, last = workflow["jobs"]["test"]["steps"]
    assert last["uses"].startswith("actions/upload-artifact@")
    assert last["with"]["path"] == "artefacts"
    assert last["if"] == "${{ !cancelled() }}"


@pytest.mark.parametrize("command", [".ci/run", "scripts/brand"])
def test_a_command_can_be_run(command: str) -> None:
    """Git keeps the executable bit, and loses it as easily."""
    assert os.access(ROOT / command, os.X_OK)


def test_a_report_comes_with_what_is_needed_to_understand_it() -> None:
    """Without these, the first answer is always a question."""
    form = load_yaml(ROOT / ".github/ISSUE_TEMPLATE/bug.yaml")

    required = {
        field["id"]
        for field in form["body"]
        if field.get("validations", {}).get("required")
    }
    assert required == {"problem", "source", "version", "home_assistant", "diagnostics"}


def test_a_report_warns_before_it_asks() -> None:
    """Reports are public, and their writers worried."""
    form = load_yaml(ROOT / ".github/ISSUE_TEMPLATE/bug.yaml")

    warning = form["body"][0]["attributes"]["value"]
    assert "address" in warning
    assert "token" in warning


def test_only_actions_are_updated_by_a_robot() -> None:
    """The Python packages are locked with hashes, which a robot would leave behind."""
    dependabot = load_yaml(ROOT / ".github/dependabot.yaml")

    ecosystems = [update["package-ecosystem"] for update in dependabot["updates"]]
    assert ecosystems == ["github-actions"]
