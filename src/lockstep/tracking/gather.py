"""From the workspace to a result: reads what is pinned, asks no server, changes nothing."""

from pathlib import Path

from lockstep.evaluation.result import Evaluation
from lockstep.files import read_json, sha256
from lockstep.tracking import provenance, tags
from lockstep.tracking.datasets import datasets
from lockstep.tracking.measures import measures
from lockstep.tracking.pins import Pins
from lockstep.tracking.result import Result
from lockstep.tracking.trials import read_trials
from lockstep.workspace import Workspace


def gather(workspace: Workspace) -> Result:
    """Return the result that the workspace holds.

    Raises:
        LockstepError: it is not the one that dvc.lock pins, or something of it is missing or damaged.
    """
    pins = Pins.read(workspace.root)
    pins.check(workspace.root, *_published(workspace))
    signature = read_json(workspace.model / "signature.json")
    training, drift = read_json(workspace.model / "training.json"), read_json(workspace.drift_verdict)
    params = pins.params
    environment = {"versions": provenance.versions(), "hardware": provenance.hardware()}
    return Result(
        fingerprint=pins.fingerprint,
        problem=params["problem.name"],
        name=f"{signature['estimator']} {params.get('source.as_of', '')}".strip(),
        graph=signature["digests"]["model.onnx"],
        workspace=workspace,
        params=params,
        measures=measures(Evaluation.read(workspace.evaluation), training, drift),
        tags=_tags(workspace, pins, signature["digests"]["model.onnx"]) | _machine(environment),
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
        **provenance.commit(workspace.root, pins.reads),
        **{tags.of_output(path): md5 for path, md5 in pins.outputs.items()},
        **{tags.of_stage(name): digest for name, digest in pins.digests.items()},
    }


def _machine(environment: dict[str, dict[str, str]]) -> dict[str, str]:
    return {
        **{tags.VERSION + name: number for name, number in environment["versions"].items()},
        **{tags.HARDWARE + name: text for name, text in environment["hardware"].items()},
    }
