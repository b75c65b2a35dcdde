"""Requests to the services process, so that a call never hangs on one.

Every request is kept until it is answered: when services dies they are sent again over the next connection, and one
that is not answered by its deadline is answered here (`Understood` source none, `Queried` timeout, ...).
"""

import selectors
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from ivr.actions import Cancel, ParseField, Query, Understand
from ivr.call.overload import Ladder, Limits, Step
from ivr.events import FieldParsed, Queried, Queued, TransferDone, Understood
from ivr.wire.messages import (
    AgentFree,
    Control,
    ControlDone,
    FlowsPublished,
    FromServices,
    LiveValues,
    MediaHello,
    PromptCached,
    QueueAnswer,
    QueueJoin,
    QueueLeft,
    Synthesize,
    Synthesized,
    SynthesizedPiece,
)
from ivr.wire.sockets import Link

Request = Understand | ParseField | Query | Synthesize
Answer = Understood | FieldParsed | Queried | Synthesized
Notice = PromptCached | FlowsPublished | LiveValues | Control | Queued | AgentFree | TransferDone

GRACE_S = 0.3
"""Services has the same deadline and better fallbacks: it gets this much longer to use them."""
AWAY_S = 1.5
"""With nobody connected a request waits no longer than this for services to come back."""


def fallback(request: Request) -> Answer:
    """What the call goes on with when nobody answers."""
    match request:
        case Understand():
            return Understood(call=request.call, id=request.id, source="none", why="services away")
        case ParseField():
            return FieldParsed(call=request.call, id=request.id)
        case Query():
            return Queried(call=request.call, id=request.id, status="timeout")
        case Synthesize():
            return Synthesized(call=request.call, id=request.id, reason="services away")


def lightened(request: Request, step: Step) -> Request:
    """The request with what the ladder's step leaves of it."""
    if isinstance(request, Understand) and step >= Step.BUILTIN_UNDERSTANDING:
        return replace(request, builtin_only=True)
    if isinstance(request, Synthesize) and step >= Step.NO_NEURAL_VOICE:
        return replace(request, cheap=True)
    return request


def _allowed_s(request: Request) -> float:
    match request:
        case ParseField():
            return 1.0
        case Understand() | Query() | Synthesize():
            return request.deadline_s


@dataclass
class _Waiting:
    request: Request
    deadline: float
    away: float
    """Until then it waits for a connection."""
    sent: bool = False


class Services:
    """Media's side of the connection. `now` is the audio loop's clock in seconds."""

    def __init__(
        self,
        selector: selectors.BaseSelector,
        path: Path,
        hello: MediaHello,
        on_answer: Callable[[Answer], None],
        on_notice: Callable[[Notice], None],
        ladder: Ladder | None = None,
    ) -> None:
        self._ladder = ladder or Ladder(Limits())
        self._hello = hello
        self._on_answer = on_answer
        self._on_notice = on_notice
        self.on_piece: Callable[[SynthesizedPiece], None] = lambda piece: None
        self._now = 0.0
        self._waiting: dict[tuple[str, int], _Waiting] = {}
        self._standing: dict[str, QueueJoin] = {}
        self._link: Link[FromServices] = Link(
            selector, FromServices, self._message, self._up, lambda reason: None, path=path
        )

    @property
    def connected(self) -> bool:
        return self._link.connected

    def figures(self, now: float) -> dict[str, float]:
        """For metrics: requests that wait for their answer, and the age of the oldest."""
        asked = min((waiting.away - AWAY_S for waiting in self._waiting.values()), default=now)
        return {"services_waiting": len(self._waiting), "services_oldest_s": round(now - asked, 3)}

    def ask(self, request: Request, now: float) -> None:
        """Send, or keep until services is there."""
        key = (request.call, request.id)
        request = lightened(request, self._ladder.step)
        waiting = _Waiting(request, now + _allowed_s(request) + GRACE_S, now + AWAY_S)
        self._waiting[key] = waiting
        waiting.sent = self._link.send(request)

    def cancel(self, call: str, id: int) -> bool:
        """Take a request back; False when it is none of ours (any more)."""
        waiting = self._waiting.pop((call, id), None)
        if waiting is None:
            return False
        self._link.send(Cancel(call=call, id=id))
        return True

    def forget(self, call: str) -> None:
        """The call is gone: nobody waits for answers. Queries that change something are left to finish."""
        for key in [key for key in self._waiting if key[0] == call]:
            request = self._waiting.pop(key).request
            if not (isinstance(request, Query) and request.changes):
                self._link.send(Cancel(call=call, id=request.id))

    def tell(self, message: QueueJoin | QueueAnswer | QueueLeft) -> None:
        """Of the line for agents; what is told while services is away lies in `stands`."""
        self._link.send(message)

    def stands(self, join: QueueJoin) -> None:
        """Where a call is in line now: told whenever services is there again."""
        self._standing[join.call] = join

    def leave(self, call: str) -> None:
        """The call is in line, or with an agent, no more."""
        if self._standing.pop(call, None) is not None:
            self._link.send(QueueLeft(call=call))

    def reply(self, done: ControlDone) -> None:
        """Answer to a Control."""
        self._link.send(done)

    def tick(self, now: float) -> None:
        """Connect when it is time to, and answer what is overdue."""
        self._now = now
        self._link.tick(now)
        if not self._waiting:
            return
        away = not self._link.connected
        due = [k for k, w in self._waiting.items() if now >= w.deadline or (away and now >= w.away)]
        for key in due:
            waiting = self._waiting.pop(key, None)
            if waiting is None:
                continue
            self._link.send(Cancel(call=key[0], id=key[1]))
            self._on_answer(fallback(waiting.request))

    def close(self) -> None:
        self._link.close()

    def _up(self) -> None:
        self._link.send(self._hello)
        for join in self._standing.values():
            self._link.send(join)
        for waiting in list(self._waiting.values()):
            once = isinstance(waiting.request, Query) and waiting.request.changes
            if not (once and waiting.sent):  # what changes something may have been done before the connection broke
                waiting.sent = self._link.send(waiting.request) or waiting.sent

    def _message(self, message: FromServices) -> None:
        match message:
            case Understood() | FieldParsed() | Queried() | Synthesized():
                if self._waiting.pop((message.call, message.id), None) is not None:
                    self._on_answer(message)
            case SynthesizedPiece():
                if (waiting := self._waiting.get((message.call, message.id))) is not None:
                    waiting.deadline = self._now + _allowed_s(waiting.request) + GRACE_S  # the next one's
                    self.on_piece(message)
            case _:
                self._on_notice(message)
