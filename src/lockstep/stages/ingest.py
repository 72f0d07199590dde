"""Stage ingest: the source's tables, up to as_of, as Parquet in data/raw."""

from lockstep.data.extract import extract
from lockstep.params.base import Spec
from lockstep.params.source import SourceSpec
from lockstep.progress import Progress
from lockstep.workspace import Workspace


class Inputs(Spec):
    """What of params.yaml shapes the raw tables."""

    source: SourceSpec


def run(inputs: Inputs, workspace: Workspace, progress: Progress) -> None:
    """Read the source named in params.yaml and write `data/raw`."""
    extract(inputs.source, workspace, progress)
