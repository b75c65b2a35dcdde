"""What to do next: the actions that `dialogue.session.Session.handle` returns.

Two kinds. Commands (`Say`, `Listen`, `Query`, ...) are carried out by the shell; the slow ones carry an `id` (one
counter a call) that the answering event repeats, and can be taken back with `Cancel`. Notes (`NodeEntered`,
`SlotFilled`, ...) ask for nothing: they are the decisions that journal, records and live view are made of.
"""

from typing import Any, Literal

import msgspec

from ivr.events import Hypothesis


class Action(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What every action carries; see events.Event."""

    call: str = ""
    seq: int = 0
    t: int = 0
    leg: str = "caller"
    turn: int = 0


# --- speaking -------------------------------------------------------------------------------------------------


class Say(Action, frozen=True, tag=True):
    """Queue one prompt behind what is being said. Answered by PromptStarted, then PromptDone or PromptFailed."""

    id: int
    text: str
    """Rendered text in words (numbers and dates already spelled for speech)."""
    language: str
    spoken: str = ""
    """How synthesizers get the text, where the flow's lexicon has words of it (flow/pronounce.py)."""
    voice: str = ""
    rate: float = 1.0
    recording: str = ""
    """Path, relative to the flow's folder, of a recording made for this prompt; used instead of the text."""
    flow: str = ""
    """Flow whose folder holds the recording; empty: the flow that the call began with."""
    message: str = ""
    """Name of a message that was recorded in this call; played instead of the text."""
    sensitive: bool = False
    """Not journalled (text becomes `***`), not cached, silenced on the recording."""


class Prepare(Action, frozen=True, tag=True):
    """A guess while the caller pauses: make the sound of a prompt that may be said next. Not answered; the Say that
    comes, if it comes, finds it made or under way."""

    id: int
    text: str
    language: str
    voice: str = ""
    rate: float = 1.0


class Flush(Action, frozen=True, tag=True):
    """Stop speaking in this very tick and drop everything that is queued."""


class Pause(Action, frozen=True, tag=True):
    """Freeze the prompt where it is, in this very tick."""


class Resume(Action, frozen=True, tag=True):
    """Go on with the frozen prompt where it was."""


# --- listening ------------------------------------------------------------------------------------------------


class Listen(Action, frozen=True, tag=True):
    """Start recognizing from frame `from_t` on (pre-roll included). Answered by Partial*, Heard | HearingFailed."""

    id: int
    language: str
    grammar: str = ""
    """Hash of a compiled grammar (flow/grammar.py); empty for an open step."""
    from_t: int = 0
    hints: list[str] = []
    sensitive: bool = False
    """Audio must not go to an engine outside this machine."""


class DecodeNow(Action, frozen=True, tag=True):
    """Speculative: decode `Listen` `id` up to now while the caller pauses. Answered by Heard(speculative=True)."""

    id: int


class EndListening(Action, frozen=True, tag=True):
    """The turn is over: give the final result of `Listen` `id`, for audio up to `until_t`."""

    id: int
    until_t: int = 0


class Cancel(Action, frozen=True, tag=True):
    """Take back request `id` of any kind; a late answer to it is dropped."""

    id: int


# --- thinking -------------------------------------------------------------------------------------------------


class Understand(Action, frozen=True, tag=True):
    """What does the caller want? Answered by Understood."""

    id: int
    flow: str
    version: str
    language: str
    hypotheses: list[Hypothesis]
    expected: list[str] = []
    """Intents that the step or `anywhere` lists: they come first."""
    deadline_s: float = 0.4
    speculative: bool = False
    builtin_only: bool = False
    """Set on the way to services when the server is overloaded; never by the session."""


class ParseField(Action, frozen=True, tag=True):
    """Read a ready-made field out of what was said. Answered by FieldParsed."""

    id: int
    field: str
    """`digits`, `number`, `date`, `yes_no`, `choice`, ... (language/fields)."""
    language: str
    hypotheses: list[Hypothesis]
    options: dict[str, Any] = {}
    """The field's own settings: {"length": "4..8"}, {"choices": {...}}."""
    at: str = ""
    """Wall time now, ISO 8601, for "tomorrow"."""
    sensitive: bool = False


class Query(Action, frozen=True, tag=True):
    """Ask a business system. Answered by Queried."""

    id: int
    node: str
    kind: Literal["sql", "http", "task", "answer", "send", "profile"]
    request: dict[str, Any]
    """sql: {"statement": "... :order_id", "rows": "one" | "many"}; http: {"method", "url", "headers", "body", "key"},
    which flow.http_request.build makes a request of with `parameters`; task: {"task", "wait"}; answer: {"flow",
    "version"}, whose parameter `question` is what the caller asked; send: {"by": "sms" | "email"}, parameters `to`,
    `subject`, `text`; profile: nothing, parameter `number` is whose profile media asks for."""
    parameters: dict[str, Any] = {}
    deadline_s: float = 4.0
    changes: bool = False
    cache_s: float = 0.0
    shared: bool = False
    speculative: bool = False


# --- the call -------------------------------------------------------------------------------------------------


class StartRecording(Action, frozen=True, tag=True):
    """Consent stands: keep audio and words from here on."""


class StopRecording(Action, frozen=True, tag=True):
    """Nothing of the sound is kept from here on (sensitive step, transfer, caller's wish)."""

    why: str = ""


class RecordMessage(Action, frozen=True, tag=True):
    """Keep what the caller says from now on as a message, after a tone; it ends with `EndMessage`."""

    id: int
    name: str
    max_s: float = 120.0
    tone: bool = True


class EndMessage(Action, frozen=True, tag=True):
    """The message is over at frame `until_t`; without `keep` it is thrown away."""

    id: int
    name: str
    until_t: int = 0
    keep: bool = True


class Transfer(Action, frozen=True, tag=True):
    """Hand the caller to a declared destination. Answered by TransferDone."""

    id: int
    to: str
    """Name of the destination in lines.yaml."""
    uri: str = ""
    """Filled from lines.yaml by the session: sip: or tel: address."""
    headers: dict[str, str] = {}
    deadline_s: float = 30.0
    kind: Literal["blind", "attended", "queue"] = "blind"
    node: str = ""
    whisper: str = ""
    """Said to who answers before both are joined, in the call's language."""
    language: str = ""
    music: str = ""
    """Recording, relative to the flow's folder, for the time of waiting; empty: the built-in one."""


class HangUp(Action, frozen=True, tag=True):
    """End the call once everything queued was spoken (`now`: at once)."""

    now: bool = False


class SetLanguage(Action, frozen=True, tag=True):
    """The conversation goes on in another language."""

    language: str


# --- notes: nothing to do, but to be recorded -----------------------------------------------------------------


class NodeEntered(Action, frozen=True, tag=True):
    """A node is entered; `why` is what led there (`option`, `next`, `escalation`, `command`, `max_visits`, ...)."""

    flow: str
    node: str
    node_type: str
    visit: int = 1
    why: str = ""


class Asked(Action, frozen=True, tag=True):
    """A question was put: the next turn begins. `turn` is its number."""

    node: str
    part: str = ""
    """Which question of the node: slot name, `confirm`, `clarify`, `keypad`."""
    text: str = ""
    attempt: int = 1
    input: list[str] = []
    grammar: str = ""


class GuessTaken(Action, frozen=True, tag=True):
    """The speculative Query `id` was what was wanted: from here on it counts as asked."""

    id: int


class KeysTaken(Action, frozen=True, tag=True):
    """A node consumed keys: only here is their value written, `***` when sensitive."""

    node: str
    keys: str
    seqs: list[int] = []
    """The KeyPressed lines that they came in."""
    sensitive: bool = False


class Answered(Action, frozen=True, tag=True):
    """What the turn came to."""

    node: str
    how: Literal["speech", "keys", "text", "none"] = "speech"
    result: Literal["match", "no_match", "no_input", "unsure", "command", "digression", "rejected"] = "match"
    text: str = ""
    intent: str = ""
    confidence: float = 0.0
    slots: dict[str, str] = {}
    source: str = ""
    option: str = ""
    also: list[str] = []
    """Options that were asked for in the same sentence and wait for this one."""


class SlotFilled(Action, frozen=True, tag=True):
    """A slot got a value; `***` when sensitive."""

    name: str
    value: Any = None
    source: str = ""
    confidence: float = 1.0
    sensitive: bool = False


class BargedIn(Action, frozen=True, tag=True):
    """The caller interrupted prompt `id` by voice or key; it had played `played_t` frames."""

    id: int
    by: Literal["voice", "key"] = "voice"
    played_t: int = 0
    false: bool = False
    """True: the pause was for nothing and the prompt went on."""


class Escalated(Action, frozen=True, tag=True):
    """A no_input or no_match step was taken."""

    node: str
    kind: Literal["no_input", "no_match"]
    count: int
    to: str = ""
    """`keys` when the node is now offered on the keypad, or the next node."""


class TaskSet(Action, frozen=True, tag=True):
    """What the caller wants, as far as it is known."""

    task: str


class ConditionMissing(Action, frozen=True, tag=True):
    """An expression spoke of something that is not there and counted as false."""

    node: str
    expression: str
    name: str = ""


class NodeFailed(Action, frozen=True, tag=True):
    """A node's behaviour raised, which is a mistake of ours; the call went to a human or ended."""

    node: str
    error: str = ""
    """Name of the exception; never its text, which may hold a caller's words."""


class MessageLeft(Action, frozen=True, tag=True):
    """The caller left a message that stands: for the records and the mailbox's message-waiting."""

    name: str
    mailbox: str = ""
    seconds: float = 0.0
    caller: str = ""


class CallBackWanted(Action, frozen=True, tag=True):
    """The caller left a queue and wants to be called back; the place in line stays."""

    to: str
    """Name of the destination."""
    number: str = ""
    position: int = 0


class CallerRemembered(Action, frozen=True, tag=True):
    """What is kept of the caller by number for the next call."""

    number: str
    at: str = ""
    """Wall time, ISO 8601 with zone."""
    remember: bool | None = None
    """The caller's choice; None: none was made. False: everything is forgotten but this."""
    language: str = ""
    last_request: str = ""
    values: dict[str, str] = {}
    """Saved by `profile` nodes; an empty one is taken out."""


class Finished(Action, frozen=True, tag=True):
    """The conversation is over."""

    outcome: str
    """`resolved`, `transferred`, `abandoned`, `limit`, `failed` or the flow's own."""
    at: str = ""
    """Node where it ended."""
    slots: dict[str, Any] = {}
    failures: int = 0


AnyCommand = (
    Say | Prepare | Flush | Pause | Resume | Listen | DecodeNow | EndListening | Cancel | Understand | ParseField
    | Query | StartRecording | StopRecording | RecordMessage | EndMessage | Transfer | HangUp | SetLanguage
)  # fmt: skip
AnyNote = (
    NodeEntered | Asked | GuessTaken | KeysTaken | Answered | SlotFilled | BargedIn | Escalated | TaskSet
    | ConditionMissing | NodeFailed | CallBackWanted | MessageLeft | CallerRemembered | Finished
)  # fmt: skip
AnyAction = AnyCommand | AnyNote
"""Every action; msgspec decodes a line of this type by its `type` field."""
