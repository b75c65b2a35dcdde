"""`answers.md`: the knowledge base of a flow, one file a language (`answers.ko.md`).

A heading is a question; what stands below it is the answer, said as it is written. Several headings in
a row ask the same.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"(\*\*|__|`|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w))")
_LIST = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")


@dataclass(frozen=True)
class Entry:
    """One answer."""

    questions: tuple[str, ...]
    """At least one; the first is its title."""
    text: str
    """One paragraph, without markup."""


Knowledge = Mapping[str, tuple[Entry, ...]]
"""language -> answers."""


def read_answers(text: str) -> tuple[list[Entry], list[tuple[int, str]]]:
    """The answers, and what is wrong: (line, message). What stands before the first heading is a remark."""
    hidden = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text.removeprefix("\ufeff"))
    entries: list[Entry] = []
    wrong: list[tuple[int, str]] = []
    questions: list[str] = []
    lines: list[str] = []
    at = 0

    def close() -> None:
        nonlocal questions, lines
        if questions and lines:
            entries.append(Entry(tuple(questions), " ".join(lines)))
            questions, lines = [], []

    for number, line in enumerate(hidden.splitlines(), 1):
        heading = _HEADING.fullmatch(line.strip())
        if heading:
            close()
            at = number
            if heading[1]:
                questions.append(spoken(heading[1]))
        elif questions and (said := spoken(line)):
            lines.append(said)
    close()
    if questions:
        wrong.append((at, f"there is no answer below {questions[-1]!r}"))
    return entries, wrong


def spoken(line: str) -> str:
    """A line of Markdown as words."""
    return re.sub(r"\s+", " ", _MARKS.sub("", _LINK.sub(r"\1", _LIST.sub("", line)))).strip()
