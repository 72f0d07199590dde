"""The whole of params.yaml, and the rules across its sections."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import Field

from lockstep.core.errors import LockstepError, closest
from lockstep.core.spec import Scalar, Spec, parse, read_document
from lockstep.learners.registry import learner, names
from lockstep.params.compare import CompareSpec
from lockstep.params.monitor import MonitorSpec
from lockstep.params.pipeline.card import CardSpec
from lockstep.params.pipeline.drift import DriftSpec
from lockstep.params.pipeline.evaluate import EvaluateSpec, gate_faults
from lockstep.params.pipeline.features import FeaturesSpec
from lockstep.params.pipeline.problem import ColumnLabel, EventLabel, ProblemSpec
from lockstep.params.pipeline.process import ProcessSpec
from lockstep.params.pipeline.simulate import SimulateSpec
from lockstep.params.pipeline.source import SourceSpec
from lockstep.params.pipeline.split import SplitSpec
from lockstep.params.pipeline.track import TrackSpec
from lockstep.params.pipeline.train import TUNED, TrainSpec
from lockstep.params.pipeline.tune import TuneSpec, searched
from lockstep.params.promote import PromoteSpec
from lockstep.params.retrain import RetrainSpec
from lockstep.params.score import ScoreSpec
from lockstep.tasks.registry import task


class Params(Spec):
    """All decisions that change data or model."""

    seed: int = Field(ge=0, le=2**32 - 1)
    """Random seed of the shop, hash splits, search, fits and resamples."""
    simulate: SimulateSpec
    """The built-in example shop: on or off, and its size."""
    source: SourceSpec
    """Location and kind of the tables, and as_of: rows at or after it are not read."""
    process: ProcessSpec
    """Share of rejected rows above which the run fails."""
    problem: ProblemSpec
    """What is predicted, and for which entities."""
    features: FeaturesSpec
    """Cutoffs of the snapshots, and the features computed at each."""
    split: SplitSpec
    """How examples are split into train, valid and test."""
    tune: TuneSpec
    """The search for estimator and hyperparameters: space, budget and metric."""
    train: TrainSpec
    """Estimator, hyperparameters and training options."""
    evaluate: EvaluateSpec
    """How the model is evaluated on the test split, and its gates."""
    compare: CompareSpec = CompareSpec()
    """When a difference between two models matters."""
    promote: PromoteSpec = PromoteSpec()
    """When a model may replace the champion."""
    card: CardSpec
    """Free text for the model card."""
    drift: DriftSpec
    """When a difference between the current rows and the training reference is drift."""
    track: TrackSpec = TrackSpec()
    """What is logged to MLflow."""
    retrain: RetrainSpec
    """When a retraining may run, and whether its model is promoted."""
    monitor: MonitorSpec
    """How much recent drift triggers a retraining."""
    score: ScoreSpec
    """Output folder of batch scores, and rows per file."""


def load_all(path: Path) -> Params:
    """Return the whole file, validated, including rules across sections.

    Raises:
        LockstepError: with one line per fault.
    """
    params = parse(Params, read_document(path), path)
    faults = list(_contradictions(params))
    if faults:
        raise LockstepError(f"{path}: {len(faults)} fault{'s' * (len(faults) != 1)}", faults)
    return params


def _contradictions(params: Params) -> Iterator[str]:
    yield from _tables(params)
    yield from _uses(params)
    yield from _label(params)
    yield from _split(params)
    yield from _estimator(params)
    yield from gate_faults(params.evaluate.gates, task(params.problem.task))


def _tables(params: Params) -> Iterator[str]:
    tables = params.source.tables
    kinds = [table.kind for table in tables.values()]
    if "flat" in kinds and len(kinds) > 1:
        yield "source.tables: a flat table must be the only table"
    if kinds.count("entity") > 1:
        yield "source.tables: expected at most one table of kind entity"
    if params.simulate.enabled and "flat" in kinds:
        yield "simulate.enabled: the shop has no flat table; expected false"
    for name, table in tables.items():
        owner = table.entity if table.kind == "event" else table.key
        if owner != params.problem.entity:
            yield f"problem.entity: {params.problem.entity!r} differs from the column of table {name} ({owner!r})"


def _uses(params: Params) -> Iterator[str]:
    """Check that every key that names a table names an existing one of the right kind."""
    tables = params.source.tables
    events = {f"features.aggregates.{name}": name for name in params.features.aggregates}
    if isinstance(params.problem.label, EventLabel):
        events["problem.label.event"] = params.problem.label.event
    if params.problem.eligible:
        events["problem.eligible.event"] = params.problem.eligible.event
    owners = {f"features.attributes.{name}": name for name in params.features.attributes}
    for uses, kinds in ((events, {"event"}), (owners, {"entity", "flat"})):
        for key, name in uses.items():
            if name not in tables:
                yield f"{key}: no table {name!r} in source.tables{closest(name, tables)}"
            elif tables[name].kind not in kinds:
                yield f"{key}: expected a table of kind {' or '.join(sorted(kinds))}; {name} is {tables[name].kind}"


def _label(params: Params) -> Iterator[str]:
    flat = any(table.kind == "flat" for table in params.source.tables.values())
    if flat != isinstance(params.problem.label, ColumnLabel):
        yield "problem.label: a flat table has {column: ...}; events have {event: ..., measure: ..., horizon: ...}"
    if flat and (params.features.aggregates or params.features.calendar or params.problem.eligible):
        yield "features: a flat table has no events: expected neither aggregates, calendar nor problem.eligible"
    if params.features.aggregates and not params.features.windows:
        yield "features.windows: missing; aggregates need at least one window"


def _split(params: Params) -> Iterator[str]:
    split, label = params.split, params.problem.label
    if split.by != "time":
        return
    if isinstance(label, ColumnLabel):
        yield "split.by: a flat table has no cutoffs to split by; expected random or group"
        return
    embargo = split.embargo or label.horizon
    if embargo < label.horizon:
        yield "split.embargo: shorter than problem.label.horizon, labels would leak into the next split"
    if split.valid + split.test >= params.features.cutoffs.last:
        yield (
            f"split: valid + test = {split.valid + split.test} snapshots leave none of "
            f"features.cutoffs.last = {params.features.cutoffs.last} to train on"
        )


def _estimator(params: Params) -> Iterator[str]:
    chosen, among = params.train.estimator, searched(params.tune.estimators, params.train.estimator)
    if not among:
        yield "tune.estimators: missing; train.estimator: tuned needs estimators to search"
    elif chosen != TUNED and chosen not in among:
        yield f"tune.estimators: without {chosen} of train.estimator; expected it here, or train.estimator: tuned"
    for estimator in among:
        key = "tune.estimators" if params.tune.estimators else "train.estimator"
        yield from _suits(estimator, params.problem.task, key)
        if not params.tune.space.get(estimator):
            yield f"tune.space.{estimator}: missing; {key}: {estimator} needs a search space"
    yield from _hyperparameters(params, among)
    yield from _starts(params, among)
    yield from _training(params, among)


def _training(params: Params, among: tuple[str, ...]) -> Iterator[str]:
    """Check that the estimators support the training options, and that these fit the task."""
    train, predicted = params.train, task(params.problem.task)
    for kind in train.constraints.kinds:
        for estimator in among:
            if kind not in learner(estimator).constraints:
                able = ", ".join(name for name in names() if kind in learner(name).constraints)
                yield f"train.constraints.{kind}: {estimator} cannot satisfy them; expected one of {able}"
    if train.constraints.monotone and predicted.has_classes:
        yield "train.constraints.monotone: a task with classes has no direction; expected one prediction per row"
    if train.calibration != "none" and not predicted.has_probabilities:
        yield (
            f"train.calibration: {train.calibration} calibrates probabilities; task {predicted.name} has none; "
            "expected none"
        )
    if train.weights.half_life and isinstance(params.problem.label, ColumnLabel):
        yield "train.weights.half_life: a flat table has no cutoffs; expected null"


def _suits(estimator: str, name: str, key: str) -> Iterator[str]:
    output = task(name).output
    if output not in learner(estimator).outputs:
        able = ", ".join(other for other in names() if output in learner(other).outputs)
        yield f"{key}: {estimator} is not for task {name}; expected one of {able}"


def _hyperparameters(params: Params, among: tuple[str, ...]) -> Iterator[str]:
    for estimator, space in params.tune.space.items():
        for name, dimension in space.items():
            yield from _hyperparameter(f"tune.space.{estimator}.{name}", (estimator,), name, dimension.ends)
    # A null for another estimator's parameter is allowed: switching the estimator is then a one-line change.
    owners = among if params.train.estimator == TUNED else (params.train.estimator,)
    for name, value in params.train.params.items():
        if value is not None and owners:
            yield from _hyperparameter(f"train.params.{name}", owners, name, (value,))


def _hyperparameter(key: str, estimators: Sequence[str], name: str, values: Sequence[Scalar]) -> Iterator[str]:
    """One of the estimators has the hyperparameter, and each that has it allows the values."""
    known = set[str]().union(*(learner(estimator).hyperparameters for estimator in estimators))
    if name not in known:
        near = closest(name, known) or f"; expected one of {', '.join(sorted(known))}"
        yield f"{key}: not a parameter of {' or '.join(estimators)}{near}"
    for estimator in estimators:
        allowed = learner(estimator).hyperparameters.get(name)
        faults = [(value, allowed.fault(value)) for value in values] if allowed else []
        yield from (f"{key}: {fault} for {estimator}; got {value!r}" for value, fault in faults if fault)


def _starts(params: Params, among: tuple[str, ...]) -> Iterator[str]:
    """Check that every start point is inside the search space."""
    for place, start in enumerate(params.tune.start):
        space = params.tune.space.get(start.estimator, {})
        if start.estimator not in among:
            yield f"tune.start.{place}: {start.estimator} is not searched; expected one of {', '.join(among)}"
        elif set(start.params) != set(space):
            yield f"tune.start.{place}: expected a value for each of {', '.join(sorted(space))}"
        else:
            outside = [name for name, value in start.params.items() if not space[name].holds(value)]
            for name in outside:
                key = f"tune.space.{start.estimator}.{name}"
                yield f"tune.start.{place}.params.{name}: {start.params[name]!r} is outside of {key}"
