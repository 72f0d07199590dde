"""Three or more classes."""

from lockstep.tasks.task import Task

TASK = Task(name="multiclass", output="probabilities")
