"""The asyncio side of wire/sockets.py: same sockets, same framing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from ivr.wire.framing import FramingError, Unframer, frame
from ivr.wire.sockets import QUEUE_BYTES, bind

M = TypeVar("M")


class Connection(Generic[M]):
    """One connection: iterate over it for what comes, `post` what goes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, incoming: Any) -> None:
        self._reader = reader
        self._writer = writer
        self._unframer: Unframer[M] = Unframer(incoming)
        self.broken: str = ""
        """Why the iteration ended, when the other side did not simply close."""

    def post(self, message: msgspec.Struct) -> bool:
        """Send without waiting. False: it is gone, or reads so slowly that it is dropped here."""
        if self._writer.is_closing():
            return False
        if self._writer.transport.get_write_buffer_size() > QUEUE_BYTES:
            self.broken = "it does not read"
            self._writer.transport.abort()
            return False
        self._writer.write(frame(message))
        return True

    async def send(self, message: msgspec.Struct) -> bool:
        """Send, and wait while the other side is slow. False: it is gone."""
        if not self.post(message):
            return False
        try:
            await self._writer.drain()
        except OSError:
            return False
        return True

    async def __aiter__(self) -> AsyncIterator[M]:
        """Messages until the other side closes or breaks."""
        try:
            while data := await self._reader.read(256 * 1024):
                for message in self._unframer.feed(data):
                    yield message
        except FramingError as error:
            self.broken = f"it does not speak our messages: {error}"
        except OSError as error:
            self.broken = error.strerror or "lost"

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


async def connect(path: Path, incoming: Any) -> Connection[Any]:
    """Raises OSError."""
    return Connection(*await asyncio.open_unix_connection(str(path)), incoming)


async def listen(path: Path, incoming: Any, serve: Callable[[Connection[Any]], Awaitable[None]]) -> asyncio.Server:
    """Accept at `path`; `serve(connection)` runs for each until it returns, then the connection is closed. Raises
    OSError."""

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection: Connection[Any] = Connection(reader, writer, incoming)
        try:
            await serve(connection)
        finally:
            await connection.close()

    return await asyncio.start_unix_server(accepted, sock=bind(path))
