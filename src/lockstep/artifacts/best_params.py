"""The best hyperparameters that the search found: `tune` writes them, `train` reads them."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from lockstep.core.errors import LockstepError
from lockstep.core.files import read_model
from lockstep.core.spec import Scalar

BEST = "best_params.json"


class BestTrial(BaseModel):
    """The best trial of one estimator."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    score: float
    trial: int
    rounds: int | None
    params: dict[str, Scalar]
    importance: dict[str, float]
    """Hyperparameter -> importance, as a share of 1; empty if there are too few trials."""


class Best(BaseModel):
    """The best trial of all, and that of each estimator."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: str
    estimator: str
    by_estimator: dict[str, BestTrial]

    def of(self, estimator: str) -> BestTrial:
        """Return the best trial of one estimator.

        Raises:
            LockstepError: it was not searched.
        """
        if estimator not in self.by_estimator:
            raise LockstepError(
                f"{BEST}: expected the parameters of {estimator}, found those of {', '.join(self.by_estimator)};"
                " run `dvc repro tune`"
            )
        return self.by_estimator[estimator]


def read_best(directory: Path) -> Best:
    """Return the search result in `directory`.

    Raises:
        LockstepError: the file is missing or damaged.
    """
    return read_model(Best, directory / BEST)
