"""Many versions of one dvc.lock: what they share is read once."""

from lockstep.lineage.lock import Lock, read_lock


def read_pieces(text: str, where: str) -> Lock:
    """Return what `read_lock` does."""
    return read_lock(text, where)
