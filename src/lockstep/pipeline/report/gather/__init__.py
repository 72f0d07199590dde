"""Read the facts from the files of all stages, one module per section."""

from lockstep.pipeline.report.gather.problem import gather as problem
from lockstep.pipeline.report.gather.sections import as_json, curves, gather

__all__ = ["as_json", "curves", "gather", "problem"]
