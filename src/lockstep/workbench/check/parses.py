"""Rules `params` and `contracts`: params.yaml and the contracts can be read, and fit each other."""

from collections.abc import Iterator

from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace
from lockstep.params.document import Params, load_all
from lockstep.workbench.check.finding import Finding


def params(workspace: Workspace) -> Params | list[Finding]:
    """Return params.yaml, or its faults."""
    try:
        return load_all(workspace.params)
    except LockstepError as error:
        return list(_findings("params", error))


def contracts(workspace: Workspace, params: Params) -> list[Finding]:
    """Return the faults of the contracts of all tables that params.yaml names."""
    from lockstep.pipeline.ingest.layout import read_layouts
    from lockstep.pipeline.process.checks import load_contract
    from lockstep.tables.contract import contract_path

    try:
        read_layouts(params.source, workspace.contracts)
        for name in params.source.tables:
            load_contract(contract_path(workspace.contracts, name))
    except LockstepError as error:
        return list(_findings("contracts", error))
    return []


def _findings(rule: str, error: LockstepError) -> Iterator[Finding]:
    if not error.details:
        yield Finding(rule, *_parted(error.what))
    for line in error.details:
        yield Finding(rule, *_parted(line))


def _parted(text: str) -> tuple[str, str]:
    where, _, expected = text.partition(": ")
    return where, expected
