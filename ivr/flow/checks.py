"""What must hold in a flow beyond the shape of its parts: every check is a function here or in checks_texts.py."""

from collections.abc import Iterator

from ivr.flow import holidays
from ivr.flow.checks_advice import advice
from ivr.flow.checks_options import commands, options, same_words, ways_out
from ivr.flow.checks_texts import texts
from ivr.flow.examples import Nlu
from ivr.flow.graph import certain_on_entry, edges, endings, reachable, silent_loops
from ivr.flow.models import Flow, FlowFile, Lines
from ivr.flow.names import SCOPES, known
from ivr.flow.nodes.base import VERIFIED
from ivr.flow.nodes.hours import Hours
from ivr.flow.path import Path
from ivr.flow.problems import Problem, did_you_mean, warning
from ivr.flow.reading import Draft
from ivr.flow.scalars import Means
from ivr.flow.source import Source
from ivr.flow.walk import Leaf, walk
from ivr.language.table import LANGUAGES


class Scene:
    """What the checks of one flow look at."""

    def __init__(self, draft: Draft, nlu: dict[str, Nlu], lines: Lines | None) -> None:
        self.draft = draft
        self.nlu = nlu
        self.lines = lines
        self.languages = [str(code) for code in draft.top.get("languages", ("en",))]
        sensitive = bool(draft.top.get("sensitive"))
        self.known = known(str(draft.top.get("flow", "")), draft.nodes, nlu, lines, sensitive)
        self.known.values |= draft.values | {str(name) for name in draft.top.get("takes", ())}

    def leaves(self) -> Iterator[tuple[Source, Path, str, Leaf]]:
        """(file, path before the leaf's own, node or empty, leaf) of the whole flow."""
        for leaf in walk(FlowFile.model_construct(**self.draft.top)):
            yield self.draft.source, (), "", leaf
        for name, node in self.draft.nodes.items():
            for leaf in walk(node):
                yield self.draft.at(name), ("nodes", name), name, leaf


def flow(draft: Draft, nlu: dict[str, Nlu], lines: Lines | None) -> list[Problem]:
    """Every problem of one flow. What needs the whole graph is checked once all its parts can be read."""
    scene = Scene(draft, nlu, lines)
    found = [
        *_languages(scene),
        *_holidays(scene),
        *_mends(scene),
        *_forgets(scene),
        *_references(scene),
        *_names(scene),
        *options(scene),
        *commands(scene),
    ]
    found += [*same_words(scene), *ways_out(scene), *advice(scene)]
    whole = None
    if not any(problem.severity == "error" for problem in [*draft.problems, *found]) and {"flow", "start"} <= set(
        draft.top
    ):
        whole = Flow.model_construct(**{**_defaults(), **draft.top, "nodes": draft.nodes})
        found += _graph(scene, whole)
    certain = certain_on_entry(whole, list(edges(whole))) if whole else None
    return found + list(texts(scene, certain))


def _defaults() -> dict[str, object]:
    return {name: info.get_default(call_default_factory=True) for name, info in Flow.model_fields.items()}


def _languages(scene: Scene) -> Iterator[Problem]:
    for n, code in enumerate(scene.languages):
        if code not in LANGUAGES:
            yield scene.draft.source.problem(
                ("languages", n),
                "unknown_language",
                f"there is no language {code!r} here",
                f"there are {', '.join(LANGUAGES)}",
            )


def _references(scene: Scene) -> Iterator[Problem]:
    """Nodes, intents, destinations and languages that are named exist."""
    intents = {name for one in scene.nlu.values() for name in one.intents}
    destinations = set(scene.lines.destinations) if scene.lines else set()
    tables = {
        Means.NODE: ("node", scene.draft.names, "there are no nodes"),
        Means.INTENT: ("intent", intents, "write examples of it in nlu.yml"),
        Means.DESTINATION: ("destination", destinations, "name it in lines.yaml: destinations: {name: sip:...}"),
        Means.LANGUAGE: ("language", set(scene.languages), "name it in `languages:`"),
    }
    for source, base, _, leaf in scene.leaves():
        if leaf.means not in tables or leaf.path[0] == "languages":
            continue
        word, existing, otherwise = tables[leaf.means]
        if leaf.value in existing:
            continue
        mend = did_you_mean(leaf.value, existing, otherwise) if existing else otherwise
        yield source.problem((*base, *leaf.path), f"unknown_{word}", f"there is no {word} {leaf.value!r}", mend)
    yield from _queries(scene)
    yield from _intents(scene)


def _holidays(scene: Scene) -> Iterator[Problem]:
    for name, node in scene.draft.nodes.items():
        if isinstance(node, Hours) and node.holidays and not holidays.known(node.holidays):
            message = f"no holidays are known for {node.holidays!r}"
            mend = "write a country, US, or a part of one, US-NY"
            yield scene.draft.at(name).problem(("nodes", name, "holidays"), "unknown_holidays", message, mend)


def _mends(scene: Scene) -> Iterator[Problem]:
    """What a `confirm` mends is a slot of a `collect`."""
    slots = {str(name) for node in scene.draft.nodes.values() for name in getattr(node, "slots", {})}
    for name, node in scene.draft.nodes.items():
        for n, slot in enumerate(getattr(node, "mends", ())):
            if slot not in slots:
                mend = did_you_mean(slot, slots, "ask for it in a collect")
                path = ("nodes", name, "mends", n)
                yield scene.draft.at(name).problem(path, "unknown_slot", f"there is no slot {slot!r}", mend)


def _forgets(scene: Scene) -> Iterator[Problem]:
    """What a `set` forgets is a value of the flow."""
    for name, node in scene.draft.nodes.items():
        for n, value in enumerate(getattr(node, "forget", ())):
            if value not in scene.known.values:
                mend = did_you_mean(value, scene.known.values, "name a slot, or what a node saves")
                path = ("nodes", name, "forget", n)
                yield scene.draft.at(name).problem(path, "unknown_name", f"there is no value {value!r}", mend)


def _queries(scene: Scene) -> Iterator[Problem]:
    """`on_caller_hangup` names queries and messages to send."""
    for source, base, _, leaf in scene.leaves():
        node = scene.draft.nodes.get(str(leaf.value)) if leaf.path[0] == "on_caller_hangup" else None
        if node is not None and node.type not in ("query", "send"):
            message = f"{leaf.value!r} is a {node.type}; only queries and send run after the caller hung up"
            yield source.problem((*base, *leaf.path), "not_a_query", message)


def _intents(scene: Scene) -> Iterator[Problem]:
    """Intents have examples in every language; those that nobody uses are noticed."""
    used: dict[str, tuple[Source, Path]] = {}
    for source, base, _, leaf in scene.leaves():
        if leaf.means is Means.INTENT:
            used.setdefault(leaf.value, (source, (*base, *leaf.path)))
    for code, one in scene.nlu.items():
        for name, (source, path) in used.items():
            if name not in one.intents and any(name in other.intents for other in scene.nlu.values()):
                message = f"intent {name!r} has no examples in {code!r}"
                mend = "add them to its nlu file, or callers can only use keys for it"
                yield warning(source.problem(path, "no_examples", message, mend))
        for name in one.intents:
            if name not in used:
                message = f"intent {name!r} ({code}) has examples, but nothing in the flow listens for it"
                line = next((example.line for example in one.intents[name]), 0)
                yield warning(Problem(one.file or scene.draft.source.file, line, 1, "unused_intent", message))


def _names(scene: Scene) -> Iterator[Problem]:
    """Slots and saved values do not hide scopes and can be written in texts."""
    for source, base, _, leaf in scene.leaves():
        if leaf.means is not Means.VALUE:
            continue
        if leaf.value in SCOPES or leaf.value == "item" or leaf.value in ("confirm", "intent", "value"):
            message = f"{leaf.value!r} has a meaning of its own and cannot name a value"
            yield source.problem((*base, *leaf.path), "reserved_name", message, "choose another name", key=leaf.is_key)
        elif not leaf.value.isidentifier() or not leaf.value.isascii():
            message = f"{leaf.value!r} cannot name a value"
            yield source.problem((*base, *leaf.path), "name", message, "use letters, digits and _", key=leaf.is_key)


def _graph(scene: Scene, whole: Flow) -> Iterator[Problem]:
    links = list(edges(whole))
    here = reachable(whole.start, links) | ({whole.limits.next} if whole.limits.next else set())
    ends = endings(whole)
    for name in whole.nodes:
        source = scene.draft.at(name)
        if name not in here:
            message = f"no call ever comes to {name!r}"
            yield warning(
                source.problem(("nodes", name), "unreachable", message, "lead there, or take it out", key=True)
            )
        elif not reachable(name, links) & ends:
            message = f"from {name!r} no call ever ends or reaches a human"
            yield source.problem(("nodes", name), "no_end", message, "lead to a hangup or transfer", key=True)
    certain = certain_on_entry(whole, links)
    for name, node in whole.nodes.items():
        if node.requires and name in here and VERIFIED not in certain[name]:
            message = f"{name!r} requires a verified caller, but a call can come there without"
            mend = "lead there only behind a query with `verifies: true` and `on: {error: ...}`"
            yield scene.draft.at(name).problem(("nodes", name, "requires"), "not_verified", message, mend)
    for circle in silent_loops(whole, links):
        if circle[0] in here:
            message = f"{' -> '.join([*circle, circle[0]])} goes round without ever listening"
            yield scene.draft.at(circle[0]).problem(
                ("nodes", circle[0]), "silent_loop", message, "ask something in between", key=True
            )
