"""The files that a search writes: best_params.json and trials.csv."""

from pathlib import Path

import pandas as pd

from lockstep.artifacts.best_params import BEST, Best, BestTrial
from lockstep.core.files import dump_json
from lockstep.pipeline.tune.hyperparameter_importance import importances
from lockstep.pipeline.tune.objective import Objective
from lockstep.pipeline.tune.search import SearchResult, Trial
from lockstep.pipeline.tune.space import Point, Space, values


def write(directory: Path, objective: Objective, result: SearchResult) -> None:
    """Write both files."""
    best = Best(
        metric=objective.metric.name,
        estimator=result.best.estimator,
        by_estimator={name: _best(objective, result, trial) for name, trial in result.by_estimator.items()},
    )
    (directory / BEST).write_text(dump_json(best.model_dump(mode="json")), encoding="utf-8")
    _table(objective.space, result).to_csv(directory / "trials.csv", index=False, lineterminator="\n")


def _best(objective: Objective, result: SearchResult, best: Trial) -> BestTrial:
    trials = [trial for trial in result.trials if trial.estimator == best.estimator]
    space, greater = objective.space[best.estimator], objective.metric.greater_is_better
    return BestTrial(
        score=best.score or 0.0,
        trial=best.number,
        rounds=best.rounds,
        params=dict(best.params),
        importance=importances(trials, space, greater_is_better=greater),
    )


def _table(space: Space, result: SearchResult) -> pd.DataFrame:
    """Return one row a trial; a hyperparameter is a column `<estimator>.<name>`, empty for other estimators."""
    rows = [
        {
            "trial": t.number,
            "score": t.score,
            "pruned": t.score is None,
            "reached": t.reached,
            "rounds": t.rounds,
            **values(Point(t.estimator, t.params)),
        }
        for t in result.trials
    ]
    names = [f"{estimator}.{name}" for estimator, dimensions in space.items() for name in dimensions]
    columns = ["trial", "estimator", "score", "pruned", "reached", "rounds", *names]
    table = pd.DataFrame(rows, columns=columns).astype({"rounds": "Int64"})
    # A column of whole numbers with gaps would be written as 3.0.
    whole = [
        f"{e}.{n}" for e, dimensions in space.items() for n, dimension in dimensions.items() if dimension.type == "int"
    ]
    return table.astype(dict.fromkeys(whole, "Int64"))
