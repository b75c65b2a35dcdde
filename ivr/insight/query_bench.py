"""Turns that ask a service, timed on the wire like those of turn_bench.py: cached, not cached, a slow, a hanging and
a dead one. What the caller hears first is timed, and where that is the hold phrase, the answer behind it."""

import contextlib
import json
import shutil
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ivr.insight.turn_bench import WAIT_S, Round, Script, Turn, TurnCaller, Utterance
from ivr.insight.wire_caller import WireCaller

LINE = Path(__file__).parent / "query_line"
SLOW_S = 3.0
"""How long the slow service takes."""
SAID = {
    "no query": "your opening hours",
    "cached": "the price of delivery",
    "uncached": "the address of the shop",
    "slow": "my last invoice",
    "hanging": "a new password",
    "dead": "the number of my customer card",
}
"""Kind of service -> what the caller says for it."""
HELD = ("slow", "hanging")
"""Kinds whose answer comes behind the hold phrase."""
GAP_S = 0.35
"""So long without sound: the hold phrase has ended."""


class _Answers(BaseHTTPRequestHandler):
    """/quick at once, /slow after SLOW_S."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/slow":
            self.server.over.wait(SLOW_S)  # type: ignore[attr-defined]
        body = b'{"fine": true}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        with contextlib.suppress(OSError):  # the line waited no longer
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def services(folder: Path) -> Iterator[Path]:
    """The services on this machine; yields the line's flows, made in `folder`, that ask them."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    server.over = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    # One takes connections and never answers; the other is bound, and nobody listens.
    with socket.create_server(("127.0.0.2", 0), backlog=64) as hanging, socket.socket() as dead:
        dead.bind(("127.0.0.3", 0))
        thread.start()
        try:
            config = {
                "services": f"http://127.0.0.1:{server.server_port}",
                "hanging": "http://{}:{}".format(*hanging.getsockname()),
                "dead": "http://{}:{}".format(*dead.getsockname()),
            }
            flows = folder / "flows"
            shutil.copytree(LINE, flows)
            lines = {"lines": {"query": {"numbers": ["sip:*@*"], "flow": "query", "config": config}}}
            (flows / "lines.yaml").write_text(json.dumps(lines))
            yield flows
        finally:
            server.over.set()  # type: ignore[attr-defined]
            server.shutdown()
            server.server_close()


HOSTS = '["127.0.0.1", "127.0.0.2", "127.0.0.3"]'
"""The setting `queries.hosts` of that line."""


class QueryCaller(TurnCaller):
    """One call: every kind once, the cached one after it was asked for the first time."""

    def __init__(self, caller: WireCaller, said: dict[str, Utterance], first: bool) -> None:
        self._kinds = said
        self._first = first
        super().__init__(caller, Round(said["cached"], said["cached"], said["cached"], 0.0))

    def talk(self) -> Script:
        yield from self.dial()
        yield from self.until_quiet()
        for kind in (["cached"] if self._first else []) + list(SAID):
            yield from self.say(kind, self._kinds[kind])
            if self.failed:
                return
            if kind in HELD:
                yield from self.behind_the_hold_phrase(kind)
            yield from self.until_quiet()
        if self._first:
            del self.turns[0]  # it filled the cache
        self.caller.hang_up()

    def behind_the_hold_phrase(self, kind: str) -> Script:
        """One more turn: from the same end of voice to the answer itself."""
        held = self.turns[-1]
        ended = self.caller.time_of(held.frame)
        now = yield
        since = now
        while now - self.caller.last_sound(ended) < GAP_S:
            now = yield
        quiet = self.caller.last_sound(ended)
        while not (answered := self.caller.first_sound(quiet + GAP_S / 2)):
            now = yield
            if now - since > WAIT_S:
                self.failed = f"no answer behind the hold phrase ({kind})"
                return
        self.turns.append(Turn(f"{kind}, answer", held.begin, held.frame, answer_s=answered - ended))


def callers(speak: Callable[[str], Utterance], rounds: int) -> Sequence[Callable[[WireCaller], TurnCaller]]:
    """So many calls."""
    said = {kind: speak(text) for kind, text in SAID.items()}
    return [partial(QueryCaller, said=said, first=number == 0) for number in range(rounds)]
