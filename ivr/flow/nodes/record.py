"""`record`: takes a message (voicemail)."""

from collections.abc import Generator, Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from ivr.flow.built_in import built_in
from ivr.flow.nodes.base import Node, Question
from ivr.flow.nodes.steps import Ask, Fill, Goto, KeepMessage, PlayMessage, Recorded, RecordMessage, Reply, Step, Visit
from ivr.flow.option import Option
from ivr.flow.path import Path
from ivr.flow.scalars import Flag, NodeName, Seconds, ValueName
from ivr.flow.text import Text

REVIEW = tuple(
    Option(key=key, label=built_in(f"record.{name}"), next="review", task="keep")
    for key, name in (("1", "listen"), ("2", "again"), ("3", "keep"))
)
NOTHING = Text({"": "{list}"})


class Record(Node):
    """Says `say`, a tone, and records what the caller says until a key, a silence, `max_length` or the end of the call.
    With `review` the caller may listen to it, record it again, or send it. A message that is kept is told to the
    records and to the mailbox's message-waiting; a hang-up keeps it, too, when it is long enough."""

    example: ClassVar[str] = """\
type: record
say: Leave a message after the tone.
max_length: 2m
finish_on_key: "#"
review: true
mailbox: sales
save: message
next: bye
"""
    listens: ClassVar[bool] = True

    type: Literal["record"]
    say: Text | None = None
    max_length: Seconds = Field(120.0, ge=1)
    """Longest message."""
    min_length: Seconds = 1.0
    """Shorter ones are none."""
    silence: Seconds = 4.0
    """A pause that ends the message."""
    tone: Flag = True
    """A tone before it begins."""
    review: Flag = False
    """The caller may listen, record again, or send."""
    mailbox: str = Field("", pattern=r"^([a-z][a-z0-9_]*)?$")
    """Whose messages these are; a message-waiting is told to it."""
    save: ValueName | None = None
    """Saves `{message.seconds}` and `{message.name}`."""
    on: dict[Literal["empty"], NodeName] = Field(default_factory=dict)
    """Where to go when nothing was said, twice; `next` when not given."""
    next: NodeName

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        empty = 0
        while True:
            ask = RecordMessage(self.say, self.max_length, self.min_length, self.silence, self.tone, self.mailbox)
            recorded: Recorded = yield ask
            if recorded.seconds < self.min_length:
                empty += 1
                if empty == 2:
                    return Goto(self.on.get("empty") or self.next, "empty")
                continue
            if self.review and not (yield from self._reviewed(recorded)):
                continue
            yield KeepMessage(recorded.name, self.mailbox, recorded.seconds)
            if self.save:
                yield Fill(self.save, {"name": recorded.name, "seconds": round(recorded.seconds)})
            return Goto(self.next)

    def _reviewed(self, recorded: Recorded) -> Generator[Step, Any, bool]:
        """False: record it again."""
        while True:
            reply: Reply = yield Ask("review", None, options=REVIEW, spell=True)
            key = reply.option.key if reply.option else "3"
            if key != "1":
                return key == "3"
            yield PlayMessage(recorded.name, recorded.seconds)

    def questions(self) -> Iterator[Question]:
        if self.review:
            yield Question("review", options=REVIEW)

    def fills(self) -> Iterator[str]:
        if self.save:
            yield self.save

    def certain(self, path: Path) -> set[str]:
        return {self.save} if self.save and path == ("next",) and self.on else set()
