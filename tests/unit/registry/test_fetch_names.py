"""Pickles of any name and names that lead out of the folder are refused, and nothing else."""

import io
import json
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lockstep.core.errors import LockstepError
from lockstep.registry.fetch import refuse_name, refuse_pickle

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


class Harm:
    """What would make a file if it were loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Path]]:
        return (Path.touch, (self.path,))


class Plain:
    def __init__(self) -> None:
        self.here = 1


SHAPES = {
    "alone": lambda harm: harm,
    "in a list": lambda harm: [1, "a", harm],
    "in a dict": lambda harm: {"weights": [1.5, None], "x": harm},
    "in a tuple": lambda harm: (True, -7, 2**70, b"bytes", harm),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["model.onnx", "evaluation.json", "weights"])
def test_a_pickle_is_refused_under_any_name_and_not_run(tmp_path: Path, protocol: int, shape: str, name: str) -> None:
    ran = tmp_path / "ran"
    path = tmp_path / name
    path.write_bytes(pickle.dumps(SHAPES[shape](Harm(ran)), protocol))
    with pytest.raises(LockstepError, match="a pickle may run code when it is loaded"):
        refuse_pickle(path)
    assert not ran.exists()


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "value", [Plain(), OrderedDict(a=1), np.arange(3.0), {"a": [1, 2.5, "x"]}, [], None], ids=lambda v: type(v).__name__
)
def test_a_harmless_pickle_is_refused_too(tmp_path: Path, protocol: int, value: object) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(pickle.dumps(value, protocol))
    with pytest.raises(LockstepError, match="pickle"):
        refuse_pickle(path)


@pytest.mark.parametrize(
    "content",
    [
        b"\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",  # opcodes of protocol 4 without its mark
        b"\x95\x1d\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",
        b"(iposix\nsystem\n.",
        b"(S'true'\niposix\nsystem\n.",
        b"cposix\nsystem\n(S'true'\ntR.",
        b"N0N0N0cposix\nsystem\n(S'true'\ntR.",
        b"(dp0\nS'a'\np1\ncposix\nsystem\n",  # cut off, but not before the import
        b"\x80\x05garbage",
        b"N0" * 60_000 + b"cposix\nsystem\n(S'true'\ntR.",
    ],
    ids=range(9),
)
def test_opcodes_by_hand_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "training.json"
    path.write_bytes(content)
    with pytest.raises(LockstepError, match="pickle"):
        refuse_pickle(path)


def test_an_archive_that_holds_a_pickle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "preprocess.skops"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02.")
    with pytest.raises(LockstepError, match="pickle"):
        refuse_pickle(path)


def onnx_bytes() -> bytes:
    from onnx import TensorProto, helper

    node = helper.make_node("Identity", ["x"], ["y"])
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None]) for name in ("x", "y")]
    return helper.make_model(helper.make_graph([node], "g", ends[:1], ends[1:])).SerializeToString()


def ubjson_bytes() -> bytes:
    import xgboost

    rng = np.random.default_rng(0)
    data = xgboost.DMatrix(rng.random((20, 2)), label=rng.random(20))
    return bytes(xgboost.train({"max_depth": 2}, data, 2).save_raw("ubj"))


def skops_bytes() -> bytes:
    import skops.io
    from sklearn.linear_model import LogisticRegression

    return skops.io.dumps(LogisticRegression().fit([[0.0], [1.0]], [0, 1]))


def npy_bytes() -> bytes:
    out = io.BytesIO()
    np.save(out, np.arange(5))
    return out.getvalue()


def parquet_bytes() -> bytes:
    import pandas as pd

    return pd.DataFrame({"cutoff": [1, 2], "b": ["x", "y"]}).to_parquet()


INNOCENT = {
    "ONNX": onnx_bytes,
    "UBJSON of XGBoost": ubjson_bytes,
    "skops": skops_bytes,
    "npy": npy_bytes,
    "Parquet": parquet_bytes,
    "JSON": lambda: json.dumps({"a": [1, None, "\udcff"], "c": "os\nsystem"}).encode(),
    "JSON array": lambda: b"[1, 2]\n",
    "trees of LightGBM": lambda: b"tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\n",
    "requirements": lambda: b"onnx==1.23.2\nonnxruntime==1.27.0\nmlflow==3.17.2",
    "requirements in one line": lambda: b"catboost==1.2",
    "YAML": (Path(__file__).parents[3] / "params.yaml").read_bytes,
    "MLmodel": lambda: b"artifact_path: file:///x\nflavors:\n  onnx:\n    code: null\n",
    "conda": lambda: b"channels:\n- conda-forge\ndependencies:\n- python=3.11.7\n",
    "python_env": lambda: b"python: 3.11.7\nbuild_dependencies:\n- pip==24.0\n",
    "CSV": lambda: b"cutoff,count\nbasic,3\n",
    "CSV that begins with numbers": lambda: b"0.5,1.0\n1.0,1.0\n",
    "CSV that begins with an i": lambda: b"importance,mean\nspend,visits\n",
    "text": lambda: b"I am a model card.\nSee below.\n",
    "Markdown": lambda: b"# Card\n\n(see the report)\n",
    "SVG": lambda: b"<svg xmlns='x'></svg>\n",
    "PNG": lambda: b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "nothing": lambda: b"",
    "one byte": lambda: b"\x80",
}


@pytest.mark.parametrize("kind", INNOCENT)
def test_other_files_are_not_called_pickles(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(INNOCENT[kind]())
    refuse_pickle(path)


@pytest.mark.parametrize("letter", "BCFGIKLMNPQRSTUVXabcdeghijlopqrstu")
def test_a_table_whose_header_begins_with_an_opcode_is_not_called_a_pickle(tmp_path: Path, letter: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"{letter}utoff,visits\n{letter}asic,3\n")
    refuse_pickle(path)


@pytest.mark.parametrize(
    "name",
    [
        "../evil", "bundle/../../evil", "/etc/passwd", "bundle/..", "..", "", "bundle\\..\\evil", "%2e%2e/evil",
        "bundle/%2e%2e%2fevil", "a\nb", "a\x00b", "a\x1b[31m", "\u202eevil", "file:///etc/passwd\x7f",
        "//host/share", "bundle/./../../x",
    ],
)  # fmt: skip
def test_a_name_that_leads_out_of_the_folder_is_refused(name: str) -> None:
    with pytest.raises(LockstepError, match="expected a relative path without"):
        refuse_name(name)


@pytest.mark.parametrize("name", ["bundle/model.pkl", "MODEL.PICKLE", "a.joblib", "b/c.PT", "x.dill", "x.cloudpickle"])
def test_a_name_of_a_pickle_is_refused(name: str) -> None:
    with pytest.raises(LockstepError, match="a pickle may run code"):
        refuse_name(name)


@pytest.mark.parametrize(
    "name",
    ["bundle/model.onnx", "pinned/data/features/manifest.json", "bundle/spend.. and more", "a/ü/🙂", "x.pklx", "a b"],
)
def test_other_names_are_accepted(name: str) -> None:
    refuse_name(name)
