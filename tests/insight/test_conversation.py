"""tests.yaml: reading it, mistakes with their place, what holds and what does not."""

import pytest

from ivr.insight.alignment import Alignment
from ivr.insight.conversation import Conversation, read
from ivr.insight.journal_text import lines
from ivr.insight.text_parts import nothing_understood
from ivr.insight.text_talk import Result, TextTalk
from tests.dialogue.small import loaded


def parsed(text: str) -> Conversation:
    found, problems = read("orders/tests.yaml", text, "orders")
    assert not problems, [str(problem) for problem in problems]
    return found[0]


def held(text: str) -> Result:
    flows = loaded()
    return TextTalk(flows.published, flows.grammars, nothing_understood).run(parsed(text))


def test_scalars_are_text_and_bodies_are_typed() -> None:
    conversation = parsed("""
- name: types
  call: {from: "+14155550123"}
  talk:
    - says: yes
    - presses: 0123#
    - silent: 1.5s
    - hangs_up
  ends: {slots: {order_id: 0123}}
  mocks: {lookup: [{body: {count: 3, price: 1.5, open: true, none: null, day: 2027-01-04, id: "007"}}, {status: 404}]}
""")
    assert [step.does for step in conversation.talk] == ["says", "presses", "silent", "hangs_up"]
    assert conversation.talk[0].says == "yes"
    assert conversation.talk[1].presses == "0123#"
    assert conversation.ends.slots == {"order_id": "0123"}
    body, missing = conversation.mocks["lookup"]
    assert body.body == {"count": 3, "price": 1.5, "open": True, "none": None, "day": "2027-01-04", "id": "007"}
    assert missing.outcome == "not_found"
    assert conversation.lines == (5, 6, 7, 8)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("- name: a\n  talk:\n    - sais: hello\n", 3, "says"),
        ("- name: a\n  talk:\n    - {says: hello, hears: you}\n", 3, "one thing"),
        ("- name: a\n  talk:\n    - presses: 12x\n", 3, "cannot be pressed"),
        ("- name: a\n  talk: []\n", 2, "at least 1"),
        ("- name: a\n  talk:\n    - silent: soon\n", 3, "length of time"),
        ("name: a\n", 1, "list"),
        ("- name: a\n  talk: [{says: x}]\n- name: a\n  talk: [{says: x}]\n", 3, "called"),
        ("- name: [a\n", 2, ""),
    ],
)
def test_mistakes_name_their_line(text: str, line: int, words: str) -> None:
    _, problems = read("orders/tests.yaml", text, "orders")
    assert problems
    assert abs(problems[0].line - line) <= 1
    assert words in str(problems[0])


def test_words_must_be_said_in_order_and_are_used_up() -> None:
    heard = Alignment()
    heard.add("Welcome to Acme. How can I help?")
    assert not heard.take("help acme")
    assert heard.take("welcome ACME")
    assert not heard.take("welcome")
    assert heard.take("how can i help")


def test_what_was_heard_by_ear_is_alike() -> None:
    heard = Alignment()
    heard.add("i hurt four five six seven is that right")
    assert heard.likeness("I heard 4567. Is that right?") == pytest.approx(8 / 9)
    assert heard.likeness("goodbye") == 0.0


def test_korean_particles_do_not_hide_a_word() -> None:
    heard = Alignment("ko")
    heard.add("주문 번호가 무엇입니까?")
    assert heard.take("주문 번호")


def test_a_conversation_that_holds() -> None:
    result = held("""
- name: status
  talk:
    - hears: Welcome to Acme
    - says: where is order 4567
    - hears: four five six seven
    - says: "yes"
    - hears: shipped
  ends: {outcome: resolved, at: anything_else, task: query_order, slots: {order_id: "4567"}}
  mocks: {lookup: [{body: {status: shipped}}]}
""")
    assert result.ok, result.failure
    assert result.seconds < 1.0


def failure(talk: str, rest: str = "") -> Result:
    result = held(f"- name: wrong\n  talk:\n{talk}{rest}")
    assert not result.ok
    return result


def test_a_failure_says_what_was_heard_instead_and_where() -> None:
    result = failure("    - hears: Welcome to Emca\n")
    assert "welcome" in result.failure.lower()
    assert result.line == 3
    assert any("line says" in line for line in lines(result.journal))


def test_a_wrong_end_is_a_failure() -> None:
    assert "abandoned" in failure("    - says: nothing\n", "  ends: {outcome: resolved}\n").failure
    assert "slot order_id" in failure("    - says: nothing\n", "  ends: {slots: {order_id: '1'}}\n").failure
    assert "ended at 'welcome'" in failure("    - says: nothing\n", "  ends: {at: bye}\n").failure


def test_a_query_without_a_mock_is_named() -> None:
    result = failure("    - presses: 14567#\n    - presses: '1'\n    - hears: shipped\n")
    assert "no mock for lookup" in result.failure


def test_nothing_may_be_said_after_the_end() -> None:
    result = failure("    - presses: '0'\n    - says: hello\n", "  ends: {outcome: transferred}\n")
    assert "over before `says`" in result.failure


def test_mocks_answer_one_after_the_other() -> None:
    result = held("""
- name: twice
  talk:
    - presses: 14567#
    - presses: "1"
    - hears: cannot find
    - presses: 4568#
    - presses: "1"
    - hears: shipped
  mocks: {lookup: [{status: not_found}, {body: {status: shipped}, after: 2s}]}
""")
    assert result.ok, result.failure


def test_a_slow_answer_is_bridged_and_a_timeout_is_an_error() -> None:
    talk = "    - presses: 14567#\n    - presses: '1'\n"
    slow = held(f"- name: slow\n  talk:\n{talk}    - hears: One moment\n    - hears: shipped\n"
                "  mocks: {lookup: [{body: {status: shipped}, after: 2s}]}\n")  # fmt: skip
    assert slow.ok, slow.failure
    late = held(f"- name: late\n  talk:\n{talk}    - hears: Connecting\n  mocks: {{lookup: [{{fails: timeout}}]}}\n")
    assert late.ok, late.failure
