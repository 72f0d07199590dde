"""Stage `tune`: search the declared space on folds of the training split."""

from collections.abc import Callable

from lockstep.artifacts.schema import FeatureSchema
from lockstep.core.files import sha256, whole_directory
from lockstep.core.manifest import Manifest
from lockstep.core.progress import Note, Progress
from lockstep.core.workspace import Workspace
from lockstep.learners.registry import learner
from lockstep.pipeline.tune import results
from lockstep.pipeline.tune.identity import study_name
from lockstep.pipeline.tune.inputs import Inputs
from lockstep.pipeline.tune.search import Study, Trial, search
from lockstep.pipeline.tune.setup import make_objective
from lockstep.pipeline.tune.storage import place
from lockstep.tasks.registry import task
from lockstep.tasks.task import Scorer, SearchMetric

NOT_OF_A_TRIAL = {"trials", "timeout", "patience", "storage", "estimators", "space"}
"""Keys of `tune` that do not affect a trial; the last two do, but only through the space."""


def run(inputs: Inputs, workspace: Workspace, progress: Progress) -> None:
    """Write best_params.json and trials.csv."""
    schema = FeatureSchema.read(workspace.features)
    frame = Manifest.read(workspace.features).frame(workspace.features, "train")
    metric = task(schema.task).search_metric(inputs.tune.metric, len(schema.classes or ()))
    for name in inputs.space:
        learner(name).check_installed()
    objective = make_objective(inputs, frame, schema, metric)
    study = _study(inputs, workspace, task(schema.task).search[metric.name])
    with progress.noted(f"trials of {', '.join(objective.space)}", inputs.tune.trials) as note:
        result = search(objective, inputs.tune, study, _reporting(note, metric))
    progress.say(
        f"best {metric.name} {result.best.score:.4f} of {result.best.estimator}"
        f" in trial {result.best.number} of {len(result.trials)}"
    )
    with whole_directory(workspace.search) as directory:
        results.write(directory, objective, result)


def _study(inputs: Inputs, workspace: Workspace, scorer: Scorer) -> Study:
    """Return the study of these inputs; its name changes if any of its trials could differ."""
    decisions = inputs.model_dump(mode="json", exclude={"tune", "estimator"})
    decisions["tune"] = inputs.tune.model_dump(mode="json", exclude=NOT_OF_A_TRIAL)
    decisions["space"] = [
        [name, {key: dimension.model_dump(mode="json") for key, dimension in dimensions.items()}]
        for name, dimensions in inputs.space.items()
    ]
    files = {name: sha256(workspace.features / name) for name in ("train.parquet", "schema.json")}
    name = study_name(files, decisions, map(learner, inputs.space), scorer)
    folder = workspace.scratch / "search"
    return Study(name, place(inputs.tune.storage, folder, name), folder / name)


def _reporting(note: Note, metric: SearchMetric) -> Callable[[int, Trial | None], None]:
    def report(done: int, best: Trial | None) -> None:
        note(done, f"best {metric.name} {best.score:.4f} of {best.estimator}" if best else "none complete yet")

    return report
