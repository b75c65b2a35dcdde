"""What the recognizer process works on: its clients and the streams that they opened."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from selectors import BaseSelector
from typing import Literal, Protocol

from ivr.asr.passes import Passes
from ivr.events import HearingFailed
from ivr.wire.messages import RecognizerHello, StreamStart, ToRecognizer
from ivr.wire.rings import RingReader, Segment
from ivr.wire.sockets import Link


class Server(Protocol):
    """What a client needs of its server."""

    selector: BaseSelector
    rings: Path

    @property
    def languages(self) -> dict[str, list[str]]: ...

    def take(self, client: "Client", message: ToRecognizer) -> None: ...

    def lost(self, client: "Client") -> None: ...


class Client:
    """One connection of media."""

    def __init__(self, server: Server, number: int, connection: socket.socket) -> None:
        self._server = server
        self.number = number
        self._segment: Segment | None = None
        self._readers: dict[int, RingReader] = {}
        self.link: Link[ToRecognizer] = Link(
            server.selector, ToRecognizer, self._came, on_down=self._down, connection=connection
        )
        self.link.send(RecognizerHello(pid=os.getpid(), languages=server.languages))

    def ring(self, slot: int) -> RingReader:
        """Raises RingError. The segment is mapped once a connection: media makes it before it connects."""
        if self._segment is None:
            self._segment = Segment.open(self._server.rings)
        if slot not in self._readers:
            self._readers[slot] = self._segment.caller(slot)
        return self._readers[slot]

    def fail(self, start: StreamStart, reason: str) -> None:
        self.link.send(HearingFailed(call=start.call, id=start.id, turn=start.turn, reason=reason))

    def _came(self, message: ToRecognizer) -> None:
        self._server.take(self, message)

    def _down(self, reason: str) -> None:
        self._server.lost(self)

    def close(self) -> None:
        """Unmap the rings."""
        self.link.close()
        self._readers.clear()
        if self._segment is not None:
            self._segment.close()
            self._segment = None


PARTIAL_FRAMES = 40
"""New sound (0.8 s) before another partial of an engine that does not stream."""
FEED_FRAMES = 10
"""Sound (0.2 s) that is fed at once to engines that stream."""
Want = Literal["end", "decode", "feed", "partial"]


class Abandoned(Exception):
    """The job is not wanted any more, or something more urgent came."""


@dataclass(slots=True, eq=False)
class Stream:
    """One Listen."""

    client: Client
    start: StreamStart
    ring: RingReader
    epoch: int
    passes: Passes
    fed_t: int
    until_t: int
    partial_t: int
    decode_t: int | None = None
    end_t: int | None = None
    since: float = 0.0
    gone: bool = False

    def want(self) -> Want | None:
        """The most urgent thing."""
        if self.end_t is not None:
            return "end"
        if self.decode_t is not None:
            return "decode"
        if self.passes.streams:
            return "feed" if self.until_t - self.fed_t >= FEED_FRAMES else None
        due = self.start.partials and self.until_t - self.partial_t >= PARTIAL_FRAMES
        return "partial" if due else None


URGENCY: dict[Want, int] = {"end": 0, "decode": 1, "feed": 2, "partial": 3}
