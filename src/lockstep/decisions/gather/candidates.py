"""Champion and challenger on the same rows: by pinned predictions, or by running both on the newest test split."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pydantic import BaseModel

from lockstep.artifacts import predictions
from lockstep.artifacts.bundle import Model, read_signature
from lockstep.artifacts.evaluation import NAME
from lockstep.artifacts.schema import FeatureSchema, check_fits
from lockstep.core.errors import LockstepError
from lockstep.core.files import read_model
from lockstep.core.manifest import Manifest, read_frame
from lockstep.core.progress import Advance, ignore
from lockstep.decisions.comparability import Cutoffs, different_designs, trained_on
from lockstep.decisions.paired.compare import compare as compare_rows
from lockstep.decisions.paired.result import Comparison, NotComparable
from lockstep.decisions.paired.rows import Pair, Scored, pair
from lockstep.decisions.rules import Design, Rules
from lockstep.tasks.registry import TaskName

PREDICTIONS = "predictions.parquet"


@dataclass(frozen=True)
class Files:
    """The folder of a model, and the folder with the manifest of its features."""

    model: Path
    features: Path


@dataclass(frozen=True)
class Candidate:
    """A model to be compared, wherever it comes from.

    Attributes:
        name: in messages.
        design: what it predicts, and how its rows were split.
        files: returns its folders; called only if it must be run.
        pinned: predictions of its own test split; None where they are not available.
    """

    name: str
    design: Design
    files: Callable[[], Files]
    pinned: Scored | None = None


class _Threshold(BaseModel):
    threshold: float


class _Evaluation(BaseModel):
    """The part of evaluation.json that a comparison needs; the rest may be of another version."""

    task: TaskName
    decision: _Threshold | None = None
    seed_deviation: float | None = None


def read_scored(evaluation: Path, name: str) -> tuple[Scored, float | None]:
    """Return the predictions that the stage `evaluate` wrote, and the main metric's standard deviation over seeds.

    Raises:
        LockstepError: a file is missing or damaged.
    """
    path = evaluation / PREDICTIONS
    if not path.is_file():
        raise LockstepError(f"{name}: no {PREDICTIONS}; `dvc repro evaluate` makes it")
    found = read_model(_Evaluation, evaluation / NAME)
    threshold = found.decision.threshold if found.decision else None
    return Scored(read_frame(path), found.task, threshold), found.seed_deviation


def compare(
    champion: Candidate, challenger: Candidate, rules: Rules, newest: Candidate | None = None, advance: Advance = ignore
) -> Comparison | NotComparable:
    """Compare two models on the newest test split.

    Pinned predictions serve where both models have them for all of its rows; else both models are run on it. A model
    that was trained on these rows, or cannot read them, is compared on the rows that both test splits have.

    Args:
        champion: the first.
        challenger: the second.
        rules: how they are compared.
        newest: whose test split; by default the challenger's.
        advance: called with resamples done.

    Raises:
        LockstepError: a file is missing or damaged.
    """
    test = newest or challenger
    for model in (champion, challenger):
        if different := different_designs(model.design, test.design):
            return different
    pinned = pair(champion.pinned, challenger.pinned) if champion.pinned and challenger.pinned else None
    if not (test is challenger and isinstance(pinned, Pair) and pinned.whole):
        run = _run_both(champion, challenger, test)
        pinned = run if isinstance(run, Pair) or pinned is None else pinned
    if isinstance(pinned, NotComparable):
        return pinned
    return compare_rows(pinned, rules.evaluate, rules.compare, rules.seed, advance)


def _run_both(champion: Candidate, challenger: Candidate, test: Candidate) -> Pair | NotComparable:
    place = test.files().features
    for model in (champion, challenger):
        if model is not test and (reason := _cannot_run(model, test, place)):
            return NotComparable(reason=f"the {model.name} {reason}")
    rows = Manifest.read(place).frame(place, "test")
    if rows.empty:
        return NotComparable(reason="the test split has no rows")
    return pair(_run(champion, place, rows), _run(challenger, place, rows))


def _cannot_run(model: Candidate, test: Candidate, place: Path) -> str | None:
    files = model.files()
    learned = trained_on(model.design, test.design, _cutoffs(files.features, place))
    return learned or _misfit(files.model, place)


def _cutoffs(learned: Path, tested: Path) -> Cutoffs:
    tables = Manifest.read(learned).tables
    spans = [span for part in ("train", "valid") if part in tables and (span := tables[part].span)]
    test = Manifest.read(tested).tables["test"].span
    return Cutoffs(max((span[1] for span in spans), default=None), test[0] if test else None)


def _misfit(model: Path, place: Path) -> str | None:
    wanted, found = read_signature(model).features, FeatureSchema.read(place)
    if (wanted.task, wanted.classes) != (found.task, found.classes):
        return "predicts something else: the task or its classes changed"
    try:
        check_fits(wanted, found, place)
    except LockstepError as error:
        return "cannot read the new features: " + "; ".join(error.details)
    return None


def _run(model: Candidate, place: Path, rows: pd.DataFrame) -> Scored:
    """Return what the stage `evaluate` would write of a model and these rows."""
    schema = FeatureSchema.read(place)
    values = Model.load(model.files().model).predict(rows)
    found = predictions.collect(schema, rows, {predictions.MODEL: values})
    return Scored(predictions.to_frame(schema, found), schema.task, model.pinned.threshold if model.pinned else None)
