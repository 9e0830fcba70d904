"""Writes what the benchmarks find into docs/benchmarks.md, and keeps the prose.

A comment says which benchmark goes where: `<!-- benchmark: cost --hours 6 -->`
begins what is written here, and `<!-- /benchmark -->` ends it. Whoever wants another
table there adds the two comments.
"""

from argparse import ArgumentParser
from datetime import UTC, datetime
from importlib.metadata import version
import json
import os
from pathlib import Path
import platform
import re
import shlex
import subprocess
import sys

PAGE = Path("docs/benchmarks.md")
LONG = frozenset({"fuzz", "soak"})
"""What takes long is only written again if it is named."""

_ROOT = Path(__file__).parent.parent
_MANIFEST = _ROOT / "custom_components" / "glucose_follow" / "manifest.json"
_BLOCK = re.compile(
    r"(?P<begin><!-- benchmark: (?P<command>[^\n]+?) -->\n).*?(?P<end><!-- /benchmark -->)",
    re.DOTALL,
)


def commands(page: str) -> list[list[str]]:
    """Return the name and the arguments of every benchmark that a page shows."""
    return [shlex.split(block["command"]) for block in _BLOCK.finditer(page)]


def written(page: str, names: list[str]) -> str:
    """Return a page with what benchmarks find now, without names all but the long.

    Args:
        page: As it is.
        names: Of benchmarks, or whole commands as the page has them.
    """

    def replaced(block: re.Match[str]) -> str:
        command = shlex.split(block["command"])
        is_named = command[0] in names or block["command"] in names
        if not (is_named if names else command[0] not in LONG):
            return block[0]
        return f"{block['begin']}\n{_told(command)}\n{block['end']}"

    return _BLOCK.sub(replaced, page)


def _told(command: list[str]) -> str:
    """Return what a benchmark prints, when and where."""
    print(f"Running {shlex.join(command)}", file=sys.stderr)
    name, *rest = command
    found = subprocess.run(  # noqa: S603 - the command is in our own page
        [sys.executable, "-m", f"benchmarks.{name}", *rest],
        capture_output=True,
        check=True,
        cwd=_ROOT,
        text=True,
    ).stdout.strip("\n")
    return f"{about()}\n\n```text\n{found}\n```\n"


def about() -> str:
    """Return the day, the versions and the machine."""
    ours = json.loads(_MANIFEST.read_text(encoding="utf-8"))["version"]
    return (
        f"Last run on {datetime.now(UTC):%Y-%m-%d}: version {ours}, Home Assistant"
        f" {version('homeassistant')}, Python {platform.python_version()},"
        f" {os.cpu_count()} cores, {_processor()}."
    )


def _processor() -> str:
    """Return what the processor calls itself, or at least its kind."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        told = ""
    named = re.search(r"^model name\s*: (.+)$", told, re.MULTILINE)
    return named[1] if named else platform.machine()


def main() -> None:
    """Write the page again."""
    parser = ArgumentParser(prog="benchmark report", description=__doc__)
    parser.add_argument(
        "names", nargs="*", help="or commands; without any, all but the long"
    )
    page = _ROOT / PAGE
    page.write_text(
        written(page.read_text(encoding="utf-8"), parser.parse_args().names),
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
