"""A version that differs from what was registered is refused by promote and by rollback; none of its code runs."""

import json
import pickle
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
import yaml
from mlflow import MlflowClient
from mlflow.entities import FileInfo

from lockstep.core.errors import LockstepError
from lockstep.core.files import sha256
from lockstep.core.spec import read_document
from lockstep.core.workspace import Workspace
from lockstep.pipeline.track import tags
from lockstep.registry.promote import Force, promote
from lockstep.registry.register import register
from lockstep.registry.rollback import rollback
from lockstep.registry.version import Version
from tests.integration.registered_workspace import (
    EQUAL,
    GOOD,
    WORSE,
    Made,
    aliases_of,
    book,
    cli,
    told,
    versions_of,
)
from tests.integration.registered_workspace import copy_of as copy_of_registered
from tests.integration.tracked_workspace import copy_of, embedded, pin

pytestmark = pytest.mark.xdist_group("registry")

Poison = Callable[["Poisoned"], None]


class Harm:
    """What would make a file if it were loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


class Poisoned:
    """The artifacts of one version, to be changed behind the registry's back."""

    def __init__(self, workspace: Workspace, number: int) -> None:
        self.workspace = workspace
        self.number = number
        self.client = book(workspace).backend.client
        self.version: Version = next(one for one in versions_of(workspace) if one.number == number)
        self.run = _path(self.client.get_run(self.version.run_id).info.artifact_uri)
        self.model = _path(self.version.source)
        self.ran = workspace.root / "ran"

    @property
    def payload(self) -> bytes:
        return pickle.dumps(Harm(self.ran), 0)

    def edit_tag(self, name: str, value: str | None) -> None:
        if value is None:
            self.client.delete_model_version_tag(self.version.model, str(self.number), name)
        else:
            self.client.set_model_version_tag(self.version.model, str(self.number), name, value)

    def execute(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.workspace.root / ".lockstep" / "mlflow.db")) as database, database:
            database.execute(statement, values)


def _path(uri: str) -> Path:
    return Path(url2pathname(urlsplit(uri).path))


def flip(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + bytes([path.read_bytes()[-1] ^ 1]))


def edit_json(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def flip_graph(it: Poisoned) -> None:
    flip(it.run / "bundle" / "model.onnx")


def flip_native(it: Poisoned) -> None:
    flip(it.run / "bundle" / "model.skops")


def exchange_model(it: Poisoned) -> None:
    """A whole bundle that is in order, of another version."""
    other = Poisoned(it.workspace, WORSE)
    shutil.rmtree(it.run / "bundle")
    shutil.copytree(other.run / "bundle", it.run / "bundle")


def replace_signature(it: Poisoned) -> None:
    edit_json(it.run / "bundle" / "signature.json", parity=1.0)


def reseal_bundle(it: Poisoned) -> None:
    """The signature agrees with the changed graph, and only the tag knows better."""
    flip_graph(it)
    signature = it.run / "bundle" / "signature.json"
    digests = json.loads(signature.read_text())["digests"]
    edit_json(signature, digests=digests | {"model.onnx": sha256(it.run / "bundle" / "model.onnx")})


def reseal_all(it: Poisoned) -> None:
    """The tag agrees as well, and only the ledger knows better."""
    reseal_bundle(it)
    it.edit_tag(tags.MODEL, sha256(it.run / "bundle" / "signature.json"))


def take_signature(it: Poisoned) -> None:
    (it.run / "bundle" / "signature.json").unlink()


def take_graph(it: Poisoned) -> None:
    (it.run / "bundle" / "model.onnx").unlink()


def take_bundle(it: Poisoned) -> None:
    shutil.rmtree(it.run / "bundle")


def leave_stranger(it: Poisoned) -> None:
    (it.run / "bundle" / "notes.txt").write_text("hello")


def leave_pickle(it: Poisoned) -> None:
    (it.run / "bundle" / "model.pkl").write_bytes(it.payload)


def hide_pickle(it: Poisoned) -> None:
    (it.run / "evaluation" / "roc.csv").write_bytes(it.payload)


def leave_link(it: Poisoned) -> None:
    (it.run / "bundle" / "model.skops").unlink()
    (it.run / "bundle" / "model.skops").symlink_to(it.workspace.params)


def pickle_for_mlflow(it: Poisoned) -> None:
    """A model of MLflow's own that unpickles when it is loaded."""
    (it.model / "python_model.pkl").write_bytes(it.payload)
    flavour = {"loader_module": "mlflow.pyfunc.model", "python_model": "python_model.pkl"}
    (it.model / "MLmodel").write_text(yaml.safe_dump({"flavors": {"python_function": flavour}}))


def hide_pickle_for_mlflow(it: Poisoned) -> None:
    (it.model / "conda.yaml").write_bytes(it.payload)


def code_for_mlflow(it: Poisoned) -> None:
    """No pickle at all: MLflow would import this."""
    (it.model / "code").mkdir()
    (it.model / "code" / "evil.py").write_text(f"open({str(it.ran)!r}, 'w')")
    document = yaml.safe_load((it.model / "MLmodel").read_text())
    document["flavors"]["python_function"] |= {"loader_module": "evil", "code": "code"}
    (it.model / "MLmodel").write_text(yaml.safe_dump(document))


def loader_for_mlflow(it: Poisoned) -> None:
    document = yaml.safe_load((it.model / "MLmodel").read_text())
    document["flavors"]["python_function"]["loader_module"] = "evil"
    (it.model / "MLmodel").write_text(yaml.safe_dump(document))


def object_in_description(it: Poisoned) -> None:
    (it.model / "MLmodel").write_text(f"flavors: !!python/object/apply:os.mknod ['{it.ran}']\n")


def flip_mlflows_graph(it: Poisoned) -> None:
    flip(it.model / "model.onnx")


def point_elsewhere(it: Poisoned) -> None:
    elsewhere = it.workspace.root / "elsewhere"
    shutil.copytree(it.model, elsewhere)
    it.execute("UPDATE model_versions SET source = ? WHERE version = ?", elsewhere.as_uri(), it.number)
    it.execute("UPDATE model_versions SET storage_location = ? WHERE version = ?", elsewhere.as_uri(), it.number)


def point_at_another(it: Poisoned) -> None:
    other = Poisoned(it.workspace, WORSE).version.source
    it.execute("UPDATE model_versions SET source = ?, storage_location = ? WHERE version = ?", other, other, it.number)


def run_is_gone(it: Poisoned) -> None:
    it.execute("UPDATE model_versions SET run_id = ? WHERE version = ?", "0" * 32, it.number)


def run_is_none(it: Poisoned) -> None:
    it.execute("UPDATE model_versions SET run_id = NULL WHERE version = ?", it.number)


def edit_model_tag(it: Poisoned) -> None:
    it.edit_tag(tags.MODEL, "0" * 64)


def take_model_tag(it: Poisoned) -> None:
    it.edit_tag(tags.MODEL, None)


def edit_graph_tag(it: Poisoned) -> None:
    it.edit_tag(tags.GRAPH, "0" * 64)


def edit_params(it: Poisoned) -> None:
    params = it.run / "pinned" / "params.yaml"
    params.write_text(params.read_text().replace("margin: 0.02", "margin: 0.9"))


def edit_manifest(it: Poisoned) -> None:
    edit_json(it.run / "pinned" / "data" / "features" / "manifest.json", as_of=None, tables={})


def edit_verdict(it: Poisoned) -> None:
    edit_json(it.run / "evaluation" / "evaluation.json", gate={"passed": True, "reasons": []})


def take_verdict(it: Poisoned) -> None:
    (it.run / "evaluation" / "evaluation.json").unlink()


POISONS = {
    flip_graph: r"bundle/model\.onnx: expected SHA-256",
    flip_native: r"bundle/model\.skops: expected SHA-256",
    exchange_model: r"bundle/signature\.json: expected SHA-256",
    replace_signature: r"bundle/signature\.json: expected SHA-256",
    reseal_bundle: r"bundle/signature\.json: expected SHA-256",
    reseal_all: "differs from the ledger",
    take_signature: r"bundle/signature\.json is missing",
    take_graph: r"bundle/model\.onnx: expected SHA-256 .* got nothing",
    take_bundle: r"has no bundle/",
    leave_stranger: "files that are not in the signature",
    leave_pickle: r"model\.pkl: a pickle may run code",
    hide_pickle: r"roc\.csv: a pickle may run code",
    pickle_for_mlflow: r"python_model\.pkl: a pickle may run code",
    hide_pickle_for_mlflow: r"conda\.yaml: a pickle may run code",
    code_for_mlflow: "has files that `lockstep track` does not write",
    loader_for_mlflow: "expected the flavours",
    object_in_description: "MLmodel: damaged",
    flip_mlflows_graph: "model.onnx that MLflow loads: expected SHA-256",
    point_elsewhere: "its source .* is not the model of run",
    point_at_another: "its source .* is not the model of run",
    run_is_gone: "run 0{32}",
    run_is_none: "it has no run",
    edit_model_tag: r"bundle/signature\.json: expected SHA-256 0000",
    take_model_tag: r"it has no tag lockstep\.model",
    edit_graph_tag: "expected SHA-256 0000",
    edit_params: "its params.yaml, manifest or evaluation differs from the registered one",
    edit_manifest: "its params.yaml, manifest or evaluation differs from the registered one",
    edit_verdict: "its params.yaml, manifest or evaluation differs from the registered one",
    take_verdict: "is incomplete",
}


@pytest.mark.parametrize("poison", POISONS, ids=lambda poison: poison.__name__)
def test_a_poisoned_version_is_refused_by_promote_and_by_rollback(poison: Poison, promoted: Workspace) -> None:
    it = Poisoned(promoted, GOOD)
    poison(it)
    entries, aliases = told(promoted), aliases_of(promoted)
    refused = rf"version {GOOD}: refused: .*{POISONS[poison]}"
    with pytest.raises(LockstepError, match=refused):
        rollback(promoted)
    with pytest.raises(LockstepError, match=refused):
        promote(promoted, GOOD, force=Force("I insist"))
    assert (told(promoted), aliases_of(promoted)) == (entries, aliases)
    assert not it.ran.exists()


@pytest.fixture(scope="module")
def champions(versions: Made, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The good version was champion before the equal one; not to be changed."""
    with embedded():
        workspace = copy_of_registered(versions, tmp_path_factory.mktemp("champions") / "shop")
        promote(workspace, GOOD)
        promote(workspace, EQUAL)
        return Made(versions.results, workspace)


@pytest.fixture
def promoted(champions: Made, tmp_path: Path) -> Iterator[Workspace]:
    """A copy of that to work on."""
    with embedded():
        yield copy_of_registered(champions, tmp_path / "shop")


def test_a_link_is_not_followed(promoted: Workspace) -> None:
    leave_link(Poisoned(promoted, GOOD))
    with pytest.raises(LockstepError):
        rollback(promoted)
    assert aliases_of(promoted)["champion"] == EQUAL


def test_a_poisoned_champion_is_not_compared_unless_forced(promoted: Workspace) -> None:
    flip_graph(Poisoned(promoted, EQUAL))
    with pytest.raises(LockstepError, match=rf"version {EQUAL}: refused: bundle/model\.onnx"):
        promote(promoted, GOOD)
    found = promote(promoted, GOOD, force=Force("the champion is damaged"))
    assert (found.yes, aliases_of(promoted)["champion"]) == (True, GOOD)
    assert "could not be judged" in found.decision.reasons[0].text


@pytest.mark.parametrize("name", ["bundle/../../../evil", "/etc/evil", "bundle/%2e%2e/evil", "bundle/..\\evil"])
@pytest.mark.parametrize("listing", ["list_artifacts", "list_logged_model_artifacts"])
def test_a_hostile_name_is_refused_before_the_download(
    promoted: Workspace, monkeypatch: pytest.MonkeyPatch, name: str, listing: str
) -> None:
    fetched: list[object] = []
    original = MlflowClient.download_artifacts
    monkeypatch.setattr(MlflowClient, "download_artifacts", lambda *given: (fetched.append(given), original(*given))[1])
    monkeypatch.setattr(MlflowClient, listing, lambda *_: [FileInfo(name, is_dir=False, file_size=1)])
    with pytest.raises(LockstepError, match=r"version 1: refused: artifact .* expected a relative path without"):
        rollback(promoted)
    assert len(fetched) == (0 if listing == "list_artifacts" else 3)
    assert told(promoted)[-1] == ("promote", GOOD, EQUAL)


def test_a_version_created_by_hand_is_refused(promoted: Workspace) -> None:
    good = Poisoned(promoted, GOOD)
    good.client.create_model_version(good.version.model, good.version.source, good.version.run_id)
    done = cli(promoted, "promote", "--version", "4")
    assert done.returncode == 2
    assert "version 4: refused: it has no tag lockstep.model" in done.stderr
    assert "create versions with `lockstep register`" in done.stderr
    assert aliases_of(promoted)["champion"] == EQUAL


@pytest.mark.parametrize(
    "name",
    ["../../x", "a/b", "it's ' OR name LIKE '%", '"; DROP TABLE model_versions; --', "..", "чурн 🙂", "%2e%2e/x"],
)
def test_a_hostile_problem_name_can_be_registered_and_promoted(
    versions: Made, empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    workspace = copy_of(versions.results[GOOD], empty, tmp_path / "outer" / "project")
    before = {path.name for path in tmp_path.iterdir()}
    params = read_document(workspace.params)
    params["problem"]["name"] = name
    workspace.params.write_text(yaml.safe_dump(params))
    pin(workspace)
    assert register(workspace).version.number == 1
    assert not register(workspace).new
    assert promote(workspace).yes
    assert told(workspace) == [("promote", None, 1)]
    assert {path.name for path in tmp_path.iterdir()} == before
    assert [path.name for path in (tmp_path / "outer").iterdir()] == ["project"]
