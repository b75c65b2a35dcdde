"""Node types: each has an example that loads, documentation, and a behaviour that keeps its word."""

from collections.abc import Generator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ruamel.yaml import YAML

from ivr.flow import expressions, template
from ivr.flow.models import Flow, Text
from ivr.flow.nodes.base import Node
from ivr.flow.nodes.steps import (
    Ask,
    Clear,
    End,
    Fill,
    Goto,
    HandedOver,
    HandOver,
    QueryReply,
    Reply,
    RunQuery,
    Speak,
    Step,
    SwitchLanguage,
)  # fmt: skip
from ivr.flow.nodes.table import NODE_TYPES
from ivr.flow.source import parse


@pytest.mark.parametrize("name", NODE_TYPES)
def test_every_type_has_an_example_that_loads_and_documentation(name: str) -> None:
    kind = NODE_TYPES[name]
    value = parse("example", kind.example).value
    assert value["type"] == name
    node = kind.model_validate(value)
    assert len(kind.__doc__ or "") > 20
    assert [key for key, info in kind.model_fields.items() if not info.description and key not in _PLAIN] == []
    again = kind.model_validate_json(node.model_dump_json())
    assert again == node


_PLAIN = {
    "type",
    "next",
    "say",
    "options",
    "slots",
    "yes",
    "no",
    "when",
    "else_",
    "values",
    "compute",
    "cache",
    "deadline",
    "to",
    "kind",
    "on_fail",
}
"""Keys whose meaning the type's own description tells."""


class FakeVisit:
    """What a behaviour sees; fills and clears are applied as the machine does."""

    def __init__(self, nodes: dict[str, Any], node: str, said: dict[str, Any] | None = None, **names: Any) -> None:
        self.flow = Flow.model_validate({"flow": "x", "start": node, "nodes": nodes})
        self.node = node
        self.language = "en"
        self.serial = 1
        self.names: dict[str, Any] = {**names, **(said or {})}
        self.here = set(said or {})
        self.doubtful: set[str] = set()

    def filled(self, slot: str) -> bool:
        return slot in self.here

    def sure(self, slot: str) -> bool:
        return slot not in self.doubtful

    def look_up(self, name: str) -> Any:
        return template.look_up(self.names, name)

    def render(self, text: Text, **extra: Any) -> str:
        return template.render(text, self.language, {**self.names, **extra}).text

    def plain(self, text: str) -> str:
        return template.plain(text, self.names).text

    def value(self, text: str) -> Any:
        return self.plain(text)

    def now(self, zone: str | None = None) -> datetime:
        return datetime(2027, 1, 4, 10, tzinfo=ZoneInfo(zone or "UTC"))

    def compute(self, expression: str) -> Any:
        return expressions.evaluate(expression, self.names).value

    def holds(self, expression: str) -> bool:
        return expressions.evaluate(expression, self.names).holds


def play(visit: FakeVisit, *replies: Any) -> tuple[list[Step], Goto]:
    """Run the node; questions, queries and transfers get `replies` in turn. Returns the steps and where it goes."""
    waiting = list(replies)
    run: Generator[Step, Any, Goto] = visit.flow.node(visit.node).run(visit)
    steps: list[Step] = []
    answer: Any = None
    while True:
        try:
            step = run.send(answer)
        except StopIteration as stop:
            assert waiting == []
            return steps, stop.value
        steps.append(step)
        answer = None
        match step:
            case Fill():
                visit.names[step.name] = step.value
                visit.here.add(step.name)
            case Clear():
                for name in step.names:
                    visit.names.pop(name, None)
                    visit.here.discard(name)
            case Ask() | RunQuery() | HandOver():
                answer = waiting.pop(0)
            case _:
                pass


def said(**values: Any) -> Reply:
    return Reply("speech", values=values)


BYE = {"bye": {"type": "hangup"}}


def collect(**slot: Any) -> dict[str, Any]:
    number = {"field": "digits", "say": "Which number?", **slot}
    return {"ask": {"type": "collect", "slots": {"number": number}, "next": "bye"}, **BYE}


def asked(steps: list[Step]) -> list[str]:
    return [step.part for step in steps if isinstance(step, Ask)]


def test_say_queues_its_text() -> None:
    visit = FakeVisit({"a": {"type": "say", "say": "Hello", "next": "bye"}, **BYE}, "a")
    assert play(visit) == ([Speak(Text({"": "Hello"}))], Goto("bye"))


def test_menu_goes_where_the_option_leads_and_keeps_what_was_said() -> None:
    options = [
        {"phrases": ["tea"], "next": "bye", "set": {"drink": "tea"}, "language": "en"},
        {"key": "2", "next": "a"},
    ]
    visit = FakeVisit({"a": {"type": "menu", "say": "What?", "options": options}, **BYE}, "a")
    menu = visit.flow.node("a")
    option = next(menu.questions()).options[0]
    steps, goto = play(visit, Reply("speech", option=option, values={"cups": "4"}))
    assert goto == Goto("bye", "option")
    assert [(s.name, s.value) for s in steps if isinstance(s, Fill)] == [("cups", "4"), ("drink", "tea")]
    assert SwitchLanguage("en") in steps


def test_collect_asks_only_for_what_is_missing() -> None:
    visit = FakeVisit(collect(confirm="never"), "ask", said={"number": "4567"})
    steps, goto = play(visit)
    assert asked(steps) == []
    assert goto == Goto("bye")


def test_collect_clears_what_an_earlier_visit_put_in() -> None:
    visit = FakeVisit(collect(confirm="never"), "ask", number="1111")
    steps, _ = play(visit, said(number="2222"))
    assert Clear(("number",)) in steps
    assert asked(steps) == ["number"]
    assert visit.names["number"] == "2222"


def test_collect_keeps_with_keep() -> None:
    visit = FakeVisit(collect(confirm="never", keep="true"), "ask", number="1111")
    steps, _ = play(visit)
    assert asked(steps) == []
    assert visit.names["number"] == "1111"


def test_several_slots_in_one_sentence() -> None:
    slots = {
        "number": {"field": "digits", "say": "Which?", "confirm": "never"},
        "count": {"field": "number", "say": "How many?", "confirm": "never"},
        "sure": {"field": "yes_no", "say": "Sure?", "confirm": "never"},
    }
    visit = FakeVisit({"ask": {"type": "collect", "slots": slots, "next": "bye"}, **BYE}, "ask")
    steps, _ = play(visit, said(number="12", count="3"), said(sure="yes"))
    assert asked(steps) == ["number", "sure"]
    first = next(step for step in steps if isinstance(step, Ask))
    assert [field.slot for field in first.fields] == ["number", "count", "sure"]


def test_confirmation_that_is_denied_asks_again_and_counts() -> None:
    visit = FakeVisit(collect(confirm="always"), "ask")
    steps, _ = play(visit, said(number="11"), said(confirm="no"), said(number="12"), said(confirm="yes"))
    assert asked(steps) == ["number", "number.confirm", "number", "number.confirm"]
    assert [step.denied for step in steps if isinstance(step, Ask)] == [False, False, True, False]
    assert visit.names["number"] == "12"


def test_a_value_mended_in_the_confirmation_is_read_back() -> None:
    visit = FakeVisit(collect(confirm="always"), "ask")
    steps, _ = play(visit, said(number="11"), said(number="12"), said(confirm="yes"))
    assert asked(steps) == ["number", "number.confirm", "number.confirm"]
    last = [step for step in steps if isinstance(step, Ask)][-1]
    assert last.denied
    assert last.extra == {"value": "12"}


@pytest.mark.parametrize(("sure", "parts"), [(True, ["number"]), (False, ["number", "number.confirm"])])
def test_unsure_values_are_confirmed(sure: bool, parts: list[str]) -> None:
    visit = FakeVisit(collect(confirm="unsure"), "ask")
    replies = [Reply("speech", values={"number": "11"}, sure=sure), *([] if sure else [said(confirm="yes")])]
    steps, _ = play(visit, *replies)
    assert asked(steps) == parts


def test_a_doubtful_value_from_before_is_confirmed_and_not_asked_for() -> None:
    visit = FakeVisit(collect(confirm="unsure"), "ask", said={"number": "11"})
    visit.doubtful = {"number"}
    steps, _ = play(visit, said(confirm="yes"))
    assert asked(steps) == ["number.confirm"]


def test_invalid_values_are_refused_also_when_they_were_said_before() -> None:
    nodes = collect(confirm="never", valid="number != '0000'", invalid="Not that one.")
    visit = FakeVisit(nodes, "ask", said={"number": "0000"})
    steps, _ = play(visit, said(number="0000"), said(number="1234"))
    asks = [step for step in steps if isinstance(step, Ask)]
    assert [step.invalid.of("en") for step in asks if step.invalid] == ["Not that one."] * 2
    assert visit.names["number"] == "1234"


def test_sensitive_values_are_marked() -> None:
    visit = FakeVisit(collect(confirm="never", sensitive="true"), "ask")
    steps, _ = play(visit, said(number="1"))
    assert [step.sensitive for step in steps if isinstance(step, Fill)] == [True]
    assert next(step for step in steps if isinstance(step, Ask)).fields[0].sensitive


@pytest.mark.parametrize(("answer", "target"), [("yes", "bye"), ("no", "a")])
def test_confirm_goes_by_the_answer(answer: str, target: str) -> None:
    visit = FakeVisit({"a": {"type": "confirm", "say": "Sure?", "yes": "bye", "no": "a"}, **BYE}, "a")
    assert play(visit, said(confirm=answer))[1] == Goto(target, answer)


@pytest.mark.parametrize(
    ("names", "target"),
    [
        ({"order": {"status": "shipped"}}, "a"),
        ({"order": {"status": "x"}}, "bye"),
        ({}, "bye"),
        ({"order": None}, "bye"),
    ],
)
def test_branch_takes_the_first_condition_that_holds(names: dict[str, Any], target: str) -> None:
    when = [{"if": "order.status == 'shipped'", "next": "a"}]
    visit = FakeVisit(
        {"b": {"type": "branch", "when": when, "else": "bye"}, "a": {"type": "hangup"}, **BYE}, "b", **names
    )
    assert play(visit)[1].node == target


def test_set_saves_texts_and_computed_values() -> None:
    nodes = {"s": {"type": "set", "values": {"x": "n{n}"}, "compute": {"y": "n + 1"}, "next": "bye"}, **BYE}
    visit = FakeVisit(nodes, "s", n=2)
    play(visit)
    assert (visit.names["x"], visit.names["y"]) == ("n2", 3)


def test_set_forgets_after_it_has_saved() -> None:
    nodes = {"s": {"type": "set", "values": {"kept": "{number}"}, "forget": ["number"], "next": "ask"}}
    visit = FakeVisit({**nodes, **collect(confirm="never", keep="true")}, "s", number="1111")
    play(visit)
    assert visit.names == {"kept": "1111"}
    visit.node = "ask"
    assert asked(play(visit, said(number="2222"))[0]) == ["number"]


def query(**more: Any) -> dict[str, Any]:
    node = {
        "type": "query",
        "sql": "select 1 where a = :number and b = :caller.number",
        "save": "row",
        "next": "bye",
        **more,
    }
    return {"q": node, "oops": {"type": "hangup"}, "gone": {"type": "hangup"}, **BYE}


def test_query_hands_over_values_and_saves_the_row() -> None:
    visit = FakeVisit(query(), "q", number="4567", caller={"number": "+1"})
    steps, goto = play(visit, QueryReply("ok", {"a": 1}))
    request = next(step for step in steps if isinstance(step, RunQuery))
    assert request.parameters == {"number": "4567", "caller__number": "+1"}
    assert request.request["statement"] == "select 1 where a = :number and b = :caller__number"
    assert visit.names["row"] == {"a": 1}
    assert goto == Goto("bye")


@pytest.mark.parametrize(
    ("on", "status", "target"),
    [
        ({"not_found": "gone", "error": "oops"}, "not_found", "gone"),
        ({"not_found": "gone", "error": "oops"}, "timeout", "oops"),
        ({"timeout": "gone", "error": "oops"}, "timeout", "gone"),
        ({}, "error", "bye"),
    ],
)
def test_query_without_an_answer_goes_where_it_says(on: dict[str, str], status: str, target: str) -> None:
    visit = FakeVisit(query(on=on), "q", number="1", caller={"number": ""})
    steps, goto = play(visit, QueryReply(status))
    assert goto == Goto(target, status)
    assert not any(isinstance(step, Fill) for step in steps)


def test_transfer_sends_plain_values_and_goes_on_when_it_fails() -> None:
    nodes = {
        "t": {"type": "transfer", "to": "agents", "headers": {"X-Why": "{task|none}\r\n"}, "on_fail": "bye"},
        **BYE,
    }
    visit = FakeVisit(nodes, "t", task="refund\r\nX-Evil: 1")
    steps, goto = play(visit, HandedOver(False, 486))
    handed = next(step for step in steps if isinstance(step, HandOver))
    assert handed.headers["X-Why"] == "refund X-Evil: 1"
    assert goto == Goto("bye", "transfer failed 486")


def test_hangup_ends_and_language_switches() -> None:
    visit = FakeVisit({"bye": {"type": "hangup", "say": "Bye", "outcome": "sold"}}, "bye")
    assert play(visit)[0] == [Speak(Text({"": "Bye"})), End("sold")]
    visit = FakeVisit({"l": {"type": "language", "to": "ko", "next": "bye"}, **BYE}, "l")
    assert play(visit) == ([SwitchLanguage("ko")], Goto("bye"))


def test_examples_are_ordinary_yaml_too() -> None:
    for kind in NODE_TYPES.values():
        assert isinstance(YAML(typ="safe").load(kind.example), dict)
        assert issubclass(kind, Node)
