"""What stands before the first value of a flow's texts: the same at every call, so that it can be spoken beforehand."""

from collections.abc import Iterator

from ivr.flow.built_in import built_in
from ivr.flow.models import Flow
from ivr.flow.pronounce import spoken
from ivr.flow.template import parse
from ivr.flow.text import Text
from ivr.flow.walk import walk

LEAST_WORDS = 2


def beginnings(flow: Flow, language: str) -> frozenset[str]:
    """Whole words, spaces as in a rendered text."""
    texts = {text.of(language) for text in _texts(flow) if text.has(language)}
    lexicon = flow.pronounce.get(language, {})
    return frozenset(spoken(found, lexicon) for text in texts if (found := beginning(text)))


def beginning(text: str) -> str:
    """Empty when a value comes first or too soon, or when there is none."""
    parts = parse(text)
    first = parts[0] if parts else ""
    if not isinstance(first, str) or len(parts) == 1 or not first[-1:].isspace():
        return ""
    words = first.split()
    return " ".join(words) if len(words) >= LEAST_WORDS else ""


def _texts(flow: Flow) -> Iterator[Text]:
    for part in (flow.defaults, flow.limits, *flow.nodes.values()):
        for leaf in walk(part):
            if isinstance(leaf.value, Text):
                yield leaf.value
    for name in ("confirm", "confirm.digits"):
        yield built_in(name)
