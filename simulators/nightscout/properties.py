"""API v2's properties: what the site's own page shows, as far as it is glucose.

What pumps and loops report is left out, as a site leaves out what it has not.

Source: recorded answers of a running server; lib/plugins/bgnow.js.
"""

from collections.abc import Mapping
from itertools import islice

from .documents import Document, moment_ms
from .site import Site
from .store import Collection

type Property = Mapping[str, object]

_BUCKETS = 4
_BUCKET_MS = 300_000
_MMOL = 18.0
_ARROWS = {
    "DoubleUp": "⇈",
    "SingleUp": "↑",
    "FortyFiveUp": "↗",
    "Flat": "→",
    "FortyFiveDown": "↘",
    "SingleDown": "↓",
    "DoubleDown": "⇊",
}


def properties(site: Site, names: frozenset[str]) -> dict[str, Property | list[object]]:
    """Return the properties of these names, all if there are none; never an error."""
    found = _all(site)
    return {key: found[key] for key in found if not names or key in names}


def _all(site: Site) -> dict[str, Property | list[object]]:
    """Return every property that is simulated."""
    recent = list(islice(site.store.find(Collection.ENTRIES, site.clock()), _BUCKETS))
    if not recent:
        return {"bgnow": {}, "delta": {}, "buckets": [], "rawbg": {}, "direction": {}}
    named = str(recent[0].get("direction", "NONE"))
    arrow = _ARROWS.get(named, "-")
    return {
        "bgnow": _bucket(site, recent[0]),
        "delta": _delta(site, recent),
        "buckets": _buckets(site, recent),
        "rawbg": {},
        "direction": {
            "display": None,
            "value": named,
            "label": arrow,
            "entity": f"&#{ord(arrow)};",
        },
    }


def _bucket(site: Site, entry: Document) -> Property:
    """Return one reading as if it were several."""
    mgdl, mills = entry["sgv"], moment_ms(entry)
    sgv: Document = {
        "_id": entry.get("_id"),
        "mgdl": mgdl,
        "mills": mills,
        "device": entry.get("device"),
        "direction": entry.get("direction"),
        "type": "sgv",
        "scaled": _scaled_text(site, mgdl),
    }
    return {"mean": mgdl, "last": mgdl, "mills": mills, "sgvs": [sgv]}


def _buckets(site: Site, recent: list[Document]) -> list[object]:
    """Return readings by the five minutes around the newest and before."""
    ends = moment_ms(recent[0]) + _BUCKET_MS / 2
    return [
        {
            **_bucket(site, entry),
            "index": number,
            "fromMills": ends - (number + 1) * _BUCKET_MS,
            "toMills": ends - number * _BUCKET_MS,
        }
        for number, entry in enumerate(recent)
    ]


def _delta(site: Site, recent: list[Document]) -> Property:
    """Return the change since the reading before; nothing without one."""
    if len(recent) < 2:
        return {}
    now, before = recent[0], recent[1]
    mgdl = _number(now["sgv"]) - _number(before["sgv"])
    scaled = round(mgdl / _MMOL, 1) if site.units == "mmol" else mgdl
    return {
        "absolute": mgdl,
        "elapsedMins": (moment_ms(now) - moment_ms(before)) / 60_000,
        "interpolated": False,
        "mean5MinsAgo": before["sgv"],
        "times": {"recent": moment_ms(now), "previous": moment_ms(before)},
        "mgdl": mgdl,
        "scaled": scaled,
        "display": f"{scaled:+g}",
        "previous": _bucket(site, before),
    }


def _scaled_text(site: Site, mgdl: object) -> object:
    """Return a value in the site's unit: in mmol/L it is a text."""
    return f"{_number(mgdl) / _MMOL:.1f}" if site.units == "mmol" else mgdl


def _number(value: object) -> float:
    """Return a number, 0 for what is none."""
    return value if isinstance(value, int | float) else 0
