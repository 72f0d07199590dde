"""Score the current snapshot part by part; a run that was killed resumes after its last good part."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.artifacts.schema import FeatureSchema, check_fits
from lockstep.core.errors import LockstepError
from lockstep.core.files import sha256, whole_file
from lockstep.core.manifest import Manifest
from lockstep.core.progress import Advance, ignore
from lockstep.operate.scoring.folder import check_ours, clear, only_writer, publish, unfinished, unpublish
from lockstep.operate.scoring.manifest import NAME, Part, ScoringManifest, part_name, resume
from lockstep.operate.scoring.portions import portions

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from lockstep.artifacts.scorer import Scorer

CURRENT = "current"
NOTHING = "the current snapshot has no rows: nothing to predict"


def score(model: Path, features: Path, output: Path, rows_per_part: int, advance: Advance = ignore) -> ScoringManifest:
    """Write the scores of `current.parquet` and return their manifest, which is complete.

    The parts are written to a hidden folder beside `output` (`folder.unfinished`), which is renamed when all are there.
    Existing good scores are left as they are, and good parts of an unfinished run of the same scoring are kept. Same
    inputs, same bytes. Memory grows with the size of a part, not of the snapshot.

    Args:
        model: directory of the model.
        features: directory of the features.
        output: folder of this snapshot's scores, see `folder.folder_of`. Its parts have the entity's
            key, `cutoff` where the snapshot has one, and the columns of `evaluation.predictions.columns`.
        rows_per_part: rows of each part but the last.
        advance: called with the rows of each part that is done, those of an earlier run at once.

    Raises:
        LockstepError: a file is missing or damaged, the features do not fit the model, or `output` is not a folder of
            scores.
        TransientError: another process scores this snapshot.
    """
    with only_writer(output):
        check_ours(output)
        snapshot, job = _plan(model, features, rows_per_part)
        if (finished := resume(output, job)) is not None:
            if finished.complete:
                advance(finished.rows)
                return finished
            unpublish(output)
        done = resume(unfinished(output), job) or _begin(unfinished(output), job)
        advance(done.scored)
        done = _resume(model, snapshot, unfinished(output), done, advance)
        publish(output, keep={NAME, *(part.file for part in done.parts)})
        return done


@dataclass(frozen=True)
class _Snapshot:
    path: Path
    columns: list[str]
    own: list[str]
    """Columns that are copied to the scores."""


def _plan(model: Path, features: Path, rows_per_part: int) -> tuple[_Snapshot, ScoringManifest]:
    from lockstep.artifacts.bundle import SIGNATURE, read_signature

    schema = read_signature(model).features
    check_fits(schema, FeatureSchema.read(features), features)
    manifest = Manifest.read(features)
    path = manifest.path(features, CURRENT)
    own = [schema.key, *([schema.cutoff] if schema.cutoff else [])]
    entry = manifest.tables[CURRENT]
    job = ScoringManifest(
        complete=entry.rows == 0,
        reason=None if entry.rows else NOTHING,
        as_of=manifest.as_of,
        task=schema.task,
        classes=schema.classes,
        model=sha256(model / SIGNATURE),
        features=entry.sha256,
        rows_per_part=rows_per_part,
        rows=entry.rows,
        parts=(),
    )
    return _Snapshot(path, [*own, *schema.names], own), job


def _begin(folder: Path, job: ScoringManifest) -> ScoringManifest:
    clear(folder)
    folder.mkdir()
    job.write(folder)
    return job


def _resume(model: Path, snapshot: _Snapshot, folder: Path, done: ScoringManifest, advance: Advance) -> ScoringManifest:
    from lockstep.artifacts.scorer import Scorer

    if done.complete:
        return done
    scorer = Scorer.load(model)
    for rows in portions(snapshot.path, snapshot.columns, done.scored, done.rows_per_part):
        frame = rows.select(list(scorer.schema.names)).to_pandas()
        scores = _scored(scorer, rows, frame, snapshot.own)
        part = _write(folder / part_name(len(done.parts)), scores, scorer.model.unknown(frame))
        done = done.with_parts([*done.parts, part])
        done.write(folder)
        advance(part.rows)
    return done


def _scored(scorer: "Scorer", rows: "pa.Table", frame: "pd.DataFrame", own: list[str]) -> "pa.Table":
    import pyarrow as pa

    from lockstep.artifacts.predictions import columns

    found = columns(scorer.model.signature.output, scorer.score(frame))
    scores = {name: pa.array(column) for name, column in found.items()}
    if clash := next((name for name in own if name in scores), None):
        raise LockstepError(f"problem.entity: {clash!r} is the name of a column of the scores; rename it")
    return pa.table({name: rows.column(name) for name in own} | scores)


def _write(path: Path, table: "pa.Table", unknown: dict[str, int]) -> Part:
    import pyarrow.parquet as pq

    with whole_file(path) as partial:
        pq.write_table(table, partial)
    return Part(file=path.name, rows=table.num_rows, sha256=sha256(path), unknown=unknown)
