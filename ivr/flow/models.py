"""The whole flow, as written and as compiled. The file tree's other models are imported here for its users."""

from functools import cached_property
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from ivr.flow.base import Part
from ivr.flow.lines import Line, Lines
from ivr.flow.listening import BargeIn, MaxVisits, Overrides, Retry, Settings
from ivr.flow.nodes.base import Node, Question
from ivr.flow.nodes.table import AnyNode
from ivr.flow.option import COMMANDS, Anywhere, Command, Except, Option
from ivr.flow.scalars import Flag, LanguageCode, NodeName, Seconds, ValueName, one_or_many
from ivr.flow.slot import Choice, Confirm, Slot
from ivr.flow.text import Phrases, Text

__all__ = [
    "COMMANDS", "Anywhere", "BargeIn", "Choice", "Command", "Confirm", "Except", "Flow", "Line", "Lines", "MaxVisits",
    "Node", "Option", "Overrides", "Phrases", "Published", "Question", "Retry", "Serving", "Settings", "Slot", "Text",
]  # fmt: skip


class Recording(Part):
    """Consent to recording. Before it no audio and no words are kept."""

    consent: Literal["announce", "ask", "off"] = "off"
    """announce: recorded once `say` was said; ask: once the caller said yes; off: never recorded."""
    say: Text | None = None
    """The announcement, or the question that yes or no answers."""


class CallerProfile(Part):
    """What is kept of callers by their number, from call to call."""

    remember: Literal["off", "ask", "always"] = "off"
    """off: nothing; ask: of callers who said so (node `profile`); always: of everybody who did not say no."""
    unverified: Annotated[tuple[ValueName, ...], BeforeValidator(one_or_many)] = ()
    """Saved values that are known before the caller is verified; by default none is, a name least of all."""


class Limits(Part):
    """What ends a call that does not end by itself."""

    call: Seconds = 3600.0
    """Longest call."""
    steps: Annotated[int, Field(ge=10, le=100_000)] = 500
    """Most nodes entered in one call."""
    say: Text | None = None
    """Goodbye at a limit; built in when not given."""
    next: NodeName | None = None
    """Where to go at a limit instead of ending: a transfer."""


class FlowFile(Part):
    """flow.yaml as it is written."""

    flow: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")]
    """Name of the flow: small letters, digits and _."""
    languages: Annotated[tuple[LanguageCode, ...], BeforeValidator(one_or_many), Field(min_length=1)] = ("en",)
    """The first is what calls begin in."""
    start: NodeName
    """The first node of a call."""
    takes: Annotated[tuple[ValueName, ...], BeforeValidator(one_or_many)] = ()
    """Values that a `call` of this flow must give."""
    include: Annotated[tuple[str, ...], BeforeValidator(one_or_many)] = ()
    """Fragments in `shared/` whose nodes belong to this flow: [goodbye.yaml]."""
    recording: Recording = Recording()
    defaults: Overrides = Overrides()
    """Listening settings for every node."""
    commands: Annotated[tuple[Command, ...], BeforeValidator(one_or_many)] = ()
    """Ready-made commands that are heard in every node that listens."""
    anywhere: tuple[Anywhere, ...] = ()
    """Heard in every node that listens."""
    limits: Limits = Limits()
    profile: CallerProfile = CallerProfile()
    texts: dict[ValueName, Text] = Field(default_factory=dict)
    """Texts that are used in several places, as `say: {text: closed}`; fragments in `shared/` have some, too."""
    sensitive: Flag = False
    on_caller_hangup: Annotated[tuple[NodeName, ...], BeforeValidator(one_or_many)] = ()
    """Queries that still run when the caller hangs up."""
    nodes: Annotated[dict[NodeName, AnyNode], Field(min_length=1)]


class Flow(FlowFile):
    """A compiled flow: what media reads. `anywhere` holds every command, each with what it does."""

    version: str = ""
    """Hash of folder, fragments and examples, 16 hex digits."""
    settings: dict[str, Settings] = Field(default_factory=dict)
    """Effective listening settings a node."""
    grammars: dict[str, str] = Field(default_factory=dict)
    """"node/part/language" -> hash of the grammar. No entry: an open question."""
    prompts: dict[str, list[str]] = Field(default_factory=dict)
    """language -> prompts without values, to be rendered before they are needed."""
    intents: dict[str, list[str]] = Field(default_factory=dict)
    """language -> intents that have examples, `command.agent` and its like included."""
    holidays: dict[str, dict[str, dict[str, str]]] = Field(default_factory=dict)
    """Country -> ISO date -> language -> name, for the `hours` nodes."""
    pronounce: dict[str, dict[str, str]] = Field(default_factory=dict)
    """language -> word in small letters -> how synthesizers speak it."""
    recordings: dict[str, str] = Field(default_factory=dict)
    """"node/language" or "node/part/language" -> recording of that prompt, relative to the flow's folder."""

    @property
    def name(self) -> str:
        return self.flow

    @property
    def language(self) -> str:
        """The language that calls begin in."""
        return str(self.languages[0])

    def node(self, name: str) -> Node:
        """Raises KeyError."""
        return self.nodes[name]

    def grammar(self, node: str, part: str, language: str) -> str:
        """Hash; empty for an open question."""
        return self.grammars.get(f"{node}/{part}/{language}", "")

    def anywhere_at(self, node: str) -> tuple[Anywhere, ...]:
        """What is heard in this node besides its own."""
        rule = self.nodes[node].anywhere
        if rule is False:
            return ()
        if rule is True:
            return self.anywhere
        names = set(rule.names)
        return tuple(
            entry for entry in self.anywhere if not names & {entry.name, entry.command, entry.intent, entry.key}
        )

    def slot(self, name: str) -> Slot | None:
        """The first `collect` that asks for this name says what it is."""
        return self._slots.get(name)

    def is_sensitive(self, name: str) -> bool:
        """A value of this name is never kept."""
        return self.sensitive or name in self._sensitive

    @cached_property
    def _slots(self) -> dict[str, Slot]:
        found: dict[str, Slot] = {}
        for node in self.nodes.values():
            for name, slot in getattr(node, "slots", {}).items():
                found.setdefault(str(name), slot)
        return found

    @cached_property
    def _sensitive(self) -> frozenset[str]:
        return frozenset(
            str(name)
            for node in self.nodes.values()
            for name, slot in getattr(node, "slots", {}).items()
            if node.sensitive or slot.sensitive
        )


class Serving(Part):
    """One of the versions that share the calls of a line."""

    edition: str = ""
    """Key of Published.editions; empty: the flows of the folder."""
    share: float = 1.0
    """Of the new calls, 0 to 1. The last one of a line takes what is left."""


class Published(Part):
    """A set of compiled flows and their lines: the file `flows/current.json` that media takes new calls by."""

    version: str
    """Hash over the versions of all flows and of lines.yaml."""
    lines: Lines | None = None
    """None: no lines.yaml, the sole flow takes every number."""
    flows: dict[str, Flow]
    """Those of the folder."""
    editions: dict[str, dict[str, Flow]] = Field(default_factory=dict)
    """"orders#12" -> that version's flows: `orders` and those that it calls."""
    serving: dict[str, tuple[Serving, ...]] = Field(default_factory=dict)
    """Line -> the versions that its calls run on; a line without an entry: the flows of the folder."""

    def to_json(self) -> str:
        return self.model_dump_json(exclude_defaults=True)

    def choose(self, dialled: list[str], lot: float = 0.0, wanted: str = "") -> tuple[str, Line, Flow] | None:
        """Line name, line and flow of a dialled number (all forms it is known by), or of the line called `wanted`;
        None: nobody claims it (404).
        `lot`: 0 to 1, a number of this call's own: which of the versions that share a line it runs on."""
        if self.lines is None:
            sole = [*self.flows] or [*self.serving]
            if len(sole) != 1 or wanted not in ("", sole[0]):
                return None
            found = sole[0], Line(numbers=("*",), flow=sole[0])
        else:
            known = self.lines.lines
            line = self.lines.find(dialled) if not wanted else (wanted, known[wanted]) if wanted in known else None
            if line is None:
                return None
            found = line
        name, line_found = found
        flow = self.of_line(name, lot).flows.get(line_found.flow)
        return (name, line_found, flow) if flow is not None else None

    def of_line(self, name: str, lot: float = 0.0) -> "Published":
        """What one call on this line runs on: the set whose `flows` are those of its version."""
        serving = self.serving.get(name, ())
        for n, one in enumerate(serving):
            if lot < one.share or n == len(serving) - 1:
                return self.model_copy(update={"flows": self.editions[one.edition]}) if one.edition else self
            lot -= one.share
        return self
