"""A model on disk: native files, the ONNX graph, and a signature with their digests."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict

from lockstep.artifacts.inputs import to_inputs
from lockstep.artifacts.schema import FeatureSchema
from lockstep.core.errors import LockstepError
from lockstep.core.files import dump_json, read_model, sha256
from lockstep.core.manifest import check_digest
from lockstep.core.spec import Scalar
from lockstep.tasks.registry import task
from lockstep.tasks.task import Output

SIGNATURE = "signature.json"
GRAPH = "model.onnx"


class Signature(BaseModel):
    """Inputs and outputs of a model, and the SHA-256 of each of its files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    estimator: str
    params: dict[str, Scalar]
    rounds: int | None
    calibration: str = "none"
    features: FeatureSchema
    levels: dict[str, tuple[str, ...]]
    """Category -> levels seen in training; other levels are unknown and count as missing."""
    spans: dict[str, tuple[float, float] | None] = {}
    """Number -> least and greatest value seen in training; None where there was none."""
    parity: float
    """Bound on the difference of native and ONNX predictions, checked on the test split and on adversarial rows."""
    data: dict[str, str] = {}
    """Inputs of the training: path -> DVC's hash."""
    definition: str | None = None
    """SHA-256 of the definition of the features (`definition.json` beside their schema)."""
    digests: dict[str, str]

    @property
    def output(self) -> Output:
        """What `Model.predict` returns."""
        return task(self.features.task).output


@dataclass(frozen=True)
class Model:
    """A loaded model; the digests of its files have been checked."""

    signature: Signature
    session: Any

    @classmethod
    def load(cls, directory: Path) -> "Model":
        """Return the model in `directory`; it predicts with the ONNX graph.

        Raises:
            LockstepError: a file is missing, or differs from its digest.
        """
        from lockstep.artifacts.onnx_file import open_session

        signature = read_signature(directory)
        for name, digest in signature.digests.items():
            check_digest(directory / name, digest)
        return cls(signature, open_session(directory / GRAPH))

    def predict(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return P(1) or the number, (n,), or the probabilities of the classes, (n, k).

        Raises:
            LockstepError: the frame lacks features.
        """
        from lockstep.artifacts.onnx_file import run

        schema, output = self.signature.features, self.signature.output
        missing = [name for name in schema.names if name not in frame.columns]
        if missing:
            raise LockstepError(f"{len(missing)} features that the model needs are missing", missing)
        if frame.empty:
            return np.empty((0, len(schema.classes or ())) if output == "probabilities" else 0)
        found = run(self.session, to_inputs(frame, schema), schema).astype(np.float64)
        # A graph sums in float32: a probability may be slightly above 1.
        if output == "probabilities":
            return found.clip(0, 1)
        last = found.reshape(len(frame), -1)[:, -1]
        return last.clip(0, 1) if output == "probability" else last

    def unknown(self, frame: pd.DataFrame) -> dict[str, int]:
        """Return category -> number of rows with a level not seen in training; only counts above 0."""
        counts = {
            name: int((~frame[name].isin(levels) & frame[name].notna()).sum())
            for name, levels in self.signature.levels.items()
        }
        return {name: count for name, count in counts.items() if count}


def read_signature(directory: Path) -> Signature:
    """Return the signature of the model in `directory`.

    Raises:
        LockstepError: it is missing or damaged.
    """
    return read_model(Signature, directory / SIGNATURE)


def seal(directory: Path, signature: Signature) -> None:
    """Write the signature with the digests of all files in `directory`."""
    files = sorted(path for path in directory.iterdir() if path.name != SIGNATURE)
    sealed = signature.model_copy(update={"digests": {path.name: sha256(path) for path in files}})
    (directory / SIGNATURE).write_text(dump_json(sealed.model_dump(mode="json")), encoding="utf-8")
