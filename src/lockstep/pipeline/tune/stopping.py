"""When a search ends: by the number of trials, or without improvement."""

from collections.abc import Sequence


def enough(scores: Sequence[float | None], trials: int, patience: int | None, *, greater_is_better: bool) -> int | None:
    """Return how many of the first trials make up the search, or None if it must go on.

    A pure function of the trials in their order, so that a search that was interrupted ends where it would have ended,
    and one that has gone on for longer is cut there.

    Args:
        scores: of the finished trials in the order of their numbers; None for a pruned one.
        trials: most of them.
        patience: so many in a row without a better one end the search; None for no such end.
        greater_is_better: of the scores.
    """
    best: float | None = None
    since = 0
    for done, score in enumerate(scores[:trials], start=1):
        better = score is not None and (best is None or (score > best if greater_is_better else score < best))
        best, since = (score, 0) if better else (best, since + 1)
        if patience is not None and best is not None and since >= patience:
            return done
    return trials if len(scores) >= trials else None
