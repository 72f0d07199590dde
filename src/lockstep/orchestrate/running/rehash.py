"""Everything that DVC's cache holds of a pipeline, proven by its hashes before it is trusted."""

from pathlib import Path

from prefect import get_run_logger

from lockstep.orchestrate.dvc_repo.cached_objects import damaged, set_aside
from lockstep.orchestrate.dvc_repo.repair import set_aside_folder


def rehash(root: Path, keep: Path) -> bool:
    """Set aside objects that are not what their names say, so that their stages run; return whether there were any.

    Args:
        root: of the project.
        keep: of the checkout in which they are kept for a look.
    """
    found = damaged(root)
    if found:
        folder = set_aside_folder(keep)
        set_aside(found, folder)
        for damage in found:
            get_run_logger().warning("damaged in DVC's cache, set aside in %s: %s", folder, damage)
    return bool(found)
