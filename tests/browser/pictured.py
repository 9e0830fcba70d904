"""A person whose pictures are the same whenever they are taken."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from custom_components.glucose_follow.cgm import person_devices
from custom_components.glucose_follow.cgm.person import SimulatedPerson
from simulators.nightscout import NightscoutSimulator
from simulators.nightscout.documents import iso
from simulators.nightscout.styles import Style, entries_of, treatments_of

_PERSON = SimulatedPerson(seed=30, period=timedelta(minutes=1))
_THEN = datetime(2026, 9, 5, 15, 30, tzinfo=UTC)
"""In range and steady again, after a meal and its bolus."""


def relive(site: NightscoutSimulator) -> None:
    """Upload the day before that moment as if it were the day until now."""
    later = datetime.now(UTC) - _THEN
    day = _THEN - timedelta(days=1)
    for reading in _PERSON.readings(day, _THEN):
        site.add_entries(
            entries_of(Style.LOOP, replace(reading, at=reading.at + later))
        )
    for treatment in _PERSON.treatments(day, _THEN):
        given = replace(treatment, at=treatment.at + later)
        for document in treatments_of(Style.LOOP, given):
            site.add_treatment(at=given.at, **document)
    stamp = iso(_THEN + later)
    insulin = person_devices.insulin_on_board(_PERSON, _THEN)
    carbs = person_devices.carbs_on_board(_PERSON, _THEN)
    site.add_devicestatus(
        loop={
            "iob": {"iob": insulin, "timestamp": stamp},
            "cob": {"cob": carbs, "timestamp": stamp},
            "timestamp": stamp,
        }
    )
