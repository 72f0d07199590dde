"""Champion and challenger on the same rows: the newest test split, draw by draw."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from lockstep.errors import LockstepError
from lockstep.evaluation.estimate import Estimate
from lockstep.evaluation.result import Verdict
from lockstep.params.base import format_duration
from lockstep.params.evaluate import EvaluateSpec
from lockstep.params.problem import EventLabel, ProblemSpec
from lockstep.params.split import SplitSpec

CHAMPION = "champion"


@dataclass(frozen=True)
class Side:
    """A model, the manifest of the features it was made from, how these were split, and what was asked."""

    model: Path
    features: Path
    """Folder of the manifest; the challenger's has the test rows as well."""
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


def compare(champion: Side, challenger: Side, spec: EvaluateSpec) -> Comparison | str:
    """Score both models on the challenger's test split.

    Returns:
        The comparison, or why there can be none: rows that the champion was trained on, features that it lacks.

    Raises:
        LockstepError: a file is missing or damaged.
    """
    reason = _other_question(champion, challenger) or _seen(champion, challenger) or _unfit(champion, challenger)
    return reason or _measure(champion, challenger, spec)


def _seen(champion: Side, challenger: Side) -> str | None:
    """Say so if the champion may have learnt from rows of the test split."""
    from lockstep.manifest import Manifest

    if challenger.split.by != "time" or champion.split.by != "time":
        same = (champion.split, champion.seed) == (challenger.split, challenger.seed)
        return None if same else "the split changed: the champion may have been trained on rows that would test it"
    tables = Manifest.read(champion.features).tables
    spans = [span for name in ("train", "valid") if name in tables and (span := tables[name].span)]
    test = Manifest.read(challenger.features).tables["test"].span
    if not spans or test is None:
        return "it is not known up to when the champion has learnt, or when the test split begins"
    learnt, first = max(span[1] for span in spans), test[0]
    # On the day of its last cutoff the champion saw the labels of a whole horizon to come.
    if learnt < first and first - learnt >= champion.embargo:
        return None
    text = f"the champion was trained on cutoffs up to {learnt:%Y-%m-%d}, the test split begins at {first:%Y-%m-%d}"
    return text if first <= learnt else f"{text}, within the embargo of {format_duration(champion.embargo)}"


def _other_question(champion: Side, challenger: Side) -> str | None:
    """Say so if the labels of the test split are not what the champion has learnt to predict."""
    old, new = champion.problem, challenger.problem
    if (old.task, old.entity, old.label) == (new.task, new.entity, new.label):
        return None
    return "champion and challenger answer different questions: problem.task, entity or label changed"


def _unfit(champion: Side, challenger: Side) -> str | None:
    from lockstep.features.compatibility import check_fits
    from lockstep.features.schema import FeatureSchema
    from lockstep.models.bundle import read_signature

    wanted, found = read_signature(champion.model).features, FeatureSchema.read(challenger.features)
    if (wanted.task, wanted.classes) != (found.task, found.classes):
        return "champion and challenger answer different questions"
    try:
        check_fits(wanted, found, challenger.features)
    except LockstepError as error:
        return "the champion cannot read the new features: " + "; ".join(error.details)
    return None


def _measure(champion: Side, challenger: Side, spec: EvaluateSpec) -> Comparison | str:
    from lockstep.evaluation import assess, predictions
    from lockstep.features.schema import FeatureSchema
    from lockstep.manifest import Manifest
    from lockstep.models.bundle import Model

    schema = FeatureSchema.read(challenger.features)
    test = Manifest.read(challenger.features).frame(challenger.features, "test")
    if test.empty:
        return "the test split has no rows"
    by = {
        predictions.MODEL: Model.load(challenger.model).predict(test),
        CHAMPION: Model.load(champion.model).predict(test),
    }
    predicted = predictions.collect(schema, test, by)
    score = assess.assess(predicted, spec, challenger.seed, {}, schema.classes).main_score
    return Comparison(score.name, len(test), score.model, score.baselines[CHAMPION], score.gains[CHAMPION])


def verdict_of(evaluation: Path) -> Verdict:
    """Return the verdict of the challenger's own gate, as its stage `evaluate` wrote it."""
    from lockstep.evaluation.result import Evaluation

    return Evaluation.read(evaluation).gate
