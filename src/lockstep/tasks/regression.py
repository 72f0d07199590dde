"""A number."""

from lockstep.tasks.task import Task

TASK = Task(name="regression", output="number")
