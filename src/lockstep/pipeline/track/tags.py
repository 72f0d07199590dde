"""Tags of a run, which the registry and lineage read."""

RESULT = "lockstep.result"
"""Fingerprint of the result; exactly one finished run has it."""
FINISHED = "lockstep.finished"
"""When the whole result was written, in ISO 8601; a run without it is incomplete."""
TRIALS = "lockstep.trials"
"""Number of nested runs; set when all are written."""
TRIAL = "lockstep.trial"
"""On a nested run: the trial's number."""
COMMIT = "lockstep.commit"
"""Commit of the checkout; absent outside of git."""
DIRTY = "lockstep.dirty"
"""`true` if a file that a stage reads differs from the commit, else `false`."""
PROBLEM = "lockstep.problem"
"""`problem.name`, as params.yaml has it."""
MODEL = "lockstep.model"
"""SHA-256 of the bundle's signature.json, which holds the digest of each of its files."""
GRAPH = "lockstep.graph"
"""SHA-256 of model.onnx."""
EVIDENCE = "lockstep.evidence"
"""SHA-256 of params.yaml, the features' manifest and evaluation.json, which a promotion reads."""
OUTPUTS = "lockstep.outputs"
"""Path -> DVC's hash of every output, as JSON."""
DATA = "lockstep.data."
"""Prefix of an output's path with dots for slashes; the value is DVC's hash."""
STAGE = "lockstep.stage."
"""Prefix of a stage's name; the value is the SHA-256 of its entry in dvc.lock."""
VERSIONS = "lockstep.versions"
"""Versions of Python and of the libraries: `numpy 2.4.6, onnx 1.23.2, ...`; also in environment.json."""
HARDWARE = "lockstep.hardware"
"""The machine that published."""
PARENT = "mlflow.parentRunId"
"""MLflow's tag of a nested run."""
SOURCE, SOURCE_COMMIT, NOTE = "mlflow.source.name", "mlflow.source.git.commit", "mlflow.note.content"
"""MLflow's tags that its pages show as source, version and description."""
KIND = {"mlflow.experimentKind": "custom_model_development"}
"""MLflow's tag of an experiment whose pages show training, not chats."""


def of_output(path: str) -> str:
    """Return the tag of an output: `lockstep.data.data.models.model`."""
    return DATA + path.replace("/", ".")


def of_stage(name: str) -> str:
    """Return the tag of a stage."""
    return STAGE + name
