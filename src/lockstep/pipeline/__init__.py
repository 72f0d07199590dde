"""One module per DVC stage.

Each has `Inputs`, a `Spec` whose fields are the sections of params.yaml that the stage reads (and
`dvc.yaml` tracks), and `run(inputs, workspace, progress)`, which reads pinned inputs, calls the
library and writes pinned outputs.
"""
