"""Prefect's front door: dvc.yaml as a flow, and the flows around it."""

import os

# Prefect reports to its maker as it is imported, from a terminal: this has to stand before any such import.
os.environ.setdefault("DO_NOT_TRACK", "1")
