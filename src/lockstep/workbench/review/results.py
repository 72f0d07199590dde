"""Part `results`: the metrics of both models and their comparison, from pinned predictions."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import ValidationError

from lockstep.artifacts.evaluation import NAME, Evaluation, Importance, Reason
from lockstep.core.errors import LockstepError
from lockstep.core.progress import Progress
from lockstep.core.spec import Spec
from lockstep.decisions.comparability import different_designs
from lockstep.decisions.paired.result import Comparison, NotComparable
from lockstep.decisions.paired.verdict import seed_noise
from lockstep.decisions.promotion import not_worse
from lockstep.decisions.rules import Design, Rules
from lockstep.params.pipeline.drift import DriftSpec
from lockstep.statistics.estimate import Estimate
from lockstep.workbench.review.part import Part
from lockstep.workbench.review.predictions import FOLDER, PREDICTIONS, predictions
from lockstep.workbench.review.side import Side
from lockstep.workbench.review.store import FAULTS, LeftOut, Store

S = TypeVar("S", bound=Spec)

PLOTS = ("roc.csv", "pr.csv", "calibration.csv")
NEEDED = (NAME, PREDICTIONS, *PLOTS)
LARGE = 50_000_000
"""Maximum predictions times resamples of a comparison, because a reviewer waits."""
LEAST = 100
"""Minimum number of resamples: with fewer, intervals are meaningless."""


class ReviewRules(Rules):
    """How the change is judged: by the base's rules, so that a change cannot loosen its own."""

    drift: DriftSpec


class Model(Part):
    """A side's own evaluation of its model, on all of its test rows."""

    rows: int
    base_rate: float | None
    main: str
    score: Estimate
    baselines: dict[str, Estimate]
    """Name -> paired gain over it."""
    calibration_error: float | None = None
    calibration_chance: float | None = None
    """95% of perfectly calibrated models have a smaller error."""
    bias: Estimate | None = None
    threshold: float | None = None
    cost: Estimate | None = None
    gate: bool
    reasons: tuple[Reason, ...]
    importances: tuple[Importance, ...] = ()


class Results(Part):
    """Both models, and the comparison or why there is none.

    Attributes:
        same: both revisions have the same evaluation.
        old: the base's model; None where it is not available.
        new: the head's model; None where it is not available.
        comparison: of the head's model with the base's.
        not_comparable: why there is no comparison although both are available.
        promotion: whether the head's model may replace the base's as champion; None where this is unknown.
        seed_noise: how far another seed alone moves the main metric's gain, 95% of the time.
        left_out: what is not available, and why.
    """

    same: bool = False
    old: Model | None = None
    new: Model | None = None
    comparison: Comparison | None = None
    not_comparable: NotComparable | None = None
    promotion: Reason | None = None
    seed_noise: float | None = None
    left_out: tuple[str, ...] = ()


def rules(side: Side) -> ReviewRules:
    """Return the rules of a side.

    Raises:
        LeftOut: this version cannot read them.
    """
    return _typed(ReviewRules, side)


def results(store: Store, old: Side, new: Side) -> Results:
    """Return both models and their comparison."""
    left_out: list[str] = []
    evaluations = [_evaluation(store, side, left_out) for side in (old, new)]
    before, after = evaluations
    found = Results(
        same=old.pin(FOLDER) is not None and old.pin(FOLDER) == new.pin(FOLDER),
        old=_model(before) if before else None,
        new=_model(after) if after else None,
        left_out=tuple(left_out),
    )
    if found.same:
        return found.model_copy(
            update={"promotion": Reason(passed=True, text="both revisions have the same evaluation")}
        )
    if before is None or after is None:
        return found
    try:
        outcome = _compared(store, old, new, {old: before, new: after})
        rule = _promotion(old, outcome)
    except LeftOut as error:
        return found.model_copy(update={"left_out": (*left_out, error.what)})
    if isinstance(outcome, NotComparable):
        return found.model_copy(update={"not_comparable": outcome, "promotion": rule})
    noise = seed_noise(before.seed_deviation, after.seed_deviation)
    return found.model_copy(update={"comparison": outcome, "promotion": rule, "seed_noise": noise})


def _promotion(old: Side, outcome: Comparison | NotComparable) -> Reason:
    """Apply the promotion rule to the whole test split; not judged where only a part of it is common."""
    if isinstance(outcome, Comparison) and outcome.rows < outcome.own_rows[1]:
        return Reason(
            passed=False,
            judged=False,
            text=f"only {outcome.rows:,} of {outcome.own_rows[1]:,} test rows are common; "
            f"`lockstep gate --champion {old.name}` runs both models on all of them",
        )
    return not_worse(old.name, outcome, rules(old).promote.margin)


def _evaluation(store: Store, side: Side, left_out: list[str]) -> Evaluation | None:
    try:
        found = store.model(Evaluation, side, FOLDER, NAME)
    except LeftOut as error:
        left_out.append(error.what)
        return None
    if found.main not in {score.name for score in found.scores}:
        left_out.append(f"{FOLDER / NAME} of {side.name} has no score of its main metric")
        return None
    return found


def _compared(store: Store, old: Side, new: Side, evaluations: Mapping[Side, Evaluation]) -> Comparison | NotComparable:
    from lockstep.decisions.paired.compare import compare
    from lockstep.decisions.paired.rows import Scored, pair

    judged_by = rules(old)
    if different := different_designs(_typed(Design, old), _typed(Design, new)):
        return different
    scored = []
    for side in (old, new):
        found = evaluations[side]
        threshold = found.decision.threshold if found.decision else None
        scored.append(Scored(predictions(store, side, found.task), found.task, threshold))
    try:
        paired = pair(*scored)
        if isinstance(paired, NotComparable):
            return paired
        wanted = judged_by.evaluate.bootstrap
        resamples = min(wanted, max(LEAST, LARGE // len(paired.predictions.label)))
        asked = judged_by.evaluate.model_copy(update={"bootstrap": resamples})
        with Progress("review").bar("resamples", resamples) as advance:
            return compare(paired, asked, judged_by.compare, judged_by.seed, advance)
    except FAULTS as error:
        raise LeftOut(f"{FOLDER / PREDICTIONS}: the two sides cannot be compared ({error})") from error


def _model(found: Evaluation) -> Model:
    score, decision, calibration = found.main_score, found.decision, found.calibration
    own = next((one.cost for one in decision.choices if one.saved is None), None) if decision else None
    return Model(
        rows=found.rows,
        base_rate=found.base_rate,
        main=score.title,
        score=score.model,
        baselines=dict(score.gains),
        calibration_error=calibration.error if calibration else None,
        calibration_chance=calibration.chance_high if calibration else None,
        bias=calibration.bias if calibration else None,
        threshold=decision.threshold if decision else None,
        cost=own,
        gate=found.gate.passed,
        reasons=found.gate.reasons,
        importances=found.explanation.features if found.explanation else (),
    )


def _typed(spec: type[S], side: Side) -> S:
    try:
        return spec.model_validate({name: side.params[name] for name in spec.model_fields if name in side.params})
    except ValidationError as error:
        keys = dict.fromkeys(".".join(map(str, one["loc"])) for one in error.errors(include_url=False))
        raise LeftOut(f"{side.name}: this version of Lockstep cannot read {', '.join(keys)}") from error
    except LockstepError as error:
        raise LeftOut(error.what) from error
