"""What the services process is made of, as it sees it; bootstrap hands over what other rooms make."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ivr.actions import ParseField, Query, Understand
from ivr.events import FieldParsed, Queried, Queued, TransferDone, Understood
from ivr.wire.messages import (
    AgentFree,
    LiveValues,
    PromptCached,
    QueueAnswer,
    QueueJoin,
    QueueLeft,
    Synthesize,
    Synthesized,
)


class Understander(Protocol):
    """nlu.chain.Chain: Rasa within its deadline, then the built-in classifier."""

    async def parse(self, request: Understand) -> Understood: ...


class Speaker(Protocol):
    """tts.speaker.Speaker."""

    async def speak(self, message: Synthesize, tell: Callable[[Any], None] | None = None) -> Synthesized:
        """`tell` gets each piece (`pcm`, `source`) of a long prompt that is new, as soon as it is there."""


class Querier(Protocol):
    """business.queries.Queries."""

    async def answer(self, query: Query) -> Queried: ...


class Desk(Protocol):
    """records.agent_desk.AgentDesk: the line for agents."""

    def take(self, message: QueueJoin | QueueAnswer | QueueLeft) -> None:
        """From media; returns at once."""

    def media_gone(self) -> None:
        """Its connection broke."""


class LiveJournals(Protocol):
    """records.live.LiveJournals: calls that last, read from their journals."""

    def calls(self) -> list[dict[str, Any]]:
        """What is known of each call that has not ended; reads files."""

    def lines(self, call: str) -> AsyncIterator[str]:
        """The journal from its first line, and on as it grows, until the call is closed. Raises KeyError."""

    def sound(self, call: str) -> AsyncIterator[bytes]:
        """Stereo PCM16 as it is kept, until the call is over; empty ones in between. Raises KeyError."""


class Background(Protocol):
    """Work in a thread of its own: delivery, heartbeat."""

    name: str

    def run(self) -> None:
        """Until `stop`."""

    def stop(self) -> None: ...

    def status(self) -> dict[str, Any]: ...


@dataclass
class Parts:
    """Each may be missing: then its requests are answered as failed, and everything else goes on."""

    understander: Understander | None = None
    parse_field: Callable[[ParseField], FieldParsed] | None = None
    querier: Querier | None = None
    speaker: Speaker | None = None
    live: LiveJournals | None = None
    desk: Desk | None = None
    profiles: Querier | None = None
    """records.profiles.Profiles: what is known of the caller; asked by media as calls begin."""
    background: list[Background] = field(default_factory=list)
    forever: dict[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    """name -> work on the event loop that ends only when it is cancelled."""
    late: dict[str, Callable[[], None]] = field(default_factory=dict)
    """part -> makes it and sets it here; run in a thread once the process answers: libraries that take seconds to
    load. A request that needs one waits for it within its deadline."""
    built: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when `late` is done."""
    on_flows: list[Callable[[Any], Awaitable[None]]] = field(default_factory=list)
    """Called with flow.loader's result after each publishing: train, render prompts ahead. One after the other."""
    flows_beside: Callable[[], str | None] = lambda: ""
    """Changes when another published version serves (services/flow_watch.py); None: not known yet."""
    on_stop: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    tell_media: Callable[[PromptCached], None] = lambda notice: None
    """Set by the process: tells every connected media process, on the event loop's thread."""
    tell_live: Callable[[LiveValues], None] = lambda values: None
    """Set by the process: live values to every media process, also those that connect later; on the loop's thread."""
    tell_desk: Callable[[Queued | AgentFree | TransferDone], None] = lambda told: None
    """Set by the process: what the desk says of a call, to media; on the loop's thread."""
    media_status: dict[str, Any] = field(default_factory=dict)
    """What media said last: `max_calls`, `live_calls`, `draining`; empty while it is away."""
    missing: dict[str, str] = field(default_factory=dict)
    """part -> why it is not there, for status."""


@dataclass(frozen=True)
class ServicesConfig:
    """Plain values, from Settings."""

    state: Path
    flows: Path
    node: str = ""
    control_host: str = "127.0.0.1"
    control_port: int = 0
    control_token: str = ""
    """Empty: made at the first start, in <state>/secrets/control.token."""

    @property
    def socket(self) -> Path:
        return self.state / "run" / "services.sock"

    @property
    def browsers(self) -> Path:
        """Media's socket for calls from the browser's microphone."""
        return self.state / "run" / "browser.sock"
