"""What a document says was done, before documents of one event become one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from sys import intern

from ...models import Treatment, TreatmentKind
from ...transport import Json
from .fields import Document, part, text


class Origin(Enum):
    """Which of the documents that may tell of one event it is from."""

    ONLY = auto()
    """No other document tells of it."""

    FOOD = auto()
    CALCULATOR = auto()
    """Carbs that somebody ate, and the same as they were told to a pump."""

    BOLUS = auto()
    EMBEDDED_BOLUS = auto()
    """Insulin, and the same inside of the calculation that it followed from."""

    BASAL = auto()
    PUMP_STATUS = auto()
    """A suspended pump as a rate of nothing, and as an event."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """A treatment, and how it was told."""

    treatment: Treatment
    """What was done."""

    origin: Origin
    """How it was told."""

    @property
    def at(self) -> datetime:
        """Return when it was done; aware, UTC."""
        return self.treatment.at


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A document with what every document has."""

    document: Document
    """All of it."""

    id: str
    """The same when the document is changed."""

    at: datetime
    """When it is from; aware, UTC."""

    @property
    def type(self) -> str:
        """Return what it is about."""
        return text(self.document.get("type")) or ""

    @property
    def sub_type(self) -> str | None:
        """Return which of its type it is, None if there is only one."""
        return text(self.document.get("subType"))

    def get(self, key: str) -> Json:
        """Return a field."""
        return self.document.get(key)

    def fact(
        self,
        kind: TreatmentKind,
        origin: Origin = Origin.ONLY,
        *,
        id_suffix: str = "",
        insulin: float | None = None,
        carbs: float | None = None,
        rate: float | None = None,
        mgdl: int | None = None,
        ketone: float | None = None,
        is_automatic: bool = False,
        duration: float | None = None,
        note: str | None = None,
    ) -> Fact:
        """Return what was done at the document's time, under its id."""
        name = text(part(self.document, "origin").get("name"))
        treatment = Treatment(
            at=self.at,
            id=f"{self.id}{id_suffix}",
            kind=kind,
            insulin=insulin,
            carbs=carbs,
            rate=rate,
            mgdl=mgdl,
            ketone=ketone,
            is_automatic=is_automatic,
            duration=duration,
            note=note,
            # A year of it is written by a few apps.
            entered_by=intern(name) if name else None,
        )
        return Fact(treatment=treatment, origin=origin)


type Latest = Mapping[str, Told]
"""The newest document of each type."""
