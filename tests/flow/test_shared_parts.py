"""Texts of fragments, and words that are spoken otherwise than they are written."""

import pytest

from ivr import actions
from ivr.audio.prompt_key import prompt_key
from ivr.call.prompts import PromptCache
from ivr.flow.beginnings import beginnings
from ivr.flow.loader import Loaded, load
from ivr.flow.pronounce import spoken
from tests.dialogue.driver import Driver

FLOW = """
flow: orders
languages: [en, ko]
start: hello
include: [texts.yaml]
nodes:
  hello: {type: say, say: {text: hello}, next: ask}
  ask:
    type: collect
    slots: {n: {field: digits, length: 4, say: {en: "Your SQL number?", ko: "번호?"}}}
    next: bye
  bye: {type: hangup, say: {en: "Acme says {n:digits} to you.", ko: "아크메 {n:digits}"}}
"""
TEXTS = "texts:\n  hello: {en: Welcome to Acme., ko: 아크메입니다.}\n"


def files(flow: str = FLOW, **more: str) -> dict[str, str]:
    named = {name.replace("__", "/") + ".yaml": text for name, text in more.items()}
    return {"orders/flow.yaml": flow, "shared/texts.yaml": TEXTS, **named}


def found(**more: str) -> Loaded:
    loaded = load(files(**more))
    assert loaded.ok, [str(problem) for problem in loaded.errors]
    return loaded


def codes(flow: str, **more: str) -> list[tuple[str, int, str]]:
    return [(problem.code, problem.line, problem.file) for problem in load(files(flow, **more)).errors]


def test_a_text_of_a_fragment_is_said_where_it_is_used() -> None:
    published = found().published
    assert published is not None
    assert published.flows["orders"].prompts["ko"][0] == "아크메입니다."
    said = [action for action in Driver(dict(published.flows)).first if isinstance(action, actions.Say)]
    assert said[0].text == "Welcome to Acme."


def test_what_is_wrong_with_named_texts_is_told_where_it_stands() -> None:
    assert codes(FLOW.replace("text: hello", "text: helo")) == [("unknown_text", 7, "orders/flow.yaml")]
    again = FLOW.replace("nodes:", "texts: {hello: Hi}\nnodes:")
    assert codes(again) == [("duplicate_text", 2, "shared/texts.yaml")]
    loop = FLOW.replace("nodes:", "texts: {a: {text: a}, b: Hi}\nnodes:")
    assert [code for code, _, _ in codes(loop)] == ["unknown_text"]
    listed = load({**files(), "shared/texts.yaml": "texts: [a]\n"}).errors
    assert "shape" in {problem.code for problem in listed}


def test_another_text_in_a_fragment_is_another_version() -> None:
    one, other = found().published, load({**files(), "shared/texts.yaml": TEXTS.replace("Welcome", "Hi")}).published
    assert one is not None
    assert other is not None
    assert one.version != other.version


def test_words_are_spoken_as_the_lexicon_says_and_written_as_they_were() -> None:
    words = {"shared__pronounce": "en: {Acme: ack me, SQL: S Q L}\n", "orders__pronounce": "en: {sql: sequel}\n"}
    published = found(**words).published
    assert published is not None
    flow = published.flows["orders"]
    assert flow.prompts["en"][:2] == ["Welcome to ack me.", "Your sequel number?"]
    assert flow.prompts["ko"][0] == "아크메입니다."
    assert "ack me says" in beginnings(flow, "en")
    first, second = (action for action in Driver({"orders": flow}).first if isinstance(action, actions.Say))
    assert (first.text, first.spoken) == ("Welcome to Acme.", "Welcome to ack me.")
    assert (second.text, second.spoken) == ("Your SQL number?", "Your sequel number?")
    bare = found().published
    assert bare is not None
    assert published.version != bare.version


def test_the_cache_s_key_is_that_of_what_is_spoken(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / f"{prompt_key('Welcome to ack me.', 'en')}.raw").write_bytes(b"\1\0" * 400)
    (folder / f"{prompt_key('Welcome to ack me.', 'en')}.json").write_text('{"sources": ["piper"]}')
    cache = PromptCache(folder)
    cache.scan()
    say = actions.Say(id=1, text="Welcome to Acme.", language="en")
    assert cache.find(say, "orders") is None
    assert (
        cache.find(actions.Say(id=1, text=say.text, spoken="Welcome to ack me.", language="en"), "orders") is not None
    )


@pytest.mark.parametrize(
    ("text", "words", "aloud"),
    [
        ("ACME and Acmes", {"acme": "ack me"}, "ack me and Acmes"),
        ("New York, York", {"york": "yorck", "new york": "noo yorck"}, "noo yorck, yorck"),
        ("아크메는 크다", {"아크메": "애크미"}, "애크미는 크다"),
        ("a.b (c)", {"a.b": "ay dot bee"}, "ay dot bee (c)"),
        ("one two", {"one": "two", "two": "one"}, "two one"),
        ("as it is", {}, "as it is"),
    ],
)
def test_whole_words_longest_first_and_once(text: str, words: dict[str, str], aloud: str) -> None:
    assert spoken(text, words) == aloud


def test_a_wrong_lexicon_is_told_with_its_place() -> None:
    for text, code in (
        ("en: [a]\n", "shape"),
        ("[a]\n", "shape"),
        ("xx: {a: b}\n", "unknown_language"),
        ("en: {a: {b: c}}\n", "value"),
        ('en: {a: "{caller.number}"}\n', "value"),
    ):
        (problem,) = load(files(orders__pronounce=text)).errors
        assert (problem.code, problem.file, problem.line) == (code, "orders/pronounce.yaml", 1), text
        assert problem.mend
