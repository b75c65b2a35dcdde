"""A real HTTP server on this machine whose answers are bytes, as good or bad as a test wants them."""

import asyncio
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

Reply = bytes | tuple[bytes, float, bytes]
"""All at once; or a part, seconds, and the rest."""


def reply(body: bytes | str = b"{}", status: str = "200 OK", **headers: str) -> bytes:
    data = body.encode() if isinstance(body, str) else body
    lines = {"Content-Length": str(len(data)), "Content-Type": "application/json", "Connection": "close"}
    lines |= {name.replace("_", "-"): text for name, text in headers.items()}
    head = "".join(f"{name}: {text}\r\n" for name, text in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + data


@dataclass
class Asked:
    """A request that came."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class WebServer:
    """Answers each request by `script(asked)`, on a thread of its own until `stop`."""

    def __init__(self, script: Callable[[Asked], Reply], context: ssl.SSLContext | None = None) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self.port = 0
        self._context = context
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self._ready.wait(5)

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._take, "127.0.0.1", 0, ssl=self._context))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        server.close()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            method, path, _ = head[0].split(" ")
            pairs = (line.split(": ", 1) for line in head[1:] if line)
            asked = Asked(method, path, {name.lower(): text for name, text in pairs})
            asked.body = await reader.readexactly(int(asked.headers.get("content-length", 0)))
            self.asked.append(asked)
            answer = self.script(asked)
            if isinstance(answer, tuple):
                first, wait_s, answer = answer
                writer.write(first)
                await writer.drain()
                await asyncio.sleep(wait_s)
            writer.write(answer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
