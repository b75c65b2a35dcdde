"""Flows that call each other: the called flow is there, gets what it takes, and returns what is led by."""

from collections.abc import Iterator, Mapping

from ivr.flow.models import Lines
from ivr.flow.nodes.call import Call
from ivr.flow.nodes.return_ import ReturnNode
from ivr.flow.problems import Problem, did_you_mean, warning
from ivr.flow.reading import Draft


def calls(draft: Draft, drafts: Mapping[str, Draft]) -> Iterator[Problem]:
    """Problems of one flow's `call` nodes; `drafts`: every flow that is written."""
    for name, node in draft.nodes.items():
        if isinstance(node, Call):
            called = drafts.get(str(node.flow))
            source, path = draft.at(name), ("nodes", name)
            if called is None:
                mend = did_you_mean(str(node.flow), drafts, "name a flow's folder")
                yield source.problem((*path, "flow"), "unknown_flow", f"there is no flow {node.flow!r}", mend)
            else:
                yield from _call(draft, name, node, called)


def _call(draft: Draft, name: str, node: Call, called: Draft) -> Iterator[Problem]:
    source, path = draft.at(name), ("nodes", name)
    takes = {str(value) for value in called.top.get("takes", ())}
    for value in sorted(takes - set(node.with_)):
        message = f"flow {node.flow!r} takes {value!r}, which is not given"
        yield source.problem(path, "not_given", message, f'write with: {{{value}: "..."}}', key=True)
    for value in node.with_:
        if value not in takes:
            message = f"flow {node.flow!r} takes no {value!r}"
            mend = did_you_mean(value, takes, f"write `takes: [{value}]` in it")
            yield source.problem((*path, "with", value), "not_taken", message, mend, key=True)
    returns = [inner for inner in called.nodes.values() if isinstance(inner, ReturnNode)]
    if not returns and called.nodes:
        message = f"flow {node.flow!r} never returns"
        yield warning(source.problem((*path, "flow"), "never_returns", message, "give it a node of type return"))
    words = {inner.as_ for inner in returns if inner.as_}
    for word in node.on:
        if word not in words:
            mend = did_you_mean(word, words, f"write `as: {word}` in one of its returns")
            yield source.problem(
                (*path, "on", word), "never_returned", f"flow {node.flow!r} never returns as {word!r}", mend, key=True
            )
    here = {str(code) for code in draft.top.get("languages", ("en",))}
    there = {str(code) for code in called.top.get("languages", ("en",))}
    if lacking := sorted(here - there):
        message = f"flow {node.flow!r} does not speak {', '.join(lacking)}"
        yield source.problem((*path, "flow"), "language_lacking", message, "add it to its `languages:`")


def lines_of(lines: Lines | None, drafts: Mapping[str, Draft]) -> Iterator[Problem]:
    """A flow that takes values cannot answer a line: nobody gives them."""
    for name, line in (lines.lines if lines else {}).items():
        called = drafts.get(line.flow)
        if called is not None and called.top.get("takes"):
            message = f"line {name!r} answers with flow {line.flow!r}, which takes values that no line gives"
            yield called.source.problem(("takes",), "taken_by_line", message, "call it from a flow of its own")


def needed(draft: Draft) -> set[str]:
    """Flows that this one calls."""
    return {str(node.flow) for node in draft.nodes.values() if isinstance(node, Call)}
