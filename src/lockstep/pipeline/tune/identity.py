"""The name of a study: a digest of all that affects its trials, so that no stale study is continued."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from inspect import getfile
from pathlib import Path
from typing import Any

from lockstep.learners.spec import LearnerSpec
from lockstep.tasks.task import Scorer

LIBRARIES = ("numpy", "optuna", "scikit-learn")
"""In addition to those of the learners."""
PACKAGE = Path(__file__).parents[2]
SHAPING = (
    "artifacts.inputs",
    "artifacts.schema",
    "fitting.constraints",
    "fitting.encoding",
    "fitting.levels",
    "fitting.transformer",
    "fitting.weights",
    "fitting.words",
    "learners.lightgbm_model",
    "learners.plain_fit",
    "learners.spec",
    "learners.weights",
    "pipeline.tune.folds",
    "pipeline.tune.objective",
    "pipeline.tune.sampler",
    "pipeline.tune.search",
    "pipeline.tune.setup",
    "pipeline.tune.space",
    "pipeline.tune.trial_ids",
    "tasks.formulas",
    "tasks.task",
)
"""The modules that make folds, draw points, fit and score, in addition to those of the learners and of the metric.

Modules that store, export or explain are not in the list: a search continues after an edit of them. A test compares
the list with the imports.
"""


def study_name(
    data: Mapping[str, str], decisions: Mapping[str, Any], learners: Iterable[LearnerSpec], scorer: Scorer
) -> str:
    """Return `lockstep-` and 32 hex digits: the same for the same data, decisions, code and libraries.

    The budget is not part of it: a search with more trials continues the one with fewer.

    Args:
        data: digests of the files that the folds are made of, by name.
        decisions: folds, space, learners and seed of params.yaml, as JSON values.
        learners: in the search.
        scorer: of `tune.metric`.
    """
    searched = list(learners)
    libraries = sorted({*LIBRARIES, *(library for one in searched for library in one.libraries)})
    code = [Path(getfile(scorer)), *(Path(getfile(type(one))) for one in searched)]
    parts = {
        "data": dict(data),
        "decisions": dict(decisions),
        "code": digest([*modules(), *sorted(code)]),
        "libraries": {name: _version(name) for name in libraries},
    }
    text = json.dumps(parts, sort_keys=True, allow_nan=False)
    return f"lockstep-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def modules() -> list[Path]:
    """Return the files of `SHAPING`."""
    return [PACKAGE.joinpath(*name.split(".")).with_suffix(".py") for name in SHAPING]


def digest(files: Iterable[Path]) -> str:
    """Return the SHA-256 of the names and the bytes of files."""
    found = hashlib.sha256()
    for file in files:
        found.update(f"{file.name}\0{file.stat().st_size}\0".encode())
        found.update(file.read_bytes())
    return found.hexdigest()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
