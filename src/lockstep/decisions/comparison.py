"""Champion and challenger on the same rows: the newest test split, draw by draw."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from lockstep.artifacts.evaluation import Verdict
from lockstep.core.errors import LockstepError
from lockstep.core.spec import format_duration
from lockstep.params.evaluate import EvaluateSpec
from lockstep.params.problem import EventLabel, ProblemSpec
from lockstep.params.split import SplitSpec
from lockstep.statistics.estimate import Estimate

CHAMPION = "champion"


@dataclass(frozen=True)
class Side:
    """A model, the manifest of the features it was made from, how these were split, and what was asked."""

    model: Path
    features: Path
    """Folder of the manifest; that of the side whose test split is taken has the rows as well."""
    split: SplitSpec
    seed: int
    problem: ProblemSpec

    @property
    def embargo(self) -> timedelta:
        """How long after a cutoff its label may still be learnt from."""
        label = self.problem.label
        horizon = label.horizon if isinstance(label, EventLabel) else timedelta(0)
        return self.split.embargo or horizon


@dataclass(frozen=True)
class Comparison:
    """How both models do by the main metric, on the same rows."""

    metric: str
    rows: int
    challenger: Estimate
    champion: Estimate
    gain: Estimate
    """Paired; above 0 the challenger is better, whichever way the metric points."""


def compare(champion: Side, challenger: Side, spec: EvaluateSpec, rows: Side | None = None) -> Comparison | str:
    """Score both models on the same test split.

    Args:
        champion: what is served.
        challenger: what wants to be.
        spec: bootstrap and confidence.
        rows: whose test split; by default the challenger's.

    Returns:
        The comparison, or why there can be none: rows that a model was trained on, features that it lacks.

    Raises:
        LockstepError: a file is missing or damaged.
    """
    asked = rows or challenger
    models = {CHAMPION: champion} | ({"challenger": challenger} if asked is not challenger else {})
    for name, side in models.items():
        reason = _other_question(name, side, asked) or _seen(name, side, asked) or _unfit(name, side, asked)
        if reason:
            return reason
    return _measure(champion, challenger, asked, spec)


def _seen(name: str, model: Side, rows: Side) -> str | None:
    """Say so if the model may have learnt from rows of the test split."""
    from lockstep.core.manifest import Manifest

    if rows.split.by != "time" or model.split.by != "time":
        same = (model.split, model.seed) == (rows.split, rows.seed)
        return None if same else f"the split changed: the {name} may have been trained on rows that would test it"
    tables = Manifest.read(model.features).tables
    spans = [span for part in ("train", "valid") if part in tables and (span := tables[part].span)]
    test = Manifest.read(rows.features).tables["test"].span
    if not spans or test is None:
        return f"it is not known up to when the {name} has learnt, or when the test split begins"
    learnt, first = max(span[1] for span in spans), test[0]
    # On the day of its last cutoff the model saw the labels of a whole horizon to come.
    if learnt < first and first - learnt >= model.embargo:
        return None
    text = f"the {name} was trained on cutoffs up to {learnt:%Y-%m-%d}, the test split begins at {first:%Y-%m-%d}"
    return text if first <= learnt else f"{text}, within the embargo of {format_duration(model.embargo)}"


def _other_question(name: str, model: Side, rows: Side) -> str | None:
    """Say so if the labels of the test split are not what the model has learnt to predict."""
    old, new = model.problem, rows.problem
    if (old.task, old.entity, old.label) == (new.task, new.entity, new.label):
        return None
    return f"the {name} answers another question: problem.task, entity or label changed"


def _unfit(name: str, model: Side, rows: Side) -> str | None:
    from lockstep.artifacts.bundle import read_signature
    from lockstep.artifacts.schema import FeatureSchema, check_fits

    wanted, found = read_signature(model.model).features, FeatureSchema.read(rows.features)
    if (wanted.task, wanted.classes) != (found.task, found.classes):
        return f"the {name} answers another question: the task or its classes changed"
    try:
        check_fits(wanted, found, rows.features)
    except LockstepError as error:
        return f"the {name} cannot read the new features: " + "; ".join(error.details)
    return None


def _measure(champion: Side, challenger: Side, rows: Side, spec: EvaluateSpec) -> Comparison | str:
    from lockstep.artifacts import predictions
    from lockstep.artifacts.bundle import Model
    from lockstep.artifacts.schema import FeatureSchema
    from lockstep.core.manifest import Manifest
    from lockstep.pipeline.evaluate import assess

    schema = FeatureSchema.read(rows.features)
    test = Manifest.read(rows.features).frame(rows.features, "test")
    if test.empty:
        return "the test split has no rows"
    by = {
        predictions.MODEL: Model.load(challenger.model).predict(test),
        CHAMPION: Model.load(champion.model).predict(test),
    }
    predicted = predictions.collect(schema, test, by)
    score = assess.assess(predicted, spec, rows.seed, {}, schema.classes).main_score
    return Comparison(score.name, len(test), score.model, score.baselines[CHAMPION], score.gains[CHAMPION])


def verdict_of(evaluation: Path) -> Verdict:
    """Return the verdict of the challenger's own gate, as its stage `evaluate` wrote it."""
    from lockstep.artifacts.evaluation import Evaluation

    return Evaluation.read(evaluation).gate
