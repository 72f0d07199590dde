"""One result of the pipeline, as it is published."""

from collections.abc import Mapping
from dataclasses import dataclass

from lockstep.tracking.datasets import Dataset
from lockstep.tracking.measures import Measure
from lockstep.tracking.trials import Trial
from lockstep.workspace import Workspace


@dataclass(frozen=True)
class Result:
    """What a run holds, but for the files, which lie in the workspace.

    Attributes:
        fingerprint: SHA-256 of all outputs and parameters.
        name: for people: the estimator and up to when the source is known.
        graph: SHA-256 of model.onnx.
    """

    fingerprint: str
    problem: str
    name: str
    graph: str
    workspace: Workspace
    params: Mapping[str, str]
    measures: tuple[Measure, ...]
    tags: Mapping[str, str]
    datasets: tuple[Dataset, ...]
    trials: tuple[Trial, ...]
    environment: Mapping[str, Mapping[str, str]]
