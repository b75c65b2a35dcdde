"""Options, `anywhere` and commands: no two claim the same, each can be taken, each leads somewhere."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ivr.flow.compiler import AGENT
from ivr.flow.models import Anywhere, Node, Option, Overrides
from ivr.flow.path import Path
from ivr.flow.problems import Problem, warning
from ivr.flow.source import Source
from ivr.language.table import LANGUAGES
from ivr.language.words import words

if TYPE_CHECKING:
    from ivr.flow.checks import Scene


def options(scene: "Scene") -> Iterator[Problem]:
    """Keys, intents and phrases that two options of one question claim; options that cannot be taken by key."""
    top: tuple[Anywhere, ...] = scene.draft.top.get("anywhere", ())
    yield from _collisions(scene.draft.source, ("anywhere",), list(top), {}, scene.languages)
    keys = {entry.key: entry.name for entry in top if entry.key}
    for name, node in scene.draft.nodes.items():
        source = scene.draft.at(name)
        options = [option for question in node.questions() for option in question.options]
        taken = keys if node.anywhere is True else {}
        yield from _collisions(source, ("nodes", name, "options"), options, taken, scene.languages)
        for n, option in enumerate(options):
            path: Path = ("nodes", name, "options", n)
            if option.key and not option.label:
                message = "this option has a key but no label, so the keypad fallback cannot read it"
                yield warning(source.problem(path, "no_label", message, "write label: the status of an order"))
        if options and not any(option.key for option in options):
            message = "no option of this menu has a key, so it cannot be used when speech fails"
            yield warning(source.problem(("nodes", name, "options"), "no_key", message, 'write key: "1"'))


def _collisions(
    source: Source, base: Path, options: Sequence[Option | Anywhere], taken: dict[str, str], languages: list[str]
) -> Iterator[Problem]:
    seen: dict[tuple[str, str], int] = {}
    for n, option in enumerate(options):
        claims = [("key", option.key), ("intent", option.intent), ("command", getattr(option, "command", None))]
        claims += [
            (f"phrase ({code})" if option.phrases and code in option.phrases.root else "phrase", phrase.lower())
            for code in languages
            for phrase in (option.phrases.of(code) if option.phrases else ())
        ]
        for kind, value in dict.fromkeys(claims):
            path: Path = (*base, n, kind.split()[0] if not kind.startswith("phrase") else "phrases")
            if value and kind == "key" and value in taken:
                message = f"key {value!r} already means {taken[value]!r} anywhere"
                yield source.problem(
                    path, "key_twice", message, "choose another key, or `anywhere: {except: [...]}` here"
                )
            if not value or (kind, value) not in seen:
                seen[(kind, value or "")] = n
                continue
            if seen[(kind, value)] != n:
                line = source.place((*base, seen[(kind, value)]))[0]
                code = f"{path[-1]}_twice"
                yield source.problem(
                    path, code, f"{kind} {value!r} is taken by the option in line {line}", "choose another"
                )


def commands(scene: "Scene") -> Iterator[Problem]:
    """`agent` needs somewhere to go."""
    top = scene.draft.top
    entries: tuple[Anywhere, ...] = top.get("anywhere", ())
    named = {entry.command: n for n, entry in enumerate(entries)}
    if "agent" in named and entries[named["agent"]].next is None and AGENT not in scene.draft.names:
        message = "the command agent leads nowhere"
        yield scene.draft.source.problem(
            ("anywhere", named["agent"]), "no_agent", message, "write next: and a transfer node"
        )
    elif "agent" in top.get("commands", ()) and "agent" not in named and AGENT not in scene.draft.names:
        message = "the command agent leads nowhere: there is no node 'agent'"
        mend = "add the node agent, or anywhere: [{command: agent, next: ...}]"
        yield scene.draft.source.problem(("commands",), "no_agent", message, mend)


def same_words(scene: "Scene") -> Iterator[Problem]:
    """A sentence that is an example of two options of one menu: callers who say it get the first."""
    for name, node in scene.draft.nodes.items():
        for question in node.questions():
            for code in scene.languages:
                if code in LANGUAGES:
                    yield from _same(scene, name, node, question.options, code)


def _same(scene: "Scene", name: str, node: Node, offered: Sequence[Option], code: str) -> Iterator[Problem]:
    seen: dict[tuple[str, ...], tuple[int, str]] = {}
    told: set[tuple[int, int]] = set()
    for n, option in enumerate(offered):
        said = list(option.phrases.of(code)) if option.phrases else []
        if option.intent and code in scene.nlu:
            said += [example.text for example in scene.nlu[code].intents.get(option.intent, ())]
        for text in said:
            first, _ = seen.setdefault(tuple(words(text, code)), (n, text))
            if first != n and (first, n) not in told:
                told.add((first, n))
                message = f"{text!r} ({code}) chooses {offered[first].name!r} and {option.name!r}"
                found = scene.draft.at(name).problem(
                    ("nodes", name, "options", n), "same_words", message, "keep it in one"
                )
                yield warning(found)


def ways_out(scene: "Scene") -> Iterator[Problem]:
    """The last step of an escalation stays: when it leads nowhere, a caller who cannot be heard is asked for ever."""
    top = scene.draft.top.get("defaults")
    places: list[tuple[Source, Path, Overrides]] = [(scene.draft.source, ("defaults",), top)] if top else []
    places += [(scene.draft.at(name), ("nodes", name), node) for name, node in scene.draft.nodes.items()]
    for source, base, settings in places:
        for kind in ("no_input", "no_match"):
            steps = getattr(settings, kind)
            if steps and not (steps[-1].next or steps[-1].hangup):
                message = f"the last step of {kind} leads nowhere: the question is put for ever"
                path = (*base, kind, len(steps) - 1)
                yield warning(source.problem(path, "no_way_out", message, "end with {next: agent} or {hangup: true}"))
