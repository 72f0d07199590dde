"""Features of few entities: only their own rows are read."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pyarrow as pa

from lockstep.pipeline.features.build import Tables, build
from lockstep.pipeline.features.tables import Source, inside
from tests.unit.pipeline.features.worlds import CUTOFFS, EVENTS, HOSTILE, connect, definition_of, events_of, table_of

DEFINITION = definition_of()


def built(events: pa.Table, who: list[str] | None) -> pd.DataFrame:
    backend = connect()
    source = Source(EVENTS, table_of(backend, "events", events))
    keys = None if who is None else table_of(backend, "keys", pa.table({"entity": pa.array(who, pa.string())}))
    wide = build(backend, DEFINITION, Tables(None, {"events": source}), CUTOFFS, entities=keys)
    return wide.to_pandas().set_index(["entity", "cutoff"]).sort_index()


def test_rows_of_other_entities_are_never_looked_at() -> None:
    """A number that cannot be added exactly stops a build; of an entity that nobody asked for, it is not even read."""
    rng = np.random.default_rng(3)
    rows = [
        {"who": f"e{n % 5}", "at": CUTOFFS[0] - timedelta(hours=int(rng.integers(900))), HOSTILE: float(rng.normal())}
        for n in range(200)
    ]
    broken = [{"who": "broken", "at": CUTOFFS[0] - timedelta(days=1), HOSTILE: 1e300}]
    whole = built(events_of(rows), None)
    found = built(events_of(rows + broken), ["e1", "e3"])
    pd.testing.assert_frame_equal(found, whole.loc[["e1", "e3"]], check_exact=True)
    assert inside(f"events_{HOSTILE}_sum_7d") in found


def test_no_requested_entity_gives_no_row() -> None:
    rows = [{"who": "a", "at": CUTOFFS[0] - timedelta(days=1)}]
    assert built(events_of(rows), []).empty
    assert built(events_of(rows), ["b"]).empty
