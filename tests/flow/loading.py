"""Small flows for tests: a whole, clean one, and a way to load texts."""

from ivr.flow.loader import Loaded, load
from ivr.flow.problems import Problem

LINES = """\
lines:
  main: {numbers: ["+18005550100"], flow: small, config: {shop: Acme}}
destinations: {agents: "sip:agents@pbx.example"}
"""

CLEAN = """\
flow: small
start: ask
nodes:
  ask:
    type: menu
    say: What do you want?
    options:
      - {phrases: [tea], key: "1", label: tea, next: which}
      - {phrases: [a human], key: "2", label: a human, next: agent}
  which:
    type: collect
    slots:
      cups: {field: digits, length: 1..2, say: How many cups?}
    next: bye
  agent: {type: transfer, to: agents, on_fail: bye}
  bye: {type: hangup, say: "Goodbye {cups:digits|then}."}
"""


def load_flow(text: str, **more: str | bytes) -> Loaded:
    """`more`: path with `/` as `__` and `.` as `_dot_`: `small__nlu_dot_yml=...`."""
    files: dict[str, str | bytes] = {"small/flow.yaml": text, "lines.yaml": LINES}
    files |= {path.replace("__", "/").replace("_dot_", "."): content for path, content in more.items()}
    return load(files)


def found(text: str, **more: str | bytes) -> list[Problem]:
    return load_flow(text, **more).problems


def places(text: str, code: str, **more: str | bytes) -> list[tuple[int, int]]:
    """Line and column of every problem of this kind."""
    return [(problem.line, problem.column) for problem in found(text, **more) if problem.code == code]
