"""Check for features that matter only for rows with their last event just before the cutoff.

Leaks through timestamps show there: an event of the label window that is dated a little early, or that was entered
later with an earlier date, looks like the last event before the cutoff. A feature that depends on such events says
little about other rows. So the permutation importance is split: the part that involves a row near the cutoff (its value
was taken, or it got another value) against the whole. Few rows are near the cutoff; if nearly all importance is from
them, someone should check the timestamps of these events.

The check does not find: a leak in a table without recency feature, in attributes or expressions, or through events
dated earlier than `evaluate.near_cutoff` before the cutoff; a leak that is small against the honest use of the feature;
a leak that several features share, because shuffling one of them costs little. And events of the last day may truly
matter most.
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
FEWEST = 20  # rows near the cutoff: fewer show nothing
MOST = 0.25  # of all rows: if more are near the cutoff, importance from them is no sign of a leak
SURE = 3.0  # standard errors: about fifty features are checked, and chance exceeds it once in 700


@dataclass(frozen=True)
class Proximity:
    """Which rows are near the cutoff.

    Attributes:
        rows: checked feature -> (n,): whether the last event of its table is near.
        not_applicable: reasons why other features are not checked.
    """

    rows: Mapping[str, NDArray[np.bool_]]
    not_applicable: tuple[str, ...]


def find(schema: FeatureSchema, test: pd.DataFrame, within: timedelta) -> Proximity:
    """Return the rows near the cutoff by feature.

    Args:
        schema: of the features; recency features hold the days since the last event.
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
    """Return the share of the cost that involves rows near the cutoff; None if the cost is not significant.

    It is at most 1: it could exceed 1 if shuffling helps on the other rows.

    Args:
        shuffled: with these rows marked.
        keys: (n,) entity of each row; rows of one entity are not independent.
    """
    if not _significant(shuffled.cost, keys):
        return None
    return float(np.clip(shuffled.marked.sum() / shuffled.cost.sum(), 0.0, 1.0))


def suspicious(shuffled: Shuffled, keys: NDArray[Any], limit: float) -> bool:
    """Return whether the cost is significant, and significantly more than the share `limit` is near the cutoff."""
    return _significant(shuffled.cost, keys) and _significant(shuffled.marked - limit * shuffled.cost, keys)


def _significant(values: Floats, keys: NDArray[Any]) -> bool:
    """Return whether a sum over rows is significantly above 0, with entities as sampling units."""
    entities = np.bincount(np.unique(keys, return_inverse=True)[1], weights=values)
    return bool(entities.sum() > SURE * np.sqrt((entities**2).sum()))


def _owners(schema: FeatureSchema) -> dict[str, str | None]:
    """Return for each aggregate the recency of its events: the one with the longest common start of the name."""
    names = [feature.name for feature in schema.features if feature.origin == "aggregate"]
    recencies = sorted((name for name in names if name.endswith(f"_{RECENCY}")), key=len, reverse=True)
    return {
        name: next((found for found in recencies if name.startswith(found.removesuffix(RECENCY))), None)
        for name in names
    }


def _varies(values: pd.Series, elsewhere: NDArray[np.bool_]) -> bool:
    """Return whether the feature varies on other rows: with a window of one day it does not."""
    return len(values.loc[elsewhere].unique()) > 1


def _unfit(recency: str, near: NDArray[np.bool_]) -> str | None:
    if near.sum() < FEWEST:
        return f"{recency}: {near.sum()} rows near the cutoff are too few"
    if near.mean() > MOST:
        return f"{recency}: {near.mean():.0%} of the rows are near the cutoff, too many for the check"
    return None


def _orphans(owners: Mapping[str, str | None]) -> Iterator[str]:
    orphans = [name for name, recency in owners.items() if recency is None]
    if orphans:
        more = f" and {len(orphans) - 1} more" if len(orphans) > 1 else ""
        yield f"{orphans[0]}{more}: no recency feature holds the time of the last event"
    elif not owners:
        yield "no feature is an aggregate of events"
