"""An audit that could ask nobody, or that broke, does not look like a clean one."""

from importlib.util import module_from_spec, spec_from_file_location
import json
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
        pytest.param([CLEAN, UNKNOWN], 0, "LEFT OUT: 1 of 2", id="partly"),
        pytest.param([UNKNOWN], 1, "gave nothing", id="nothing known"),
        pytest.param([], 1, "gave nothing", id="nothing audited"),
        pytest.param(None, 1, "gave nothing", id="no end"),
    ],
)
def test_a_vulnerability_fails_and_so_does_an_audit_of_nothing(
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


type Answers = dict[str, tuple[str, str] | Exception]
"""What the tool writes to its output and complains of, by what it is asked for."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, answers: Answers) -> list[str]:
    """Return what is audited; nobody is really asked."""
    names: list[str] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        names.append(Path(command[2]).name)
        answer = answers[names[-1]]
        if isinstance(answer, Exception):
            raise answer
        return subprocess.CompletedProcess(command, 1, *answer)

    monkeypatch.setattr(subprocess, "run", run)
    return names


GOOD = (json.dumps({"dependencies": [CLEAN]}), "")
SILENCE = subprocess.TimeoutExpired("pip-audit", 20)
OFFLINE = ("", "Traceback\nrequests.exceptions.ProxyError: no route")
BLOCKED = ("", "ERROR:pip_audit._cli:Could not connect to PyPI")
BROKEN = ("", "Traceback\nKeyError: 'vulns'")
NOWHERE = (json.dumps({"dependencies": [UNKNOWN]}), "")


@pytest.mark.parametrize(
    "answers",
    [{"one.txt": answer} for answer in (SILENCE, OFFLINE, BLOCKED, NOWHERE)],
)
def test_a_machine_without_a_network_is_told_so_in_one_line(
    audit: ModuleType, capsys: pytest.CaptureFixture[str], asked: list[str]
) -> None:
    assert audit.main() == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("LEFT OUT: ")
    # One package is enough to see that nobody answers.
    assert asked == ["one.txt"]


@pytest.mark.parametrize("answers", [{"one.txt": BROKEN}])
def test_a_tool_that_is_broken_is_no_missing_network(
    audit: ModuleType, asked: list[str]
) -> None:
    with pytest.raises(SystemExit, match="KeyError: 'vulns'"):
        audit.main()

    assert asked == ["one.txt"]


@pytest.mark.parametrize(
    "answers",
    [
        {"one.txt": GOOD, "test.txt": answer, "develop.txt": GOOD}
        for answer in (SILENCE, OFFLINE, BLOCKED, NOWHERE)
    ],
)
def test_an_audit_that_gives_nothing_fails_where_somebody_answers(
    audit: ModuleType, capsys: pytest.CaptureFixture[str], asked: list[str]
) -> None:
    assert audit.main() == 1
    assert "test.txt: the audit gave nothing" in capsys.readouterr().out
    assert asked == ["one.txt", "test.txt", "develop.txt"]


@pytest.mark.parametrize(
    "answers", [dict.fromkeys(("one.txt", "test.txt", "develop.txt"), GOOD)]
)
def test_what_is_clean_is_not_spoken_of(
    audit: ModuleType, capsys: pytest.CaptureFixture[str], asked: list[str]
) -> None:
    assert audit.main() == 0
    assert not capsys.readouterr().out
    assert len(asked) == 3


def test_one_package_is_a_file_of_its_own(audit: ModuleType) -> None:
    locked = (
        "a==1 \\\n    --hash=sha256:0 \\\n    --hash=sha256:1\nb==2 \\\n    --hash=x\n"
    )

    assert (
        audit.first(locked) == "a==1 \\\n    --hash=sha256:0 \\\n    --hash=sha256:1\n"
    )
