"""Part `results`: how good both models are, on the rows that both were tested on, from their pinned predictions."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import ValidationError

from lockstep.artifacts.evaluation import NAME, Evaluation, Importance, Reason
from lockstep.core.errors import LockstepError
from lockstep.core.progress import Progress
from lockstep.core.spec import Spec
from lockstep.decisions.revisions import Asked, different_questions, seed_noise
from lockstep.evaluation.paired.result import Comparison
from lockstep.params.compare import CompareSpec
from lockstep.params.drift import DriftSpec
from lockstep.params.evaluate import EvaluateSpec
from lockstep.statistics.estimate import Estimate
from lockstep.workbench.review.part import Part
from lockstep.workbench.review.predictions import FOLDER, PREDICTIONS, predictions
from lockstep.workbench.review.side import Side
from lockstep.workbench.review.store import FAULTS, LeftOut, Store

S = TypeVar("S", bound=Spec)

PLOTS = ("roc.csv", "pr.csv", "calibration.csv")
NEEDED = (NAME, PREDICTIONS, *PLOTS)
LARGE = 50_000_000
"""Predictions times resamples of a comparison: a reviewer waits no longer."""
LEAST = 100
"""Resamples; fewer say nothing of the ends of an interval."""


class Rules(Spec):
    """How the change is judged: by the rules before it, so that it cannot loosen its own."""

    seed: int
    evaluate: EvaluateSpec
    compare: CompareSpec = CompareSpec()
    drift: DriftSpec


class Model(Part):
    """What a side's own evaluation says of its model, on all its test rows."""

    rows: int
    base_rate: float | None
    main: str
    score: Estimate
    baselines: dict[str, Estimate]
    """Name -> paired gain over it."""
    calibration_error: float | None = None
    calibration_chance: float | None = None
    """What 95% of perfectly calibrated models stay below."""
    bias: Estimate | None = None
    threshold: float | None = None
    cost: Estimate | None = None
    gate: bool
    reasons: tuple[Reason, ...]
    importances: tuple[Importance, ...] = ()


class Results(Part):
    """Both models, and the comparison or why there is none.

    Attributes:
        same: both sides pin the same evaluation.
        old: the base's model; None where it cannot be had.
        new: the head's model; None where it cannot be had.
        comparison: the second against the first.
        not_comparable: why there is no comparison though both can be had.
        seed_noise: how far another seed alone moves the main metric's gain, 95% of the time.
        left_out: what cannot be had, and why.
    """

    same: bool = False
    old: Model | None = None
    new: Model | None = None
    comparison: Comparison | None = None
    not_comparable: str | None = None
    seed_noise: float | None = None
    left_out: tuple[str, ...] = ()


def rules(side: Side) -> Rules:
    """Return the rules of a side.

    Raises:
        LeftOut: they are none that this version reads.
    """
    return _typed(Rules, side)


def results(store: Store, old: Side, new: Side) -> Results:
    """Return what became of the model."""
    left_out: list[str] = []
    evaluations = [_evaluation(store, side, left_out) for side in (old, new)]
    before, after = evaluations
    found = Results(
        same=old.pin(FOLDER) is not None and old.pin(FOLDER) == new.pin(FOLDER),
        old=_model(before) if before else None,
        new=_model(after) if after else None,
        left_out=tuple(left_out),
    )
    if before is None or after is None or found.same:
        return found
    try:
        outcome = _compared(store, old, new, {old: before, new: after})
    except LeftOut as error:
        return found.model_copy(update={"left_out": (*left_out, error.what)})
    if isinstance(outcome, str):
        return found.model_copy(update={"not_comparable": outcome})
    noise = seed_noise(before.seed_deviation, after.seed_deviation)
    return found.model_copy(update={"comparison": outcome, "seed_noise": noise})


def _evaluation(store: Store, side: Side, left_out: list[str]) -> Evaluation | None:
    try:
        found = store.model(Evaluation, side, FOLDER, NAME)
    except LeftOut as error:
        left_out.append(error.what)
        return None
    if found.main not in {score.name for score in found.scores}:
        left_out.append(f"{FOLDER / NAME} of {side.name} has no score of the metric that it calls its main one")
        return None
    return found


def _compared(store: Store, old: Side, new: Side, evaluations: Mapping[Side, Evaluation]) -> Comparison | str:
    from lockstep.evaluation.paired.compare import compare
    from lockstep.evaluation.paired.rows import Scored, pair

    judged_by = rules(old)
    reason = different_questions(_typed(Asked, old), _typed(Asked, new))
    if reason:
        return reason
    scored = []
    for side in (old, new):
        told = evaluations[side]
        threshold = told.decision.threshold if told.decision else None
        scored.append(Scored(predictions(store, side, told.task), told.task, threshold))
    try:
        paired = pair(*scored)
        if isinstance(paired, str):
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
