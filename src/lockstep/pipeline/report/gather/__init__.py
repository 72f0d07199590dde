"""Facts from the files of all stages, one module a section."""

from lockstep.pipeline.report.gather.everything import as_json, curves, gather
from lockstep.pipeline.report.gather.question import gather as question

__all__ = ["as_json", "curves", "gather", "question"]
