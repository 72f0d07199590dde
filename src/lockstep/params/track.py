"""Section `track`: whether results become runs of MLflow, and how much of them."""

from lockstep.core.spec import Spec


class TrackSpec(Spec):
    """Where to is said by MLFLOW_TRACKING_URI: it differs from machine to machine, and shapes no result."""

    enabled: bool = True
    """Whether each result becomes a run of MLflow, at MLFLOW_TRACKING_URI or in .lockstep/mlflow.db."""
    trials: bool = False
    """Whether each trial of the search is a run of its own, below the result's."""
