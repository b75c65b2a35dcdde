"""The beginnings of flows' texts with values, as prompts that are rendered ahead (piecewise.py uses them)."""

from collections.abc import Iterable

from ivr.flow.beginnings import beginnings
from ivr.flow.models import Flow
from ivr.tts.piecewise import head_of
from ivr.tts.prompt import Prompt


def heads(flows: Iterable[Flow], rate: float) -> tuple[dict[str, frozenset[str]], list[Prompt]]:
    """language -> beginnings, and the prompts to render, at the settings' rate."""
    found: dict[str, frozenset[str]] = {}
    for flow in flows:
        for language in flow.languages:
            found[language] = found.get(language, frozenset()) | beginnings(flow, language)
    prompts = [head_of(Prompt("", code, rate=rate), text) for code, texts in found.items() for text in sorted(texts)]
    return found, prompts
