"""What an account wears and carries, and what that warned of."""

from dataclasses import dataclass
from datetime import datetime

from .decode import identity
from .fields import Document, moment, text


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """A transmitter, and the receiver or phone that shows it."""

    transmitter_generation: str | None
    """Such as `g7`, in the API's words, None if unknown."""

    display_device: str | None
    """Such as `iOS` or `receiver`, in the API's words, None if unknown."""

    last_upload: datetime | None
    """When it last sent anything; aware, UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """Something a phone or receiver warned of."""

    at: datetime
    """When it did; aware, UTC."""

    id: str
    """The API's own id, the same when its state changes."""

    name: str
    """Such as `urgentLow`, in the API's words."""

    state: str
    """Such as `activeAlarming`, in the API's words."""


def device(document: Document) -> Device | None:
    """Return a device, None if the document names neither part of it."""
    generation = _known(document, "transmitterGeneration")
    display = _known(document, "displayDevice")
    if generation is None and display is None:
        return None
    return Device(
        transmitter_generation=generation,
        display_device=display,
        last_upload=moment(document.get("lastUploadDate")),
    )


def alert(document: Document) -> Alert | None:
    """Return an alert, None if the document says nothing usable."""
    at = moment(document.get("systemTime"))
    name = text(document.get("alertName"))
    if at is None or name is None:
        return None
    return Alert(
        at=at,
        id=identity(document, f"{at.isoformat()} {name}"),
        name=name,
        state=text(document.get("alertState")) or "unknown",
    )


def _known(document: Document, key: str) -> str | None:
    """Return a text, None also where the API says that it does not know."""
    found = text(document.get(key))
    return None if found == "unknown" else found
