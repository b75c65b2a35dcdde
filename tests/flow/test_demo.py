"""What the repository ships: the demo line and the first flow are without mistakes."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivr.cli import app
from ivr.flow.nodes.table import NODE_TYPES
from ivr.flow.schema import flow_schema
from ivr.services.flow_files import load_folder, read_folder

HERE = Path(__file__).parents[2]


@pytest.mark.parametrize("folder", ["flows", "flows/orders", "docs/first-flow"])
def test_it_checks_clean(folder: str) -> None:
    loaded = load_folder(HERE / folder)
    assert loaded.problems == []
    assert loaded.published is not None


def test_the_demo_has_fifteen_examples_an_intent_in_each_language() -> None:
    loaded = load_folder(HERE / "flows")
    assert loaded.published is not None
    used = {option.intent for node in loaded.published.flows["orders"].nodes.values()
            for question in node.questions() for option in question.options if option.intent}  # fmt: skip
    assert len(used) >= 4
    for nlu in loaded.nlu["orders"].values():
        few = {name: len(nlu.intents[name]) for name in used if len({e.text for e in nlu.intents[name]}) < 15}
        assert few == {}


def run(*words: str) -> tuple[int, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["ivr", *words])  # the group imports a command when its name is there
        result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


def test_check_tells_every_mistake_and_fails(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "flow.yaml").write_text("flow: a\nstart: c\nnodes:\n  b: {type: hangup, sya: x}\n")
    code, output = run("check", str(tmp_path))
    assert code == 1
    assert f"{tmp_path}/a/flow.yaml:2:8: error: there is no node 'c'" in output
    assert "4:21: error: there is no key 'sya' here — did you mean 'say'? [unknown_key]" in output
    assert "2 errors, 0 warnings" in output
    code, output = run("check", str(tmp_path), "--json")
    assert code == 1
    told = json.loads(output)
    assert [(p["line"], p["column"], p["code"]) for p in told["problems"]] == [
        (2, 8, "unknown_node"),
        (4, 21, "unknown_key"),
    ]


def test_check_of_what_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    assert run("check", str(tmp_path / "gone"))[0] == 2


def test_check_of_a_clean_folder() -> None:
    code, output = run("check", str(HERE / "flows"))
    assert (code, output) == (0, "0 errors, 0 warnings; flows that serve: orders\n")


def test_grammar_graph_and_schema_are_printed() -> None:
    flows = ["--flows", str(HERE / "flows")]
    code, output = run("flow", "grammar", "orders", "welcome", "--try", "where is order 4567", *flows)
    assert code == 0
    assert "query_order order_id=4567" in output
    assert run("flow", "grammar", "orders", "nowhere", *flows)[0] == 2
    code, output = run("flow", "graph", "orders", *flows)
    assert code == 0
    assert 'lookup -->|"not_found"| no_such_order' in output
    code, output = run("flow", "schema")
    assert code == 0
    assert json.loads(output)["title"] == "flow.yaml"


def test_schema_knows_every_node_type_and_documents_every_key() -> None:
    schema = flow_schema()
    kinds = {
        part["properties"]["type"]["const"] for part in schema["$defs"].values() if "type" in part.get("properties", {})
    }
    assert kinds == set(NODE_TYPES)


def test_folders_are_read_without_hidden_and_foreign_files(tmp_path: Path) -> None:
    (tmp_path / "a" / ".git").mkdir(parents=True)
    for name in ("flow.yaml", ".flow.yaml.swp", ".git/x.yaml", "notes.txt", "x.wav"):
        (tmp_path / "a" / name).write_text("x")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "a" / "gone.yaml").symlink_to(tmp_path / "nowhere")
    found = read_folder(tmp_path)
    assert set(found) == {"a/flow.yaml", "a/x.wav", "a/gone.yaml"}
    assert found["a/flow.yaml"] == b"x"
    assert "cannot be read" in str(found["a/gone.yaml"])
