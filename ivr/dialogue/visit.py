"""What a node's behaviour sees while it runs (flow/nodes/steps.py `Visit`)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ivr.dialogue.state import State
from ivr.flow import expressions, template
from ivr.flow.models import Flow, Text

Missing = Callable[[str, str], None]
"""Called with (expression, name) when something is spoken of that is not there."""


class NodeVisit:
    """One visit of one node."""

    __slots__ = ("_missing", "_state", "_turn", "flow", "node", "serial")

    def __init__(self, flow: Flow, node: str, state: State, missing: Missing, serial: int = 0) -> None:
        """`serial`: which of all visits of the call it is."""
        self.flow = flow
        self.node = node
        self.serial = serial
        self._state = state
        self._turn = state.turn
        self._missing = missing

    @property
    def language(self) -> str:
        return self._state.language

    @property
    def names(self) -> dict[str, Any]:
        return self._state.names

    def filled(self, slot: str) -> bool:
        """It was said in this visit, or by the utterance that led here; what an earlier visit of this node was told
        does not count, though it may have been the same utterance."""
        value = self._state.values.get(slot)
        if value is None or value.turn < self._turn:
            return False
        node, serial = value.visit
        return node != self.node or serial == self.serial

    def sure(self, slot: str) -> bool:
        value = self._state.values.get(slot)
        if value is None:
            return False
        return value.source == "keys" or value.confidence >= self.flow.settings[self.node].sure

    def look_up(self, name: str) -> Any:
        return template.look_up(self._state.names, name)

    def render(self, text: Text, **extra: Any) -> str:
        names = {**self._state.names, **extra} if extra else self._state.names
        rendered = template.render(text, self._state.language, names)
        for name in rendered.missing:
            self._missing(text.of(self._state.language), name)
        return rendered.text

    def plain(self, template_text: str) -> str:
        rendered = template.plain(template_text, self._state.names)
        for name in rendered.missing:
            self._missing(template_text, name)
        return rendered.text

    def now(self, zone: str | None = None) -> datetime:
        return self._state.now(zone)

    def value(self, template_text: str) -> Any:
        parts = template.parse(template_text)
        if len(parts) == 1 and isinstance(hole := parts[0], template.Hole) and not hole.form:
            found = template.look_up(self._state.names, hole.name)
            if found not in (None, ""):
                return found
        return self.plain(template_text)

    def compute(self, expression: str) -> Any:
        result = expressions.evaluate(expression, self._state.names)
        if result.missing:
            self._missing(expression, result.missing)
        return result.value

    def holds(self, expression: str) -> bool:
        return self.compute(expression) is True
