# ruff: noqa: E501 - tables, a row a case
"""Every code of a problem is documented and has a test; every warning of checks_advice.py is told where it is due."""

import ast
import re
from pathlib import Path

import pytest

from ivr.flow.codes import CODES, page
from ivr.flow.loader import load
from ivr.flow.problems import did_you_mean
from ivr.insight.conversation import read
from tests.flow.loading import CLEAN, LINES, found, load_flow

ROOT = Path(__file__).parents[2]
PLACE = {"problem": 1, "Problem": 3, "report": 1, "report_at": 2}
"""Which argument of these calls is the code."""
COMPUTED = {"unknown_intent", "unknown_destination", "intent_twice", "phrases_twice", "command_twice", "key_twice"}
"""Codes that are put together where they are told."""


def told() -> set[str]:
    """Every code that is written in the sources."""
    codes = set(COMPUTED)
    for path in [
        *(ROOT / "ivr/flow").rglob("*.py"),
        ROOT / "ivr/insight/conversation.py",
        ROOT / "ivr/commands/check.py",
    ]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                place = PLACE.get(getattr(node.func, "attr", getattr(node.func, "id", "")))
                if place is not None and len(node.args) > place:
                    constants = [n.value for n in ast.walk(node.args[place]) if isinstance(n, ast.Constant)]
                    codes |= {
                        str(c) for c in constants if re.fullmatch("[a-z_]{3,}", str(c)) and not str(c).endswith("_")
                    }
    return codes


def test_every_code_is_documented() -> None:
    assert told() - set(CODES) == set(), "add them to ivr/flow/codes.py"
    assert set(CODES) - told() - {"unknown_node", "unknown_language", "unknown_flow"} == set(), (
        "nothing tells them any more"
    )
    assert (ROOT / "docs/flows/problems.md").read_text() == page(), "run: ivr flow problems > docs/flows/problems.md"


def test_every_code_has_a_test() -> None:
    tests = "\n".join(
        p.read_text() for room in ("flow", "insight", "cli") for p in (ROOT / "tests" / room).rglob("*.py")
    )
    assert [code for code in CODES if f'"{code}"' not in tests] == []


OPTIONS = '      - {phrases: [tea], key: "1", label: tea, next: which}\n'
SEVEN = "".join(
    f'      - {{phrases: [{word}], key: "{n}", label: {word}, next: which}}\n'
    for n, word in enumerate(("apples", "oranges", "lemons", "walnuts", "sugar"), 3)
)
ADVICE = [
    # what is replaced in CLEAN, by what, code, line, column, words
    ("say: What do you want?", f'say: "{"We have a great many things for you to choose from today. " * 5}"', "long_prompt", 6, 10, "18 s"),
    ("say: What do you want?", "say: Call 18005550100 or stay.", "digits_as_number", 6, 10, "1 8 0 0 5"),
    ("{cups:digits|then}", "{cups|then}", "digits_as_number", 16, 28, "{cups:digits}"),
    (OPTIONS, OPTIONS + SEVEN, "many_options", 8, 7, "7 options"),
    (OPTIONS, OPTIONS + "      - {phrases: [coffee], label: coffee, next: which}\n", "option_without_key", 9, 9, "key"),
    (OPTIONS, OPTIONS.replace('key: "1", label: tea, ', "").replace("label", "x"), "no_key", 8, 9, "key"),
    ("phrases: [a human]", "phrases: [dee]", "sounds_alike", 9, 9, "line 8"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "line", "column", "words"), ADVICE, ids=[row[2] for row in ADVICE])
def test_advice_is_given(old: str, new: str, code: str, line: int, column: int, words: str) -> None:
    text = CLEAN.replace(old, new, 1)
    if code == "no_key":
        text = text.replace('key: "2", label: a human, ', "")
        line, column = 8, 7
    if code == "sounds_alike":
        text = text.replace("[tea]", "[billing]").replace("[dee]", "[pilling]")
    problems = [problem for problem in found(text) if problem.code == code]
    assert [(p.line, p.column, p.severity) for p in problems] == [(line, column, "warning")]
    assert words in problems[0].message + " " + problems[0].mend


def test_words_taught_to_two_intents_are_told_with_their_line() -> None:
    nlu = "nlu:\n- intent: buy\n  examples: |\n    - some tea please\n- intent: sell\n  examples: |\n    - Some tea, please!\n"
    text = CLEAN.replace("phrases: [tea]", "intent: buy").replace("phrases: [a human]", "intent: sell")
    (problem,) = [p for p in found(text, small__nlu_dot_yml=nlu) if p.code == "taught_twice"]
    assert (problem.file, problem.line) == ("small/nlu.yml", 7)
    unused = found(CLEAN, small__nlu_dot_yml=nlu)
    assert ("unused_intent", "small/nlu.yml", 4) in [(p.code, p.file, p.line) for p in unused]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (LINES.replace("destinations", '  two: {numbers: ["+1800*"], flow: small}\n  three: {numbers: ["+18*"], flow: small}\ndestinations'),
         "number_overlap"),
        (LINES.replace("config:", "timezone: Mars, config:"), "timezone"),
        (LINES.replace("config:", "max_calls: 2, reserved_calls: 3, config:"), "reserved"),
    ],
)  # fmt: skip
def test_mistakes_of_lines(lines: str, code: str) -> None:
    assert code in {p.code for p in load({"small/flow.yaml": CLEAN, "lines.yaml": lines}).problems}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("name: x\n", "not_a_list"),
        ("- {name: x, talk: [{hears: y}]}\n- {name: x, talk: [{hears: y}]}\n", "same_name"),
        ("- {name: x, talk: [{sings: y}]}\n", "conversation"),
    ],
)
def test_mistakes_of_conversations(text: str, code: str) -> None:
    assert code in {p.code for p in read("small/tests.yaml", text)[1]}


NODES = [
    ("{type: hours, holidays: XX, open: {mon: 9:00-17:00}, closed: bye, next: bye}", "unknown_holidays"),
    ('{type: query, http: {url: "{cups}/x"}, save: y, next: bye}', "url"),
    ("{type: say, say: hello, requires: verified, next: bye}", "not_verified"),
]


@pytest.mark.parametrize(("text", "code"), NODES)
def test_mistakes_of_newer_nodes(text: str, code: str) -> None:
    whole = CLEAN.replace("    next: bye\n", f"    next: more\n  more: {text}\n")
    assert code in {p.code for p in found(whole)}, [str(p) for p in found(whole)]


def test_a_called_flow_that_never_returns_is_told() -> None:
    text = CLEAN.replace("    next: bye\n", "    next: more\n  more: {type: call, flow: other, next: bye}\n")
    other = "flow: other\nstart: a\nnodes:\n  a: {type: hangup}\n"
    problems = load({"small/flow.yaml": text, "other/flow.yaml": other, "lines.yaml": LINES}).problems
    assert "never_returns" in {p.code for p in problems}


def test_a_far_name_among_many_is_told_the_nearest() -> None:
    nodes = "".join(
        f"  step_{n}: {{type: say, say: x, next: {f'step_{n + 1}' if n < 29 else 'nowhere'}}}\n" for n in range(30)
    )
    (problem,) = load({"f/flow.yaml": f"flow: f\nstart: step_0\nnodes:\n{nodes}"}).errors
    assert problem.message == "there is no node 'nowhere'"
    assert problem.mend.startswith("there are 30, the nearest step_")
    assert did_you_mean("x", [], "write one") == "write one"


def test_the_demo_and_the_tutorial_have_no_warning() -> None:
    for folder in ("flows", "docs/first-flow"):
        from ivr.services.flow_files import load_folder

        assert [str(p) for p in load_folder(ROOT / folder).problems] == []


def test_problems_of_one_file_do_not_hide_those_of_another() -> None:
    loaded = load_flow(CLEAN.replace("start: ask", "start: x"), other__flow_dot_yaml="flow: other\n")
    assert {p.file for p in loaded.errors} == {"small/flow.yaml", "other/flow.yaml"}


def test_a_word_outside_the_vocabulary_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from ivr.commands import check, flow_words

    class Engine:
        def knows(self, word: str) -> bool:
            return word == "a" or word not in "tea"  # nor a piece of it

    monkeypatch.setattr(flow_words, "vocabularies", lambda _: ({"en": Engine()}, {}))
    (problem,) = check.unknown_words(load_flow(CLEAN))
    assert (problem.code, problem.severity, "'tea'" in problem.message) == ("unknown_word", "warning", True)
