"""One measurement of drift in production: the newest snapshot against the champion's reference."""

from datetime import UTC, datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NaiveDatetime

from lockstep.pipeline.drift.document import Answer


class Window(BaseModel):
    """One measurement, which is one line of the history."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    as_of: NaiveDatetime | None
    """Of the snapshot, UTC without an offset; None for a flat table."""
    rows: int = Field(ge=0)
    """Rows of the snapshot."""
    drift: Answer
    """The verdict; "not applicable" is not "no"."""
    drifted: tuple[str, ...]
    """The features that drifted, in the order of the schema."""
    score_psi: float | None
    """Population stability index of the score; None if it could not be judged."""
    reasons: tuple[str, ...]
    """Reasons of the verdict, the summary first."""
    measured_at: AwareDatetime
    model: str
    """SHA-256 of the champion's signature, which holds the digests of all its files."""
    snapshot: str
    """SHA-256 of the snapshot's file."""

    @property
    def identity(self) -> tuple[str, str]:
        """What identifies a window: the champion and as_of, or the snapshot's hash if there is no as_of."""
        return self.model, self.as_of.isoformat() if self.as_of else self.snapshot

    @property
    def moment(self) -> datetime:
        """The instant of the data, with an offset; windows are ordered by it."""
        return self.as_of.replace(tzinfo=UTC) if self.as_of else self.measured_at

    @property
    def name(self) -> str:
        """The moment as text: a date if it is midnight."""
        moment = self.moment.astimezone(UTC)
        return moment.strftime("%Y-%m-%d" if moment.time() == datetime.min.time() else "%Y-%m-%d %H:%M:%S")
