"""An audit that could ask nobody does not look like a clean one."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
import subprocess
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts/internal/audit.py"
CLEAN = {"name": "yarl", "version": "1.0", "vulns": []}
BAD = {"name": "aiohttp", "version": "3.0", "vulns": [{"id": "PYSEC-1"}]}
UNKNOWN = {"name": "orjson", "skip_reason": "not found"}


@pytest.fixture
def audit() -> ModuleType:
    """Return the script."""
    spec = spec_from_file_location("audit", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("packages", "code", "said"),
    [
        pytest.param([CLEAN], 0, "", id="clean"),
        pytest.param([CLEAN, BAD], 1, "aiohttp 3.0: PYSEC-1", id="vulnerable"),
        pytest.param([CLEAN, UNKNOWN], 0, "1 of 2 could not be audited", id="partly"),
        pytest.param([UNKNOWN], 0, "no advisory data", id="nobody answers"),
        pytest.param(None, 0, "no advisory data", id="no network"),
    ],
)
def test_only_a_vulnerability_fails_and_silence_is_said(
    audit: ModuleType,
    capsys: pytest.CaptureFixture[str],
    packages: list[dict[str, Any]] | None,
    code: int,
    said: str,
) -> None:
    told = None if packages is None else {"dependencies": packages}

    assert audit.verdict("test.txt", told) == code
    printed = capsys.readouterr().out
    assert (said in printed) if said else not printed


@pytest.mark.parametrize(
    "answer", [subprocess.TimeoutExpired("pip-audit", 20), "Traceback"]
)
def test_a_machine_without_a_network_is_told_so_in_one_line(
    audit: ModuleType,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    answer: Exception | str,
) -> None:
    asked: list[str] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command[2])
        if isinstance(answer, Exception):
            raise answer
        return subprocess.CompletedProcess(command, 1, stdout=answer)

    monkeypatch.setattr(subprocess, "run", run)

    assert audit.main() == 0
    assert capsys.readouterr().out.count("\n") == 1
    # One package is enough to see that nobody answers.
    assert len(asked) == 1


def test_one_package_is_a_file_of_its_own(audit: ModuleType) -> None:
    locked = (
        "a==1 \\\n    --hash=sha256:0 \\\n    --hash=sha256:1\nb==2 \\\n    --hash=x\n"
    )

    assert (
        audit.first(locked) == "a==1 \\\n    --hash=sha256:0 \\\n    --hash=sha256:1\n"
    )
