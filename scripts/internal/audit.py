"""Looks for known vulnerabilities in everything that is locked.

Fails on a vulnerability, and where an audit comes to nothing though somebody answers.
Where nobody can be asked for advisories, it says so: an audit of nothing finds nothing,
and looks like a clean one.
"""

from collections.abc import Mapping, Sequence
import json
from pathlib import Path
import subprocess
import sys
from tempfile import TemporaryDirectory
from typing import Any

LOCKED = ("requirements/test.txt", "requirements/develop.txt")
NO_DATA = "because no advisory data can be had here."

_PROBED_FOR = 20
"""Seconds; one package is enough to see whether anybody answers."""

_AUDITED_FOR = 300

_UNREACHABLE = ("requests.exceptions.", "Could not connect")
"""What the tool's last words have in them if the network is at fault."""

type Audit = Mapping[str, Any]


def main() -> int:
    """Audit what is locked, and return how the process ends."""
    with TemporaryDirectory() as folder:
        probe = Path(folder) / "one.txt"
        probe.write_text(first(Path(LOCKED[0]).read_text()))
        if not is_answered(audit(str(probe), _PROBED_FOR)):
            print(f"LEFT OUT: the audit of requirements/, {NO_DATA}")
            return 0
    return max(verdict(name, audit(name, _AUDITED_FOR)) for name in LOCKED)


def first(locked: str) -> str:
    """Return the first package of a file, with its hashes."""
    lines = [line for line in locked.splitlines() if not line.startswith("#")]
    end = next(number for number, line in enumerate(lines) if line[-1:] != "\\")
    return "\n".join(lines[: end + 1]) + "\n"


def audit(name: str, seconds: int) -> Audit | None:
    """Return what an audit of a file says, None if nobody answers it in time.

    Raises:
        SystemExit: It broke for another reason, which is told.
    """
    command = [
        str(Path(sys.executable).with_name("pip-audit")),
        *("--requirement", name, "--require-hashes", "--disable-pip"),
        *("--format", "json", "--progress-spinner", "off", "--timeout", "10"),
    ]
    try:
        answer = subprocess.run(  # noqa: S603 - the command is our own
            command, capture_output=True, check=False, text=True, timeout=seconds
        )
        told: Audit = json.loads(answer.stdout)
    except subprocess.TimeoutExpired:
        return None
    except ValueError:
        if any(words in answer.stderr for words in _UNREACHABLE):
            return None
        sys.exit(f"The audit of {name} broke:\n{answer.stderr}")
    return told


def is_answered(told: Audit | None) -> bool:
    """Return whether advisories were had of at least one package."""
    return told is not None and any("vulns" in each for each in told["dependencies"])


def verdict(name: str, told: Audit | None) -> int:
    """Print what is wrong with a file; return 1 if anything is.

    Args:
        name: Of the file.
        told: What its audit says. Somebody answered the probe before it, so
            nothing is as wrong as a vulnerability.
    """
    if told is None or not is_answered(told):
        print(f"{name}: the audit gave nothing, though advisories can be had")
        return 1
    packages: Sequence[Audit] = told["dependencies"]
    found = [
        f"{each['name']} {each['version']}: {known['id']}"
        for each in packages
        for known in each.get("vulns", ())
    ]
    left_out = sum("vulns" not in each for each in packages)
    if left_out:
        print(f"LEFT OUT: {left_out} of {len(packages)} in {name}, {NO_DATA}")
    for line in found:
        print(f"{name}: {line}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
