"""Section `card`: free text for the model card."""

from lockstep.core.spec import Spec


class CardSpec(Spec):
    """Free text; an empty field is shown as "not stated"."""

    intended_use: str = ""
    """Who uses the predictions, and for what."""
    out_of_scope: str = ""
    """Uses that the model is not made for."""
    contact: str = ""
    """Person or team responsible for the model."""
