"""Unix stream sockets between the processes of one machine.

Two ways to use them, one format (framing.py). `Link` and `Listener` never block and live in a selector loop that their
owner runs (media, recognizers): a key's `data` is the object, and the loop calls `key.data.ready(mask)`; nobody waits,
no thread. wire/streams.py is the same for asyncio (services).
"""

import contextlib
import selectors
import socket
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from ivr.wire.framing import FramingError, Unframer, frame

M = TypeVar("M")

QUEUE_BYTES = 4 * 1024 * 1024
"""More than this waiting to be sent: the other side hangs."""
RETRY_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.0)
"""Waits between tries to connect; the last one stays."""
_READ_BYTES = 256 * 1024


class Ready:
    """What a selector key's `data` is."""

    def ready(self, mask: int) -> None:
        """The socket can be read or written: do what can be done without waiting."""
        raise TypeError("abstract")


class Link(Ready, Generic[M]):
    """One connection, either dialled (`Link.to`, connects again by itself) or accepted by a Listener.

    `on_message(message)` is called from `ready`; `on_up()` when connected; `on_down(reason)` when the connection is
    lost: what was sent and not answered must be taken as lost. Callbacks may call `send` and `close`.
    """

    def __init__(
        self,
        selector: selectors.BaseSelector,
        incoming: Any,
        on_message: Callable[[M], None],
        on_up: Callable[[], None] = lambda: None,
        on_down: Callable[[str], None] = lambda reason: None,
        *,
        path: Path | None = None,
        connection: socket.socket | None = None,
        queue_bytes: int = QUEUE_BYTES,
    ) -> None:
        self._selector = selector
        self._incoming = incoming
        self.on_message = on_message
        self.on_up = on_up
        self.on_down = on_down
        self.path = path
        self._socket: socket.socket | None = None
        self._unframer: Unframer[M] = Unframer(incoming)
        self._out: deque[memoryview] = deque()
        self._out_bytes = 0
        self._queue_bytes = queue_bytes
        self._writing = False
        self._tries = 0
        self._next_try = 0.0
        self._closed = False
        if connection is not None:
            self._use(connection)

    @property
    def connected(self) -> bool:
        return self._socket is not None

    @property
    def waiting_bytes(self) -> int:
        """Not yet taken by the kernel."""
        return self._out_bytes

    def tick(self, now: float) -> float | None:
        """Dial when it is time to (a dialled link only). Returns when it wants to be called again, None when it is
        connected. `now` is any clock in seconds that does not jump."""
        if self._socket is not None or self.path is None or self._closed:
            return None
        if now < self._next_try:
            return self._next_try
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            connection.connect(str(self.path))
        except OSError:
            connection.close()
            self._next_try = now + RETRY_S[min(self._tries, len(RETRY_S) - 1)]
            self._tries += 1
            return self._next_try
        self._tries = 0
        self._use(connection)
        self.on_up()
        return None

    def send(self, message: msgspec.Struct) -> bool:
        """Hand a message over, now or as soon as the socket takes it. False: not connected (or just lost, because the
        other side does not read)."""
        if self._socket is None:
            return False
        data = frame(message)
        if self._out_bytes + len(data) > self._queue_bytes:
            self._lose("it does not read")
            return False
        self._out.append(memoryview(data))
        self._out_bytes += len(data)
        if not self._writing:
            self._write()
        return self._socket is not None

    def ready(self, mask: int) -> None:
        """Read and write what can be without waiting."""
        if mask & selectors.EVENT_WRITE and self._socket is not None:
            self._write()
        if mask & selectors.EVENT_READ and self._socket is not None:
            self._read()

    def drop(self, reason: str) -> None:
        """Give this connection up; a dialled link connects again at its next `tick`."""
        self._lose(reason)

    def close(self) -> None:
        """For good; `on_down` is not called."""
        self._closed = True
        self._disconnect()

    def _use(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._socket = connection
        self._unframer = Unframer(self._incoming)
        self._writing = False
        self._selector.register(connection, selectors.EVENT_READ, self)

    def _read(self) -> None:
        while (connection := self._socket) is not None:
            try:
                data = connection.recv(_READ_BYTES)
                messages = self._unframer.feed(data)
            except BlockingIOError:
                return
            except OSError as error:
                self._lose(error.strerror or "lost")
                return
            except FramingError as error:
                self._lose(f"it does not speak our messages: {error}")
                return
            if not data:
                self._lose("closed by the other side")
                return
            for message in messages:
                if self._socket is not connection:
                    return  # a callback closed it; what follows belongs to nobody
                self.on_message(message)
            if len(data) < _READ_BYTES:
                return

    def _write(self) -> None:
        connection = self._socket
        if connection is None:
            return
        while self._out:
            piece = self._out[0]
            try:
                sent = connection.send(piece)
            except BlockingIOError:
                break
            except OSError as error:
                self._lose(error.strerror or "lost")
                return
            self._out_bytes -= sent
            if sent < len(piece):
                self._out[0] = piece[sent:]
                break
            self._out.popleft()
        wanted = bool(self._out)
        if wanted != self._writing:
            self._writing = wanted
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if wanted else 0)
            self._selector.modify(connection, events, self)

    def _disconnect(self) -> bool:
        connection, self._socket = self._socket, None
        self._out.clear()
        self._out_bytes = 0
        self._next_try = 0.0
        if connection is None:
            return False
        self._selector.unregister(connection)
        connection.close()
        return True

    def _lose(self, reason: str) -> None:
        if self._disconnect():
            self.on_down(reason)


def bind(path: Path) -> socket.socket:
    """A listening Unix socket at `path`, for its owner only; a socket that a dead process left is replaced. Raises
    OSError, also when a living process listens there."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as probe:
            try:
                probe.connect(str(path))
            except OSError:
                path.unlink(missing_ok=True)
            else:
                raise OSError(f"another process listens on {path}")
        server.bind(str(path))
        path.chmod(0o600)
        server.listen(64)
        server.setblocking(False)
    except BaseException:
        server.close()
        raise
    return server


class Listener(Ready):
    """Accepts connections in a selector loop; `on_connection(socket)` makes a Link of each."""

    def __init__(
        self, selector: selectors.BaseSelector, path: Path, on_connection: Callable[[socket.socket], None]
    ) -> None:
        """Raises OSError."""
        self._selector = selector
        self._path = path
        self._on_connection = on_connection
        self._socket = bind(path)
        selector.register(self._socket, selectors.EVENT_READ, self)

    def ready(self, mask: int) -> None:
        """Accept everyone who waits."""
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:  # nobody more, or no descriptor left: the next round tries again
                return
            self._on_connection(connection)

    def close(self) -> None:
        self._selector.unregister(self._socket)
        self._socket.close()
        self._path.unlink(missing_ok=True)
