"""ParseField answered by language/fields: every hypothesis is read, best first."""

from ivr.actions import ParseField
from ivr.events import FieldParsed
from ivr.language import fields

MOST_VALUES = 5


def parse_field(request: ParseField) -> FieldParsed:
    """A value's confidence counts that of the hypothesis it was read in."""
    best: dict[str, float] = {}
    heard: list[dict[str, float]] = []
    for hypothesis in request.hypotheses:
        found = fields.parse(request.field, hypothesis.text, request.language, request.options, request.at)
        values = {candidate.value: candidate.confidence * hypothesis.confidence for candidate in found}
        for value, confidence in values.items():
            best[value] = max(best.get(value, 0.0), confidence)
        if values and hypothesis.source == request.hypotheses[0].source:
            heard.append(values)
    ranked = sorted(best.items(), key=lambda pair: -pair[1])[:MOST_VALUES]
    rival, rival_confidence = _rival(ranked[0][0], heard) if ranked else ("", 0.0)
    return FieldParsed(
        call=request.call,
        leg=request.leg,
        turn=request.turn,
        id=request.id,
        values=[value for value, _ in ranked],
        confidences=[round(confidence, 4) for _, confidence in ranked],
        rival=rival,
        rival_confidence=round(rival_confidence, 4),
    )


def _rival(best: str, heard: list[dict[str, float]]) -> tuple[str, float]:
    """The likeliest value of those hypotheses that do not hold the best one: two readings of the same words ("at five")
    are no doubt about what was heard."""
    others = [max(values.items(), key=lambda pair: pair[1]) for values in heard if best not in values]
    return max(others, key=lambda pair: pair[1], default=("", 0.0))
