"""Whose data an account may see.

Source: TidepoolApi, docs/quick-start.md and reference/metadata.v1.yaml; blip,
app/core/api.js.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ...models import GlucoseUnit
from ...transport import Json
from .fields import Document, part, text


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody whose data an account may see."""

    id: str
    """What never changes."""

    name: str | None
    """What they are called, None if nobody says."""


def user_id(answer: Json) -> str | None:
    """Return who is logged in, None if the answer does not say."""
    return text(answer.get("userid")) if isinstance(answer, dict) else None


def own(identity: str, profile: Json) -> Person | None:
    """Return the account's owner, None if they have no data of their own."""
    if not isinstance(profile, dict) or not isinstance(profile.get("patient"), dict):
        return None
    return Person(id=identity, name=_name(profile))


def shared(answer: Json) -> Iterator[Person]:
    """Yield who lets the account see their data."""
    for user in answer if isinstance(answer, list) else ():
        if not isinstance(user, dict):
            continue
        identity = text(user.get("userid"))
        if identity and "view" in part(user, "trustorPermissions"):
            yield Person(id=identity, name=_name(part(user, "profile")))


def unit(settings: Json) -> GlucoseUnit | None:
    """Return the unit that somebody reads glucose in, None if they did not choose."""
    if not isinstance(settings, dict):
        return None
    told = text(part(settings, "units").get("bg")) or ""
    known = {each.lower(): each for each in GlucoseUnit}
    return known.get(told.lower())


def _name(profile: Document) -> str | None:
    """Return whom the data are of: a child's account may be in a parent's name."""
    return text(part(profile, "patient").get("fullName")) or text(
        profile.get("fullName")
    )
