"""The environment in which MLflow may run: it unpickles nothing, tells nobody, and prints no tracebacks of its own."""

import os

MUST = {
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "1",
}
"""Holds whatever the environment said before."""

UNLESS_SET = {
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",  # it logs tracebacks, and in them URLs with passwords, before it raises
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # its own 7 keep a pipeline waiting for minutes
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # results alone go there
}
"""What a user may have a better idea of."""


def secure() -> None:
    """Set it for this process and all that it starts; call it before MLflow is imported, which reads it then."""
    os.environ.update(MUST)
    for name, value in UNLESS_SET.items():
        os.environ.setdefault(name, value)
