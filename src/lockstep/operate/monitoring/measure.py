"""Measure the drift of the newest data from the champion's reference."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.artifacts.schema import FeatureSchema, check_fits
from lockstep.core.errors import LockstepError
from lockstep.core.manifest import Manifest
from lockstep.core.progress import Advance, ignore
from lockstep.operate.monitoring.window import Window
from lockstep.params.pipeline.drift import DriftSpec
from lockstep.pipeline.drift import measurement
from lockstep.pipeline.drift.document import answer, psi

if TYPE_CHECKING:
    from lockstep.artifacts.scorer import Scorer


@dataclass(frozen=True)
class Champion:
    """The model in production: its directory, and that of the features it was trained on."""

    features: Path
    model: Path


def measure(
    champion: Champion, current: Path, spec: DriftSpec, measured_at: datetime, advance: Advance = ignore
) -> Window:
    """Compare the newest features with the champion's reference, with the tests of the stage `drift`.

    Args:
        champion: its directories, both of one commit.
        current: the feature directory of the newest data.
        spec: what counts as drift.
        measured_at: now, with an offset.
        advance: called with 1 for each feature done.

    Raises:
        LockstepError: a file is missing or damaged, the champion's directories are not of one run, or
            the new features lack columns that the model needs.
    """
    schema = FeatureSchema.read(champion.features)
    check_fits(schema, FeatureSchema.read(current), current)
    scorer = _scorer(champion, schema)
    found = measurement.measure(champion.features, scorer.model.predict, current, spec, advance)
    snapshot = Manifest.read(current).tables["current"]
    verdict = found.verdict
    return Window(
        as_of=found.as_of,
        rows=snapshot.rows,
        drift=answer(verdict),
        drifted=tuple(judgement.name for judgement in verdict.features if judgement.status == "drifted"),
        score_psi=None if verdict.score.status == "not applicable" else psi(found.score),
        reasons=verdict.reasons,
        measured_at=measured_at,
        model=scorer.digest,
        snapshot=snapshot.sha256,
    )


def _scorer(champion: Champion, schema: FeatureSchema) -> "Scorer":
    from lockstep.artifacts.scorer import Scorer

    scorer = Scorer.load(champion.model)
    if scorer.schema != schema:
        raise LockstepError(f"{champion.model}: not made from the features in {champion.features}")
    return scorer
