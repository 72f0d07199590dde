"""Result of the search, and the model."""

import math
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import pandas as pd

from lockstep.core.files import read_json
from lockstep.pipeline.report.facts import EstimatorResult, Learning, LearningPoint, Model, Search, Trial
from lockstep.pipeline.report.gather.data import SHORT
from lockstep.tasks.task import Task

DIGITS = 6  # significant digits shown


def gather_search(directory: Path, task: Task) -> Search | None:
    """Return the search, or None if there was none.

    Raises:
        LockstepError: a file is damaged.
    """
    if not (directory / "best_params.json").is_file():
        return None
    found = read_json(directory / "best_params.json")
    best = found["by_estimator"][found["estimator"]]
    greater, trials = task.greater_is_better[found["metric"]], _trials(directory / "trials.csv")
    return Search(
        estimator=found["estimator"],
        metric=found["metric"],
        greater_is_better=greater,
        score=brief(best["score"]),
        trial=best["trial"],
        params={name: brief(value) for name, value in best["params"].items()},
        trials=trials,
        importance=best["importance"],
        estimators=_searched(found["by_estimator"], trials, greater_is_better=greater),
    )


def gather_model(directory: Path) -> Model | None:
    """Return the model, or None if there is none.

    Raises:
        LockstepError: a file is damaged.
    """
    if not (directory / "signature.json").is_file():
        return None
    signature = read_json(directory / "signature.json")
    path = directory / "training.json"
    training = read_json(path) if path.is_file() else {}
    return Model(
        estimator=signature["estimator"],
        params={name: brief(value) for name, value in signature["params"].items()},
        rounds=signature.get("rounds"),
        calibration=signature.get("calibration", "none"),
        parity=signature.get("parity"),
        importance=training.get("importance") or {},
        history=training.get("history") or {},
        learning=_learning(training) if "learning_curve" in training else None,
        data=signature.get("data", {}),
        digests={name: digest[:SHORT] for name, digest in signature["digests"].items()},
    )


def _learning(training: dict[str, Any]) -> Learning:
    seeds = training["seeds"]
    return Learning(
        metric=training["metric"],
        curve=tuple(
            LearningPoint(point["rows"], point["train"], point["valid"]) for point in training["learning_curve"]
        ),
        seeds=tuple(seeds["test"]),
        deviation=seeds["deviation"],
        **training["overfitting"],
    )


def brief(value: Any) -> Any:
    """Return a float with six significant digits; other values unchanged."""
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def _trials(path: Path) -> tuple[Trial, ...]:
    if not path.is_file():
        return ()
    return tuple(_trial(row) for row in pd.read_csv(path).to_dict("records"))


def _trial(row: dict[Hashable, Any]) -> Trial:
    prefix = f"{row['estimator']}."
    params = {str(name).removeprefix(prefix): value for name, value in row.items() if str(name).startswith(prefix)}
    return Trial(
        number=int(row["trial"]),
        score=_known(row["score"]),
        reached=_known(row["reached"]),
        estimator=row["estimator"],
        params={name: brief(value) for name, value in params.items()},
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(brief(float(value)))


def _searched(
    found: dict[str, dict[str, Any]], trials: tuple[Trial, ...], *, greater_is_better: bool
) -> tuple[EstimatorResult, ...]:
    of = {name: [trial for trial in trials if trial.estimator == name] for name in found}
    rows = [
        EstimatorResult(name, len(of[name]), sum(trial.score is None for trial in of[name]), brief(best["score"]))
        for name, best in found.items()
    ]
    return tuple(sorted(rows, key=lambda row: row.score, reverse=greater_is_better))
