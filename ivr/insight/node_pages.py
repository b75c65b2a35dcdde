"""A page of the documentation for each node type: what it does, its keys, a whole flow with conversations."""

from collections.abc import Iterable
from pathlib import Path

from ivr.flow.reference import node_page

EXAMPLES = {"say": "digression", "confirm": "collect", "branch": "bulletin", "set": "menu", "transfer": "queue",
            "return": "identify", "hangup": "menu"}  # fmt: skip
"""Node type -> the example that shows it, where none has its name."""
CALLED_BY = {"identify": "call"}
"""An example without conversations of its own -> the one whose conversations go through it."""


def pages(examples: Path, types: Iterable[str]) -> dict[str, str]:
    """Node type -> its page."""
    found = {}
    for name in types:
        example = EXAMPLES.get(name, name)
        flow = (examples / example / "flow.yaml").read_text(encoding="utf-8")
        tests = (examples / CALLED_BY.get(example, example) / "tests.yaml").read_text(encoding="utf-8")
        found[name] = node_page(name, flow, tests)
    return found
