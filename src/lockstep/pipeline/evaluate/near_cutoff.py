"""Whether a feature matters only because of rows whose last event lies just before the cutoff.

There a leak through timestamps shows: an event of the label's window that is dated a little early, or one that was
entered later under an earlier date, is to the features the last thing that happened. A feature that lives on such
events says little of all other rows. So what its shuffling costs is told apart: the part that involves a row near the
cutoff, as the one whose value was taken or as the one that got another's, against the whole. Few rows are near; if
nearly the whole comes from them, somebody should ask how these events came to be dated.

What this cannot see: a leak in a table without a recency feature, in attributes and expressions, or in events dated
earlier than `evaluate.near_cutoff` before the cutoff; a leak that the same feature's honest use outweighs; and one that
several features share, so that each alone is not missed. What it cannot tell: whether what happened on the last day is
truly what counts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lockstep.artifacts.schema import FeatureSchema
from lockstep.pipeline.evaluate.shuffling import Shuffled
from lockstep.statistics.weighted import Floats

RECENCY = "recency"
FEWEST = 20  # rows near the cutoff: of fewer nothing can be said
MOST = 0.25  # of all rows: where more are near the cutoff, that importance comes from them says nothing
SURE = 3.0  # standard errors: some fifty features are judged, and hardly one of 700 is beyond by chance


@dataclass(frozen=True)
class Proximity:
    """Which rows are near the cutoff.

    Attributes:
        rows: feature -> (n,), for the features that are judged: whether the last event of its table is near.
        not_applicable: why the others are not.
    """

    rows: Mapping[str, NDArray[np.bool_]]
    not_applicable: tuple[str, ...]


def find(schema: FeatureSchema, test: pd.DataFrame, within: timedelta) -> Proximity:
    """Return the rows near the cutoff by feature.

    Args:
        schema: of the features; recency features tell the days since the last event.
        test: n rows.
        within: how long before the cutoff counts as near.
    """
    if schema.cutoff is None:
        return Proximity({}, ("a flat table has no cutoffs",))
    owners = _owners(schema)
    near = {
        name: test[name].to_numpy() <= within / timedelta(days=1) for name in dict.fromkeys(owners.values()) if name
    }
    reasons = {name: reason for name, rows in near.items() if (reason := _unfit(name, rows))}
    judged = {
        feature: near[recency]
        for feature, recency in owners.items()
        if recency and recency not in reasons and _varies(test[feature], ~near[recency])
    }
    return Proximity(judged, (*_orphans(owners), *reasons.values()))


def share(shuffled: Shuffled, keys: NDArray[Any]) -> float | None:
    """Return the part of what shuffling costs that involves rows near the cutoff; None where it does not surely cost.

    Where the model does better without the feature elsewhere it would be more than all, and is called all.

    Args:
        shuffled: with these rows marked.
        keys: (n,) entity of each row: two rows of one are not two witnesses.
    """
    if not _surely_positive(shuffled.cost, keys):
        return None
    return float(np.clip(shuffled.marked.sum() / shuffled.cost.sum(), 0.0, 1.0))


def suspicious(shuffled: Shuffled, keys: NDArray[Any], limit: float) -> bool:
    """Tell whether the feature surely matters, and surely owes the part `limit` of that to rows near the cutoff."""
    return _surely_positive(shuffled.cost, keys) and _surely_positive(shuffled.marked - limit * shuffled.cost, keys)


def _surely_positive(values: Floats, keys: NDArray[Any]) -> bool:
    """Tell whether a sum over rows lies above 0 by so many standard errors, entities being what was drawn."""
    entities = np.bincount(np.unique(keys, return_inverse=True)[1], weights=values)
    return bool(entities.sum() > SURE * np.sqrt((entities**2).sum()))


def _owners(schema: FeatureSchema) -> dict[str, str | None]:
    """Return for each aggregate the recency of its own events: the one whose name begins alike for longest."""
    names = [feature.name for feature in schema.features if feature.origin == "aggregate"]
    recencies = sorted((name for name in names if name.endswith(f"_{RECENCY}")), key=len, reverse=True)
    return {
        name: next((found for found in recencies if name.startswith(found.removesuffix(RECENCY))), None)
        for name in names
    }


def _varies(values: pd.Series, elsewhere: NDArray[np.bool_]) -> bool:
    """Tell whether a feature could matter elsewhere: with a window of a day it is the same for all other rows."""
    return len(values.loc[elsewhere].unique()) > 1


def _unfit(recency: str, near: NDArray[np.bool_]) -> str | None:
    if near.sum() < FEWEST:
        return f"{recency}: {near.sum()} rows near the cutoff are too few to tell"
    if near.mean() > MOST:
        return f"{recency}: with {near.mean():.0%} of the rows near the cutoff they are nothing apart"
    return None


def _orphans(owners: Mapping[str, str | None]) -> Iterator[str]:
    orphans = [name for name, recency in owners.items() if recency is None]
    if orphans:
        more = f" and {len(orphans) - 1} more" if len(orphans) > 1 else ""
        yield f"{orphans[0]}{more}: no recency feature tells when the last event was"
    elif not owners:
        yield "no feature is made of events"
