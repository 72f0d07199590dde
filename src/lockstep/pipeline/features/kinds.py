"""What an attribute is taken for: what params.yaml says or, where it is silent, what its column holds."""

from collections.abc import Iterable, Iterator, Mapping

from lockstep.artifacts.schema import Kind as Stored
from lockstep.core.errors import closest
from lockstep.pipeline.features.aggregates import Kind

FITTING: dict[Kind, dict[str, Stored]] = {
    "number": {"number": "number", "category": "category"},
    "boolean": {"number": "number", "category": "category"},
    "text": {"category": "category", "text": "text"},
    "time": {"number": "number"},
}
"""What a column holds -> what may be declared -> what the feature then is."""

UNDECLARED: dict[Kind, Stored] = {"number": "number", "boolean": "boolean", "text": "category", "time": "number"}
"""What a column holds -> what the feature is where nothing is declared; `free_text` may see words in a category."""


def take(attribute: str, kind: Kind, declared: str | None, faults: list[str]) -> Stored:
    """Return what an attribute is taken for.

    Args:
        attribute: its name.
        kind: what its column holds.
        declared: in `features.kinds`.
        faults: one line is appended where the column cannot be taken for what is declared.
    """
    if declared is None:
        return UNDECLARED[kind]
    if declared not in FITTING[kind]:
        expected = " or ".join(FITTING[kind])
        faults.append(f"features.kinds.{attribute}: a column of {kind} is no {declared}; expected {expected}")
    return FITTING[kind].get(declared, UNDECLARED[kind])


def unknown_kinds(declared: Iterable[str], attributes: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Yield a line for each kind that is declared of what is no attribute."""
    known = [name for names in attributes.values() for name in names]
    for name in declared:
        if name not in known:
            near = closest(name, known) or "; expected one that features.attributes names"
            yield f"features.kinds.{name}: no attribute {name!r}{near}"
