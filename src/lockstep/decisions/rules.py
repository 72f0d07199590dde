"""The sections of params.yaml by which two models are compared."""

from lockstep.core.spec import Spec
from lockstep.params.compare import CompareSpec
from lockstep.params.pipeline.evaluate import EvaluateSpec
from lockstep.params.pipeline.problem import ProblemSpec
from lockstep.params.pipeline.split import SplitSpec
from lockstep.params.promote import PromoteSpec


class Rules(Spec):
    """How models are compared, and when one may replace the other: one set for both models."""

    seed: int
    evaluate: EvaluateSpec
    compare: CompareSpec = CompareSpec()
    promote: PromoteSpec = PromoteSpec()


class Design(Spec):
    """What a model predicts and how its rows were split: one per model."""

    seed: int
    problem: ProblemSpec
    split: SplitSpec
