"""Stage ingest: the source's tables, up to as_of, as Parquet in data/raw."""

from lockstep.core.progress import Progress
from lockstep.core.spec import Spec
from lockstep.core.workspace import Workspace
from lockstep.params.pipeline.source import SourceSpec
from lockstep.pipeline.ingest.extract import extract


class Inputs(Spec):
    """The section that this stage reads."""

    source: SourceSpec


def run(inputs: Inputs, workspace: Workspace, progress: Progress) -> None:
    """Read the source named in params.yaml and write `data/raw`."""
    extract(inputs.source, workspace, progress)
