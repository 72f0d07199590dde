"""Which text columns are free text and not categories, judged on training rows alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from lockstep.pipeline.features.assignment import SPLITS
from lockstep.pipeline.features.examples import SPLIT
from lockstep.pipeline.features.execution import fetch
from lockstep.pipeline.features.tables import inside

if TYPE_CHECKING:
    import ibis.expr.types as ir

FEWEST_VALUES = 20  # fewer different values are categories, however long their names
WORDS = 3  # mean number of words of a value: a name or a code has fewer
DISTINCT = 0.5  # share of different values: entities share categories, but not free text


def free_texts(rows: ir.Table, names: Iterable[str]) -> Iterator[str]:
    """Yield those of the attributes `names` that hold free text.

    A value counts once for each entity, however many snapshots hold it. Only training rows are used:
    the kind of a feature is part of the model.

    Args:
        rows: `entity`, `split` and the features under their `inside` names.
        names: attributes of text columns whose kind is not declared.
    """
    train = rows.filter(rows[SPLIT] == SPLITS[0])
    return (name for name in names if _is_free(train, inside(name)))


def _is_free(train: ir.Table, column: str) -> bool:
    texts = train.select("entity", text=train[column]).filter(train[column].notnull()).distinct()
    words = texts["text"].re_replace(r"\S+", "w").re_replace(r"\s+", "").length()
    (found,) = fetch(texts.aggregate(values=texts.count(), different=texts["text"].nunique(), words=words.sum()))
    values, different = int(found["values"]), int(found["different"])
    return different >= FEWEST_VALUES and different > DISTINCT * values and int(found["words"]) >= WORDS * values
