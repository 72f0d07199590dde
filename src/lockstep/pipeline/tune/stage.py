"""Stage `tune`: search the declared space on folds of the training split."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from pydantic import Field

from lockstep.artifacts.best_params import BEST, Best, Found
from lockstep.artifacts.schema import CUTOFF, LABEL, FeatureSchema
from lockstep.core.files import dump_json, sha256, whole_directory
from lockstep.core.manifest import Manifest
from lockstep.core.progress import Note, Progress
from lockstep.core.spec import Spec
from lockstep.core.workspace import Workspace
from lockstep.learners.learner import Budget
from lockstep.learners.registry import learner
from lockstep.learners.training import Encoding
from lockstep.params.models import Chosen, ConstraintsSpec, EncodingSpec, TuneSpec, WeightsSpec, searched
from lockstep.params.problem import EventLabel, ProblemSpec
from lockstep.params.split import SplitSpec
from lockstep.pipeline.tune.folds import Rows, group_folds, time_folds
from lockstep.pipeline.tune.hyperparameter_importance import importances
from lockstep.pipeline.tune.identity import study_name
from lockstep.pipeline.tune.objective import Objective
from lockstep.pipeline.tune.prepared import Folds
from lockstep.pipeline.tune.search import SearchResult, Study, Trial, search
from lockstep.pipeline.tune.space import Point, Space, values
from lockstep.pipeline.tune.storage import place
from lockstep.tasks.registry import task
from lockstep.tasks.task import SearchMetric

NOT_OF_A_TRIAL = {"trials", "timeout", "patience", "storage", "estimators", "space"}
"""Keys of `tune` that do not decide what a trial is; of the last two only what is searched does."""


class Inputs(Spec):
    """What of params.yaml this stage reads: not `train.params`, which only training needs."""

    seed: int
    problem: ProblemSpec
    split: SplitSpec
    tune: TuneSpec
    estimator: Chosen = Field(alias="train.estimator")
    rounds: int = Field(alias="train.rounds")
    patience: int = Field(alias="train.early_stopping_rounds")
    encoding: EncodingSpec = Field(alias="train.encoding")
    constraints: ConstraintsSpec = Field(alias="train.constraints")
    weights: WeightsSpec = Field(alias="train.weights")

    @property
    def space(self) -> Space:
        """What is searched."""
        return {name: self.tune.space[name] for name in searched(self.tune.estimators, self.estimator)}


def run(inputs: Inputs, workspace: Workspace, progress: Progress) -> None:
    """Write best_params.json and trials.csv."""
    schema = FeatureSchema.read(workspace.features)
    frame = Manifest.read(workspace.features).frame(workspace.features, "train")
    metric = task(schema.task).search_metric(inputs.tune.metric, len(schema.classes or ()))
    objective = _objective(inputs, frame, schema, metric)
    study = _study(inputs, workspace)
    with progress.noted(f"trials of {', '.join(objective.space)}", inputs.tune.trials) as note:
        result = search(objective, inputs.tune, study, _telling(note, metric))
    progress.say(
        f"best {metric.name} {result.best.score:.4f} of {result.best.estimator}"
        f" in trial {result.best.number} of {len(result.trials)}"
    )
    _write(workspace, objective, result)


def _objective(inputs: Inputs, frame: pd.DataFrame, schema: FeatureSchema, metric: SearchMetric) -> Objective:
    encoding = Encoding(schema, inputs.seed, inputs.encoding, inputs.constraints, inputs.weights)
    folds = Folds(encoding, frame, list(_folds(inputs, frame, schema)))
    return Objective(
        candidates={name: folds.candidate(learner(name)) for name in inputs.space},
        folds=len(folds),
        space=inputs.space,
        metric=metric,
        budget=Budget(inputs.rounds, inputs.patience),
        seed=inputs.seed,
        prune=inputs.tune.pruner != "none",
    )


def _folds(inputs: Inputs, frame: pd.DataFrame, schema: FeatureSchema) -> Iterator[tuple[Rows, Rows]]:
    label = inputs.problem.label
    if inputs.split.by == "time" and isinstance(label, EventLabel):
        return time_folds(frame[CUTOFF], inputs.tune.folds, inputs.split.embargo or label.horizon)
    group = inputs.split.group if inputs.split.group in frame.columns else schema.key
    return group_folds(
        frame[group],
        frame[LABEL].to_numpy(np.float64),
        inputs.tune.folds,
        inputs.seed,
        stratify=task(schema.task).has_probabilities,
    )


def _study(inputs: Inputs, workspace: Workspace) -> Study:
    """Return the study of these inputs: another one as soon as a trial of it could be another."""
    decisions = inputs.model_dump(mode="json", exclude={"tune", "estimator"})
    decisions["tune"] = inputs.tune.model_dump(mode="json", exclude=NOT_OF_A_TRIAL)
    decisions["space"] = [
        [name, {key: dimension.model_dump(mode="json") for key, dimension in dimensions.items()}]
        for name, dimensions in inputs.space.items()
    ]
    files = {name: sha256(workspace.features / name) for name in ("train.parquet", "schema.json")}
    name = study_name(files, decisions)
    folder = workspace.scratch / "search"
    return Study(name, place(inputs.tune.storage, folder, name), folder / name)


def _telling(note: Note, metric: SearchMetric) -> Callable[[int, Trial | None], None]:
    def tell(done: int, best: Trial | None) -> None:
        note(done, f"best {metric.name} {best.score:.4f} of {best.estimator}" if best else "none complete yet")

    return tell


def _write(workspace: Workspace, objective: Objective, result: SearchResult) -> None:
    best = Best(
        metric=objective.metric.name,
        estimator=result.best.estimator,
        by_estimator={name: _found(objective, result, trial) for name, trial in result.by_estimator.items()},
    )
    with whole_directory(workspace.search) as directory:
        (directory / BEST).write_text(dump_json(best.model_dump(mode="json")), encoding="utf-8")
        _table(objective.space, result).to_csv(directory / "trials.csv", index=False, lineterminator="\n")


def _found(objective: Objective, result: SearchResult, best: Trial) -> Found:
    trials = [trial for trial in result.trials if trial.estimator == best.estimator]
    space, greater = objective.space[best.estimator], objective.metric.greater_is_better
    return Found(
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
