"""SQL of a query node: `:name` stands for a value and for nothing else. Pure.

Values never become part of the statement's text: each `:name` becomes a parameter of the prepared statement. Quoted
texts, quoted names, dollar quotes, comments and casts (`::date`) are left as they are.
"""

import re
from dataclasses import dataclass


class StatementError(ValueError):
    """The statement cannot be used; the text says what to mend."""


@dataclass(frozen=True)
class Statement:
    """`text` with psycopg's placeholders, and the names that it needs, in order of first use."""

    text: str
    names: tuple[str, ...]


_TOKEN = re.compile(
    r"""
    (?P<skip>
        --[^\n]*
      | [eE]'(?:\\.|''|[^'\\])*'
      | '(?:''|[^'])*'
      | "(?:""|[^"])*"
      | \$(?P<tag>[A-Za-z_]\w*|)\$.*?\$(?P=tag)\$
      | ::
      | :=
    )
  | (?P<comment>/\*)
  | :(?P<name>[A-Za-z_]\w*)
  | (?P<open>['"])
  | (?P<end>;)
  | (?P<other>[\w$]+|.)
    """,
    re.VERBOSE | re.DOTALL,
)


def compile_statement(text: str) -> Statement:
    """Raises StatementError for an open quote or comment, and for a second statement behind `;`."""
    parts: list[str] = []
    names: list[str] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None
        at = match.end()
        if match["open"]:
            raise StatementError(f"a quote ({match['open']}) is opened and not closed")
        if match["comment"]:
            at = _comment_end(text, at)
            parts.append(" ")
        elif match["name"]:
            if match["name"] not in names:
                names.append(match["name"])
            parts.append(f"%({match['name']})s")
        elif match["end"]:
            if text[at:].strip():
                raise StatementError("one statement only: nothing may follow `;`")
        else:
            parts.append(match[0].replace("%", "%%"))
    if not "".join(parts).strip():
        raise StatementError("the statement is empty")
    return Statement("".join(parts), tuple(names))


def _comment_end(text: str, at: int) -> int:
    """Where a comment ends; SQL's comments nest."""
    depth = 1
    for match in re.compile(r"/\*|\*/").finditer(text, at):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    raise StatementError("a comment (/*) is opened and not closed")


def names(text: str) -> list[str]:
    """Names of the values that the statement needs. Raises StatementError."""
    return list(compile_statement(text).names)
