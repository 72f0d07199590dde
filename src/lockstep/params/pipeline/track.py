"""Section `track`: what is logged to MLflow."""

from lockstep.core.spec import Spec


class TrackSpec(Spec):
    """What is logged; the address is MLFLOW_TRACKING_URI, because it differs between machines and changes no result."""

    enabled: bool = True
    """Log each result as an MLflow run, to MLFLOW_TRACKING_URI or to .lockstep/mlflow.db."""
    trials: bool = False
    """Log each trial of the search as a nested run."""
