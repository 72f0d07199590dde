"""Stage `drift`: compare the current snapshot and its scores with the reference of the model."""

from lockstep.artifacts.schema import FeatureSchema
from lockstep.core.files import dump_json, whole_directory, write_json
from lockstep.core.progress import Progress
from lockstep.core.spec import Spec
from lockstep.core.workspace import Workspace
from lockstep.params.pipeline.drift import DriftSpec
from lockstep.pipeline.drift import document
from lockstep.pipeline.drift.measurement import measure


class Inputs(Spec):
    """The sections that this stage reads."""

    drift: DriftSpec


def run(inputs: Inputs, workspace: Workspace, progress: Progress) -> None:
    """Write the verdict and the measurements behind it."""
    from lockstep.artifacts.bundle import Model

    features, predict = workspace.features, Model.load(workspace.model).predict
    with progress.bar("compare", len(FeatureSchema.read(features).names)) as advance:
        found = measure(features, predict, features, inputs.drift, advance)
    judged = (found.verdict, found.features, found.score)
    with whole_directory(workspace.drift) as directory:
        detail = document.detail(*judged, found.as_of)
        (directory / "detail.json").write_text(dump_json(detail), encoding="utf-8")
        (directory / "features.csv").write_text(document.table(*judged), encoding="utf-8")
    write_json(workspace.drift_verdict, document.summary(*judged))
    progress.say(found.verdict.reasons[0])
