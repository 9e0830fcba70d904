"""Checks that translations and icons say something about everything, once.

Every language has the keys of English, with the same placeholders, and nothing
is left over that the code no longer names.
"""

from collections.abc import Iterator
import json
from pathlib import Path
import re
import sys

FRONTENDS = next(Path(".venv-hass/lib").glob("python*")) / "site-packages"
INTEGRATION = Path("custom_components/glucose_follow")
PLACEHOLDER = re.compile(r"\{(\w+)\}")

GENERIC = {
    "data",
    "data_description",
    "description",
    "message",
    "name",
    "off",
    "on",
    "title",
}
"""Words of the format, which say nothing about what they belong to."""

NAMED_BY_HOME_ASSISTANT = {
    "already_configured",
    "brightness_pct",
    "reauth_successful",
    "reconfigure_successful",
    "transition",
}

type Tree = dict[str, Tree | str]


def leaves(tree: Tree, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text with its path."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def problems_of(
    language: str, texts: dict[str, str], english: dict[str, str]
) -> Iterator[str]:
    """Yield what is wrong with a language."""
    for path in english.keys() ^ texts.keys():
        yield f"{language}: {path} is in one of English and {language} only"
    for path in english.keys() & texts.keys():
        if set(PLACEHOLDER.findall(english[path])) != set(
            PLACEHOLDER.findall(texts[path])
        ):
            yield f"{language}: {path} has other placeholders than English"
        if "[%key:" in texts[path] or "<" in texts[path] or not texts[path].strip():
            yield f"{language}: {path} is empty, has HTML or a reference"


def unused(english: dict[str, str]) -> Iterator[str]:
    """Yield texts whose last key no source file names."""
    source = "\n".join(
        file.read_text(encoding="utf-8") for file in INTEGRATION.rglob("*.py")
    )
    for path in english:
        name = next(part for part in reversed(path.split(".")) if part not in GENERIC)
        if name not in source and name not in NAMED_BY_HOME_ASSISTANT:
            yield f"en: {path} is named nowhere"


def unknown_icons() -> Iterator[str]:
    """Yield icons that the newest frontend does not have."""
    listed = next(FRONTENDS.glob("hass_frontend/static/mdi/iconList.json"))
    known = {
        f"mdi:{icon['name']}" for icon in json.loads(listed.read_text(encoding="utf-8"))
    }
    icons = json.loads((INTEGRATION / "icons.json").read_text(encoding="utf-8"))
    for path, icon in leaves(icons):
        if icon not in known:
            yield f"icons: {path} is not an icon"


def main() -> int:
    """Print what is wrong; return how many things are."""
    folder = INTEGRATION / "translations"
    languages = {
        file.stem: dict(leaves(json.loads(file.read_text(encoding="utf-8"))))
        for file in sorted(folder.glob("*.json"))
    }
    english = languages["en"]
    problems = [
        problem
        for language, texts in languages.items()
        for problem in problems_of(language, texts, english)
    ]
    problems += [*unused(english), *unknown_icons()]
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    return min(len(problems), 1)


if __name__ == "__main__":
    sys.exit(main())
