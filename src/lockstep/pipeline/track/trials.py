"""The trials of the search: read from the pinned trials.csv, written as nested runs."""

import csv
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.core.errors import LockstepError
from lockstep.pipeline.track import tags
from lockstep.pipeline.track.names import PARAM, key, value

if TYPE_CHECKING:
    from mlflow.entities import Run

    from lockstep.pipeline.track.backend import Backend


@dataclass(frozen=True)
class Trial:
    """One trial; a pruned one has only the score that it had reached."""

    number: int
    pruned: bool
    params: Mapping[str, str]
    scores: Mapping[str, float]


def read_trials(directory: Path) -> tuple[Trial, ...]:
    """Return the trials of the search in `directory`.

    Raises:
        LockstepError: the file is missing or damaged.
    """
    path = directory / "trials.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return tuple(_trial(row) for row in csv.DictReader(file))
    except FileNotFoundError as error:
        raise LockstepError(f"{path}: missing; run `dvc repro`") from error
    except (KeyError, ValueError, csv.Error) as error:
        raise LockstepError(f"{path}: damaged ({error})") from error


def log_trials(backend: "Backend", run: "Run", trials: tuple[Trial, ...]) -> None:
    """Write one nested run for each trial, unless all exist; an incomplete set is deleted and written again."""
    from lockstep.pipeline.track.runs import nested

    if run.data.tags.get(tags.TRIALS) == str(len(trials)):
        return
    for child in nested(backend, run):
        backend.client.delete_run(child.info.run_id)
    for trial in trials:
        _log(backend, run, trial)
    backend.client.set_tag(run.info.run_id, tags.TRIALS, str(len(trials)))


def _trial(row: dict[str, str]) -> Trial:
    prefix = f"{row['estimator']}."
    params = {name: text for name, text in row.items() if name.startswith(prefix) and text}
    scores = {name: float(row[name]) for name in ("score", "reached", "rounds") if row[name]}
    return Trial(int(row["trial"]), row["pruned"] == "True", {"estimator": row["estimator"], **params}, scores)


def _log(backend: "Backend", run: "Run", trial: Trial) -> None:
    """Write a trial in three calls: the run with its tags, all values at once, the end."""
    from mlflow.entities import Metric, Param

    now = int(time.time() * 1000)
    own = {tags.PARENT: run.info.run_id, tags.TRIAL: str(trial.number)}
    run_id = backend.client.create_run(run.info.experiment_id, now, own, run_name=f"trial {trial.number}").info.run_id
    backend.client.log_batch(
        run_id,
        metrics=[Metric(key(name), number, now, 0) for name, number in trial.scores.items()],
        params=[Param(key(name), value(text, PARAM)) for name, text in trial.params.items()],
    )
    backend.client.set_terminated(run_id, "KILLED" if trial.pruned else "FINISHED")
