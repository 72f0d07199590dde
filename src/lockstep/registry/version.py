"""Versions of the registered model: find, list, create."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockstep.core.errors import LockstepError
from lockstep.pipeline.track import tags
from lockstep.pipeline.track.backend import Backend
from lockstep.pipeline.track.names import key

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel, Run
    from mlflow.entities.model_registry import RegisteredModel

CHAMPION, CHALLENGER = "champion", "challenger"
"""Aliases: the model in service, and the candidate to replace it."""
COPIED = (
    tags.RESULT, tags.PROBLEM, tags.MODEL, tags.GRAPH, tags.EVIDENCE, tags.OUTPUTS,
)  # fmt: skip
"""Tags that are copied from the run to its version: they identify code and data."""


@dataclass(frozen=True)
class Version:
    """A version in the registry; its files are not read."""

    model: str
    number: int
    run_id: str
    source: str
    tags: Mapping[str, str] = field(repr=False)

    def __str__(self) -> str:
        return f"{self.model} version {self.number}"

    def tag(self, name: str) -> str:
        """Return the value of a tag that `lockstep register` sets.

        Raises:
            LockstepError: it is missing: the version was created by another tool.
        """
        if name not in self.tags:
            raise LockstepError(
                f"{self}: refused: it has no tag {name}",
                ["create versions with `lockstep register`: only their files can be verified"],
            )
        return self.tags[name]

    @property
    def outputs(self) -> dict[str, str]:
        """Path -> DVC's hash of every pinned output."""
        found: dict[str, str] = json.loads(self.tags.get(tags.OUTPUTS, "{}"))
        return found


def model_name(problem: str) -> str:
    """Return the name under which the models of a problem are registered."""
    return key(problem)


def by_number(backend: Backend, model: str, number: int) -> Version:
    """Return a version.

    Raises:
        LockstepError: there is none of that number.
    """
    found = {version.number: version for version in every(backend, model)}
    if number not in found:
        there = ", ".join(map(str, sorted(found))) or "none"
        raise LockstepError(f"{model}: no version {number}; there are: {there}")
    return found[number]


def by_alias(backend: Backend, model: str, alias: str) -> Version | None:
    """Return the version that has an alias, or None."""
    number = aliases(backend, model).get(alias)
    return None if number is None else by_number(backend, model, number)


def aliases(backend: Backend, model: str) -> dict[str, int]:
    """Return alias -> version; empty where no such model is registered."""
    found = registered(backend, model)
    return {alias: int(number) for alias, number in found.aliases.items()} if found else {}


def every(backend: Backend, model: str) -> list[Version]:
    """Return all versions that are not deleted, newest first."""
    from mlflow.entities.model_registry import ModelVersion

    if registered(backend, model) is None:
        return []
    found: list[ModelVersion] = []
    token = None
    while True:
        page = backend.client.search_model_versions(f"name = '{model}'", max_results=1000, page_token=token)
        found += page
        token = page.token
        if not token:
            break
    versions = [Version(model, int(v.version), v.run_id or "", v.source or "", dict(v.tags)) for v in found]
    return sorted(versions, key=lambda version: -version.number)


def create(backend: Backend, model: str, run: "Run", logged: "LoggedModel", commit: Mapping[str, str]) -> Version:
    """Create a version of a run's model together with its tags.

    Args:
        backend: where.
        model: the registered model's name.
        run: of the result.
        logged: the run's model.
        commit: tags of the commit of the result; the run may be older than the commit.
    """
    from mlflow.exceptions import MlflowException

    try:
        backend.client.create_registered_model(model)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    copied = {name: run.data.tags[name] for name in COPIED if name in run.data.tags} | dict(commit)
    where, run_id = logged.artifact_location, run.info.run_id
    made = backend.client.create_model_version(model, where, run_id, tags=copied, model_id=logged.model_id)
    return Version(model, int(made.version), run_id, made.source or "", copied)


def registered(backend: Backend, model: str) -> "RegisteredModel | None":
    """Return MLflow's registered model of that name, or None."""
    from mlflow.exceptions import MlflowException

    try:
        found: RegisteredModel = backend.client.get_registered_model(model)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None
    return found
