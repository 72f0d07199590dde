"""Review of a change of params, code or data, from git and DVC's cache; the code of the change never runs."""
