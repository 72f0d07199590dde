"""`lockstep ...`: parse, call, print."""

from lockstep.cli.entry import main

__all__ = ["main"]
