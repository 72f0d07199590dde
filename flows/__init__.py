"""The flows: `python -m flows.NAME`."""

import lockstep.orchestrate  # noqa: F401 # before any import of Prefect: it switches Prefect's telemetry off
