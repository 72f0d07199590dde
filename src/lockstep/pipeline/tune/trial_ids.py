"""Ids of trials: an interrupted trial is rerun under its own number.

Optuna counts every attempt. Here a trial has the number that it would have in a run without interruption, so that draws
and the order of trials are the same as in such a run.
"""

from collections.abc import Callable, Iterable, Sequence

import optuna
from optuna.trial import FrozenTrial, TrialState

NUMBER = "number"
"""User attribute of a rerun trial: the number of the interrupted one."""

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


def numbers(trials: Iterable[FrozenTrial]) -> dict[int, int]:
    """Return Optuna's number of each trial -> its own number, which does not count reruns."""
    found: dict[int, int] = {}
    again = 0
    for trial in sorted(trials, key=lambda one: one.number):
        if NUMBER in trial.user_attrs:
            found[trial.number] = int(trial.user_attrs[NUMBER])
            again += 1
        else:
            found[trial.number] = trial.number - again
    return found


def finished(trials: Sequence[FrozenTrial]) -> dict[int, FrozenTrial]:
    """Return the finished trials by their own number, in its order; of two attempts that both finished, the first."""
    own = numbers(trials)
    found: dict[int, FrozenTrial] = {}
    for trial in sorted(trials, key=lambda one: (own[one.number], one.number)):
        if trial.state in FINISHED:
            found.setdefault(own[trial.number], trial)
    return found


def broken(trials: Sequence[FrozenTrial]) -> list[int]:
    """Return the numbers of the trials of which every attempt failed."""
    own = numbers(trials)
    alive = {own[trial.number] for trial in trials if trial.state != TrialState.FAIL}
    return sorted({own[trial.number] for trial in trials if trial.state == TrialState.FAIL} - alive)


def rerun(study: optuna.Study, number: int) -> None:
    """Queue another attempt of a trial; it draws the same values, from the same seed."""
    study.add_trial(optuna.trial.create_trial(state=TrialState.WAITING, user_attrs={NUMBER: number}))


def give_up(study: optuna.Study, trials: Sequence[FrozenTrial], dead: Callable[[FrozenTrial], bool]) -> None:
    """Mark the running trials whose worker is dead as failed, and queue them and all other failed ones."""
    for trial in trials:
        if trial.state == TrialState.RUNNING and dead(trial):
            study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)
    for number in broken(study.get_trials(deepcopy=False)):
        rerun(study, number)
