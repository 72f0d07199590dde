"""Environment variables for MLflow: no unpickling, no telemetry, no tracebacks in the log."""

import os

MUST = {
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "1",
}
"""Always set, whatever the environment says."""

UNLESS_SET = {
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",  # its tracebacks show URLs with passwords
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # the default of 7 waits for minutes
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # stdout is for results
}
"""Defaults that a user may override."""


def secure() -> None:
    """Set these variables for this process and its children; call this before MLflow is imported, which reads them."""
    os.environ.update(MUST)
    for name, value in UNLESS_SET.items():
        os.environ.setdefault(name, value)
