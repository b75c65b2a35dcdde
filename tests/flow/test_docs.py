"""docs/flows.md says what the models say, and its examples are true."""

import re
from pathlib import Path

from ivr.flow.nodes.table import NODE_TYPES
from ivr.flow.reference import BEGIN, END, reference
from ivr.insight.node_pages import pages
from tests.flow.loading import found

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "flows.md").read_text(encoding="utf-8")


def test_the_reference_is_the_one_of_the_models() -> None:
    held = GUIDE[GUIDE.index(BEGIN) : GUIDE.index(END) + len(END)]
    assert held == reference(), (
        "write it anew: the output of `ivr flow reference`, between the markers of docs/flows.md"
    )


def test_every_node_type_is_described() -> None:
    assert [name for name in NODE_TYPES if f"#### `{name}`" not in GUIDE] == []


def test_every_node_type_has_a_page_with_an_example_that_runs() -> None:
    made = pages(DOCS / "flows" / "examples", NODE_TYPES)
    held = {path.stem: path.read_text(encoding="utf-8") for path in (DOCS / "flows" / "nodes").glob("*.md")}
    assert held == made, "write them anew: `ivr flow pages`"
    for name, page in held.items():
        assert re.search(rf"type: {name}\b", page.split("## A whole flow")[1]), name
        assert f"(flows/nodes/{name}.md)" in GUIDE


def test_the_first_flow_stands_in_guide_and_readme() -> None:
    text = (DOCS / "first-flow" / "flow.yaml").read_text(encoding="utf-8")
    assert text in GUIDE


def test_every_trap_of_the_table_is_a_mistake_and_its_mend_is_none() -> None:
    rows = re.findall(r"^\| `(.+?)` \| .+? \| `(.+?)` \|$", GUIDE.split("## Everything is text")[1], re.MULTILINE)[:5]
    assert len(rows) == 5
    for wrong, right in rows:
        for text, clean in ((wrong, False), (right, True)):
            line = text.replace("\\|", "|")
            line = f"step: {line}" if line.startswith("{") else line
            codes = {p.code for p in found(f"flow: small\nstart: a\nnodes:\n  a: {{type: hangup}}\n{line}\n")}
            assert bool(codes - {"unknown_key", "empty_value"}) is not clean, text
