"""What a node's behaviour asks of the machine, and what it gets back.

A node type's behaviour is a generator: `def run(self, visit: Visit) -> Generator[Step, Any, Goto]`. It yields steps,
gets the reply to each, and returns where to go. The machine (dialogue/machine.py) carries the steps out: it
speaks, listens, counts silence and mismatch, escalates, clarifies, follows `anywhere`; when it leaves the node for
one of these reasons it closes the generator. So a behaviour only tells the good path and reads like the documentation.
"""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from ivr.flow.models import Flow, Option, Text


class Visit(Protocol):
    """What a behaviour may know while it runs."""

    flow: "Flow"
    node: str
    serial: int
    """Which of all visits of the call it is."""

    @property
    def language(self) -> str:
        """The language of the conversation now."""

    @property
    def names(self) -> dict[str, Any]:
        """Slots and saved values of this flow by bare name, and the scopes (`caller`, `call`, `config`, ...)."""

    def filled(self, slot: str) -> bool:
        """The slot got its value in this visit, or from the utterance that led here; an older value does not count."""

    def sure(self, slot: str) -> bool:
        """That value was typed, or heard with at least `sure`."""

    def look_up(self, name: str) -> Any:
        """A value by name, dotted into scopes (`caller.number`); None when it is not there."""

    def render(self, text: "Text", **extra: Any) -> str:
        """The text in the call's language with its values, in words for speech."""

    def plain(self, template: str) -> str:
        """A template with its values as they are, not in words: for headers and saved values."""

    def now(self, zone: str | None = None) -> datetime:
        """Wall time, in the zone or in the line's."""

    def value(self, template: str) -> Any:
        """A template that is one bare `{name}` gives that value as it is; every other one is `plain`."""

    def compute(self, expression: str) -> Any:
        """The value of a CEL expression; None (and recorded) when it speaks of something that is not there."""

    def holds(self, expression: str) -> bool:
        """A CEL condition; false (and recorded) when it speaks of something that is not there."""


@dataclass(frozen=True)
class Speak:
    """Queue a prompt; it joins the next question. Reply: None, at once."""

    text: "Text"
    extra: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class FieldSpec:
    """A ready-made field to listen for."""

    slot: str
    field: str
    """`digits`, `yes_no`, `choice`, `free_text`, ... (language/fields)."""
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)
    """length, choices, hints, valid, ..."""
    sensitive: bool = False


@dataclass(frozen=True)
class Ask:
    """Put a question and wait for a fitting answer. Reply: Reply. Never comes back when the caller escalates away."""

    part: str
    """Which question of the node (`menu`, slot name, `confirm`, `slot.confirm`): names its grammar, `Flow.grammar`."""
    prompt: "Text | None"
    options: tuple["Option", ...] = ()
    fields: tuple[FieldSpec, ...] = ()
    extra: dict[str, Any] = dataclasses.field(default_factory=dict)
    """More names for the prompt."""
    mends: tuple[FieldSpec, ...] = ()
    """Slots that were given before and may be mended now: "no, on Friday". The last one given comes first."""
    spell: bool = False
    """The options are read with their keys, as on the keypad."""
    listed: bool = False
    """The options were made for this question: they are picked by number, position or words of their label."""
    invalid: "Text | None" = None
    """Said first, and counted as mismatch, when the question is put again after an answer that was not valid."""
    denied: bool = False
    """The answer before was denied ("no" to a confirmation): counts as mismatch."""


@dataclass(frozen=True)
class Reply:
    """An answer that fits."""

    how: Literal["speech", "keys", "text"]
    option: "Option | None" = None
    values: dict[str, Any] = dataclasses.field(default_factory=dict)
    """slot -> value, also slots of other questions of this node that were said in passing."""
    rivals: dict[str, str] = dataclasses.field(default_factory=dict)
    """slot -> what else was heard, so close that it is to be asked about."""
    confidence: float = 1.0
    sure: bool = True
    """False: `when: unsure` asks for confirmation. Typed keys are always sure."""
    text: str = ""


@dataclass(frozen=True)
class Fill:
    """Give a slot (or saved value) a value. Reply: None."""

    name: str
    value: Any
    source: str = "flow"
    confidence: float = 1.0
    sensitive: bool = False


@dataclass(frozen=True)
class Clear:
    """Forget slots. Reply: None."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class RunQuery:
    """Ask a business system. Reply: QueryReply. `meanwhile` is said when it takes longer than 0.7 s."""

    kind: Literal["sql", "http", "task", "answer", "send"]
    request: dict[str, Any]
    parameters: dict[str, Any]
    deadline_s: float
    meanwhile: "Text | None" = None
    changes: bool = False
    cache_s: float = 0.0
    shared: bool = False
    speculate: bool = False
    """It may be asked on a guess, while the caller pauses."""


@dataclass(frozen=True)
class QueryReply:
    status: str
    value: Any = None


@dataclass(frozen=True)
class HandOver:
    """Transfer the call. Reply: HandedOver when it failed; with success the conversation is over."""

    to: str
    headers: dict[str, str]
    kind: Literal["blind", "attended", "queue"] = "blind"
    deadline_s: float = 30.0
    whisper: str = ""
    """Said to who answers, in words."""
    music: str = ""
    announce_s: float = 0.0
    """In a queue: time between two announcements of the place in line; 0 for none."""
    call_back_key: str = ""


@dataclass(frozen=True)
class HandedOver:
    ok: bool
    sip_status: int = 0
    call_back: bool = False
    """The caller would rather be called back than wait."""


@dataclass(frozen=True)
class SwitchLanguage:
    """Reply: None."""

    language: str


@dataclass(frozen=True)
class Consent:
    """The caller agrees to the recording: it starts. Reply: None."""


@dataclass(frozen=True)
class RecordMessage:
    """Say `text` and take a message. Reply: Recorded."""

    text: "Text | None"
    max_s: float
    min_s: float
    silence_s: float
    tone: bool
    mailbox: str
    """Kept for it when the caller hangs up in the middle."""


@dataclass(frozen=True)
class Recorded:
    """A message that was taken; shorter than `min_s`: it is none."""

    name: str
    seconds: float
    how: str = ""


@dataclass(frozen=True)
class PlayMessage:
    """Queue a message that was taken. Reply: None, at once."""

    name: str
    seconds: float


@dataclass(frozen=True)
class KeepMessage:
    """The message stands: it is told to records and mailbox. Reply: None."""

    name: str
    mailbox: str
    seconds: float


@dataclass(frozen=True)
class Remember:
    """Keep something of the caller for the next call. Reply: None."""

    choice: bool | None
    """To be remembered or not; None: as it was."""
    values: dict[str, str]


@dataclass(frozen=True)
class Verify:
    """A business system has proved who calls. Reply: None."""


@dataclass(frozen=True)
class CallFlow:
    """Run another flow from its start. Reply: Returned."""

    flow: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Return:
    """Back to the flow that called this one. No reply."""

    values: dict[str, Any]
    name: str = ""


@dataclass(frozen=True)
class Returned:
    """What another flow came back with."""

    values: dict[str, Any]
    name: str = ""
    sensitive: bool = False


@dataclass(frozen=True)
class End:
    """Say goodbye (what is queued) and hang up. No reply."""

    outcome: str = "resolved"


@dataclass(frozen=True)
class Goto:
    """Returned by a behaviour: the next node."""

    node: str
    why: str = "next"


Step = (
    Speak
    | Ask
    | Fill
    | Clear
    | RunQuery
    | HandOver
    | SwitchLanguage
    | Consent
    | Verify
    | Remember
    | RecordMessage
    | PlayMessage
    | KeepMessage
    | CallFlow
    | Return
    | End
)
