"""What a referee sees of logins."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.conftest import NOW

from .asked import Asked
from .clocks import Clocks
from .subjects import Budget, Subject
from .watch import HOUR, MINUTE, Notes, Watch

DAY = 24 * HOUR


class Somebody:
    """Whose server is asked for nothing but sessions."""

    kind = "shared"
    budget = calm = Budget(readings=26, total=52, logins=26)
    logins = 0

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self.server: Any = SimpleNamespace(requests=[])

    def is_for_login(self, _: Any) -> bool:
        """Return that this is what is asked."""
        return True

    def is_for_readings(self, _: Any) -> bool:
        """Return that nothing else is asked."""
        return False

    is_for_history = is_for_readings


class Account:
    """An account that is logged in to, and who judges it."""

    def __init__(self) -> None:
        """Begin at noon."""
        self._now = NOW
        clocks = SimpleNamespace(world=lambda: self._now)
        self._notes = Notes(cast("Clocks", clocks), timedelta(seconds=10), 100)
        self._somebody = Somebody()
        subject = cast("Subject", self._somebody)
        self._watch = Watch(subject=subject, ids={}, sound_since=NOW)
        self._asked = Asked(self._notes, {subject: self._watch})
        self._starts: Mapping[Subject, list[datetime]] = {subject: []}

    def log_in(self, at: datetime) -> None:
        """Let it be asked for a session."""
        self._somebody.server.requests.append(SimpleNamespace(at=at, query={}))
        self._somebody.logins += 1

    def look(self, at: datetime) -> None:
        """Let the referee look, as it does every ten minutes."""
        self._now = at
        self._asked.look(self._starts)

    def sleep(self, until: datetime) -> None:
        """Let the machine sleep, and some time pass in which all may go wrong."""
        self._watch.sound_since = until + 12 * MINUTE
        self.look(until)

    @property
    def wrong(self) -> list[str]:
        """Return what is wrong."""
        return [each.rule for each in self._notes.violations]


@pytest.fixture
def account() -> Account:
    """Log in for the first time."""
    found = Account()
    found.log_in(NOW)
    return found


@pytest.mark.parametrize(
    ("lasted", "wrong"), [(HOUR, ["logged in without need"]), (DAY, [])]
)
def test_a_session_is_good_for_a_day(
    account: Account, lasted: timedelta, wrong: list[str]
) -> None:
    account.look(NOW + 10 * MINUTE)
    account.look(NOW + lasted - 10 * MINUTE)

    account.log_in(NOW + lasted)
    account.look(NOW + lasted)

    assert account.wrong == wrong


def test_a_day_begins_with_a_login_however_late_it_is_seen(account: Account) -> None:
    account.sleep(NOW + 4 * HOUR)
    account.look(NOW + DAY - 10 * MINUTE)

    account.log_in(NOW + DAY)
    account.look(NOW + DAY)

    assert account.wrong == []


def test_a_login_that_is_seen_late_is_no_excuse_for_the_next(account: Account) -> None:
    account.sleep(NOW + 4 * HOUR)
    account.look(NOW + 22 * HOUR)

    account.log_in(NOW + 22 * HOUR)
    account.look(NOW + 22 * HOUR + 10 * MINUTE)

    assert account.wrong == ["logged in without need"]
