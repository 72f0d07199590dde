"""The whole outline, shortest first."""

from lockstep.review.outline import changed, data, opening, results
from lockstep.review.outline.blocks import Section
from lockstep.review.review import Review


def outline(review: Review) -> tuple[Section, ...]:
    """Return the sections of a review."""
    return (
        opening.opening(review),
        changed.params(review),
        results.results(review),
        changed.stages(review),
        data.data(review),
    )
