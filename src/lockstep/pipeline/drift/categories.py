"""Two samples of a category, counted once."""

import heapq
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockstep.pipeline.drift.counts import Counts


@dataclass(frozen=True)
class CategoryPair:
    """Occurrences of each level on both sides; `missing` counts the nulls."""

    levels: tuple[str, ...]
    all_counts: Counts
    missing: tuple[int, int]

    @classmethod
    def of(cls, reference: Any, current: Any) -> "CategoryPair":
        """Count two samples, each a pyarrow array or a sequence of texts and nulls."""
        sides = [_texts(reference), _texts(current)]
        encoded = pa.concat_arrays([chunk for side in sides for chunk in side.chunks]).dictionary_encode()
        codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
        size = len(encoded.dictionary) + 1  # the first cell counts the nulls
        split = len(sides[0])
        cells = [np.bincount(codes[part] + 1, minlength=size) for part in (np.s_[:split], np.s_[split:])]
        return cls(
            levels=tuple(encoded.dictionary.to_pylist()),
            all_counts=Counts(cells[0][1:], cells[1][1:]),
            missing=(int(cells[0][0]), int(cells[1][0])),
        )

    @property
    def comparable(self) -> bool:
        """Whether both sides hold a value."""
        return self.all_counts.comparable

    @cached_property
    def counts(self) -> Counts:
        """Occurrences of the levels, the rare ones as one: see `Counts.pooled`."""
        return self.all_counts.pooled()

    def largest(self, most: int) -> list[int]:
        """Return the positions of the most frequent levels, both sides together, ties by name."""
        totals = self.all_counts.reference + self.all_counts.current
        return heapq.nsmallest(most, range(len(self.levels)), key=lambda i: (-int(totals[i]), self.levels[i]))

    def unseen(self) -> list[int]:
        """Return the positions of the levels that are not in the reference, most frequent first."""
        current = self.all_counts.current
        new = np.flatnonzero((self.all_counts.reference == 0) & (current > 0)).tolist()
        return sorted(new, key=lambda i: (-int(current[i]), self.levels[i]))


def _texts(values: Any) -> Any:
    array = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, pa.string())
    chunked = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
    return chunked.cast(pa.string()) if chunked.num_chunks else pa.chunked_array([pa.array([], pa.string())])
