"""Log the ONNX graph as an MLflow model, with signature, input example and requirements; no pickle."""

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

from lockstep.artifacts.bundle import GRAPH, Model
from lockstep.artifacts.inputs import to_inputs
from lockstep.core.files import sha256
from lockstep.core.manifest import Manifest
from lockstep.pipeline.track import tags
from lockstep.pipeline.track.backend import Backend
from lockstep.pipeline.track.gather import Result

if TYPE_CHECKING:
    from mlflow.models import Model as Described

NAME = "model"
EXAMPLES = 5  # rows of the test split, without their keys
REQUIRED = ("onnx", "onnxruntime", "mlflow")


def log_model(backend: Backend, experiment_id: str, run_id: str, result: Result) -> str:
    """Log the graph as a model of the run, and return the model's id.

    Raises:
        LockstepError: the model or the test split is damaged.
    """
    from mlflow.entities import LoggedModelOutput
    from mlflow.models import Model as Described

    client = backend.client
    own = {tags.RESULT: result.fingerprint, tags.GRAPH: result.graph, tags.PROBLEM: result.problem}
    logged = client.create_logged_model(experiment_id, NAME, run_id, own, model_type="onnx")
    with tempfile.TemporaryDirectory(prefix="lockstep-track-") as folder:
        path = Path(folder) / NAME
        _save(
            result,
            path,
            Described(logged.artifact_location, run_id, model_uuid=logged.model_id, model_id=logged.model_id),
        )
        client.log_model_artifacts(logged.model_id, str(path))
    client.finalize_logged_model(logged.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    return str(logged.model_id)


def _save(result: Result, path: Path, described: "Described") -> None:
    import mlflow.onnx
    import onnx
    from mlflow.models import infer_signature

    pinned = result.workspace.model / GRAPH
    model = Model.load(result.workspace.model)
    inputs = _example(result, model)
    outputs = dict(
        zip([node.name for node in model.session.get_outputs()], model.session.run(None, inputs), strict=True)
    )
    schema = model.signature.features
    mlflow.onnx.save_model(
        onnx.load(str(pinned)),
        str(path),
        mlflow_model=described,
        signature=infer_signature(inputs, outputs),
        input_example=inputs,
        pip_requirements=[f"{name}=={result.environment['versions'][name]}" for name in REQUIRED],
        onnx_execution_providers=["CPUExecutionProvider"],
        metadata={"numbers": schema.numbers, "categories": schema.categories, "texts": schema.texts},
        save_as_external_data=False,
    )
    if sha256(path / GRAPH) != result.graph:
        shutil.copy(pinned, path / GRAPH)  # another version of onnx may serialize the graph differently


def _example(result: Result, model: Model) -> dict[str, np.ndarray[Any, Any]]:
    """Return rows of the test split as inputs of the graph."""
    features, schema = result.workspace.features, model.signature.features
    test = pq.ParquetFile(Manifest.read(features).path(features, "test"))
    table = to_inputs(next(test.iter_batches(EXAMPLES)).to_pandas(), schema)
    columns = {"numbers": schema.numbers, "categories": schema.categories, "texts": schema.texts}
    wanted = [node.name for node in model.session.get_inputs()]
    return {name: table[list(columns[name])].to_numpy(np.float32 if name == "numbers" else np.str_) for name in wanted}
