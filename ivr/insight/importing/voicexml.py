"""A VoiceXML 2.1 application as a first flow: dialogs become nodes; what is code or comes from elsewhere is listed."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from ivr.insight.importing.draft import Draft, ImportFailed, name_of, spoken, value_name
from ivr.insight.importing.vxml_fields import choice_of, field_of, prompt_of
from ivr.insight.importing.vxml_files import every, kind, read

ENDS = ("exit", "disconnect", "return")
CODE = ("script", "var", "assign", "if", "subdialog", "object", "link", "catch", "error", "help", "property", "foreach",
        "data", "log", "clear", "reprompt", "throw", "initial", "mark")  # fmt: skip


def imported(source: Path, name: str) -> Draft:
    """Raises ImportFailed."""
    draft = Draft(name, "VoiceXML 2.1")
    return _Import(draft, read(source, draft)).run()


class _Import:
    """One import."""

    def __init__(self, draft: Draft, documents: dict[str, Element]) -> None:
        self.draft = draft
        self.documents = documents
        self.first: dict[str, str] = {}
        """Document -> node of its first dialog."""
        self.names: dict[tuple[str, str], str] = {}
        """(document, dialog's id) -> node."""
        self.values: dict[str, str] = {}
        """Field -> slot."""

    def run(self) -> Draft:
        dialogs: list[tuple[str, str, Element]] = []
        for document, root in self.documents.items():
            for number, dialog in enumerate(every(root, "form", "menu")):
                id = dialog.get("id") or f"{kind(dialog)}_{number + 1}"
                node = self._free(name_of(id, "dialog"), document)
                self.names[document, id] = node
                self.first.setdefault(document, node)
                dialogs.append((document, node, dialog))
                for field in every(dialog, "field", "record"):
                    self.values[field.get("name", "")] = value_name(field.get("name", ""))
            self._code(document, root)
        if not dialogs:
            raise ImportFailed("no document holds a form or a menu")
        self.values.pop("", None)
        self.draft.start = dialogs[0][1]
        self.draft.nodes["bye"] = {"type": "hangup", "say": "Goodbye."}
        for document, node, dialog in dialogs:
            if kind(dialog) == "menu":
                self._menu(document, node, dialog)
            else:
                self._form(document, node, dialog)
        self.draft.leave(
            "lines",
            "which number reaches the flow; transfers",
            "write lines.yaml; a `transfer` node takes a destination",
        )
        return self.draft

    def _free(self, name: str, document: str) -> str:
        taken = {*self.names.values(), "bye"}
        if name in taken:
            name = f"{document}_{name}"
        while name in taken:
            name += "_more"
        return name

    # --- menus and forms ------------------------------------------------------------------------------------------

    def _menu(self, document: str, node: str, menu: Element) -> None:
        where = f"{document}: menu {node}"
        options = []
        for number, choice in enumerate(every(menu, "choice"), 1):
            words = spoken("".join(choice.itertext())) or f"choice {number}"
            option: dict[str, Any] = {"phrases": [words], "label": words, "next": self._target(document, choice, where)}
            key = choice.get("dtmf", "").replace(" ", "") or (str(number) if menu.get("dtmf") == "true" else "")
            if key:
                option["key"] = key
            options.append(option)
        if not options:
            self.draft.leave(where, "it has no choice", "write its options")
            self.draft.nodes[node] = {
                "type": "say",
                "say": prompt_of(menu, self.values, self.draft, where) or "Yes.",
                "next": "bye",
            }
            return
        self.draft.count("menus")
        say = prompt_of(menu, self.values, self.draft, where) or "What would you like?"
        self.draft.nodes[node] = {"type": "menu", "say": say, "options": options, **self._troubles(menu, where)}
        self._code(where, menu)

    def _form(self, document: str, node: str, form: Element) -> None:
        where = f"{document}: form {node}"
        self.draft.count("forms")
        slots: dict[str, Any] = {}
        steps: list[dict[str, Any]] = []
        ending = ""
        for part in form:
            match kind(part):
                case "field":
                    slots[value_name(part.get("name", ""))] = self._slot(part, where)
                    told, ended = self._filled(document, part, where)
                    if ended and part is not every(form, "field")[-1]:
                        self.draft.leave(
                            where, f"field {part.get('name')} leads away before the others", "split the `collect`"
                        )
                    else:
                        steps, ending = steps + told, ended or ending
                    self._code(where, part)
                case "block" | "filled":
                    told, ended = self._contents(document, part, where)
                    steps, ending = steps + told, ended or ending
                case "record":
                    steps.append(
                        {"type": "record", "say": prompt_of(part, self.values, self.draft, where) or "Leave a message."}
                    )
                case "transfer":
                    self.draft.leave(
                        where,
                        f"transfer {part.get('name', '')}",
                        "write a `transfer` node to a destination of lines.yaml",
                    )
                case "noinput" | "nomatch" | "grammar":
                    pass
        collect: list[dict[str, Any]] = []
        if slots:
            collect = [{"type": "collect", "slots": slots, **self._troubles(form, where)}]
            self.draft.count("fields", len(slots))
        leading = [it for it in steps if it.get("before")]
        rows = [*leading, *collect, *[it for it in steps if not it.get("before")]] or [{"type": "say", "say": "Yes."}]
        self._chained(node, rows, ending or "bye")
        self._code(where, form)

    def _chained(self, node: str, rows: list[dict[str, Any]], ending: str) -> None:
        named = [node] + [self._free(f"{node}_{n}", "") for n in range(2, len(rows) + 1)]
        for number, row in enumerate(rows):
            row.pop("before", None)
            after = named[number + 1] if number + 1 < len(rows) else ending
            if row["type"] == "query":
                row["on"] = {"error": after}
            self.draft.nodes[named[number]] = {**row, "next": after}

    def _slot(self, field: Element, where: str) -> dict[str, Any]:
        at = f"{where}, field {field.get('name', '')}"
        say = prompt_of(field, self.values, self.draft, at)
        if not say:
            self.draft.leave(at, "it asks nothing", "write `say:`")
            say = f"What is the {value_name(field.get('name', '')).replace('_', ' ')}?"
        return {**(choice_of(field) or field_of(field, self.draft, at)), "say": say, **self._troubles(field, at)}

    def _troubles(self, element: Element, where: str) -> dict[str, Any]:
        """noinput and nomatch, in the order of their counts."""
        found: dict[str, Any] = {}
        for event, key in (("noinput", "no_input"), ("nomatch", "no_match")):
            rows = sorted(every(element, event), key=lambda it: it.get("count", "1"))
            says = [
                text
                for row in rows
                if (text := prompt_of(row, self.values, self.draft, where) or spoken(row.text or ""))
            ]
            if says:
                found[key] = [*({"say": text} for text in says), {"next": "bye"}]
                self.draft.count(key, len(says))
        return found

    # --- what follows ---------------------------------------------------------------------------------------------

    def _filled(self, document: str, field: Element, where: str) -> tuple[list[dict[str, Any]], str]:
        steps: list[dict[str, Any]] = []
        ending = ""
        for filled in every(field, "filled"):
            told, ended = self._contents(document, filled, where)
            steps, ending = steps + told, ended or ending
        return steps, ending

    def _contents(self, document: str, part: Element, where: str) -> tuple[list[dict[str, Any]], str]:
        """Steps of a block or filled, and where it leads; empty: on."""
        self._code(where, part)
        steps: list[dict[str, Any]] = []
        text = prompt_of(part, self.values, self.draft, where) or (
            spoken(part.text or "") if kind(part) == "block" else ""
        )
        if text:
            steps.append({"type": "say", "say": text, "before": kind(part) == "block" and _first(part)})
        for inner in part:
            match kind(inner):
                case "goto":
                    return steps, self._target(document, inner, where)
                case "submit":
                    return [*steps, self._submit(inner, where)], ""
                case name if name in ENDS:
                    return steps, "bye"
        return steps, ""

    def _target(self, document: str, element: Element, where: str) -> str:
        """The node that `next` names."""
        wanted = element.get("next", "")
        file, _, id = wanted.partition("#")
        there = name_of(Path(urlsplit(file).path).stem, "doc") if file else document
        node = self.names.get((there, id), "") if id else self.first.get(there, "")
        if not node:
            self.draft.leave(
                where,
                f"next={wanted or element.get('expr') or element.get('event') or 'nothing'}",
                "lead to a node; it says goodbye now",
            )
        return node or "bye"

    def _submit(self, element: Element, where: str) -> dict[str, Any]:
        """A POST or GET of the values, where the address is a whole one; else a task of its name."""
        url = element.get("next", "")
        names = [self.values[n] for n in element.get("namelist", "").split() if n in self.values] or [
            *self.values.values()
        ]
        split = urlsplit(url) if url.isprintable() else urlsplit("")
        self.draft.leave(
            where,
            f"submit: the VoiceXML that {url or 'an expression'} answers",
            "its answer is not spoken: write what follows as nodes",
        )
        self.draft.count("submits")
        node: dict[str, Any] = {"type": "query"}
        if split.scheme in ("http", "https") and split.netloc and not set("{}") & set(url):
            node["http"] = {"method": "POST", "url": url, "body": {name: f"{{{name}|}}" for name in names}}
            node["changes"] = "true"
        else:
            node["task"] = name_of(Path(split.path).stem, "submit")
            node["with"] = {name: f"{{{name}|}}" for name in names}
        return node

    def _code(self, where: str, element: Element) -> None:
        for child in every(element, *CODE):
            self.draft.leave(where, f"<{kind(child)}>", "write it as nodes: `branch`, `set`, `call`, `anywhere`")


def _first(part: Element) -> bool:
    """A block that only speaks and begins its form."""
    return not every(part, "goto", "submit", *ENDS)
