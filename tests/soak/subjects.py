"""People who are followed, the servers that have their readings, and the truth."""

from abc import ABC, abstractmethod
from bisect import insort
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from random import Random
from typing import Any, override

from benchmarks.deliveries import BEGIN, Story, tell
from custom_components.glucose_follow import factory
from custom_components.glucose_follow.cgm.models import (
    Reading,
    Sample,
    SensorFault,
    Treatment,
)
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from custom_components.glucose_follow.cgm.sources.dexcom_share import DexcomShareSource
from custom_components.glucose_follow.cgm.sources.tidepool import (
    PasswordLogin,
    TidepoolSource,
)
from simulators.dexcom_share import READ, DexcomShareSimulator
from simulators.loopback import LoopbackServer
from simulators.nightscout import NightscoutSimulator
from simulators.nightscout.documents import moment_ms, to_ms
from simulators.nightscout.styles import DIRECTIONS
from simulators.tidepool import USER_ID, TidepoolSimulator, documents

TOKEN = "soak-0123456789abcdef"
EMAIL = "alex@example.org"
PASSWORD = "Tr0ub4dor-and-3"
ACCOUNT = "12345678-9abc-4def-8123-456789abcdef"
PERIOD = timedelta(minutes=5)
KEPT = timedelta(hours=27)
UPLOAD_TAKES = timedelta(seconds=5)
MINUTE = timedelta(minutes=1)

_STOPS = 0.02
"""How likely a loop stops after a reading: twice in three of its days."""

type Server = LoopbackServer[Any, Any]
type Clock = Callable[[], datetime]


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What somebody's source is asked at most in an hour without a restart."""

    readings: int
    total: int
    logins: int = 0
    """Requests that send a password, refused ones too."""


class Subject(ABC):
    """A person, what is uploaded of them, and the server where it goes."""

    kind: str
    budget: Budget
    calm: Budget
    """The same of an hour in which nothing was wrong."""

    tells_treatments = False
    """Whether treatments are told as events."""

    def __init__(self, seed: int, days: int, start: datetime) -> None:
        """Prepare a life from `start` on."""
        self._shift = start - BEGIN
        self._story: Story = tell(seed, days, PERIOD)
        person = SimulatedPerson(seed=seed)
        done = person.treatments(BEGIN, BEGIN + timedelta(days=days))
        self._treatments = sorted(
            chain(done, self._story.treatments), key=lambda each: each.at
        )
        self._uploads, self._doings = 0, 0
        self.known: dict[datetime, Reading] = {}
        """What the server has of the last day, by stamp."""
        self.arrived: dict[datetime, datetime] = {}
        """When the server got it."""
        self.stamps: list[datetime] = []
        """The same stamps, oldest first."""
        self.done: list[tuple[datetime, Treatment]] = []
        """What was just entered, and when."""
        self.reports: dict[float, datetime] = {}
        """When a loop told how much insulin is on board, by what it told."""

    @property
    def title(self) -> str:
        """Return what the person is called."""
        return f"Alex {self.kind}"

    @property
    @abstractmethod
    def server(self) -> Server:
        """Return the server."""

    @property
    @abstractmethod
    def data(self) -> dict[str, object]:
        """Return what a new entry of theirs has as data."""

    @property
    def options(self) -> dict[str, object]:
        """Return the options of their entry: every alarm is on."""
        levels = ("low_soon", "high", "falling_fast", "rising_fast")
        return {
            "unit": "mg/dL",
            "alarms": {level: {"is_on": True} for level in levels},
        }

    @property
    def patches(self) -> Mapping[str, object]:
        """Return what replaces names in the factory, so that it leads here."""
        return {}

    @property
    def logins(self) -> int:
        """Return how often the server was sent a password."""
        return 0

    @abstractmethod
    def is_for_readings(self, request: Any) -> bool:
        """Return whether a recorded request asked for readings."""

    def is_for_history(self, request: Any) -> bool:
        """Return whether a request read what is long ago, once for all time."""
        return False

    def is_for_login(self, request: Any) -> bool:
        """Return whether a request sent a password."""
        return False

    def upload(self, now: datetime) -> None:
        """Upload what is due, and forget what nobody can ask for any more."""
        deliveries = self._story.deliveries
        told = now - self._shift
        while self._uploads < len(deliveries) and deliveries[self._uploads][0] <= told:
            for sample in deliveries[self._uploads][1]:
                self._upload(replace(sample, at=sample.at + self._shift), now)
            self._uploads += 1
        told -= UPLOAD_TAKES
        while (
            self._doings < len(self._treatments)
            and self._treatments[self._doings].at <= told
        ):
            self._enter(self._treatments[self._doings], now)
            self._doings += 1
        while self.stamps and self.stamps[0] < now - KEPT:
            oldest = self.stamps.pop(0)
            del self.known[oldest], self.arrived[oldest]

    def _upload(self, sample: Sample, now: datetime) -> None:
        """Let the server know a sample."""
        if isinstance(sample, Reading):
            self.known[sample.at], self.arrived[sample.at] = sample, now
            insort(self.stamps, sample.at)
            self._add(sample)
        else:
            self._add_fault(sample)

    def _enter(self, treatment: Treatment, now: datetime) -> None:
        """Let the server know a treatment."""
        moved = replace(treatment, at=treatment.at + self._shift)
        self._add_treatment(moved)
        if treatment.insulin or treatment.carbs:
            self.done.append((now, moved))

    @abstractmethod
    def tidy(self, now: datetime) -> None:
        """Let the server forget what is older than anybody asks for."""

    @abstractmethod
    def _add(self, reading: Reading) -> None:
        """Let the server know a reading."""

    def _add_fault(self, fault: SensorFault) -> None:
        """Let the server know a sensor's fault, if it knows faults."""
        del fault

    def _add_treatment(self, treatment: Treatment) -> None:
        """Let the server know a treatment, if it knows treatments."""
        del treatment


class Polled(Subject):
    """Somebody whose site knows version 1 only, and no sockets."""

    kind = "polled"
    # The error ladder asks 30 times in 15 minutes, then every five.
    budget = Budget(readings=120, total=200)
    # A phone that is silent is asked for every minute or two at first.
    calm = Budget(readings=70, total=100)
    tells_treatments = True
    is_new = False

    def __init__(self, seed: int, days: int, start: datetime, clock: Clock) -> None:
        """Prepare a site."""
        super().__init__(seed, days, start)
        self.site = NightscoutSimulator(
            clock=clock,
            tokens={TOKEN: frozenset({"*"})},
            default_roles="denied",
            has_v3=self.is_new,
            has_sockets=self.is_new,
            ping=(600, 300),
            debounce=0,
        )

    @property
    @override
    def server(self) -> NightscoutSimulator:
        return self.site

    @property
    @override
    def data(self) -> dict[str, object]:
        return {
            "source": "nightscout",
            "url": str(self.site.url),
            "access_token": TOKEN,
        }

    @override
    def is_for_readings(self, request: Any) -> bool:
        return bool(request.kind == "entries")

    @override
    def tidy(self, now: datetime) -> None:
        oldest = to_ms(now - KEPT)
        for documents_of in self.site._site.store._added.values():
            documents_of[:] = [
                each for each in documents_of if moment_ms(each) >= oldest
            ]

    @override
    def _add(self, reading: Reading) -> None:
        direction = DIRECTIONS[reading.direction] if reading.direction else "NONE"
        self.site.add_entry(at=reading.at, sgv=reading.mgdl, direction=direction)

    @override
    def _add_fault(self, fault: SensorFault) -> None:
        self.site.add_entry(at=fault.at, sgv=9)

    @override
    def _add_treatment(self, treatment: Treatment) -> None:
        kinds = {"bolus": "Correction Bolus", "carbs": "Carb Correction"}
        self.site.add_treatment(
            at=treatment.at,
            eventType=kinds.get(treatment.kind, "Sensor Start"),
            insulin=treatment.insulin,
            carbs=treatment.carbs,
            isSMB=treatment.is_automatic,
        )


class Pushed(Polled):
    """Somebody whose site knows version 3, and says what is new."""

    kind = "pushed"
    is_new = True

    def __init__(self, seed: int, days: int, start: datetime, clock: Clock) -> None:
        """Prepare a site that a loop writes to."""
        super().__init__(seed, days, start, clock)
        self._chance = Random(f"loop {seed}")
        self._reported, self._silent_until = start, start

    @override
    def _add(self, reading: Reading) -> None:
        super()._add(reading)
        if reading.at > self._reported:
            self._report(reading.at)

    def _report(self, at: datetime) -> None:
        """Let the loop tell what it knows, unless it does not run for a while."""
        self._reported = at
        if self._chance.random() < _STOPS:
            self._silent_until = at + self._chance.uniform(10, 120) * MINUTE
        if at < self._silent_until:
            return
        # Each amount tells when it was told: none comes again for half a day.
        units = round(int(at.timestamp() // 60) % 900 / 100, 2)
        self.reports[units] = at
        told = {"timestamp": at.isoformat(), "iob": units}
        self.site.add_devicestatus(at=at, loop={**told, "iob": told})


class Shared(Subject):
    """Somebody who shares through Dexcom."""

    kind = "shared"
    # Its own cap, and as often again for sessions that ended.
    # A question begins with a login as long as none succeeds.
    budget = Budget(readings=26, total=52, logins=26)
    calm = Budget(readings=26, total=28, logins=1)

    def __init__(self, seed: int, days: int, start: datetime, clock: Clock) -> None:
        """Prepare a server."""
        super().__init__(seed, days, start)
        self.dexcom = DexcomShareSimulator(
            clock=clock, username=EMAIL, password=PASSWORD, account_id=ACCOUNT
        )

    @property
    @override
    def server(self) -> DexcomShareSimulator:
        return self.dexcom

    @property
    @override
    def data(self) -> dict[str, object]:
        return {
            "source": "dexcom_share",
            "username": EMAIL,
            "password": PASSWORD,
            "region": "ous",
            "account_id": ACCOUNT,
        }

    @property
    @override
    def patches(self) -> Mapping[str, object]:
        here = partial(DexcomShareSource, base=self.dexcom.url)
        return {"DexcomShareSource": here}

    @property
    @override
    def logins(self) -> int:
        return self.dexcom.logins

    @override
    def is_for_readings(self, request: Any) -> bool:
        return bool(request.kind == READ)

    @override
    def is_for_login(self, request: Any) -> bool:
        return bool(request.kind != READ)

    @override
    def tidy(self, now: datetime) -> None:
        kept = (each for each in self.dexcom._added if each[0] >= now - KEPT)
        self.dexcom._added = list(kept)

    @override
    def _add(self, reading: Reading) -> None:
        record = self.dexcom.wire.record_of(reading)
        self.dexcom.add_record(record, at=reading.at)


class Tidal(Subject):
    """Somebody whose uploads reach Tidepool at once."""

    kind = "tidal"
    # Its own cap, what the referee asks for, and again with other tokens.
    budget = Budget(readings=33, total=80, logins=33)
    calm = Budget(readings=33, total=65, logins=1)

    def __init__(self, seed: int, days: int, start: datetime, clock: Clock) -> None:
        """Prepare a server."""
        super().__init__(seed, days, start)
        self.tidepool = TidepoolSimulator(
            clock=clock, username=EMAIL, password=PASSWORD
        )

    @property
    @override
    def server(self) -> TidepoolSimulator:
        return self.tidepool

    @property
    @override
    def data(self) -> dict[str, object]:
        return {
            "source": "tidepool",
            "environment": "production",
            "user_id": USER_ID,
            "username": EMAIL,
            "password": PASSWORD,
        }

    @property
    @override
    def options(self) -> dict[str, object]:
        return {**super().options, "live": True}

    @property
    @override
    def patches(self) -> Mapping[str, object]:
        base = self.tidepool.url
        return {
            "TidepoolSource": partial(TidepoolSource, base=base),
            "PasswordLogin": partial(PasswordLogin, base=base),
        }

    @property
    @override
    def logins(self) -> int:
        return self.tidepool.desk.logins

    @override
    def is_for_readings(self, request: Any) -> bool:
        return bool(request.query.get("type") == "cbg")

    @override
    def is_for_login(self, request: Any) -> bool:
        return bool(request.path == "/auth/login" and request.method == "POST")

    @override
    def is_for_history(self, request: Any) -> bool:
        is_stretch = {"startDate", "endDate"} <= request.query.keys()
        return is_stretch and "subType" not in request.query

    @override
    def tidy(self, now: datetime) -> None:
        archive = self.tidepool.archive
        archive._added = [
            each for each in archive._added if documents.at_of(each) >= now - KEPT
        ]

    @override
    def _add(self, reading: Reading) -> None:
        self.tidepool.archive._added.append(documents.cbg(reading))

    @override
    def _add_treatment(self, treatment: Treatment) -> None:
        added = self.tidepool.archive._added
        if treatment.carbs:
            added += documents.eaten(treatment)
        elif treatment.insulin:
            added.append(documents.bolus(treatment))


KINDS: tuple[type[Polled | Shared | Tidal], ...] = (
    Polled,
    Shared,
    Pushed,
    Tidal,
)


def lead(subject: Subject) -> None:
    """Let the integration find the subject's server."""
    for name, here in subject.patches.items():
        setattr(factory, name, here)
