"""`lockstep gate`: the pinned rules, latency measured here, and the champion where one is named."""

from rich.console import Console
from rich.text import Text

from lockstep.artifacts.evaluation import Verdict
from lockstep.core.workspace import Workspace
from lockstep.decisions.gather.gate import settled
from lockstep.decisions.gather.revisions import against
from lockstep.decisions.promotion import not_worse
from lockstep.decisions.show import show_rules
from lockstep.evaluation import gate
from lockstep.params.document import load_all


def judge(workspace: Workspace, champion: str | None = None) -> Verdict:
    """Return the verdict on the checkout's model.

    Args:
        workspace: the checkout.
        champion: a git revision or an experiment's name; None: no rule about a champion.

    Raises:
        LockstepError: the evaluation is missing, the model cannot be read, or there is no such revision.
    """
    params = load_all(workspace.params)
    rules = settled(workspace.evaluation, workspace.model, workspace.features, params.evaluate.gates.latency_ms)
    if champion is not None:
        rules.append(not_worse(champion, against(workspace, champion), params.promote.margin))
    return gate.verdict(rules)


def show(verdict: Verdict, console: Console) -> None:
    """Print the verdict and every rule, broken ones first."""
    word, colour = ("pass", "green") if verdict.passed else ("fail", "red")
    console.print(Text("gate  ").append(word, style=f"bold {colour}"))
    show_rules(verdict.reasons, console)
