"""A flow tried as text, and versions compared."""

import pytest

from ivr.flow.loader import load
from ivr.insight.conversation import read
from ivr.insight.text_parts import nothing_understood
from ivr.insight.text_talk import TextTalk
from ivr.insight.text_try import Tries, Try
from ivr.insight.version_diff import differences
from tests.versions.conftest import FLOW

LOOKUP = """\
flow: shop
languages: [en, ko]
start: welcome
nodes:
  welcome: {type: say, say: {en: Hello., ko: 안녕하세요.}, next: lookup}
  lookup: {type: query, sql: "select 1 as n", save: found, next: told, on: {error: failed}}
  told: {type: hangup, say: {en: "It is {found.n|none}.", ko: "{found.n|없음}"}}
  failed: {type: hangup, say: {en: Sorry., ko: 죄송합니다.}}
"""
TESTS = "- name: one\n  talk: [{hears: hello}]\n  mocks: {lookup: [{body: {n: 7}}]}\n"


def talk(text: str) -> TextTalk:
    loaded = load({"shop/flow.yaml": text})
    assert loaded.published is not None, loaded.problems
    return TextTalk(loaded.published, loaded.grammars, nothing_understood)


def test_words_keys_and_silence_move_the_call_and_the_inside_is_shown() -> None:
    one = Try(talk(FLOW), "shop", [])
    first = one.look()
    assert first.said == ["Welcome. Hours, or address?"]
    assert first.node == "welcome"
    silent = one.waits(6)
    assert silent.said
    assert any("no_input" in line for line in silent.inside)
    last = one.presses("<1>")
    assert last.said[-1] == "We open at nine."
    assert (last.ended, last.outcome, last.node) == (True, "resolved", "hours")
    assert one.says("x" * 10_000).said == []
    spoken = Try(talk(FLOW), "shop", [])
    assert spoken.says("address").said[-1].startswith("You find us")


def test_queries_are_answered_by_mocks_and_never_asked() -> None:
    conversations, _ = read("tests.yaml", TESTS, "shop")
    assert Try(talk(LOOKUP), "shop", conversations).look().said == ["Hello.", "It is seven."]
    without = Try(talk(LOOKUP), "shop", []).look()
    assert (without.said[-1], without.missing) == ("Sorry.", ["lookup"])
    assert Try(talk(LOOKUP), "shop", conversations, "ko").look().said[0] == "안녕하세요."
    with pytest.raises(KeyError):
        Try(talk(LOOKUP), "shop", [], "fr")


def test_a_try_is_its_owners_and_ends_when_nobody_cares() -> None:
    now = [0.0]
    tries = Tries(lambda: now[0])
    name = tries.keep(Try(talk(FLOW), "shop", []), "ann")
    assert tries.find(name, "ann").flow == "shop"
    with pytest.raises(KeyError):
        tries.find(name, "bob")
    now[0] = 4000.0
    tries.keep(Try(talk(FLOW), "shop", []), "bob")
    with pytest.raises(KeyError):
        tries.find(name, "ann")


def test_versions_are_compared_line_by_line() -> None:
    first = {"a/flow.yaml": b"one\ntwo\nthree\n", "a/x.wav": b"1", "a/old.md": b"gone\n"}
    second = {"a/flow.yaml": b"one\n2\nthree\n", "a/x.wav": b"2", "a/new.md": b"here\n"}
    found = {it.path: it for it in differences(first, second)}
    assert {path: it.kind for path, it in found.items()} == {
        "a/flow.yaml": "changed", "a/x.wav": "changed", "a/old.md": "removed", "a/new.md": "added",
    }  # fmt: skip
    rows = [(row.kind, row.text, row.before, row.after) for row in found["a/flow.yaml"].rows]
    assert rows == [("same", "one", 1, 1), ("gone", "two", 2, 0), ("new", "2", 0, 2), ("same", "three", 3, 3)]
    assert found["a/x.wav"].rows == []
    assert differences(first, first) == []
