"""Which hyperparameters the score depends on."""

from collections.abc import Mapping, Sequence

import optuna

from lockstep.params.pipeline.tune import Range
from lockstep.pipeline.tune.search import Trial
from lockstep.pipeline.tune.space import distribution

FEWEST = 10
"""Trials of an estimator with a score, below which no importance is reported."""

DIGITS = 4


def importances(trials: Sequence[Trial], space: Mapping[str, Range], *, greater_is_better: bool) -> dict[str, float]:
    """Return each hyperparameter's share of the difference between good and other trials, largest first (PED-ANOVA).

    Args:
        trials: of one estimator; a pruned one counts with the score at which it was pruned.
        space: of that estimator.
        greater_is_better: of the scores.

    Reference:
        Watanabe, Bansal and Hutter: PED-ANOVA: efficiently quantifying hyperparameter importance in arbitrary
        subspaces. IJCAI 2023.
    """
    judged = [trial for trial in trials if trial.reached is not None]
    if len(judged) < FEWEST or len(space) < 2:  # noqa: PLR2004 # one hyperparameter has the whole share
        return {}
    study = optuna.create_study(direction="maximize" if greater_is_better else "minimize")
    study.add_trials([
        optuna.create_trial(
            params=dict(trial.params),
            distributions={name: distribution(dimension) for name, dimension in space.items()},
            value=trial.reached,
        )
        for trial in judged
    ])  # fmt: skip
    found = optuna.importance.get_param_importances(study)
    rounded = {name: round(float(share), DIGITS) for name, share in found.items()}
    return dict(sorted(rounded.items(), key=lambda item: (-item[1], item[0])))
