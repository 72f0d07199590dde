"""Score the current snapshot with the champion: `python -m flows.scoring`."""

from pathlib import Path
from typing import Any

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from lockstep.core.errors import LockstepError
from lockstep.core.workspace import Workspace
from lockstep.operate.scoring.folder import folder_of
from lockstep.operate.scoring.manifest import Part, ScoringManifest
from lockstep.operate.scoring.parts import score
from lockstep.orchestrate.running.cancelling import ended
from lockstep.orchestrate.running.execution import run_stages
from lockstep.orchestrate.worktree_run import (
    checkout_of_head,
    move_as_of,
    parse_as_of,
    require_complete,
    set_aside_champion,
)
from lockstep.params.document import load_all


@flow(name="scoring", description=__doc__)
def scoring(as_of: str | None = None, wait: float = 600.0) -> State[Any]:
    """Score every eligible entity at `as_of`; the run after a killed one resumes its work.

    Args:
        as_of: the source is read up to this instant; default: the end of the newest data.
        wait: seconds to wait for another scoring to finish.
    """
    root = Path.cwd()
    try:
        asked = parse_as_of(as_of)
        with checkout_of_head(root, "scoring", wait) as tree:
            params = load_all(Workspace(tree).params)
            kept = set_aside_champion(root, tree, ["data/models/model"])
            moment = move_as_of(tree, asked)
            require_complete(run_stages(tree, ["features"]))
            dated = moment if params.source.as_of else None
            folder = folder_of(root / params.score.output, dated)
            done = score(kept.model, Workspace(tree).features, folder, params.score.rows_per_part)
    except LockstepError as error:
        return ended(error)
    if done.parts:
        create_table_artifact([_row(folder, part) for part in done.parts], key="scores", description=str(folder))
    return Completed(message=f"{folder}: {done.rows:,} rows in {len(done.parts)} parts{_reason(done)}{_unknown(done)}")


def _row(folder: Path, part: Part) -> dict[str, Any]:
    return {"file": str(folder / part.file), "rows": part.rows, "sha256": part.sha256}


def _unknown(done: ScoringManifest) -> str:
    found = ", ".join(f"{name} {rows:,}" for name, rows in done.unknown.items())
    return f"; rows with a level unknown in training, treated as missing: {found}" if found else ""


def _reason(done: ScoringManifest) -> str:
    return f"; {done.reason}" if done.reason else ""


if __name__ == "__main__":
    from lockstep.orchestrate.command import main

    main(scoring)
