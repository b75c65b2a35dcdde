"""Forms for people who fear YAML: what may be set in the common nodes, read from the text as it is typed.

What a form sets goes back by yaml_edit, which keeps comments; what no form has stays in the text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ivr.flow.nodes.table import NODE_TYPES
from ivr.flow.slot import Slot
from ivr.flow.source import parse

Kind = Literal["text", "line", "node", "choice", "phrases"]
Key = tuple[str, Kind, tuple[str, ...]]
"""Key of the file, kind, what may be chosen."""
FIELDS: tuple[str, ...] = get_args(Slot.model_fields["field"].annotation)
WHEN = ("always", "unsure", "never")
_SAY: Key = ("say", "text", ())
_NEXT: Key = ("next", "node", ())
FORMS: dict[str, tuple[Key, ...]] = {
    "say": (_SAY, _NEXT),
    "menu": (_SAY,),
    "collect": (_NEXT,),
    "confirm": (_SAY, ("yes", "node", ()), ("no", "node", ())),
    "hangup": (_SAY, ("outcome", "line", ())),
    "transfer": (_SAY, ("to", "line", ()), ("kind", "choice", ("blind", "attended", "queue")), ("on_fail", "node", ())),
    "language": (("to", "line", ()), _SAY, _NEXT),
    "hours": (
        ("holidays", "line", ()),
        ("timezone", "line", ()),
        _NEXT,
        ("closed", "node", ()),
        ("holiday", "node", ()),
    ),
    "record": (_SAY, ("max_length", "line", ()), ("mailbox", "line", ()), _NEXT),
}
OPTION: tuple[Key, ...] = (
    ("label", "text", ()), ("key", "line", ()), ("intent", "line", ()), ("phrases", "phrases", ()), _NEXT,
)  # fmt: skip
SLOT: tuple[Key, ...] = (
    _SAY, ("field", "choice", FIELDS), ("length", "line", ()), ("label", "text", ()), ("confirm", "choice", WHEN),
)  # fmt: skip
ADDED = ("say", "menu", "collect", "confirm", "transfer", "hangup")
"""Types that a form adds."""


@dataclass(frozen=True)
class Entry:
    """One thing to fill in."""

    path: tuple[str | int, ...]
    label: str
    kind: Kind
    value: str
    language: str = ""
    choices: tuple[str, ...] = ()
    whole: tuple[str | int, ...] = ()
    """One text serves all languages now: all of them are sent together, to this place."""
    hint: str = ""


@dataclass(frozen=True)
class Group:
    """The node itself, an option of it, a slot of it."""

    title: str
    path: tuple[str | int, ...]
    entries: list[Entry]


@dataclass(frozen=True)
class NodeForm:
    """Of one node."""

    node: str
    type: str
    nodes: list[str]
    """Names of all nodes."""
    groups: list[Group]
    known: bool
    """There is a form for this type."""
    options: int = -1
    """Options that it has; -1: it has no options."""


def node_form(file: str, text: str, node: str) -> NodeForm:
    """`node` empty or unknown: the first one. Never raises: what cannot be read has no form."""
    value = parse(file, text).value
    root = value if isinstance(value, dict) else {}
    nodes = root.get("nodes")
    written: dict[str, Any] = nodes if isinstance(nodes, dict) else {}
    name = node if node in written else next(iter(written), "")
    own = written.get(name)
    if not isinstance(own, dict):
        return NodeForm(name, "", list(written), [], False)
    kind = str(own.get("type", ""))
    listed = root.get("languages")
    languages = [str(it) for it in listed] if isinstance(listed, list) else ["en"]
    read = _Reader(languages, list(written), kind)
    groups = [Group("", ("nodes", name), list(read.entries(FORMS.get(kind, ()), own, ("nodes", name))))]
    options = own.get("options") if kind == "menu" else None
    for n, option in enumerate(options if isinstance(options, list) else []):
        path = ("nodes", name, "options", n)
        if isinstance(option, dict):
            groups.append(Group(f"option {n + 1}", path, list(read.entries(OPTION, option, path))))
    slots = own.get("slots") if kind == "collect" else None
    for slot, one in (slots if isinstance(slots, dict) else {}).items():
        inner = ("nodes", name, "slots", str(slot))
        if isinstance(one, dict):
            groups.append(Group(str(slot), inner, list(read.entries(SLOT, one, inner))))
    count = -1 if kind != "menu" or "options_from" in own else len(options) if isinstance(options, list) else 0
    return NodeForm(name, kind, list(written), groups, kind in FORMS, count)


class _Reader:
    """The values of one flow."""

    def __init__(self, languages: list[str], nodes: list[str], kind: str) -> None:
        self._languages = languages
        self._nodes = tuple(nodes)
        model = NODE_TYPES.get(kind)
        self._hints = {key: it.description or "" for key, it in model.model_fields.items()} if model else {}

    def entries(self, keys: tuple[Key, ...], own: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[Entry]:
        for key, kind, choices in keys:
            value, hint = own.get(key), self._hints.get(key, "") if len(path) == 2 else ""
            if kind in ("text", "phrases"):
                yield from self._texts(key, kind, value, (*path, key))
            elif key == "confirm" and isinstance(value, dict):
                yield Entry((*path, key, "when"), key, kind, str(value.get("when", "unsure")), choices=choices)
            elif not isinstance(value, dict | list):
                shown = self._nodes if kind == "node" else choices
                yield Entry((*path, key), key, kind, str(value or ""), choices=shown, hint=hint)

    def _texts(self, key: str, kind: Kind, value: Any, path: tuple[str | int, ...]) -> Iterator[Entry]:
        """One a language. A text for all languages stays one where the flow has one language."""
        many = len(self._languages) > 1
        for code in self._languages if many or isinstance(value, dict) else [""]:
            own = value.get(code, "") if isinstance(value, dict) else value if value is not None else ""
            shown = "\n".join(map(str, own)) if isinstance(own, list) else str(own)
            whole = path if many and isinstance(value, str | list) else ()
            yield Entry((*path, code) if code else path, key, kind, shown, code, whole=whole)
