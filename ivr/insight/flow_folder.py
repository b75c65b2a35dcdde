"""A folder of flows: read from disk, compiled, and what understanding and speaking need of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from ivr.flow.answers import Entry
    from ivr.flow.loader import Loaded
    from ivr.flow.models import Flow, Line, Published
    from ivr.flow.source import Unread
    from ivr.nlu.training import TrainingSet
    from ivr.services.flow_watch import Compiled
    from ivr.tts.prompt import Prompt

log = structlog.get_logger()


def read_flows(folder: Path) -> "dict[str, bytes | Unread]":
    """The files of a flows folder by path relative to it, as the loader takes them. Raises OSError."""
    from ivr.services.flow_files import read_folder

    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    return read_folder(folder)


def last_good(state: Path | None) -> "Published | None":
    """What media was told last."""
    from ivr.flow.models import Published

    path = state / "flows" / "current.json" if state is not None else None
    if path is None or not path.is_file():
        return None
    try:
        return Published.model_validate_json(path.read_bytes())
    except (OSError, ValueError):
        log.warning("the last published flows cannot be read", folder=str(path.parent))
        return None


def load_flows(folder: Path, state: Path | None = None) -> "Loaded":
    """Read, check and compile; with `state` a flow with mistakes goes on in its last good version."""
    from ivr.flow.loader import load

    return load(read_flows(folder), last_good(state))


def compile_flows(folder: Path, state: Path | None = None) -> "Compiled":
    """What the services process publishes."""
    from ivr.services.flow_watch import Compiled

    loaded = load_flows(folder, state)
    published = loaded.published
    return Compiled(
        json=published.to_json() if published else "",
        grammars=loaded.grammars,
        problems=[str(problem) for problem in loaded.errors],
        loaded=loaded,
    )


def _lines(published: "Published") -> "Iterator[tuple[Line, Flow]]":
    """Each line with the flow that answers it; without lines.yaml the sole flow's."""
    if published.lines is None:
        chosen = published.choose([])
        if chosen is not None:
            yield chosen[1], chosen[2]
        return
    for line in published.lines.lines.values():
        if line.flow in published.flows:
            yield line, published.flows[line.flow]


def training_sets(loaded: "Loaded") -> "list[TrainingSet]":
    """What understanding learns from, of every published flow."""
    from ivr.nlu.training import training_set

    published = loaded.published
    return [
        training_set(name, published.flows[name].version, nlu)
        for name, languages in loaded.nlu.items()
        for nlu in languages.values()
        if published and name in published.flows
    ]


def knowledge(loaded: "Loaded") -> "dict[tuple[str, str], dict[str, tuple[Entry, ...]]]":
    """(flow, version) -> language -> answers of its knowledge base."""
    flows = loaded.published.flows if loaded.published else {}
    return {(name, flows[name].version): found for name, found in loaded.answers.items() if name in flows}


def fixed_prompts(loaded: "Loaded", rate: float) -> "list[Prompt]":
    """What can be spoken before a caller needs it."""
    from ivr.flow.busy import announcement
    from ivr.tts.prompt import Prompt

    published = loaded.published
    flows = published.flows.values() if published else []
    busy = {announcement(published.lines, line, flow) for line, flow in _lines(published)} if published else set()
    return [Prompt(text=text, language=language, rate=rate) for text, language in sorted(busy)] + [
        Prompt(text=text, language=language, rate=rate)
        for flow in flows
        for language, texts in flow.prompts.items()
        for text in texts
    ]
