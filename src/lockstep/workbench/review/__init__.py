"""Review of a change of params, code or data, from git's objects and DVC's cache; the change is never run."""
