"""The requests of media: each is a task; a late or failed one is answered as failed, never left open."""

import asyncio
import itertools
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from ivr.actions import Cancel, ParseField, Query, Understand
from ivr.events import FieldParsed, Queried, Queued, TransferDone, Understood
from ivr.services.metrics import REQUEST_SECONDS, REQUESTS
from ivr.services.parts import Parts
from ivr.wire.messages import (
    AgentFree,
    Control,
    ControlDone,
    FlowsPublished,
    LiveValues,
    MediaHello,
    PromptCached,
    QueueAnswer,
    QueueJoin,
    QueueLeft,
    Synthesize,
    Synthesized,
    SynthesizedPiece,
    ToServices,
)
from ivr.wire.streams import Connection, listen

log = structlog.get_logger("services")

Request = Understand | ParseField | Query | Synthesize
Answer = Understood | FieldParsed | Queried | Synthesized

LATE_S = 2.0
"""A part that is this much over the request's own deadline is given up."""
LETTER_S = 0.05
"""A prompt that is made piece by piece may take this long a letter, somewhat less than speaking it takes."""


class MediaAway(Exception):
    """No media process is connected, or it did not answer."""


class RequestServer:
    """Listens on run/services.sock."""

    def __init__(self, path: Path, parts: Parts) -> None:
        self._path = path
        self._parts = parts
        self._connections: set[Connection[ToServices]] = set()
        self._media: dict[Connection[ToServices], MediaHello] = {}
        self._running: dict[tuple[int, str, int], asyncio.Task[None]] = {}
        self._changes: set[asyncio.Task[None]] = set()
        self._controls: dict[int, asyncio.Future[ControlDone]] = {}
        self._ids = itertools.count(1)
        self.published: FlowsPublished | None = None
        self.live: LiveValues | None = None

    async def run(self) -> None:
        """Until cancelled. Raises OSError."""
        server = await listen(self._path, ToServices, self._serve)
        try:
            await server.serve_forever()
        finally:
            server.close()
            await asyncio.gather(*(c.close() for c in self._connections), return_exceptions=True)
            self._path.unlink(missing_ok=True)

    @property
    def open_requests(self) -> int:
        return len(self._running) + len(self._changes)

    @property
    def media_connected(self) -> bool:
        return bool(self._media)

    # --- to media ---------------------------------------------------------------------------------------------

    def publish(self, message: FlowsPublished) -> None:
        self.published = message
        self.tell(message)

    def switch(self, message: LiveValues) -> None:
        """Live values changed."""
        self.live = message
        self.tell(message)

    def tell(self, message: FlowsPublished | LiveValues | PromptCached | Queued | AgentFree | TransferDone) -> None:
        """To every media process, now."""
        for connection in list(self._media):
            connection.post(message)

    async def control(self, command: Any, call: str = "", arguments: dict[str, Any] | None = None) -> ControlDone:
        """Ask media to do something. Raises MediaAway."""
        if not self._media:
            raise MediaAway("the media process is not connected")
        number = next(self._ids)
        done: asyncio.Future[ControlDone] = asyncio.get_running_loop().create_future()
        self._controls[number] = done
        connection = next(reversed(self._media))
        try:
            connection.post(Control(id=number, command=command, call=call, arguments=arguments or {}))
            return await asyncio.wait_for(done, 5.0)
        except TimeoutError:
            raise MediaAway("the media process does not answer") from None
        finally:
            self._controls.pop(number, None)

    # --- from media -------------------------------------------------------------------------------------------

    async def _serve(self, connection: Connection[ToServices]) -> None:
        number = next(self._ids)
        self._connections.add(connection)
        try:
            async for message in connection:
                self._take(number, connection, message)
        finally:
            self._connections.discard(connection)
            if self._media.pop(connection, None) is not None and self._parts.desk is not None:
                self._parts.desk.media_gone()
            for key in [k for k in self._running if k[0] == number]:
                self._running.pop(key).cancel()
        if connection.broken:
            log.warning("a connection of media is given up", reason=connection.broken)

    def _take(self, number: int, connection: Connection[ToServices], message: ToServices) -> None:
        match message:
            case MediaHello():
                self._media[connection] = message
                log.info("media is connected", pid=message.pid, max_calls=message.max_calls)
                for known in (self.published, self.live):
                    if known is not None:
                        connection.post(known)
            case ControlDone():
                waiting = self._controls.get(message.id)
                if waiting is not None and not waiting.done():
                    waiting.set_result(message)
            case Cancel():
                task = self._running.pop((number, message.call, message.id), None)
                if task is not None:
                    task.cancel()
            case QueueJoin() | QueueAnswer() | QueueLeft():
                if self._parts.desk is not None:
                    self._parts.desk.take(message)
                elif isinstance(message, QueueJoin) and message.state == "waiting":
                    self.tell(TransferDone(call=message.call, id=message.id, sip_status=503, reason="no desk"))
            case _:
                self._start(number, connection, message)

    def _start(self, number: int, connection: Connection[ToServices], request: Request) -> None:
        key = (number, request.call, request.id)
        task = asyncio.create_task(self._answer(connection, request))
        if isinstance(request, Query) and request.changes:
            self._changes.add(task)  # finished whatever happens to call and connection
            task.add_done_callback(self._changes.discard)
            return
        self._running[key] = task
        task.add_done_callback(lambda _: self._running.pop(key, None))

    async def _answer(self, connection: Connection[ToServices], request: Request) -> None:
        kind = type(request).__name__
        started = time.monotonic()
        try:
            answer, outcome = await self._ask(request, connection), "ok"
        except asyncio.CancelledError:
            REQUESTS.labels(kind, "cancelled").inc()
            raise
        except TimeoutError:
            answer, outcome = failed(request, "late"), "late"
        except Exception as error:
            # the part's words may carry the caller's: only the kind of error is told
            log.error("a request failed", request=kind, call=request.call, error=type(error).__name__)
            answer, outcome = failed(request, type(error).__name__), "failed"
        REQUESTS.labels(kind, outcome).inc()
        REQUEST_SECONDS.labels(kind).observe(time.monotonic() - started)
        connection.post(answer)

    async def _ask(self, request: Request, connection: Connection[ToServices]) -> Answer:
        parts = self._parts
        if isinstance(request, Understand | Synthesize) and parts.late and not parts.built.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(parts.built.wait(), request.deadline_s)
        match request:
            case Understand() if parts.understander is not None:
                return await asyncio.wait_for(parts.understander.parse(request), request.deadline_s + LATE_S)
            case Query(kind="profile") if parts.profiles is not None:
                return await asyncio.wait_for(parts.profiles.answer(request), request.deadline_s + LATE_S)
            case Query() if parts.querier is not None:
                return await asyncio.wait_for(parts.querier.answer(request), request.deadline_s + LATE_S)
            case Synthesize() if parts.speaker is not None:

                def tell(sound: Any) -> None:
                    piece = SynthesizedPiece(call=request.call, id=request.id, pcm=sound.pcm, sources=[sound.source])
                    connection.post(piece)

                allowed_s = request.deadline_s + LATE_S + LETTER_S * len(request.text)
                return await asyncio.wait_for(parts.speaker.speak(request, tell), allowed_s)
            case ParseField() if parts.parse_field is not None:
                return await asyncio.wait_for(asyncio.to_thread(parts.parse_field, request), LATE_S)
            case _:
                return failed(request, "not there")


def failed(request: Request, why: str) -> Answer:
    """The answer that lets the call go on."""
    match request:
        case Understand():
            return Understood(call=request.call, turn=request.turn, id=request.id, source="none", why=why)
        case ParseField():
            return FieldParsed(call=request.call, turn=request.turn, id=request.id)
        case Query():
            status = "timeout" if why == "late" else "error"
            return Queried(call=request.call, turn=request.turn, id=request.id, status=status)
        case Synthesize():
            return Synthesized(call=request.call, id=request.id, reason=why)
