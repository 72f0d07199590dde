"""All sections of a review."""

from lockstep.workbench.review.outline import changed, data, opening, results
from lockstep.workbench.review.outline.blocks import Section
from lockstep.workbench.review.review import Review


def outline(review: Review) -> tuple[Section, ...]:
    """Return the sections of a review."""
    return (
        opening.opening(review),
        changed.params(review),
        results.results(review),
        changed.stages(review),
        data.data(review),
    )
