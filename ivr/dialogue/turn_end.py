"""How long a pause must be to end a turn, by what was heard up to it. Chosen by measurement: docs/audio-path.md."""

from ivr.dialogue.question import Question
from ivr.events import Heard, Hypothesis

PIECEWISE = frozenset({"digits", "phone", "name", "spelled", "spelling", "postal_code", "email"})
"""Fields that are said piece by piece, with pauses between the pieces."""
YES_NO_S = 0.3
COMPLETE_S = 0.5
PIECEWISE_S = 0.7
OPEN_S = 0.5


def pause_after(heard: Heard, question: Question) -> float:
    """Seconds: the sentence cannot stand; it is sure and nothing can follow; it can stand, and more may follow."""
    settings = question.settings
    best = heard.hypotheses[0] if heard.hypotheses else None
    if best is not None and not heard.complete:
        return settings.incomplete_timeout
    whole = settings.complete_timeout
    if whole is None:
        whole = _pieces(best, question)
    if best is not None and heard.closed and heard.in_grammar and best.confidence >= settings.sure:
        return min(settings.closed_timeout, whole)
    return whole


def _pieces(best: Hypothesis | None, question: Question) -> float:
    """Where the flow does not say: by field."""
    spoken = {spec.slot for spec in question.fields if spec.field in PIECEWISE}
    if best is not None and spoken and (spoken & set(best.slots) or not (best.slots or best.intent)):
        return PIECEWISE_S
    yes_no = {spec.slot for spec in question.fields if spec.field == "yes_no"}
    mendable = bool(question.mends) or len(yes_no) < len(question.fields)
    if best is not None and mendable and "no" in (best.slots.get(slot) for slot in yes_no):
        return PIECEWISE_S  # "no ... four five six eight"
    if best is None or (best.slots and set(best.slots) <= yes_no):
        return YES_NO_S
    return COMPLETE_S if question.grammar else OPEN_S
