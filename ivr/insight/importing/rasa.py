"""A Rasa assistant as a first flow: intents become options of one menu, forms `collect` steps, custom actions tasks."""

import json
import re
from pathlib import Path
from typing import Any

from ivr.insight.importing import rasa_files
from ivr.insight.importing.draft import Draft, name_of, spoken
from ivr.insight.importing.rasa_files import intents_of, mapping, steps
from ivr.insight.importing.rasa_slots import Slots

MARK = re.compile(r"\[([^\[\]]+)\](?:\(([^()]+)\)|(\{[^{}]*\}))")
BUILT_IN = {"affirm": "yes is built in", "deny": "no is built in", "nlu_fallback": "`no_match` is built in"}
SILENT = ("action_listen", "action_restart", "action_default_fallback", "action_session_start", "action_back")
KEYS = "123456789"


def imported(folder: Path, name: str) -> Draft:
    """Raises ImportFailed."""
    draft = Draft(name, "Rasa")
    return _Import(draft, rasa_files.read(folder, draft)).run()


class _Import:
    """One import."""

    def __init__(self, draft: Draft, found: dict[str, list[tuple[str, Any]]]) -> None:
        self.draft = draft
        self.found = found
        self.responses = mapping(found["responses"])
        self.forms = mapping(found["forms"])
        self.slots = Slots(draft, mapping(found["slots"]), self.forms, self._asked)
        self.ways: dict[str, str] = {}
        """Intent -> node."""
        self.submits: dict[str, list[str]] = {}
        """Form -> actions after it."""
        self.used: set[str] = set()
        """Responses that were carried over."""

    def run(self) -> Draft:
        self._examples()
        rows = [(file, row) for kind in ("rules", "stories") for file, part in self.found[kind] for row in part or []]
        tests = [(file, row) for file, row in rows if any("user" in step for step in steps(row))]
        rules = [one for one in rows if one not in tests]
        for _, row in rules:
            self._submit(row)
        for file, row in rules:
            self._way(file, row)
        self._menu()
        for file, row in tests:
            self._conversation(file, row)
        for name in sorted(set(self.responses) - self.used - self.slots.asked):
            if name not in ("utter_greet", "utter_default", "utter_out_of_scope"):
                self.draft.leave("domain", f"response {name}", "no rule that was carried over says it")
        return self.draft

    # --- nlu ------------------------------------------------------------------------------------------------------

    def _examples(self) -> None:
        for file, part in self.found["nlu"]:
            for row in part if isinstance(part, list) else []:
                kind = next(
                    (k for k in ("intent", "synonym", "lookup", "regex") if isinstance(row, dict) and k in row), ""
                )
                if not kind or not isinstance(row.get("examples"), str):
                    self.draft.leave(file, f"{str(row)[:60]}", "write it as nlu.yml has it (docs/understanding.md)")
                    continue
                name = str(row[kind])
                if kind == "intent" and name in BUILT_IN:
                    self.draft.leave(file, f"intent {name}", BUILT_IN[name])
                    continue
                if "/" in name:
                    self.draft.leave(file, f"retrieval intent {name}", "write answers.md (docs/business.md)")
                    continue
                named = name if kind == "synonym" else self._name(file, kind, name)
                self.draft.nlu.append({kind: named, "examples": self._lines(file, name, row["examples"])})
                self.draft.count({"intent": "intents", "synonym": "synonyms"}.get(kind, kind + "s"))

    def _name(self, file: str, kind: str, name: str) -> str:
        named = name_of(name)
        if named != name:
            self.draft.leave(file, f"{kind} {name} is called {named}", "nothing")
        return named

    def _lines(self, file: str, intent: str, text: str) -> str:
        lines = []
        for raw in text.splitlines():
            line = MARK.sub(lambda found: self._mark(file, intent, found), raw.strip().removeprefix("-").strip())
            if line:
                lines.append("- " + "".join(c for c in line if c.isprintable()))
        return "\n".join(lines) + "\n"

    def _mark(self, file: str, intent: str, found: re.Match[str]) -> str:
        if found[2]:
            name, _, value = found[2].partition(":")
            return f"[{found[1]}]" + (
                json.dumps({"entity": name_of(name), "value": value}) if value else f"({name_of(name)})"
            )
        try:
            data = json.loads(found[3])
        except ValueError:
            return found[1]
        for part in ("role", "group"):
            if part in data:
                self.draft.leave(file, f"{intent}: entities with a {part}", "name two entities instead")
        kept = {"entity": name_of(str(data.get("entity", "")))} | (
            {"value": str(data["value"])} if "value" in data else {}
        )
        return f"[{found[1]}]{json.dumps(kept, ensure_ascii=False)}"

    # --- rules and stories ----------------------------------------------------------------------------------------

    def _submit(self, row: Any) -> None:
        """`active_loop: null` and what follows: what a form does at its end. The first rule that tells it counts."""
        form, over = "", False
        actions: list[str] = []
        for step in steps(row):
            action = str(step.get("action", ""))
            if action in self.forms and not over:
                form = action
            elif "active_loop" in step and step["active_loop"] is None:
                over = bool(form)
            elif over and action and action not in self.forms:
                actions.append(action)
        if actions:
            self.submits.setdefault(form, actions)

    def _way(self, file: str, row: Any) -> None:
        """What the first intent of a rule or story leads to."""
        title = str(row.get("rule") or row.get("story") or "") if isinstance(row, dict) else ""
        found = steps(row)
        asked = intents_of(found[0]) if found else []
        if not asked:
            if found and not any("active_loop" in step for step in found):
                self.draft.leave(file, f"{title}: begins with no intent", "write it as nodes")
            return
        actions = []
        for step in found[1:]:
            if step.get("action"):
                actions.append(str(step["action"]))
            elif intents_of(step):
                self.draft.leave(
                    file,
                    f"{title}: what follows {intents_of(step)[0]}",
                    "a digression or a second turn: every option is heard in the menu; write further turns as nodes",
                )
                break
            elif "slot_was_set" in step or "checkpoint" in step:
                self.draft.leave(file, f"{title}: {next(iter(step))}", "write a `branch` on the value")
        for intent in asked:
            if intent in BUILT_IN or intent == "out_of_scope":
                continue
            if intent in self.ways:
                continue
            self.ways[intent] = self._chain(name_of(intent), actions, file)
            self.draft.count("rules and stories")

    def _chain(self, base: str, actions: list[str], file: str) -> str:
        """Nodes for actions, one after the other, back to the menu; the first one's name."""
        steps_: list[tuple[str, dict[str, Any]]] = []
        says: list[str] = []
        for action in dict.fromkeys(actions):
            if action in self.forms:
                steps_ += self._said(base, says)
                steps_ += self._form(action)
                if action in self.submits:
                    rest = self._chain(f"{action}_end", self.submits[action], file)
                    steps_.append((rest, {}))
                break
            if action in self.responses:
                says.append(self.text(action))
            elif action not in SILENT:
                steps_ += self._said(base, says)
                steps_.append(self._task(action, file))
        else:
            steps_ += self._said(base, says)
        following = [name for name, _ in steps_[1:]] + ["menu"]
        for (name, node), after in zip(steps_, following, strict=True):
            if node and name not in self.draft.nodes:
                if node["type"] != "hangup":
                    node["next"] = after
                self.draft.nodes[name] = node
        return steps_[0][0] if steps_ else "menu"

    def _said(self, base: str, says: list[str]) -> list[tuple[str, dict[str, Any]]]:
        text = " ".join(says)
        says.clear()
        if not text:
            return []
        name = f"say_{base}"
        while name in self.draft.nodes:
            name += "_more"
        return [(name, {"type": "hangup" if base in ("goodbye", "bye") else "say", "say": text})]

    def _form(self, form: str) -> list[tuple[str, dict[str, Any]]]:
        name = name_of(form)
        if name in self.draft.nodes:
            return [(name, {})]
        self.draft.count("forms")
        return [(name, {"type": "collect", "slots": self.slots.of(form)})]

    def _task(self, action: str, file: str) -> tuple[str, dict[str, Any]]:
        name = name_of(action)
        self.draft.leave(
            file,
            f"custom action {action}",
            f"give tasks.urls.{name} an address that does it, or write http: or sql: (docs/business.md)",
        )
        node: dict[str, Any] = {
            "type": "query",
            "task": name,
            "save": f"{name}_answer",
            "meanwhile": "One moment please.",
        }
        if self.slots.named:
            node["with"] = {flow_name: f"{{{flow_name}|}}" for flow_name in self.slots.named.values()}
        node["on"] = {"error": "failed"}
        return name, node

    # --- the menu, texts, conversations ---------------------------------------------------------------------------

    def _menu(self) -> None:
        nodes = self.draft.nodes
        spoken_intents = {row["intent"] for row in self.draft.nlu if "intent" in row}
        options = []
        for number, (intent, node) in enumerate(it for it in self.ways.items() if name_of(it[0]) in spoken_intents):
            option = {"intent": name_of(intent), "label": name_of(intent).replace("_", " "), "next": node}
            if number < len(KEYS):
                option["key"] = KEYS[number]
            options.append(option)
        for intent in sorted(set(self.ways) - {i for i in self.ways if name_of(i) in spoken_intents}):
            self.draft.leave("domain", f"intent {intent} has no examples", "write some into nlu.yml, and an option")
        greeting = self.text("utter_greet") if "utter_greet" in self.responses else "Hello."
        self.draft.start = "welcome"
        head: dict[str, dict[str, Any]] = {
            "welcome": {"type": "say", "say": greeting, "next": "menu"},
            "menu": {"type": "menu", "say": "What can I do for you?", "options": options},
        }
        wrong = next((n for n in ("utter_default", "utter_out_of_scope") if n in self.responses), "")
        if wrong:
            head["menu"]["no_match"] = [{"say": self.text(wrong)}, {"next": "give_up"}]
            nodes["give_up"] = {"type": "hangup", "say": "I cannot help you now. Goodbye."}
        if any(node.get("on", {}).get("error") == "failed" for node in nodes.values()):
            nodes["failed"] = {"type": "say", "say": "Sorry, that does not work now.", "next": "menu"}
        self.draft.nodes = {**head, **nodes}
        self.draft.more = {"commands": ["repeat", "wait", "start_over"]}
        if "goodbye" not in self.ways:
            self.draft.leave("rules", "nothing ends the conversation", "add a `hangup` node")
        self.draft.leave(
            "lines", "which number reaches the flow; a human", "write lines.yaml; a `transfer` node takes a destination"
        )

    def _asked(self, name: str) -> str:
        """Empty when there is no such response."""
        return self.text(name) if name in self.responses else ""

    def text(self, name: str) -> str:
        """What a response says; its first variant."""
        self.used.add(name)
        rows = self.responses.get(name)
        rows = rows if isinstance(rows, list) else []
        first = next((row for row in rows if isinstance(row, dict) and row.get("text")), None)
        if len(rows) > 1:
            self.draft.leave("domain", f"{name}: {len(rows) - 1} other variants or channels", "the first is said")
        if first is None:
            self.draft.leave("domain", f"{name} says nothing", "write what is said")
            return "One moment please."
        for part in sorted(set(first) - {"text", "metadata"}):
            self.draft.leave("domain", f"{name}: {part}", "a telephone has none: ask for it in words")
        self.draft.count("texts")
        return spoken(str(first["text"]), self.slots.named) or "Yes."

    def _conversation(self, file: str, row: Any) -> None:
        """A test whose turns are all intents of the menu that are answered by texts."""
        title = str(row.get("story") or row.get("rule") or "conversation")
        talk: list[dict[str, str]] = [{"hears": _begin(self.draft.nodes["welcome"]["say"])}]
        for step in steps(row):
            if "user" in step and step.get("intent") in self.ways:
                talk.append({"says": MARK.sub(lambda found: found[1], spoken(str(step["user"])))})
                node = self.draft.nodes.get(self.ways[str(step["intent"])], {})
                if node.get("type") in ("say", "hangup") and "{" not in str(node["say"]):
                    talk.append({"hears": _begin(str(node["say"]))})
                    continue
                break
            if "action" not in step:
                break
        else:
            self.draft.tests.append({"name": spoken(title)[:80] or "conversation", "talk": talk})
            self.draft.count("conversations")
            return
        self.draft.leave(
            file,
            f"conversation {title}",
            "it has a form, a custom action or a turn that was not carried over: write it into tests.yaml",
        )


def _begin(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s']", " ", text).split()[:5])
