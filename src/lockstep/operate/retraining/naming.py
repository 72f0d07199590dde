"""Names of a retraining, from its as_of."""

from datetime import datetime, time

PREFIX = "retrain/"


def shown(as_of: datetime) -> str:
    """Return an instant as params.yaml writes it: a date if it is midnight."""
    return as_of.date().isoformat() if as_of.time() == time.min else as_of.isoformat(sep=" ")


def label(as_of: datetime) -> str:
    """Return an instant as a part of a name, without blank and colon."""
    return shown(as_of).replace(" ", "T").replace(":", "-")


def branch_name(as_of: datetime) -> str:
    """Return the branch of a retraining: `retrain/2025-07-31`."""
    return f"{PREFIX}{label(as_of)}"


def experiment_name(as_of: datetime) -> str:
    """Return the name of a retraining in `dvc exp show`: `retrain-2025-07-31`."""
    return f"retrain-{label(as_of)}"


def as_of_of(branch: str) -> datetime | None:
    """Return the as_of of a retraining's branch; None for another branch."""
    text = branch.removeprefix(PREFIX)
    for form in ("%Y-%m-%d", "%Y-%m-%dT%H-%M-%S", "%Y-%m-%dT%H-%M-%S.%f"):
        try:
            return datetime.strptime(text, form) if branch.startswith(PREFIX) else None  # noqa: DTZ007 # naive is UTC
        except ValueError:
            continue
    return None
