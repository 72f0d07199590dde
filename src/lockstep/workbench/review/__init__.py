"""What a change of params, code or data does: read from git's objects and DVC's cache, nothing of it is run."""
