"""Prefect's side of Lockstep: stages as tasks, recovery, the server, deployments. The flows are in `flows/`."""

import os

# Prefect sends telemetry when it is imported in a terminal: this must come before any such import.
os.environ.setdefault("DO_NOT_TRACK", "1")
