"""The names under which a run says what it is of; what registry and lineage look for."""

RESULT = "lockstep.result"
"""Fingerprint of the result: one finished run has it."""
FINISHED = "lockstep.finished"
"""When all of the result had been written, in ISO 8601; without it the run is a part of one."""
TRIALS = "lockstep.trials"
"""How many nested runs there are; set once all of them are."""
TRIAL = "lockstep.trial"
"""On a nested run: the trial's number."""
COMMIT = "lockstep.commit"
"""Commit of the checkout; missing where there is none."""
DIRTY = "lockstep.dirty"
"""`true` where something that the stages read differs from the commit, else `false`."""
PROBLEM = "lockstep.problem"
"""`problem.name`, as params.yaml has it."""
MODEL = "lockstep.model"
"""SHA-256 of the bundle's signature.json, which holds the digests of all of its files."""
GRAPH = "lockstep.graph"
"""SHA-256 of model.onnx."""
EVIDENCE = "lockstep.evidence"
"""SHA-256 of what a promotion reads beside the bundle: params.yaml, manifest, verdict."""
OUTPUTS = "lockstep.outputs"
"""Path -> DVC's hash of every output, as JSON."""
DATA = "lockstep.data."
"""Before an output's path with dots for slashes: DVC's hash of it."""
STAGE = "lockstep.stage."
"""Before a stage's name: SHA-256 of its entry in dvc.lock."""
VERSIONS = "lockstep.versions"
"""Of Python and of what the bytes depend on: `numpy 2.4.6, onnx 1.23.2, ...`; also in environment.json."""
HARDWARE = "lockstep.hardware"
"""The machine that published."""
PARENT = "mlflow.parentRunId"
"""MLflow's own: makes a run a nested one."""
SOURCE, SOURCE_COMMIT, NOTE = "mlflow.source.name", "mlflow.source.git.commit", "mlflow.note.content"
"""MLflow's own: what its pages show as source, version and description."""
KIND = {"mlflow.experimentKind": "custom_model_development"}
"""MLflow's own, on an experiment: its pages show training, not chats."""


def of_output(path: str) -> str:
    """Return the tag of an output: `lockstep.data.data.models.model`."""
    return DATA + path.replace("/", ".")


def of_stage(name: str) -> str:
    """Return the tag of a stage."""
    return STAGE + name
