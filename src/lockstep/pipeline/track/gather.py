"""Read the pinned result from the workspace: no server is asked, nothing is changed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lockstep.artifacts.evaluation import Evaluation
from lockstep.core.files import read_json, sha256
from lockstep.core.workspace import Workspace
from lockstep.pipeline.track import provenance, tags
from lockstep.pipeline.track.datasets import Dataset, datasets
from lockstep.pipeline.track.files import evidence_digest
from lockstep.pipeline.track.measures import Measure, measures
from lockstep.pipeline.track.pins import Pins
from lockstep.pipeline.track.trials import Trial, read_trials


@dataclass(frozen=True)
class Result:
    """What a run holds; its files stay in the workspace until they are uploaded.

    Attributes:
        fingerprint: SHA-256 of all outputs and parameters.
        name: title of the run: estimator and as_of.
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


def gather(workspace: Workspace) -> Result:
    """Return the result that the workspace holds.

    Raises:
        LockstepError: it is not what dvc.lock pins, or a file is missing or damaged.
    """
    from lockstep.artifacts.bundle import GRAPH  # imports scikit-learn, which takes seconds

    pins = Pins.read(workspace.root)
    pins.check(workspace.root, *_uploaded(workspace))
    signature = read_json(workspace.model / "signature.json")
    training, drift = read_json(workspace.model / "training.json"), read_json(workspace.drift / "detail.json")
    params, evaluation = pins.params, Evaluation.read(workspace.evaluation)
    graph: str = signature["digests"][GRAPH]
    environment = {"versions": provenance.versions(), "hardware": provenance.hardware()}
    return Result(
        fingerprint=pins.fingerprint,
        problem=params["problem.name"],
        name=f"{signature['estimator']} {params.get('source.as_of', '')}".strip(),
        graph=graph,
        workspace=workspace,
        params=params,
        measures=measures(evaluation, training, drift),
        tags=_tags(workspace, pins, graph) | _machine(environment) | {tags.NOTE: _note(evaluation)},
        datasets=datasets(workspace.root, pins.outputs),
        trials=read_trials(workspace.search),
        environment=environment,
    )


def _uploaded(workspace: Workspace) -> tuple[Path, ...]:
    return (workspace.search, workspace.model, workspace.evaluation, workspace.drift, workspace.report)


def _tags(workspace: Workspace, pins: Pins, graph: str) -> dict[str, str]:
    return {
        tags.RESULT: pins.fingerprint,
        tags.PROBLEM: pins.params["problem.name"],
        tags.MODEL: sha256(workspace.model / "signature.json"),
        tags.GRAPH: graph,
        tags.EVIDENCE: evidence_digest(workspace.params, workspace.features, workspace.evaluation),
        tags.OUTPUTS: json.dumps(pins.outputs),
        **provenance.commit(workspace.root, pins.reads),
        **{tags.of_output(path): md5 for path, md5 in pins.outputs.items()},
        **{tags.of_stage(name): digest for name, digest in pins.digests.items()},
    }


def _machine(environment: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    versions, hardware = (
        ", ".join(f"{name} {text}" for name, text in environment[part].items()) for part in ("versions", "hardware")
    )
    return {tags.SOURCE: "lockstep", tags.VERSIONS: versions, tags.HARDWARE: hardware}


def _note(evaluation: Evaluation) -> str:
    """Return the run's description: main metric with its interval, test rows, gate."""
    score, rows = evaluation.main_score, evaluation.rows
    of = score.model
    text = "not applicable" if of.value is None else f"{of.value} ({of.low} to {of.high})"
    return f"{score.title}: {text} on {rows:,} test rows; gate {'pass' if evaluation.gate.passed else 'fail'}"
