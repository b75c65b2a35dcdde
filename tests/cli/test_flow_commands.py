"""`ivr flow new | format | graph | schema`, and that what they write is right."""

import json
from pathlib import Path
from xml.etree import ElementTree as xml

import jsonschema  # type: ignore[import-untyped]
import pytest

from ivr.flow.source import parse
from ivr.insight.formatting import CannotFormat, formatted
from tests.cli.test_conversations import folder, run

__all__ = ["folder"]

ROOT = Path(__file__).parents[2]
FILES = ["flows/orders/flow.yaml", "flows/lines.yaml", "flows/orders/tests.yaml", "flows/orders/nlu.yml"]


def test_a_new_flow_holds_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_STATE", str(tmp_path / "state"))
    flows = tmp_path / "flows"
    assert run(monkeypatch, "flow", "new", "shop", "--flows", str(flows))[0] == 0
    assert run(monkeypatch, "check", str(flows), "--strict")[0] == 0
    code, said = run(monkeypatch, "test", str(flows))
    assert (code, "2 of 2 conversations hold" in said) == (0, True), said
    assert run(monkeypatch, "flow", "new", "shop", "--flows", str(flows))[0] == 2
    assert run(monkeypatch, "flow", "new", "Shop!", "--flows", str(flows))[0] == 2
    assert run(monkeypatch, "flow", "format", str(flows), "--check")[0] == 0
    modeline = (flows / "shop" / "flow.yaml").read_text().splitlines()[0]
    assert (flows / "shop" / modeline.split("$schema=")[1]).resolve().is_file()


@pytest.mark.parametrize("name", FILES)
def test_formatting_changes_no_meaning_and_happens_once(name: str) -> None:
    text = (ROOT / name).read_text()
    once = formatted(name, text)
    assert formatted(name, once) == once
    assert parse(name, once).value == parse(name, text).value
    assert [line.strip() for line in text.splitlines() if line.strip().startswith("#")] == [
        line.strip() for line in once.splitlines() if line.strip().startswith("#")
    ]


def test_formatting_keeps_what_yaml_would_take_for_numbers() -> None:
    text = "# top\nflow:   a   # why\nn: [012,  +1415, yes, 1.0,'x']\nm:\n- {a: 0x1, b: [{c: on}]}\n"
    made = formatted("x", text)
    assert "n: [012, +1415, yes, 1.0, 'x']" in made
    assert "- {a: 0x1, b: [{c: on}]}" in made
    assert made.startswith("# top\nflow: a")
    assert "# why" in made


def test_a_file_with_a_mistake_is_left_as_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "orders" / "flow.yaml"
    path.write_text("flow: orders\nflow: twice\n")
    code, said = run(monkeypatch, "flow", "format", str(folder))
    assert (code, "stands here already" in said) == (1, True)
    assert path.read_text() == "flow: orders\nflow: twice\n"
    with pytest.raises(CannotFormat):
        formatted("x", "a: &b c\n")


def test_the_drawing_names_every_node(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    out = tmp_path / "orders.svg"
    assert run(monkeypatch, "flow", "graph", "orders", "--flows", str(folder), "--svg", str(out), "--all")[0] == 0
    drawn = {element.text for element in xml.parse(out).getroot().iter() if element.tag.endswith("}title")}
    assert {"welcome", "which_order", "lookup", "shipped", "bye", "which_order->lookup"} <= drawn


def test_a_drawing_takes_no_text_for_markup() -> None:
    from ivr.flow.drawing import dot
    from tests.flow.loading import CLEAN, load_flow

    hostile = CLEAN.replace("[tea]", "['\"]; evil [label=\"\\n']").replace("label: tea", "label: tea")
    loaded = load_flow(hostile)
    assert loaded.published is not None, loaded.problems
    assert 'evil [label="' not in dot(loaded.published.flows["small"])


def test_schemas_take_what_the_loader_takes_and_describe_every_key(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(monkeypatch, "flow", "schema", "--write", "--flows", str(folder))[0] == 0
    from ruamel.yaml import YAML

    for name, file in (("flow", "orders/flow.yaml"), ("lines", "lines.yaml"), ("tests", "orders/tests.yaml")):
        schema = json.loads((folder / ".schemas" / f"{name}.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        checker = jsonschema.Draft202012Validator(schema)
        text = (ROOT / "flows" / file).read_text()
        value = json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=str))
        assert [error.message for error in checker.iter_errors(value)] == []
        for part in (schema, *schema["$defs"].values()):
            assert [key for key, entry in part.get("properties", {}).items() if not entry.get("description")] == []
    broken = {"flow": "x", "start": "a", "nodes": {"a": {"type": "menu", "sya": "x"}}}
    flow = json.loads((folder / ".schemas" / "flow.json").read_text())
    assert list(jsonschema.Draft202012Validator(flow).iter_errors(broken))
