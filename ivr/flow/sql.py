"""SQL statements of flows: which values they take, and what they may be. No database here."""

import re

_SKIP = re.compile(
    r"""'(?:[^']|'')*'            # text
      | "(?:[^"]|"")*"            # quoted name
      | --[^\n]*                  # comment
      | /\*.*?\*/                 # comment
      | \$(\w*)\$.*?\$\1\$        # dollar-quoted text
      | ::                        # cast
    """,
    re.VERBOSE | re.DOTALL,
)
_NAME = re.compile(r"(?<![\w:]):([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)")


def bare(statement: str) -> str:
    """The statement with quoted texts and comments blanked, position by position."""
    return _SKIP.sub(lambda found: " " * len(found[0]), statement)


def names(statement: str) -> list[str]:
    """Names of the values that it takes, each once, in order."""
    return list(dict.fromkeys(_NAME.findall(bare(statement))))


def flat(statement: str) -> str:
    """The statement as the database side takes it: `:caller.number` becomes `:caller__number`."""
    blanked = bare(statement)
    out, last = [], 0
    for found in _NAME.finditer(blanked):
        out += [statement[last : found.start(1)], found[1].replace(".", "__")]
        last = found.end(1)
    return "".join(out) + statement[last:]


def trouble(statement: str, changes: bool) -> str:
    """Why a flow may not run it, as a sentence for its author; empty when it may."""
    text = bare(statement)
    body = text.strip().rstrip(";").strip()
    if ";" in body:
        return "a query is one statement; take out the ';' in its middle"
    first = (re.match(r"[A-Za-z]+", body) or [""])[0].lower()
    allowed = ("select", "with", "insert", "update", "delete", "call") if changes else ("select", "with")
    if first not in allowed:
        writes = first in ("insert", "update", "delete", "call")
        mend = "say `changes: true` for one that changes something" if writes else f"begin with {', '.join(allowed)}"
        return f"a query may not begin with {first or statement[:12]!r}; {mend}"
    if not changes and re.search(r"\b(insert|update|delete|merge|truncate|into)\b", body, re.IGNORECASE):
        return "this statement changes something; say `changes: true`"
    if re.search(r"\{[A-Za-z_]", text):
        return "values are written :name in SQL, never {name}"
    return ""
