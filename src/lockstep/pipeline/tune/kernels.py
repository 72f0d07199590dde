"""TPE's kernel densities, the same on every processor.

Optuna sorts a parameter's observations with NumPy's quicksort, which orders equal ones as the processor's vector
instructions happen to: which of them gets which width then differs from machine to machine, and with it the draw.
"""

from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator  # no public name; the lock file pins its version


class Kernels(_ParzenEstimator):  # type: ignore[misc]
    """Gives the widths of equal observations to them in the order of their trials, the narrowest first."""

    def _calculate_numerical_distributions(
        self, observations: np.ndarray, search_space: BaseDistribution, parameters: Any
    ) -> Any:
        found = super()._calculate_numerical_distributions(observations, search_space, parameters)
        centres, widths = found.mu[:-1], found.sigma[:-1]  # the last kernel is the prior
        in_order = widths.copy()
        in_order[np.argsort(centres, kind="stable")] = widths[np.lexsort((widths, centres))]
        return found._replace(sigma=np.append(in_order, found.sigma[-1]))
