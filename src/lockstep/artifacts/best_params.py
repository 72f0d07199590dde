"""What the search found, as `tune` writes it and `train` reads it."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from lockstep.core.errors import LockstepError
from lockstep.core.files import read_model
from lockstep.params.models import TUNED, Estimator, Scalar

BEST = "best_params.json"


class Found(BaseModel):
    """The best trial of one estimator."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    score: float
    trial: int
    rounds: int | None
    params: dict[str, Scalar]
    importance: dict[str, float]
    """Hyperparameter -> share of the spread of the scores that it explains; empty where trials are few."""


class Best(BaseModel):
    """The best trial of all, and that of each estimator."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: str
    estimator: Estimator
    by_estimator: dict[Estimator, Found]

    def of(self, estimator: str) -> tuple[Estimator, Found]:
        """Return the estimator that `train.estimator` stands for, and its best trial.

        Raises:
            LockstepError: it was not searched.
        """
        name = self.estimator if estimator == TUNED else estimator
        for known, found in self.by_estimator.items():
            if known == name:
                return known, found
        raise LockstepError(
            f"{BEST}: expected the parameters of {name}, found those of {', '.join(self.by_estimator)};"
            " `dvc repro tune` finds them"
        )


def read_best(directory: Path) -> Best:
    """Return what the search wrote to `directory`.

    Raises:
        LockstepError: the file is missing or damaged.
    """
    return read_model(Best, directory / BEST)
