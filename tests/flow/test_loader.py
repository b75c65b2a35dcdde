"""Folders of flows: what is published, what goes on, what a version is, hostile folders."""

import pytest

from ivr.flow.loader import load
from ivr.flow.models import Published
from ivr.flow.source import Unread
from tests.flow.loading import CLEAN, LINES, load_flow

NLU = "nlu:\n  - intent: buy\n    examples: |\n      - i want tea\n"


def test_the_compiled_set_survives_its_file() -> None:
    published = load_flow(CLEAN).published
    assert published is not None
    again = Published.model_validate_json(published.to_json())
    assert again == published
    assert again.flows["small"].settings["ask"] == published.flows["small"].settings["ask"]
    assert again.flows["small"].node("which").questions().__next__().fields[0].settings == {"length": "1..2"}


def test_settings_are_inherited_from_the_top_down() -> None:
    text = CLEAN.replace("flow: small", "flow: small\ndefaults: {no_input_timeout: 7s, sure: 0.9}")
    text = text.replace("type: menu", "type: menu\n    no_input_timeout: 2s\n    barge_in: {min_words: 2}")
    published = load_flow(text).published
    assert published is not None
    settings = published.flows["small"].settings
    assert (settings["ask"].no_input_timeout, settings["which"].no_input_timeout) == (2.0, 7.0)
    assert (settings["ask"].sure, settings["ask"].min_confidence) == (0.9, 0.45)
    assert (settings["ask"].barge_in.min_words, settings["which"].barge_in.min_words) == (2, 0)
    assert (settings["ask"].key_timeout, settings["which"].key_timeout) == (3.0, 5.0)
    assert [step.next for step in settings["ask"].no_input][-1] == "agent"


def test_without_an_agent_the_built_in_escalation_says_goodbye() -> None:
    text = "flow: small\nstart: a\nnodes:\n  a: {type: confirm, say: Yes?, yes: b, no: b}\n  b: {type: hangup}\n"
    published = load_flow(text).published
    assert published is not None
    last = published.flows["small"].settings["a"].no_match[-1]
    assert last.hangup
    assert last.next is None


def test_commands_are_spelled_out() -> None:
    text = CLEAN.replace(
        "flow: small", 'flow: small\ncommands: [agent, repeat]\nanywhere: [{command: repeat, key: "*"}]'
    )
    published = load_flow(text).published
    assert published is not None
    flow = published.flows["small"]
    assert [(e.name, e.next, e.key) for e in flow.anywhere_at("ask")] == [
        ("command.repeat", None, "*"),
        ("command.agent", "agent", None),
    ]


@pytest.mark.parametrize(
    ("rule", "names"),
    [("false", []), ("true", ["command.repeat", "command.agent"]), ("{except: [repeat]}", ["command.agent"])],
)
def test_anywhere_can_be_narrowed(rule: str, names: list[str]) -> None:
    text = CLEAN.replace("flow: small", "flow: small\ncommands: [repeat, agent]")
    published = load_flow(text.replace("type: menu", f"type: menu\n    anywhere: {rule}")).published
    assert published is not None
    assert [entry.name for entry in published.flows["small"].anywhere_at("ask")] == names


def test_prompts_without_values_are_listed_for_rendering() -> None:
    published = load_flow(CLEAN).published
    assert published is not None
    prompts = published.flows["small"].prompts["en"]
    assert "What do you want?" in prompts
    assert "For tea, press one." in prompts
    assert "tea" not in prompts
    assert not any("{" in prompt for prompt in prompts)


def test_examples_of_options_and_commands_are_there_for_training() -> None:
    text = CLEAN.replace("flow: small", "flow: small\ncommands: [repeat]").replace("phrases: [tea]", "intent: buy")
    nlu = load_flow(text, small__nlu_dot_yml=NLU).nlu["small"]["en"]
    assert [example.text for example in nlu.intents["buy"]] == ["i want tea"]
    assert [example.text for example in nlu.intents["option.a_human"]] == ["a human"]
    assert "say that again" in [example.text for example in nlu.intents["command.repeat"]]


def test_version_is_a_hash_of_flow_fragments_and_examples() -> None:
    def version(**more: str) -> str:
        published = load_flow(CLEAN.replace("flow: small", "flow: small\ninclude: [more.yaml]"), **more).published
        assert published is not None
        return published.flows["small"].version

    fragment = "nodes:\n  extra: {type: hangup}\n"
    base = version(shared__more_dot_yaml=fragment)
    assert base == version(shared__more_dot_yaml=fragment, shared__other_dot_yaml="x: y", small__tests_dot_yaml="[]")
    assert base != version(shared__more_dot_yaml=fragment + "# changed\n")
    assert base != version(shared__more_dot_yaml=fragment, small__nlu_dot_yml=NLU)


def test_fragments_give_nodes_and_their_mistakes_name_the_fragment() -> None:
    text = CLEAN.replace("flow: small", "flow: small\ninclude: more.yaml").replace("next: bye\n", "next: extra\n")
    assert load_flow(text, shared__more_dot_yaml="nodes:\n  extra: {type: say, say: x, next: bye}\n").problems == []
    problems = load_flow(text, shared__more_dot_yaml="nodes:\n  extra: {type: say, say: x, next: by}\n").problems
    assert [(p.file, p.line, p.code) for p in problems] == [("shared/more.yaml", 2, "unknown_node")]
    problems = load_flow(
        text, shared__more_dot_yaml="nodes:\n  bye: {type: hangup}\n  extra: {type: hangup}\n"
    ).problems
    assert [(p.file, p.line, p.code) for p in problems] == [("shared/more.yaml", 2, "duplicate_node")]


def test_a_flow_with_a_mistake_is_refused_and_the_last_good_one_goes_on() -> None:
    good = load_flow(CLEAN).published
    assert good is not None
    files = {"small/flow.yaml": CLEAN.replace("start: ask", "start: aks"), "lines.yaml": LINES}
    assert load(files).published is None
    again = load(files, last_good=good)
    assert again.errors
    assert again.published is not None
    assert again.published.flows["small"] == good.flows["small"]


def test_one_broken_flow_does_not_stop_another() -> None:
    other = CLEAN.replace("flow: small", "flow: other").replace("start: ask", "start: aks")
    loaded = load({"small/flow.yaml": CLEAN, "other/flow.yaml": other, "lines.yaml": LINES})
    assert loaded.published is not None
    assert set(loaded.published.flows) == {"small"}
    assert [p.file for p in loaded.errors] == ["other/flow.yaml"]


def test_two_flows_of_one_name() -> None:
    loaded = load({"small/flow.yaml": CLEAN, "twin/flow.yaml": CLEAN, "lines.yaml": LINES})
    assert [(p.file, p.line, p.code) for p in loaded.errors] == [("twin/flow.yaml", 1, "duplicate_flow")]


def test_recordings_are_found_by_name() -> None:
    loaded = load({"small/flow.yaml": CLEAN, "lines.yaml": LINES, "small/prompts/ask.en.wav": b"1",
                   "small/prompts/which.cups.en.wav": b"2", "small/prompts/notes.txt": b""})  # fmt: skip
    assert loaded.published is not None
    assert loaded.published.flows["small"].recordings == {
        "ask/en": "prompts/ask.en.wav",
        "which/cups/en": "prompts/which.cups.en.wav",
    }


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({}, "no_flows"),
        ({"readme.md": "hello"}, "no_flows"),
        ({"a/flow.yaml": ""}, "empty"),
        ({"a/flow.yaml": "just words"}, "shape"),
        ({"a/flow.yaml": "[1, 2]"}, "shape"),
        ({"a/flow.yaml": "flow: a\nstart: b\nnodes: [x]"}, "shape"),
        ({"a/flow.yaml": "flow: a\nstart: b\nnodes: {b: words}"}, "shape"),
        ({"a/flow.yaml": "flow: {a: b}\nstart: [c]\nnodes: {c: {type: [say]}}"}, "value"),
        ({"a/flow.yaml": "flow: a\nstart: b\nnodes: {b: {type: say, say: [x], next: {y: z}}}"}, "value"),
        ({"a/flow.yaml": b"\x80\x81"}, "encoding"),
        ({"a/flow.yaml": Unread("the file cannot be read: Permission denied")}, "unreadable"),
        ({"a/flow.yaml": "x" * 2_000_001}, "too_large"),
        ({"a/flow.yaml": CLEAN, "lines.yaml": "[]"}, "value"),
        ({"a/flow.yaml": CLEAN, "lines.yaml": "\x00"}, "encoding"),
        ({"a/flow.yaml": CLEAN, "a/nlu.yml": "- x", "lines.yaml": LINES}, "shape"),
        ({"a/flow.yaml": CLEAN, "a/nlu.ko.yml": NLU, "lines.yaml": LINES}, "unknown_language"),
        ({"a/flow.yaml": CLEAN.replace("nodes:", "nods:"), "lines.yaml": LINES}, "missing"),
    ],
)
def test_hostile_and_broken_folders_give_messages(files: dict[str, str | bytes | Unread], code: str) -> None:
    loaded = load(files)
    assert code in [problem.code for problem in loaded.errors]
    assert all(str(problem) for problem in loaded.problems)


def test_a_flow_that_asks_for_consent_begins_with_the_question() -> None:
    published = load_flow(CLEAN.replace("flow: small", "flow: small\nrecording: {consent: ask}")).published
    assert published is not None
    flow = published.flows["small"]
    assert flow.start == "recording_consent"
    assert flow.node(flow.start).type == "consent"
    assert flow.grammar(flow.start, "consent", "en")
    assert [step.next for step in flow.settings[flow.start].no_input] == [None, "ask"]
    assert Published.model_validate_json(published.to_json()) == published
