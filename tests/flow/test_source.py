"""YAML's traps: each is an error at its line and column, with the mend."""

import pytest

from ivr.flow.source import DEEPEST, LARGEST, Unread, parse

TRAPS = [
    # text, line, column, code, part of the mend
    ("say: Press # now", 1, 12, "comment_in_text", "double quotes"),
    ("a: x y\nb: it's fine # no", 2, 14, "comment_in_text", "two spaces"),
    ("say: one\n  two # three", 2, 7, "comment_in_text", "double quotes"),
    ("a: {say: Sorry, try keys}", 1, 17, "comma", "double quotes"),
    ("say: {name|you}", 1, 7, "braces", '"{name|you}"'),
    ("say: {name}", 1, 7, "braces", '"{name}"'),
    ("{a}: b", 1, 1, "braces", "{name}"),
    ("if: !x", 1, 5, "tag", '"!x"'),
    ("if: !x && y", 1, 5, "tag", "double quotes"),
    ("key: *", 1, 7, "yaml", 'key: "*"'),
    ("key: *x", 1, 6, "yaml", "quotes"),
    ("a: &x 1\nb: *x", 1, 4, "anchor", "fragment"),
    ("a:\n", 1, 1, "empty_value", "leave the key out"),
    ("x: 1\na: # nothing", 2, 1, "empty_value", "leave the key out"),
    ("a: {b: , c: d}", 1, 5, "empty_value", "leave the key out"),
    ("a: 1\na: 2", 2, 1, "duplicate_key", "keep one"),
    ("say: {name} is here", 1, 13, "yaml", "double quotes"),
    ("say: Hello: world", 1, 11, "yaml", "double quotes"),
    ("a: [1, 2", 1, 9, "yaml", "not closed"),
    ('a: "x', 1, 6, "yaml", "quote"),
    ("a: @x", 1, 4, "yaml", "double quotes"),
    ("\tb: 1", 1, 1, "yaml", "spaces"),
    ("a: b\n---\nc: d", 2, 1, "yaml", "---"),
    ("a: 'caf\x00e'", 1, 8, "encoding", "take it out"),
    ("", 1, 1, "empty", ""),
    ("# only a comment", 1, 1, "empty", ""),
]


@pytest.mark.parametrize(("text", "line", "column", "code", "mend"), TRAPS, ids=[row[0][:20] for row in TRAPS])
def test_trap_is_told_with_its_place_and_mend(text: str, line: int, column: int, code: str, mend: str) -> None:
    problem = parse("f.yaml", text).problems[0]
    assert (problem.line, problem.column, problem.code) == (line, column, code)
    assert mend in problem.mend


@pytest.mark.parametrize(
    "scalar", ["012", "0123", "+14155550123", "yes", "no", "on", "off", "true", "1.50", "null", "~"]
)
def test_scalars_stay_what_was_written(scalar: str) -> None:
    source = parse("f.yaml", f"a: {scalar}\n{scalar}: b\nc: [{scalar}]")
    assert source.problems == []
    assert source.value == {"a": scalar, scalar: "b", "c": [scalar]}


@pytest.mark.parametrize("text", ["a: 'x' # why", "a: x  # why", "a: [x]  # why", "# first\na: x", 'a: "Press # now"'])
def test_comments_that_are_meant_are_comments(text: str) -> None:
    assert parse("f.yaml", text).problems == []


def test_places_of_keys_and_values() -> None:
    source = parse("f.yaml", "nodes:\n  ask:\n    say: hello\n    options:\n      - {key: '1'}\n")
    assert source.place(("nodes", "ask", "say")) == (3, 10)
    assert source.place(("nodes", "ask", "say"), key=True) == (3, 5)
    assert source.place(("nodes", "ask", "options", 0, "key")) == (5, 15)
    assert source.place(("nodes", "ask", "gone")) == (3, 5)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"a: caf\xe9", "encoding"),
        (b"\xff\xfea\x00", "encoding"),
        (b"x" * (LARGEST + 1), "too_large"),
        ("a: " + "[" * 5000, "too_deep"),
        ("a: " + "[" * (DEEPEST + 5) + "]" * (DEEPEST + 5), "too_deep"),
        (Unread("the file cannot be read: Permission denied"), "unreadable"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]", "anchor"),
    ],
    ids=["latin1", "utf16", "large", "bottomless", "deep", "unreadable", "billion laughs"],
)
def test_hostile_files_are_refused(data: bytes | str | Unread, code: str) -> None:
    assert parse("f.yaml", data).problems[0].code == code


def test_byte_order_mark_is_no_mistake() -> None:
    assert parse("f.yaml", b"\xef\xbb\xbfa: b").value == {"a": "b"}


def test_encoding_error_names_its_place() -> None:
    problem = parse("f.yaml", b"a: b\nc: caf\xe9").problems[0]
    assert (problem.line, problem.column) == (2, 7)
