"""The trials of the search as runs below the run."""

import time
from typing import TYPE_CHECKING

from lockstep.pipeline.track import tags
from lockstep.pipeline.track.backend import Backend
from lockstep.pipeline.track.names import PARAM, key, value
from lockstep.pipeline.track.runs import nested
from lockstep.pipeline.track.trials import Trial

if TYPE_CHECKING:
    from mlflow.entities import Run


def log_trials(backend: Backend, run: "Run", trials: tuple[Trial, ...]) -> None:
    """Write a nested run for each trial, unless all are there; those that a killed process left are made anew."""
    if run.data.tags.get(tags.TRIALS) == str(len(trials)):
        return
    for child in nested(backend, run):
        backend.client.delete_run(child.info.run_id)
    for trial in trials:
        _log(backend, run, trial)
    backend.client.set_tag(run.info.run_id, tags.TRIALS, str(len(trials)))


def _log(backend: Backend, run: "Run", trial: Trial) -> None:
    """Write a trial in three calls: the run with its tags, all values at once, the end."""
    from mlflow.entities import Metric, Param

    now = int(time.time() * 1000)
    told = {tags.PARENT: run.info.run_id, tags.TRIAL: str(trial.number)}
    name = f"trial {trial.number}"
    made = backend.client.create_run(run.info.experiment_id, now, told, run_name=name).info.run_id
    backend.client.log_batch(
        made,
        metrics=[Metric(key(name), number, now, 0) for name, number in trial.scores.items()],
        params=[Param(key(name), value(text, PARAM)) for name, text in trial.params.items()],
    )
    backend.client.set_terminated(made, "KILLED" if trial.pruned else "FINISHED")
