"""What came of seeds before, so that a run of hours goes on where it ended."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime
from hashlib import sha256
import json
from pathlib import Path

from tests.soak.sums import Life
from tests.soak.watch import Violation

_CODE = Path(__file__).parent.parent / "custom_components"
_JUDGE = 3
"""One more whenever the referee looks at more: what it passed before says less."""

type Known = tuple[Life, float]
"""What came of a seed, and how many seconds of CPU it took."""


def row(life: Life, seconds: float) -> dict[str, object]:
    """Return a seed's row as JSON."""
    told = asdict(replace(life, counts=Counter()))
    told["violations"] = [
        {**asdict(each), "at": each.at.isoformat()} for each in life.violations
    ]
    return {
        **told,
        "counts": dict(life.counts),
        "cpu_seconds": round(seconds, 1),
        "code": fingerprint(),
    }


def read(line: str) -> tuple[Life, float, str]:
    """Return what a row tells: of a life, of seconds of CPU, and of which code."""
    told = json.loads(line)
    seconds, code = float(told.pop("cpu_seconds")), str(told.pop("code"))
    told["counts"] = Counter(told["counts"])
    told["violations"] = [
        Violation(**each | {"at": datetime.fromisoformat(each["at"])})
        for each in told["violations"]
    ]
    for name in ("resources", "waits"):
        told[name] = {key: tuple(each) for key, each in told[name].items()}
    return Life(**told), seconds, code


def fingerprint() -> str:
    """Return what is different once the integration's code or its judge is."""
    found = sha256(str(_JUDGE).encode())
    for path in sorted(_CODE.rglob("*.py")):
        found.update(path.relative_to(_CODE).as_posix().encode())
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


class Kept:
    """A file with the rows of seeds that were lived through."""

    def __init__(self, path: Path | None) -> None:
        """Keep rows in a file, or nowhere with None."""
        self._path = path

    def add(self, life: Life, seconds: float) -> None:
        """Keep a seed's row."""
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row(life, seconds)) + "\n")

    def of(self, days: float, people: dict[int, list[str]]) -> dict[int, Known]:
        """Return what is known of seeds.

        Args:
            days: How many of them.
            people: Who is followed, by seed.

        Returns:
            By seed; what other code, days or people brought is left out, and so is
            what went wrong: that is worth another look.
        """
        return {
            life.seed: (life, seconds)
            for life, seconds in self._rows()
            if life.days == days
            and people.get(life.seed) == life.people
            and not life.violations
        }

    def _rows(self) -> Iterator[Known]:
        """Yield what was kept of this code."""
        if self._path is None or not self._path.exists():
            return
        code = fingerprint()
        for line in self._path.read_text(encoding="utf-8").splitlines():
            life, seconds, of_code = read(line)
            if of_code == code:
                yield life, seconds
