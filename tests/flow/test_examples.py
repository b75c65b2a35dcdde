"""Every example flow of the documentation is without a mistake, and its conversations hold as text."""

from functools import cache
from pathlib import Path

import pytest

from ivr.flow.loader import Loaded
from ivr.flow.nodes.table import NODE_TYPES
from ivr.insight.conversation import Conversation, read
from ivr.insight.text_parts import nothing_understood
from ivr.insight.text_talk import TextTalk
from ivr.journal import Entry
from ivr.services.flow_files import load_folder

EXAMPLES = Path(__file__).parents[2] / "docs" / "flows" / "examples"


@cache
def loaded() -> Loaded:
    return load_folder(EXAMPLES)


def conversations() -> list[Conversation]:
    found = []
    for path in sorted(EXAMPLES.glob("*/tests.yaml")):
        listed, problems = read(str(path.relative_to(EXAMPLES)), path.read_bytes(), path.parent.name)
        assert not problems, problems
        found += listed
    return found


def test_the_examples_have_no_mistakes_and_no_warnings() -> None:
    assert [str(problem) for problem in loaded().problems] == []


def test_every_node_type_has_an_example_flow() -> None:
    published = loaded().published
    assert published is not None
    used = {node.type for flow in published.flows.values() for node in flow.nodes.values()}
    assert set(NODE_TYPES) - used == set()


@pytest.mark.parametrize("conversation", conversations(), ids=lambda one: f"{one.flow}: {one.name}")
def test_conversations_hold(conversation: Conversation) -> None:
    published = loaded().published
    assert published is not None
    result = TextTalk(published, loaded().grammars, nothing_understood).run(conversation)
    assert result.ok, f"{result.failure}\n" + "\n".join(map(_line, result.journal))


def _line(entry: Entry) -> str:
    return str(entry)[:300]
