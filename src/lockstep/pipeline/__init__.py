"""One folder per DVC stage, each with `stage.py`.

It has `Inputs`, a `Spec` whose fields are the sections of params.yaml that the stage reads (and
`dvc.yaml` tracks), and `run(inputs, workspace, progress)`, which reads pinned inputs and writes
pinned outputs.
"""
