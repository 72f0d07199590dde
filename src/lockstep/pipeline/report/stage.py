"""Stage `report`: the report page, the model card, and the same facts as JSON."""

from lockstep.core.files import dump_json, whole_directory
from lockstep.core.progress import Progress
from lockstep.core.spec import Spec
from lockstep.core.workspace import Workspace
from lockstep.params.pipeline.card import CardSpec
from lockstep.params.pipeline.problem import ProblemSpec
from lockstep.params.pipeline.source import SourceSpec


class Inputs(Spec):
    """What the stage reads of params.yaml."""

    seed: int
    problem: ProblemSpec
    source: SourceSpec
    card: CardSpec


def run(inputs: Inputs, workspace: Workspace, progress: Progress) -> None:
    """Write report.html, the model card as card.html and card.md, and report.json."""
    from lockstep.pipeline.report import card, gather, page

    source = inputs.source
    facts = gather.gather(workspace, gather.problem(inputs.problem, source.url, source.as_of, inputs.seed))
    points = gather.curves(workspace.evaluation)
    html = page.render(facts, points)
    with whole_directory(workspace.report) as directory:
        (directory / "report.html").write_text(html, encoding="utf-8")
        (directory / "card.html").write_text(card.html(facts, points, inputs.card), encoding="utf-8")
        (directory / "card.md").write_text(card.markdown(facts, inputs.card), encoding="utf-8")
        (directory / "report.json").write_text(dump_json(gather.as_json(facts)), encoding="utf-8")
    progress.say(f"{workspace.report / 'report.html'}, {len(html) / 1024:,.0f} KiB")
