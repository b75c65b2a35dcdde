"""Slots of Rasa's forms as slots of `collect`: what is asked, and as which field."""

from collections.abc import Callable
from typing import Any

from ivr.insight.importing.draft import Draft, name_of, value_name

BY_ENTITY = {
    "email": "email", "time": "date", "date": "date", "amount_of_money": "amount", "number": "number", "person": "name",
    "name": "name", "phone_number": "phone", "phone": "phone", "duration": "duration", "zip": "postal_code",
}  # fmt: skip
"""Entity -> ready-made field (Duckling's and SpaCy's names among them)."""


class Slots:
    """The slots of a domain."""

    def __init__(self, draft: Draft, slots: dict[str, Any], forms: dict[str, Any], text: Callable[[str], str]) -> None:
        self._draft = draft
        self._slots = {name: row if isinstance(row, dict) else {} for name, row in slots.items()}
        self._forms = forms
        self._text = text
        self.asked: set[str] = set()
        """Responses that ask for a slot."""
        self.named = {slot: value_name(slot) for form in forms for slot in self._required(form)}
        """Rasa's name of a slot that some form asks -> the flow's."""

    def _required(self, form: str) -> list[str]:
        row = self._forms.get(form)
        wanted = row.get("required_slots") if isinstance(row, dict) else None
        return [str(slot) for slot in wanted or []]

    def of(self, form: str) -> dict[str, dict[str, Any]]:
        """`slots` of the collect node."""
        found = {}
        for slot in self._required(form):
            found[self.named[slot]] = self._field(slot) | {"say": self._question(form, slot)}
            self._draft.count("slots")
            self._draft.leave(f"forms.{form}", f"validation of {slot}", "say `valid:` where Rasa's code checked it")
        return found

    def _question(self, form: str, slot: str) -> str:
        for name in (f"utter_ask_{form}_{slot}", f"utter_ask_{slot}"):
            text = self._text(name)
            if text:
                self.asked.add(name)
                return text
        self._draft.leave(f"forms.{form}", f"the question for {slot} is code (action_ask_{slot})", "write `say:`")
        return f"What is the {name_of(slot).replace('_', ' ')}?"

    def _field(self, slot: str) -> dict[str, Any]:
        row = self._slots.get(slot, {})
        mappings = [one for one in row.get("mappings") or [] if isinstance(one, dict)]
        kinds = {str(one.get("type")) for one in mappings}
        intents = {str(one.get("intent")) for one in mappings if one.get("type") == "from_intent"}
        entities = [name_of(str(one["entity"])) for one in mappings if one.get("entity")]
        values = [str(value) for value in row.get("values") or []]
        if row.get("type") == "bool" or (intents & {"affirm", "deny"} and not entities):
            self._draft.leave("domain", f"what a no to {slot} means", "add a `branch` behind the form")
            return {"field": "yes_no"}
        if row.get("type") == "categorical" and len(set(values)) > 1:
            return {"field": "choice", "choices": list(dict.fromkeys(name_of(v).replace("_", " ") for v in values))}
        ready = next((BY_ENTITY[e] for e in [name_of(slot), *entities] if e in BY_ENTITY), "")
        if ready or row.get("type") == "float":
            return {"field": ready or "number"}
        listed = next((e for e in entities if self._has_values(e)), "")
        if listed:
            return {"field": "entity", "entity": listed}
        if kinds - {"from_text", "custom"}:
            how = f"slot {slot} is taken from {', '.join(sorted(kinds))}"
            self._draft.leave("domain", how, "choose a field: it takes any words now")
        return {"field": "free_text"}

    def _has_values(self, entity: str) -> bool:
        """The examples mark it, or list it."""
        return any(
            row.get("lookup") == entity
            or f"]({entity})" in row["examples"]
            or f'"entity": "{entity}"' in row["examples"]
            for row in self._draft.nlu
        )
