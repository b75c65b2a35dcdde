"""What parsers share: the shape of their answer, and how n-best lists and expectations count. Pure."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

from ivr.events import Entity, Hypothesis, IntentScore

BEST = 5
"""Hypotheses that are looked at."""
EXPECTED_ODDS = 2.0
"""An intent that the step lists has its odds doubled; another one has them halved."""
FALL = 0.3
"""Weight of a hypothesis against the one before it where the recognizer gives no confidences."""


FIRST_SHARE = 0.3
"""Weight of Rasa against the built-in classifier where both answered. Measured on 12 intents of CLINC150
(docs/understanding.md): alone Rasa accepts 38 % of what no intent means at 0.45, together 9 to 11 %."""


@dataclass(frozen=True)
class Parsed:
    """ports.Understanding: intents best first, entities of the hypothesis that won, and its text."""

    intents: list[IntentScore] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    text: str = ""


def weights(hypotheses: Sequence[Hypothesis]) -> list[float]:
    """Shares of belief in the first BEST hypotheses; they add up to 1."""
    some = hypotheses[:BEST]
    given = [max(0.0, h.confidence) for h in some]
    if sum(given) <= 0:
        given = [FALL**n for n in range(len(some))]
    total = sum(given)
    return [g / total for g in given]


def narrowed(chances: Mapping[str, float], expected: Sequence[str]) -> dict[str, float]:
    """Chances by intent after the step's expectations; they still add up to no more than 1."""
    if not expected:
        return dict(chances)
    wanted = set(expected)
    none = max(0.0, 1.0 - sum(chances.values()))
    weighed = {n: c * (EXPECTED_ODDS if n in wanted else 1 / EXPECTED_ODDS) for n, c in chances.items()}
    total = sum(weighed.values()) + none
    return {name: c / total for name, c in weighed.items()} if total > 0 else dict(chances)


def together(
    hypotheses: Sequence[Hypothesis],
    chances: Sequence[Mapping[str, float]],
    expected: Sequence[str],
    least: float = 0.01,
) -> tuple[list[IntentScore], int]:
    """One list of intents out of each hypothesis' chances, and which hypothesis speaks most for the first intent."""
    shares = weights(hypotheses)
    total: dict[str, float] = {}
    each = [narrowed(one, expected) for one in chances]
    for share, one in zip(shares, each, strict=False):
        for name, chance in one.items():
            total[name] = total.get(name, 0.0) + share * chance
    ranked = sorted(total.items(), key=lambda pair: -pair[1])
    intents = [IntentScore(name=name, confidence=round(c, 4)) for name, c in ranked if c >= least]
    if not intents or not shares:
        return intents, 0
    best = intents[0].name
    return intents, max(range(len(each)), key=lambda n: shares[n] * each[n].get(best, 0.0))


def second_opinion(first: Parsed, second: Parsed, known: Container[str]) -> Parsed:
    """The first parser's answer with its confidences tempered by the second's, where that knows the intent: a neural
    model believes in one of its intents whatever is said."""
    other = {intent.name: intent.confidence for intent in second.intents}
    mine = {intent.name: intent.confidence for intent in first.intents}
    mixed = {
        name: FIRST_SHARE * mine.get(name, 0.0) + (1 - FIRST_SHARE) * other.get(name, 0.0)
        if name in known
        else mine.get(name, 0.0)
        for name in {*mine, *other}
    }
    ranked = sorted(mixed.items(), key=lambda pair: (-pair[1], pair[0]))
    return Parsed([IntentScore(name=n, confidence=round(c, 4)) for n, c in ranked], first.entities, first.text)
