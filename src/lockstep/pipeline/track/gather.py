"""From the workspace to a result: reads what is pinned, asks no server, changes nothing."""

import json
from pathlib import Path

from lockstep.artifacts.evaluation import Evaluation
from lockstep.core.files import read_json, sha256
from lockstep.core.workspace import Workspace
from lockstep.pipeline.track import evidence, provenance, tags
from lockstep.pipeline.track.datasets import datasets
from lockstep.pipeline.track.measures import measures
from lockstep.pipeline.track.pins import Pins
from lockstep.pipeline.track.result import Result
from lockstep.pipeline.track.trials import read_trials

GRAPH = "model.onnx"


def gather(workspace: Workspace) -> Result:
    """Return the result that the workspace holds.

    Raises:
        LockstepError: it is not the one that dvc.lock pins, or something of it is missing or damaged.
    """
    pins = Pins.read(workspace.root)
    pins.check(workspace.root, *_published(workspace))
    signature = read_json(workspace.model / "signature.json")
    training, drift = read_json(workspace.model / "training.json"), read_json(workspace.drift_verdict)
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


def _published(workspace: Workspace) -> tuple[Path, ...]:
    return (
        workspace.search,
        workspace.model,
        workspace.evaluation,
        workspace.metrics,
        workspace.drift,
        workspace.drift_verdict,
        workspace.report,
    )


def _tags(workspace: Workspace, pins: Pins, graph: str) -> dict[str, str]:
    return {
        tags.RESULT: pins.fingerprint,
        tags.PROBLEM: pins.params["problem.name"],
        tags.MODEL: sha256(workspace.model / "signature.json"),
        tags.GRAPH: graph,
        tags.EVIDENCE: evidence.digest(workspace.params, workspace.features, workspace.evaluation),
        tags.OUTPUTS: json.dumps(pins.outputs),
        **provenance.commit(workspace.root, pins.reads),
        **{tags.of_output(path): md5 for path, md5 in pins.outputs.items()},
        **{tags.of_stage(name): digest for name, digest in pins.digests.items()},
    }


def _machine(environment: dict[str, dict[str, str]]) -> dict[str, str]:
    hardware = environment["hardware"]
    return {
        tags.SOURCE: "lockstep",
        tags.VERSIONS: ", ".join(f"{name} {number}" for name, number in environment["versions"].items()),
        tags.HARDWARE: ", ".join(f"{name} {text}" for name, text in hardware.items()),
    }


def _note(evaluation: Evaluation) -> str:
    """Return what one wants to know first."""
    score = evaluation.main_score
    of = score.model
    told = (
        f"{score.title} {of.value} ({of.low} to {of.high})"
        if of.value is not None
        else f"{score.title}: not applicable"
    )
    return f"{told} on {evaluation.rows:,} test rows; gate {'pass' if evaluation.gate.passed else 'fail'}"
