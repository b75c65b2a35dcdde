"""A Rasa assistant becomes a flow that passes `ivr check`; its code is listed; hostile texts stay text."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ivr.commands.import_ import app
from ivr.insight.importing.draft import Draft, ImportFailed
from ivr.insight.importing.rasa import imported
from ivr.services.flow_files import load_folder

NLU = """
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
    - good morning
- intent: goodbye
  examples: |
    - bye
    - see you
- intent: affirm
  examples: |
    - yes
- intent: order-pizza
  examples: |
    - i want a [large](Pizza-Size) pizza
    - a [tiny]{"entity": "Pizza-Size", "value": "small", "role": "first"} one please
- lookup: Pizza-Size
  examples: |
    - large
    - medium
"""
DOMAIN = """
version: "3.1"
intents: [greet, goodbye, affirm, {order-pizza: {use_entities: []}}, hidden]
slots:
  Pizza-Size: {type: text, mappings: [{type: from_entity, entity: Pizza-Size}]}
  when: {type: any, mappings: [{type: from_entity, entity: time}]}
  call: {type: bool, mappings: [{type: from_intent, intent: affirm, value: true}]}
  crust: {type: categorical, values: [thin, thick], mappings: [{type: from_text}]}
forms:
  pizza_form: {required_slots: [Pizza-Size, when, crust, call]}
responses:
  utter_greet: [{text: "Hello, I bake."}, {text: "Hi!"}]
  utter_bye: [{text: "Bye!"}]
  utter_ask_when: [{text: "When do you want your {Pizza-Size} pizza, {config.key}?", buttons: [{title: x, payload: y}]}]
  utter_done: [{text: "Baking."}]
  utter_default: [{text: "What?"}]
  utter_unused: [{text: "Never said."}]
"""
RULES = """
version: "3.1"
rules:
- rule: hello
  steps: [{intent: greet}, {action: utter_greet}]
- rule: bye
  steps: [{intent: goodbye}, {action: utter_bye}]
- rule: begin
  steps: [{intent: order-pizza}, {action: pizza_form}, {active_loop: pizza_form}]
- rule: end
  condition: [{active_loop: pizza_form}]
  steps: [{action: pizza_form}, {active_loop: null}, {action: action_bake}, {action: utter_done}]
stories:
- story: two turns
  steps: [{intent: hidden}, {action: utter_done}, {intent: greet}, {action: utter_greet}]
"""
TESTS = """
stories:
- story: says bye
  steps: [{intent: goodbye, user: "bye"}, {action: utter_bye}]
- story: orders
  steps: [{intent: order-pizza, user: "a pizza"}, {action: pizza_form}]
"""


def folder_of(folder: Path, **more: str) -> Path:
    files = {"nlu": NLU, "domain": DOMAIN, "rules": RULES, "tests": TESTS, "config": "pipeline: []", **more}
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text)
    return folder


def errors(folder: Path, draft: Draft) -> list[str]:
    target = folder / "flows" / draft.name
    target.mkdir(parents=True)
    for name, text in draft.files().items():
        (target / name).write_text(text)
    return [str(problem) for problem in load_folder(target).errors]


def test_intents_forms_and_conversations_are_carried_over(tmp_path: Path) -> None:
    draft = imported(folder_of(tmp_path / "in"), "pizza")
    assert errors(tmp_path, draft) == []
    nodes: dict[str, Any] = draft.nodes
    assert nodes["welcome"]["say"] == "Hello, I bake."
    ways = {it["intent"]: it["next"] for it in nodes["menu"]["options"]}
    assert ways == {"greet": "say_greet", "goodbye": "say_goodbye", "order_pizza": "pizza_form"}
    assert nodes["say_goodbye"] == {"type": "hangup", "say": "Bye!"}
    assert {name: it["field"] for name, it in nodes["pizza_form"]["slots"].items()} == {
        "pizza_size": "entity", "when": "date", "crust": "choice", "call_value": "yes_no",
    }  # fmt: skip
    assert nodes["pizza_form"]["slots"]["when"]["say"] == "When do you want your {pizza_size|that} pizza, config.key?"
    assert nodes[nodes["pizza_form"]["next"]]["task"] == "action_bake"
    assert nodes[nodes["action_bake"]["next"]]["say"] == "Baking."
    assert [test["name"] for test in draft.tests] == ["says bye"]
    report = draft.report()
    for what in (
        "action_bake",
        "utter_unused",
        "hidden",
        "role",
        "buttons",
        "1 other variants",
        "orders",
        "config.yml",
    ):
        assert what in report


HOSTILE = [
    "{config.key}",
    "}{ {{x}} {a:b|c}",
    "- *a &b #c",
    "<script>alert(1)</script>",
    "'\\\"|>%@",
    "[x](y) [z",
    "日本 \u202e\u0007",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text(tmp_path: Path, text: str) -> None:
    import json

    quoted = json.dumps(text)
    domain = DOMAIN.replace('"Hello, I bake."', quoted).replace('"Baking."', quoted)
    nlu = NLU.replace("- good morning", f"- good morning\n    - hello {json.loads(quoted)!a}")
    draft = imported(folder_of(tmp_path / "in", domain=domain, nlu=nlu), "pizza")
    assert errors(tmp_path, draft) == []
    assert "{config" not in draft.files()["flow.yaml"]
    assert "<script" not in draft.report()


def test_what_cannot_be_read_is_left_or_refused(tmp_path: Path) -> None:
    bomb = "a: &a [x]\nb: &b [*a, *a]\nresponses: {utter_x: *b}\n"
    draft = imported(folder_of(tmp_path / "in", bomb=bomb, broken="a: [", odd="[1, 2]"), "pizza")
    assert {it.where for it in draft.left} >= {"bomb.yml", "broken.yml", "config.yml"}
    with pytest.raises(ImportFailed):
        imported(tmp_path / "flows", "pizza")


def test_the_command_writes_the_folder_and_checks_it(tmp_path: Path) -> None:
    source, flows = folder_of(tmp_path / "Pizza line"), tmp_path / "flows"
    words = ["rasa", str(source), "--flows", str(flows)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "0 errors" in done.output
    assert sorted(it.name for it in (flows / "pizza_line").iterdir()) == [
        "IMPORT.md", "flow.yaml", "nlu.yml", "tests.yaml",
    ]  # fmt: skip
    assert CliRunner().invoke(app, words).exit_code == 2
    assert CliRunner().invoke(app, [*words, "--force"]).exit_code == 0
    assert CliRunner().invoke(app, ["rasa", str(flows), "--flows", str(flows), "--name", "other"]).exit_code == 1
