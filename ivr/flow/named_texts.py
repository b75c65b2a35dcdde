"""Texts with a name, of a flow or of its fragments: `texts: {closed: {en: ...}}`, used as `say: {text: closed}`."""

from collections.abc import Iterator

from ivr.flow.models import FlowFile
from ivr.flow.path import Path
from ivr.flow.problems import did_you_mean
from ivr.flow.reading import Draft
from ivr.flow.reading import read as read_model
from ivr.flow.source import Source
from ivr.flow.text import Text
from ivr.flow.walk import walk

USE = "text"
"""The key of a use; no language is called so."""


def read(draft: Draft, source: Source, texts: object) -> None:
    """`texts:` of a fragment; the flow's own stand in its top."""
    if not isinstance(texts, dict):
        draft.problems.append(
            source.problem(("texts",), "shape", "texts must be a mapping", "write texts: {name: ...}")
        )
        return
    own = draft.top.get("texts", {})
    for name, value in texts.items():
        text, problems = read_model(Text, source, ("texts", name), value)
        draft.problems += problems
        if name in own or name in draft.texts:
            message = f"text {name!r} exists already"
            draft.problems.append(
                source.problem(("texts", name), "duplicate_text", message, "give one of them another name", key=True)
            )
        elif text is not None:
            draft.texts[str(name)] = text


def resolve(draft: Draft) -> None:
    """Put the texts where they are used."""
    known = {**draft.texts, **{str(name): text for name, text in draft.top.get("texts", {}).items()}}
    for source, path, text in _uses(draft):
        name = text.root[USE]
        if name in known and set(known[name].root) != {USE}:
            text.root = dict(known[name].root)
            continue
        mend = did_you_mean(name, known, "write it under texts: of the flow or of a fragment that it includes")
        text.root = {"": "-"}  # one mistake is told once
        draft.problems.append(source.problem(path, "unknown_text", f"there is no text {name!r}", mend))


def _uses(draft: Draft) -> Iterator[tuple[Source, Path, Text]]:
    places: list[tuple[Source, Path, object]] = [(draft.source, (), FlowFile.model_construct(**draft.top))]
    places += [(draft.at(name), ("nodes", name), node) for name, node in draft.nodes.items()]
    for source, base, part in places:
        for leaf in walk(part):
            if isinstance(leaf.value, Text) and set(leaf.value.root) == {USE}:
                yield source, (*base, *leaf.path), leaf.value
