"""One result of the pipeline, as it is published."""

from collections.abc import Mapping
from dataclasses import dataclass

from lockstep.core.workspace import Workspace
from lockstep.pipeline.track.datasets import Dataset
from lockstep.pipeline.track.measures import Measure
from lockstep.pipeline.track.trials import Trial


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
