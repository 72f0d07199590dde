"""Facts from the files of all stages, one module a section."""

from lockstep.report.gather.everything import as_json, curves, gather
from lockstep.report.gather.question import gather as question

__all__ = ["as_json", "curves", "gather", "question"]
