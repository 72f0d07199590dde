"""What is known of a kind of task: one frozen object."""

from dataclasses import dataclass
from typing import Literal

Output = Literal["probability", "probabilities", "number"]
"""What a model predicts for n rows: P(1), (n,); a probability for each class, (n, classes); or a number, (n,)."""


@dataclass(frozen=True)
class Task:
    """A kind of task, such as binary classification."""

    name: str
    """As `problem.task` names it."""
    output: Output
