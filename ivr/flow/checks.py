"""What must hold in a flow beyond the shape of its parts: every check is a function here or in checks_texts.py."""

from collections.abc import Iterator, Sequence

from ivr.flow.checks_texts import texts
from ivr.flow.compiler import AGENT
from ivr.flow.examples import Nlu
from ivr.flow.graph import certain_on_entry, edges, endings, reachable, silent_loops
from ivr.flow.models import Anywhere, Flow, FlowFile, Lines, Option
from ivr.flow.names import SCOPES, known
from ivr.flow.path import Path
from ivr.flow.problems import Problem, did_you_mean
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
        self.known.values |= draft.values

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
    found = [*_languages(scene), *_references(scene), *_names(scene), *_options(scene), *_commands(scene)]
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


def _queries(scene: Scene) -> Iterator[Problem]:
    """`on_caller_hangup` names queries."""
    for source, base, _, leaf in scene.leaves():
        node = scene.draft.nodes.get(str(leaf.value)) if leaf.path[0] == "on_caller_hangup" else None
        if node is not None and node.type != "query":
            message = f"{leaf.value!r} is a {node.type}; only queries run after the caller hung up"
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
                yield _warning(source.problem(path, "no_examples", message, mend))
        for name in one.intents:
            if name not in used:
                message = f"intent {name!r} ({code}) has examples, but nothing in the flow listens for it"
                yield _warning(Problem(scene.draft.source.file, 0, 0, "unused_intent", message))


def _names(scene: Scene) -> Iterator[Problem]:
    """Slots and saved values do not hide scopes and can be written in texts."""
    for source, base, _, leaf in scene.leaves():
        if leaf.means is not Means.VALUE:
            continue
        if leaf.value in SCOPES or leaf.value in ("confirm", "intent", "value"):
            message = f"{leaf.value!r} has a meaning of its own and cannot name a value"
            yield source.problem((*base, *leaf.path), "reserved_name", message, "choose another name", key=leaf.is_key)
        elif not leaf.value.isidentifier() or not leaf.value.isascii():
            message = f"{leaf.value!r} cannot name a value"
            yield source.problem((*base, *leaf.path), "name", message, "use letters, digits and _", key=leaf.is_key)


def _options(scene: Scene) -> Iterator[Problem]:
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
                yield _warning(source.problem(path, "no_label", message, "write label: the status of an order"))
        if options and not any(option.key for option in options):
            message = "no option of this menu has a key, so it cannot be used when speech fails"
            yield _warning(source.problem(("nodes", name, "options"), "no_key", message, 'write key: "1"'))


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


def _commands(scene: Scene) -> Iterator[Problem]:
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


def _graph(scene: Scene, whole: Flow) -> Iterator[Problem]:
    links = list(edges(whole))
    here = reachable(whole.start, links) | ({whole.limits.next} if whole.limits.next else set())
    ends = endings(whole)
    for name in whole.nodes:
        source = scene.draft.at(name)
        if name not in here:
            message = f"no call ever comes to {name!r}"
            yield _warning(
                source.problem(("nodes", name), "unreachable", message, "lead there, or take it out", key=True)
            )
        elif not reachable(name, links) & ends:
            message = f"from {name!r} no call ever ends or reaches a human"
            yield source.problem(("nodes", name), "no_end", message, "lead to a hangup or transfer", key=True)
    for circle in silent_loops(whole, links):
        if circle[0] in here:
            message = f"{' -> '.join([*circle, circle[0]])} goes round without ever listening"
            yield scene.draft.at(circle[0]).problem(
                ("nodes", circle[0]), "silent_loop", message, "ask something in between", key=True
            )


def _warning(problem: Problem) -> Problem:
    return Problem(problem.file, problem.line, problem.column, problem.code, problem.message, problem.mend, "warning")
