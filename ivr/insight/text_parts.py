"""Answers for a text call, all in this process: words against the step's grammar, fields by library, queries mocked."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Literal

from ivr import actions, events
from ivr.events import Hypothesis
from ivr.flow.acceptor import accept
from ivr.flow.grammar import Grammar
from ivr.insight.conversation import Mock
from ivr.language.words import words
from ivr.legs.text_line import Parts
from ivr.ports import IntentParser
from ivr.services.fields import parse_field

Query = Callable[[actions.Query], events.Queried]
Understand = Callable[[actions.Understand], events.Understood]


def hear_with(grammars: Mapping[str, Grammar]) -> Callable[[str, actions.Listen], events.Heard]:
    """Typed words as a recognizer held to the step's grammar would give them. A recognizer hears words, so what is
    written loses case and punctuation, and digits become words."""

    def hear(text: str, listen: actions.Listen) -> events.Heard:
        said = words(text, listen.language)
        if not said:
            return events.Heard(engine="text")
        grammar = grammars.get(listen.grammar)
        found = accept(grammar, said) if grammar is not None else None
        best = Hypothesis(
            " ".join(said),
            confidence=1.0,
            source="text",
            intent=found.intent if found else "",
            slots=found.slots if found else {},
        )
        return events.Heard(hypotheses=[best], in_grammar=found is not None or grammar is None, engine="text")

    return hear


def nothing_understood(_: actions.Understand) -> events.Understood:
    """Only grammars understand."""
    return events.Understood(source="none", why="no parser")


def understand_with(make: Callable[[], IntentParser]) -> Understand:
    """A parser behind the port, asked in this thread; made when it is needed first."""
    loop = asyncio.new_event_loop()
    made: list[IntentParser] = []

    def understand(action: actions.Understand) -> events.Understood:
        if not made:
            made.append(make())
        parser = made[0]
        found = loop.run_until_complete(
            parser.parse(action.hypotheses, action.flow, action.version, action.language, action.expected)
        )
        text = getattr(found, "text", "")
        return events.Understood(intents=found.intents, entities=found.entities, source=parser.name, text=text)

    return understand


class Mocks:
    """Answers of business systems in a conversation: the next one at the next call, the last one stays."""

    def __init__(self, answers: Mapping[str, tuple[Mock, ...]], otherwise: Query | None = None) -> None:
        self.answers = answers
        self.otherwise = otherwise
        self.missing: list[str] = []
        """Nodes that asked and have no mock."""
        self._asked: Counter[str] = Counter()

    def __call__(self, query: actions.Query) -> events.Queried:
        answers = self.answers.get(query.node)
        if not answers:
            if self.otherwise is not None:
                return self.otherwise(query)
            self.missing.append(query.node)
            return events.Queried(status="error")
        mock = answers[min(self._asked[query.node], len(answers) - 1)]
        self._asked[query.node] += 1
        late = query.deadline_s if mock.outcome == "timeout" else mock.after
        return events.Queried(status=mock.outcome, value=_shaped(mock.body, query), query_s=late)

    def transfer(self, transfer: actions.Transfer) -> list[tuple[float, events.Queued | events.TransferDone]]:
        """The human answers, unless the node's mock says otherwise; in a queue after the places in line."""
        answers = self.answers.get(transfer.node)
        if not answers:
            return transferred(transfer)
        mock = answers[min(self._asked[transfer.node], len(answers) - 1)]
        self._asked[transfer.node] += 1
        found: list[tuple[float, events.Queued | events.TransferDone]] = []
        at = 0.5
        for place in mock.line:
            found.append((at, events.Queued(position=place.position, wait_s=place.wait)))
            at += place.lasts
        at += mock.after
        if mock.fails == "timeout":
            return found
        if mock.outcome != "ok":
            status = mock.status or ""
            return [*found, (at + 0.5, events.TransferDone(sip_status=int(status) if status.isdigit() else 480))]
        how: Literal["refer", "bridge"] = "refer" if transfer.kind == "blind" else "bridge"
        return [*found, (at + 0.5, events.TransferDone(ok=True, how=how, sip_status=200))]


def _shaped(body: Any, query: actions.Query) -> Any:
    """A list where one row is asked for gives its first."""
    if query.request.get("rows") == "one" and isinstance(body, list):
        return body[0] if body else None
    return body


def transferred(_: actions.Transfer) -> list[tuple[float, events.Queued | events.TransferDone]]:
    """The human answers."""
    return [(1.0, events.TransferDone(ok=True, how="refer", sip_status=200))]


def parts(grammars: Mapping[str, Grammar], understand: Understand, query: Query, transfer: Any = transferred) -> Parts:
    """Everything that a text call needs."""
    return Parts(hear_with(grammars), understand, parse_field, query, transfer)
