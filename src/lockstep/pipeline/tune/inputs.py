"""The part of params.yaml that the stage `tune` reads."""

from pydantic import Field

from lockstep.core.spec import Spec
from lockstep.params.pipeline.problem import ProblemSpec
from lockstep.params.pipeline.split import SplitSpec
from lockstep.params.pipeline.train import Chosen, ConstraintsSpec, EncodingSpec, WeightsSpec
from lockstep.params.pipeline.tune import TuneSpec, searched
from lockstep.pipeline.tune.space import Space


class Inputs(Spec):
    """Sections and keys of params.yaml: not `train.params`, which only training needs."""

    seed: int
    problem: ProblemSpec
    split: SplitSpec
    tune: TuneSpec
    estimator: Chosen = Field(alias="train.estimator")
    rounds: int = Field(alias="train.rounds")
    patience: int = Field(alias="train.early_stopping_rounds")
    encoding: EncodingSpec = Field(alias="train.encoding")
    constraints: ConstraintsSpec = Field(alias="train.constraints")
    weights: WeightsSpec = Field(alias="train.weights")

    @property
    def space(self) -> Space:
        """The search space."""
        return {name: self.tune.space[name] for name in searched(self.tune.estimators, self.estimator)}
