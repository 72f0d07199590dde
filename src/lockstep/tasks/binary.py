"""Two classes."""

from lockstep.tasks.task import Task

TASK = Task(name="binary", output="probability")
