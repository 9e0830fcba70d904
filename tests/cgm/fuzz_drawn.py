"""Documents that hypothesis makes up, and makes small once one is not borne."""

from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from custom_components.glucose_follow.cgm.transport import Json

from .fuzz import Target
from .fuzz_documents import ODD

leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(ODD)
)
anything = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


@st.composite
def spoiled(draw: st.DrawFn, templates: list[Any]) -> Json:
    """Return a real document, a few fields of which are something else."""
    document: Json = deepcopy(draw(st.sampled_from(templates)))
    for _ in range(draw(st.integers(0, 4))):
        where: Json = document
        while isinstance(where, dict | list) and where:
            keys = list(where) if isinstance(where, dict) else range(len(where))
            key: Any = draw(st.sampled_from(list(keys)))
            inner = where[key]
            if isinstance(inner, dict | list) and inner and draw(st.booleans()):
                where = inner
                continue
            # Drawn as it is, and spoiled itself by what follows.
            where[key] = deepcopy(draw(st.sampled_from(ODD) | anything))
            break
    return document


def answers(target: Target) -> st.SearchStrategy[Json]:
    """Return answers: of real documents, or something else altogether."""
    templates = target.templates
    if not templates:
        return anything
    if not target.is_list:
        return spoiled(templates) | anything
    documents = st.lists(spoiled(templates) | anything, max_size=12)
    return documents | spoiled([templates[:3]]) | anything


_NAMES = ("_id", "identifier", "id", "recordId", "WT")
"""Where a document says what it is called; of two with one name, one is enough."""


def _names(document: dict[str, Json]) -> set[str]:
    """Return what a real document is called."""
    return {str(document[key]) for key in _NAMES if key in document}


@st.composite
def surrounded(draw: st.DrawFn, target: Target) -> tuple[Json, list[Json]]:
    """Return a real document as it is, and an answer that has it among others."""
    real: Json = deepcopy(draw(st.sampled_from(target.templates)))
    names = _names(real) if isinstance(real, dict) else set()
    others = [each for each in target.templates if names.isdisjoint(_names(each))]
    rest = st.lists(spoiled(others) | anything, max_size=4)
    return real, [*draw(rest), real, *draw(rest)]
