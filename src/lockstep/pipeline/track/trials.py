"""The trials of the search, out of the pinned trials.csv."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lockstep.core.errors import LockstepError


@dataclass(frozen=True)
class Trial:
    """One trial; a pruned one has only the score that it had reached."""

    number: int
    pruned: bool
    params: Mapping[str, str]
    scores: Mapping[str, float]


def read_trials(directory: Path) -> tuple[Trial, ...]:
    """Return the trials of the search in `directory`.

    Raises:
        LockstepError: the file is missing or damaged.
    """
    path = directory / "trials.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return tuple(_trial(row) for row in csv.DictReader(file))
    except FileNotFoundError as error:
        raise LockstepError(f"{path}: missing; `dvc repro` makes it") from error
    except (KeyError, ValueError, csv.Error) as error:
        raise LockstepError(f"{path}: damaged ({error})") from error


def _trial(row: dict[str, str]) -> Trial:
    prefix = f"{row['estimator']}."
    params = {name: text for name, text in row.items() if name.startswith(prefix) and text}
    scores = {name: float(row[name]) for name in ("score", "reached", "rounds") if row[name]}
    return Trial(int(row["trial"]), row["pruned"] == "True", {"estimator": row["estimator"], **params}, scores)
