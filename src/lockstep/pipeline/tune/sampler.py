"""Draws that depend only on the seed, the number of the trial and the finished trials.

Optuna does not store a sampler's state with the study, so that an interrupted study would continue with other draws.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from lockstep.core.spec import Scalar
from lockstep.pipeline.tune.space import ESTIMATOR, Point, values
from lockstep.pipeline.tune.trial_ids import numbers

STARTUP = 8
"""Number of random trials before TPE takes over."""


class Kernels(_ParzenEstimator):  # type: ignore[misc]
    """TPE's kernel densities, the same on every processor.

    Optuna sorts observations with NumPy's quicksort, whose order of equal ones depends on the processor's vector
    instructions, so that equal observations get different widths, and draws differ, between machines. Here, equal
    observations get their widths in the order of their trials, the narrowest first.
    """

    def _calculate_numerical_distributions(
        self, observations: np.ndarray, search_space: BaseDistribution, parameters: Any
    ) -> Any:
        found = super()._calculate_numerical_distributions(observations, search_space, parameters)
        centres, widths = found.mu[:-1], found.sigma[:-1]  # the last kernel is the prior
        in_order = widths.copy()
        in_order[np.argsort(centres, kind="stable")] = widths[np.lexsort((widths, centres))]
        return found._replace(sigma=np.append(in_order, found.sigma[-1]))


class NumberedSampler(BaseSampler):  # type: ignore[misc]
    """Makes a new sampler for each trial, from the seed and the trial's number.

    The first trials are the points to start from. After them, until TPE takes over, estimators take turns, so that
    each has finished trials before one is preferred: the first time with its defaults, then at random.
    """

    def __init__(
        self,
        kind: Literal["tpe", "random"],
        seed: int,
        defaults: Mapping[str, Mapping[str, Scalar]],
        start: Sequence[Point] = (),
    ) -> None:
        self._kind, self._seed = kind, seed
        self._turns = [values(Point(name, params)) for name, params in defaults.items()]
        self._start = [values(point) for point in start]
        self._inner: BaseSampler = RandomSampler(seed)
        self._fixed: Mapping[str, Scalar] = {}

    @property
    def startup(self) -> int:
        """Number of trials before TPE takes over."""
        return len(self._start) + max(STARTUP, 2 * len(self._turns))

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Seed the draws of this trial."""
        number = numbers(study.get_trials(deepcopy=False))[trial.number]
        seed = int(np.random.SeedSequence([self._seed, number]).generate_state(1)[0])
        self._fixed = self._given(number)
        self._inner = self._sampler(seed)
        self._inner.before_trial(study, trial)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return the parameters that are drawn jointly."""
        found = self._inner.infer_relative_search_space(study, trial)
        return {name: distribution for name, distribution in found.items() if name not in self._fixed}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the values of the parameters that are drawn jointly."""
        drawn: dict[str, Any] = self._inner.sample_relative(study, trial, search_space)
        return drawn

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return the value of one parameter: the one that is fixed for this trial, or a draw."""
        if param_name in self._fixed:
            return self._fixed[param_name]
        return self._inner.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        """Pass it to the inner sampler."""
        self._inner.after_trial(study, trial, state, values)

    def _given(self, number: int) -> Mapping[str, Scalar]:
        if number < len(self._start):
            return self._start[number]
        if number >= self.startup:
            return {}
        round_, turn = divmod(number - len(self._start), len(self._turns))
        defaults = self._turns[turn]
        return defaults if round_ == 0 else {ESTIMATOR: defaults[ESTIMATOR]}

    def _sampler(self, seed: int) -> BaseSampler:
        if self._kind == "random":
            return RandomSampler(seed)
        # Several estimators: the hyperparameters of each are drawn together, among its own trials.
        tpe = TPESampler(seed=seed, n_startup_trials=self.startup, multivariate=True, group=len(self._turns) > 1)
        tpe._parzen_estimator_cls = Kernels  # noqa: SLF001 # the place that Optuna has for another one
        return tpe
