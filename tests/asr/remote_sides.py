"""The other sides of the remote engines, on free ports of this process."""

import asyncio
import json
import re
import threading
import time
import wave
from collections.abc import Awaitable, Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve

from ivr.asr.asr_server import start
from ivr.ports import Recognizer, RecognizerStream


def in_thread(begin: Callable[[], Awaitable[Server]]) -> str:
    """Run a WebSocket server for the rest of the tests; its address."""
    ready: list[int] = []

    async def run() -> None:
        async with await begin() as server:
            ready.append(next(iter(server.sockets)).getsockname()[1])
            await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(run()), daemon=True).start()
    end = time.monotonic() + 10
    while not ready:
        assert time.monotonic() < end
        time.sleep(0.005)
    return f"ws://127.0.0.1:{ready[0]}"


_running: dict[tuple[str, int], str] = {}


def running_server(engine: Recognizer) -> str:
    """`ivr asr-server` with one engine, the same one when it is asked for again."""
    key = ("websocket", id(engine))
    if key not in _running:
        engines = {language: [engine] for language in engine.languages}
        _running[key] = in_thread(lambda: start(engines, "127.0.0.1", 0))
    return _running[key]


def as_published(recognizer: Callable[[dict[str, Any]], Any], seen: list[dict[str, Any]]) -> str:
    """A server as vosk-server's asr_server.py is; `recognizer(config)` gives what looks like a KaldiRecognizer."""

    async def client(connection: ServerConnection) -> None:
        config: dict[str, Any] = {"sample_rate": 8000}
        kaldi = None
        async for message in connection:
            if isinstance(message, str) and "config" in message:
                config = json.loads(message)["config"]
                seen.append(config)
                continue
            kaldi = kaldi or recognizer(config)
            if message == '{"eof" : 1}':
                await connection.send(kaldi.FinalResult())
                return
            await connection.send(kaldi.Result() if kaldi.AcceptWaveform(message) else kaldi.PartialResult())

    return in_thread(lambda: serve(client, "127.0.0.1", 0))


def stream_out(stream: RecognizerStream, enough: Callable[[], bool], seconds: float = 10.0) -> list[str]:
    """Partials that still come."""
    texts: list[str] = []
    end = time.monotonic() + seconds
    while not texts and not enough() and time.monotonic() < end:
        if text := stream.audio(b""):
            texts.append(text)
        time.sleep(0.01)
    return texts


class Endpoint(BaseHTTPRequestHandler):
    """An OpenAI-compatible transcription endpoint, as far as a client sees it."""

    engine: Recognizer | None = None
    answer: Callable[[], tuple[int, bytes]] | None = None
    requests: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        boundary = re.findall(r"boundary=(\S+)", self.headers["Content-Type"])[0].encode()
        fields: dict[str, Any] = {"path": self.path, "key": self.headers.get("Authorization")}
        for part in body.split(b"--" + boundary)[1:-1]:
            head, _, value = part.strip(b"\r\n").partition(b"\r\n\r\n")
            fields[re.findall(rb'name="(\w+)"', head)[0].decode()] = value
        self.requests.append(fields)
        status, answer = self.answer() if self.answer else (200, self._transcribed(fields["file"]))
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _transcribed(self, file: bytes) -> bytes:
        with wave.open(BytesIO(file)) as sound:
            assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
            pcm = sound.readframes(sound.getnframes())
        assert self.engine is not None
        stream = self.engine.start("en", None)
        stream.audio(pcm)
        found = stream.end().hypotheses
        if not found:
            return json.dumps({"text": ""}).encode()
        words = [{"word": w.text, "start": w.start_t / 50, "end": w.end_t / 50} for w in found[0].words]
        text = found[0].text.capitalize() + "."
        segments = [{"avg_logprob": -0.1, "no_speech_prob": 0.01}]
        return json.dumps({"text": text, "words": words, "segments": segments}).encode()

    def log_message(self, format: str, *args: object) -> None:
        return None


def endpoint(handler: type[Endpoint]) -> str:
    """Its address up to /v1."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/v1"


def running_endpoint(moonshine: Recognizer) -> str:
    """One that transcribes."""
    key = ("rest", id(moonshine))
    if key not in _running:
        _running[key] = endpoint(type("Transcribing", (Endpoint,), {"engine": moonshine, "requests": []}))
    return _running[key]
