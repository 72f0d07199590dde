"""A review as files for a CI job: Markdown, HTML page, JSON, figures."""

from pathlib import Path

from lockstep.core.errors import LockstepError
from lockstep.core.files import dump_json
from lockstep.workbench.review import figures
from lockstep.workbench.review.markdown import markdown
from lockstep.workbench.review.outline.outline import outline
from lockstep.workbench.review.page import page
from lockstep.workbench.review.review import Review, Subject

PLOTS = "plots"


def write(of: Subject, review: Review, folder: Path) -> None:
    """Write review.md, review.html, review.json and plots/ into a folder; create it if it is missing.

    Raises:
        LockstepError: the folder cannot be written to.
    """
    drawn, gone = figures.figures(of, review)
    review = review.model_copy(update={"left_out": tuple(dict.fromkeys([*review.left_out, *gone]))})
    sections = outline(review)
    title = f"{review.base.name} to {review.head.name}"
    try:
        names = figures.write(drawn, folder / PLOTS)
        texts = {
            "review.md": markdown(sections, [f"{PLOTS}/{name}" for name in names]),
            "review.html": page(sections, drawn, title),
            "review.json": dump_json(review.model_dump(mode="json")),
        }
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise LockstepError(f"{folder}: cannot be written to: {error.strerror}") from error
