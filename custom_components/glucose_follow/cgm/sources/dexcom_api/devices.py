"""What an account wears and carries, and what that warned of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
import re

from ...models import DeviceStatus, Treatment, TreatmentKind
from .decode import identity
from .fields import Document, moment, text

_MODELS = {"g715day": "G7 15 Day", "g6pro": "G6 Pro"}
"""How Dexcom writes what the API has one word for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """A transmitter, and the receiver or phone that shows it."""

    transmitter_generation: str | None
    """Such as `g7`, in the API's words, None if unknown."""

    display_device: str | None
    """Such as `iOS` or `receiver`, in the API's words, None if unknown."""

    last_upload: datetime | None
    """When it last sent anything; aware, UTC."""


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


def status(devices: Iterable[Device]) -> DeviceStatus:
    """Return what the newest device of an account is called."""
    newest = max(devices, key=_last_upload, default=None)
    if newest is None:
        return DeviceStatus()
    generation = newest.transmitter_generation
    return DeviceStatus(
        sensor_model=f"Dexcom {_model(generation)}" if generation else None,
        uploader_model=newest.display_device,
    )


def given(told: Iterable[Document]) -> list[Document]:
    """Return the documents of alerts that began: each end has one of its own."""
    return [
        document
        for document in told
        if text(document.get("alertState")) in {None, "activeAlarming"}
    ]


def alert(document: Document) -> Treatment | None:
    """Return what a phone or receiver warned of, None if that is not said."""
    at = moment(document.get("systemTime"))
    name = _known(document, "alertName")
    if at is None or name is None:
        return None
    return Treatment(
        at=at,
        id=identity(document, f"{at.isoformat()} {name}"),
        kind=TreatmentKind.ALERT,
        note=re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(),
    )


def _model(generation: str) -> str:
    """Return what a generation is called; some uploaders write it in two words."""
    word = generation.lower().replace(" ", "")
    return _MODELS.get(word, generation.upper())


def _last_upload(device: Device) -> float:
    """Return when a device last sent anything, for comparing only."""
    return device.last_upload.timestamp() if device.last_upload else 0.0


def _known(document: Document, key: str) -> str | None:
    """Return a text, None also where the API says that it does not know."""
    found = text(document.get(key))
    return None if found == "unknown" else found
