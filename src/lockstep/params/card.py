"""Section `card`: what only people know about the model, for its card."""

from lockstep.core.spec import Spec


class CardSpec(Spec):
    """Free text; what is empty the card says to be unstated."""

    intended_use: str = ""
    """Who acts on a prediction, and how."""
    out_of_scope: str = ""
    """What the model must not be used for."""
    contact: str = ""
    """Who answers for the model."""
