"""The learners by the names that `train.estimator` and `tune.estimators` take."""

from lockstep.learners.learner import Learner
from lockstep.params.models import Estimator


def learner(name: Estimator) -> Learner:
    """Return the learner of that name; only its own library is loaded.

    Raises:
        LockstepError: it is an extra that is not installed.
    """
    if name == "xgboost":
        from lockstep.learners.boosting import XGBoost

        return XGBoost()
    if name == "lightgbm":
        from lockstep.learners.lightgbm_trees import LightGBM, library

        library()
        return LightGBM()
    if name == "hist_gradient_boosting":
        from lockstep.learners.histogram import HistGradientBoosting

        return HistGradientBoosting()
    from lockstep.learners.classical import Forest, Linear

    return Forest() if name == "random_forest" else Linear()
