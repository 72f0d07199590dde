"""A repository with pinned features and evaluations, by hand: no stage runs, and any part can be a stranger's."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from lockstep.core.workspace import Workspace
from tests.integration.repository import call, checkout, commit
from tests.unit.workbench.review.sides import Objects

PARAMS = Path(__file__).parents[2] / "params.yaml"
EVALUATION, FEATURES = "data/reports/evaluation", "data/features"
CODE = "print('never run')\n"
ROWS = 600


def parquet(frame: pd.DataFrame) -> bytes:
    """Return a frame as the bytes of a Parquet file."""
    out = io.BytesIO()
    frame.to_parquet(out, index=False)
    return out.getvalue()


def predictions(noise: float = 1.0, **columns: Any) -> pd.DataFrame:
    """Predictions that are the worse the more noise."""
    truth = np.random.default_rng(7).normal(size=ROWS)
    said = truth + noise * np.random.default_rng(8).normal(size=ROWS)
    rows = np.arange(ROWS)
    frame = pd.DataFrame({"customer_id": rows // 2, "cutoff": pd.to_datetime(["2025-04-30", "2025-05-31"])[rows % 2]})
    frame = frame.assign(label=(truth > 0).astype(float), model_probability=(1 / (1 + np.exp(-said))).round(6))
    return frame.assign(segment_plan=np.where(rows % 3, "plus", "basic"), **columns)


def evaluation(**changed: Any) -> dict[str, Any]:
    """The evaluation of a model, as evaluation.json holds it."""
    score = {
        "name": "roc_auc",
        "short": "AUC",
        "title": "ROC AUC",
        "greater_is_better": True,
        "model": {"value": 0.8},
        "baselines": {},
        "gains": {},
    }
    plain = {
        "task": "binary",
        "main": "roc_auc",
        "rows": ROWS,
        "entities": 300,
        "label": {"0": 300, "1": 300},
        "base_rate": 0.5,
        "confidence": 0.95,
        "resamples": 100,
        "scores": [score],
        "segments": [],
        "gate": {"passed": True, "reasons": []},
        "decision": {"threshold": 0.5, "thresholds": {}, "rule": "f1", "rows": 9, "costs": {}, "choices": []},
    }
    return plain | changed


def evaluated(noise: float = 1.0, **files: bytes | None) -> dict[str, bytes]:
    """The files of an evaluation; each can be another one, as bytes, or None for none."""
    curve = b"false_positive_rate,true_positive_rate,threshold\n0,0,1\n0.1,0.7,0.5\n1,1,0\n"
    found = {
        "evaluation.json": json.dumps(evaluation()).encode(),
        "predictions.parquet": parquet(predictions(noise)),
        "roc.csv": curve,
        "pr.csv": b"recall,precision,threshold\n0,1,1\n1,0.5,0\n",
        "calibration.csv": b"predicted,observed,low,high,rows\n0.1,0.12,0,1,3\n",
    } | {name.replace("__", "."): content for name, content in files.items()}
    return {name: content for name, content in found.items() if content is not None}


def featured(frame: Any = None, kind: str = "number", schema: Any = None, manifest: Any = None) -> dict[str, Any]:
    """The files of a folder of features with one feature `x`."""
    drawn = np.random.default_rng(3).normal(size=ROWS)
    frame = pd.DataFrame({"x": drawn, "label": np.arange(ROWS) % 2.0}) if frame is None else frame
    train = frame if isinstance(frame, bytes) else parquet(frame)
    entry = {
        "file": "train.parquet",
        "rows": ROWS,
        "sha256": hashlib.sha256(train).hexdigest(),
        "columns": {"x": "double"},
    }
    plain = {
        "task": "binary",
        "key": "k",
        "cutoff": None,
        "features": [{"name": "x", "kind": kind, "origin": "aggregate"}],
    }
    return {
        "manifest.json": manifest or json.dumps({"as_of": None, "tables": {"train": entry}}).encode(),
        "schema.json": schema or json.dumps(plain).encode(),
        "train.parquet": train,
    }


class Repository:
    """A checkout whose commits pin what they are told to."""

    def __init__(self, root: Path, inside: str = ".") -> None:
        self.top, self.root = root, root / inside
        self.objects = Objects(self.root / ".dvc" / "cache")
        stage = {"cmd": "x", "deps": ["code.py"], "params": ["train"], "outs": [FEATURES, EVALUATION]}
        pipeline = json.dumps({"stages": {"evaluate": stage}})
        checkout(self.root, {"code.py": CODE, "params.yaml": PARAMS.read_text(), "dvc.yaml": pipeline}, top=root)

    def commit(self, of: Any = None, features: Any = None, **changed: str) -> str:
        """Commit a lock that pins these files, with other texts for files by name; return the commit."""
        self.lock(self.objects.folder(**(of or evaluated())), self.objects.folder(**(features or featured())))
        for name, text in changed.items():
            (self.root / name.replace("__", ".")).write_text(text)
        return self.save()

    def lock(self, of: str, features: str) -> None:
        """Write a lock that fits the rest of the checkout."""
        train = yaml.safe_load((self.root / "params.yaml").read_text())["train"]
        code = hashlib.md5((self.root / "code.py").read_bytes()).hexdigest()
        run = {
            "cmd": "x",
            "deps": [{"path": "code.py", "md5": code}],
            "params": {"params.yaml": {"train": train}},
            "outs": [{"path": FEATURES, "md5": features}, {"path": EVALUATION, "md5": of}],
        }
        (self.root / "dvc.lock").write_text(json.dumps({"schema": "2.0", "stages": {"evaluate": run}}))

    def save(self) -> str:
        """Commit everything."""
        commit(self.top)
        return call(self.top, "git", "rev-parse", "HEAD").strip()

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.root)
