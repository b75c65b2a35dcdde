"""A real HTTP server with a voice, OpenAI's way and by plain posts: espeak-ng at 22 kHz, two channels."""

import io
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import soundfile
import soxr

from ivr.tts import SynthesisError
from ivr.tts.espeak import Espeak
from ivr.tts.shape import from_pcm


class VoiceServer:
    """Until `stop`; `asked` holds (path, headers, what was asked)."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.answer: tuple[int, bytes] | None = None
        """In place of the voice: status and body."""
        self.drip_s = 0.0
        """Seconds between the bytes of an answer."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                split = urlsplit(self.path)
                if split.path.endswith("/audio/speech"):
                    asked = json.loads(body)
                else:
                    asked = {name: found[0] for name, found in parse_qs(split.query).items()} | {"input": body.decode()}
                outer.asked.append((split.path, dict(self.headers), asked))
                status, data = outer.answer or outer.spoken(asked)
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                try:
                    for byte in [data] if not outer.drip_s else [data[n : n + 1] for n in range(len(data))]:
                        self.wfile.write(byte)
                        time.sleep(outer.drip_s)
                except OSError:
                    pass

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @staticmethod
    def spoken(asked: dict[str, Any]) -> tuple[int, bytes]:
        text = str(asked["input"])
        try:
            pcm = Espeak().synthesize(text, "ko" if any(ord(c) > 0xAC00 for c in text) else "en")
        except SynthesisError:
            return 400, b"{}"
        sound = soxr.resample(from_pcm(pcm), 8000, 22050)
        out = io.BytesIO()
        soundfile.write(out, np.stack([sound, sound], axis=1), 22050, format="WAV", subtype="PCM_24")
        return 200, out.getvalue()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
