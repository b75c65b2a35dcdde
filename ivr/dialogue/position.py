"""Where the conversation is: the node that runs, and what happened in this visit of it."""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from ivr.dialogue.answer import Answer
from ivr.dialogue.state import State
from ivr.dialogue.visit import NodeVisit
from ivr.flow.listening import Settings
from ivr.flow.models import Node, Option
from ivr.flow.nodes.steps import Ask, Goto, RecordMessage, RunQuery, Step


@dataclass(slots=True)
class Frame:
    """One visit of one node."""

    node: str
    model: Node
    visit: NodeVisit
    steps: Generator[Step, Any, Goto]
    settings: Settings
    ask: Ask | None = None
    """The question that is open."""
    message: RecordMessage | None = None
    """The message that is being taken."""
    query: RunQuery | None = None
    """The query that is under way."""
    input: tuple[str, ...] | None = None
    """How the node listens for the rest of this visit, when a retry changed it."""
    silences: int = 0
    mismatches: int = 0
    attempt: int = 1
    clarify: tuple[Option, ...] = ()
    """The options of an open "did you mean ...?"."""
    suggested: Answer | None = None
    """The mismatch of which an open "did you mean ...?" asks whether its guess was meant."""
    refused: set[str] = field(default_factory=set)
    """Options that were suggested and not meant, in this visit."""
    before: State | None = None
    """What was known when it was entered."""
    script: list[tuple[Any, Step]] = field(default_factory=list)
    """Each reply that its behaviour got, and the step that it then wanted."""
    back: "Frame | None" = None
    """A digression: the frame whose question is put again when this node is left."""


@dataclass(frozen=True, slots=True)
class Said:
    """A prompt of the current turn, kept for "repeat"."""

    text: str
    language: str
    recording: str = ""
    flow: str = ""
    """Whose recording it is."""
    sensitive: bool = False
