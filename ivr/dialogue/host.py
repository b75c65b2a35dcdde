"""What the machine asks of the session that it lives in."""

from typing import Protocol

from ivr.dialogue.floor import Floor
from ivr.dialogue.question import Question
from ivr.flow.listening import BargeIn
from ivr.flow.models import Flow
from ivr.flow.nodes.steps import HandOver, RecordMessage, RunQuery


class Host(Protocol):
    """The session, as the machine sees it."""

    floor: Floor

    def flow(self, name: str) -> Flow:
        """Another flow of the set that the call began with; raises KeyError."""

    def say(
        self, text: str, language: str, *, voice: str = "", rate: float = 1.0, recording: str = "", flow: str = "",
        barge_in: BargeIn | None = None, sensitive: bool = False, then_record: bool = False,
    ) -> None:  # fmt: skip
        """Queue a prompt; `then_record`: recording starts when it was said."""

    def ask(self, question: Question, *, patience: int = 0) -> None:
        """Listen for an answer; it comes to `Machine.answered` or `Machine.silent`. `patience`: frames of silence
        instead of no_input_timeout."""

    def query(self, node: str, step: RunQuery, hidden: frozenset[str]) -> None:
        """Answered by `Machine.queried`; `hidden`: parameters that may not be written down;
        `Machine.meanwhile` when it takes longer than a moment."""

    def hand_over(self, node: str, language: str, step: HandOver, uri: str) -> None:
        """Transfer once everything queued was said; answered by `Machine.handed_over`."""

    def record(self, step: RecordMessage, finish: str) -> None:
        """Take a message once everything queued was said; answered by `Machine.recorded`."""

    def play(self, name: str, seconds: float) -> None:
        """Queue a message."""

    def hang_up(self) -> None:
        """End the call once everything queued was said."""

    def drop_keys(self) -> None:
        """What was typed ahead does not count."""
