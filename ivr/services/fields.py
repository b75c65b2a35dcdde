"""ParseField answered by language/fields: every hypothesis is read, best first."""

from ivr.actions import ParseField
from ivr.events import FieldParsed
from ivr.language import fields

MOST_VALUES = 5


def parse_field(request: ParseField) -> FieldParsed:
    """A value's confidence counts that of the hypothesis it was read in."""
    best: dict[str, float] = {}
    for hypothesis in request.hypotheses:
        found = fields.parse(request.field, hypothesis.text, request.language, request.options, request.at)
        for candidate in found:
            confidence = candidate.confidence * hypothesis.confidence
            best[candidate.value] = max(best.get(candidate.value, 0.0), confidence)
    ranked = sorted(best.items(), key=lambda pair: -pair[1])[:MOST_VALUES]
    return FieldParsed(
        call=request.call,
        leg=request.leg,
        turn=request.turn,
        id=request.id,
        values=[value for value, _ in ranked],
        confidences=[round(confidence, 4) for _, confidence in ranked],
    )
