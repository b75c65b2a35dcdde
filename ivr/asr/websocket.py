"""Engine `websocket`: any server that speaks vosk-server's protocol; `ivr asr-server` is one.

The protocol as vosk-server has it: a text message {"config": {...}} first, then sound as binary messages, each answered
by {"partial": text} or, where the server finds an end, {"text": text, "result": [{word, start, end, conf}]}; the text
message {"eof" : 1} is answered by the last result and ends the connection. Optional fields of ours, ignored by others
(docs/recognition.md): `language`, `grammar` and `hints` in the configuration; `in_grammar`, `complete` and
`alternatives` with `confidence`, `source`, `intent` and `slots` in results.
"""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from ivr.asr.plain_text import can_stand, plain
from ivr.asr.remote import GIVE_WAY_S, RemoteFailed
from ivr.asr.sound import RATE
from ivr.asr.word_automaton import WordAutomaton
from ivr.events import Hypothesis, Word
from ivr.flow.acceptor import Parse, accept
from ivr.flow.grammar import Grammar, encode
from ivr.ports import Recognized

EOF = '{"eof" : 1}'
"""Exactly so: vosk-server compares the text."""
PHRASES_MOST = 4000
_UNKNOWN = "[unk]"
_CHUNK = 3200


class WebSocketEngine:
    """The engine; see ports.Recognizer."""

    name = "websocket"
    streams = True
    remote = True

    def __init__(self, url: str, languages: Sequence[str], timeout_s: float = 2.0) -> None:
        """`url`: ws://host:2700. Nothing is connected before an utterance."""
        self.url = url
        self.languages: tuple[str, ...] = tuple(languages)
        self.timeout_s = timeout_s

    def start(
        self,
        language: str,
        grammar: Grammar | None,
        hints: Sequence[str] = (),
        give_way: Callable[[], None] = lambda: None,
    ) -> "WebSocketStream":
        return WebSocketStream(self, language, grammar, hints, give_way)


class WebSocketStream:
    """One utterance. A result ends the connection, as the protocol has it; when the caller goes on after one, the sound
    is sent again over a fresh connection."""

    def __init__(
        self,
        engine: WebSocketEngine,
        language: str,
        grammar: Grammar | None,
        hints: Sequence[str],
        give_way: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._grammar = grammar
        self._give_way = give_way
        self._config = json.dumps({"config": _config(language, grammar, hints)}, ensure_ascii=False)
        self._pcm = bytearray()
        self._connection: ClientConnection | None = None
        self._open = ExitStack()
        self._sent = 0
        self._unanswered = 0
        self._done: list[dict[str, Any]] = []
        self._partial = ""
        self._decoded: tuple[int, Recognized] | None = None

    def audio(self, pcm: bytes) -> str | None:
        self._pcm += pcm
        try:
            self._send()
            latest = self._partial
            while self._unanswered and (answer := self._receive(0.0)) is not None:
                latest = self._heard(answer, latest)
        except (OSError, WebSocketException, TimeoutError, RemoteFailed):
            self._close()  # `decode_now` tries once more with all the sound, and says so when that fails too
            return None
        if latest == self._partial:
            return None
        self._partial = latest
        return latest

    def partial(self) -> str | None:
        return None

    def decode_now(self) -> Recognized:
        """Raises RemoteFailed."""
        if self._decoded is None or self._decoded[0] != len(self._pcm):
            try:
                self._decoded = (len(self._pcm), self._result(self._finish()))
            except (OSError, WebSocketException, TimeoutError) as error:
                raise RemoteFailed(type(error).__name__) from error
            finally:
                self._close()
        return self._decoded[1]

    def end(self) -> Recognized:
        return self.decode_now()

    def cancel(self) -> None:
        self._close()
        self._pcm.clear()

    def _send(self) -> None:
        if self._connection is None:
            dialled = connect(self._engine.url, open_timeout=self._engine.timeout_s, close_timeout=0.1, max_size=2**22)
            self._connection = self._open.enter_context(dialled)
            self._connection.send(self._config)
            self._sent, self._unanswered, self._done = 0, 0, []
        while self._sent < len(self._pcm):
            chunk = bytes(self._pcm[self._sent : self._sent + _CHUNK])
            self._connection.send(chunk)
            self._sent += len(chunk)
            self._unanswered += 1
            self._give_way()

    def _receive(self, timeout_s: float) -> dict[str, Any] | None:
        assert self._connection is not None
        try:
            text = self._connection.recv(timeout=timeout_s)
        except TimeoutError:
            return None
        self._unanswered -= 1
        try:
            answer = json.loads(text)
        except ValueError as error:
            raise RemoteFailed("an answer that is not JSON") from error
        if not isinstance(answer, dict):
            raise RemoteFailed("an answer that is no object")
        return answer

    def _heard(self, answer: dict[str, Any], latest: str) -> str:
        said = " ".join(str(part.get("text", "")) for part in self._done)
        if "partial" in answer:
            return plain(f"{said} {answer['partial']}")
        if answer.get("text") or answer.get("alternatives"):
            self._done.append(answer)
        return latest

    def _finish(self) -> list[dict[str, Any]]:
        self._send()
        assert self._connection is not None
        self._connection.send(EOF)
        self._unanswered += 1
        end = time.monotonic() + self._engine.timeout_s
        while self._unanswered:
            if time.monotonic() >= end:
                raise RemoteFailed("late")
            answer = self._receive(GIVE_WAY_S)
            if answer is not None:
                self._heard(answer, "")
            self._give_way()
        return self._done

    def _close(self) -> None:
        self._connection = None
        self._open.close()

    def _result(self, parts: list[dict[str, Any]]) -> Recognized:
        if len(parts) == 1 and isinstance(parts[0].get("alternatives"), list) and "in_grammar" in parts[0]:
            return _ours(parts[0])
        best = [_best(part) for part in parts]
        words = [word for part in best for word in _words(part) if word.text != _UNKNOWN]
        text = plain(" ".join(str(part.get("text", "")) for part in best).replace(_UNKNOWN, " "))
        if not text:
            return Recognized([], engine="websocket")
        mean = sum(w.confidence for w in words) / len(words) if words else 0.7
        if self._grammar is None:
            return Recognized(
                [Hypothesis(text, 0.0, 0.9 * mean, "websocket:open", words)], True, can_stand(text), "websocket:open"
            )
        parse = accept(self._grammar, text.split())
        begun = parse is not None or WordAutomaton(self._grammar).walk(text.split()) is not None
        means = parse or Parse()
        confidence = mean * (0.95 if parse else 0.5 if begun else 0.6)
        source = "websocket:grammar" if parse else "websocket:open"
        hypothesis = Hypothesis(text, 0.0, confidence, source, words, means.intent, means.slots)
        return Recognized([hypothesis], begun, parse is not None or not begun, source)


def _config(language: str, grammar: Grammar | None, hints: Sequence[str]) -> dict[str, Any]:
    config: dict[str, Any] = {"sample_rate": RATE, "words": 1, "language": language}
    if hints:
        config["hints"] = list(hints)
    if grammar is not None:
        config["phrase_list"] = [*grammar.phrases[:PHRASES_MOST], _UNKNOWN]
        config["grammar"] = json.loads(encode(grammar))
    return config


def _best(part: dict[str, Any]) -> dict[str, Any]:
    """The first of the alternatives, where the server gives them."""
    alternatives = part.get("alternatives")
    if isinstance(alternatives, list) and alternatives and isinstance(alternatives[0], dict):
        return alternatives[0]
    return part


def _words(part: dict[str, Any]) -> list[Word]:
    rows = part.get("result")
    out = []
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and "word" in row:
            begin, finish = _number(row.get("start")), _number(row.get("end"))
            confidence = min(1.0, max(0.0, _number(row.get("conf", 1.0))))
            out.append(Word(str(row["word"]), int(begin * 50), int(finish * 50), confidence))
    return out


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _ours(part: dict[str, Any]) -> Recognized:
    """A result of `ivr asr-server`, which says all that an engine here says."""
    out = []
    for row in part["alternatives"]:
        if isinstance(row, dict) and row.get("text"):
            slots = row.get("slots")
            named = {str(k): str(v) for k, v in slots.items()} if isinstance(slots, dict) else {}
            out.append(
                Hypothesis(
                    str(row["text"]),
                    _number(row.get("score")),
                    min(1.0, max(0.0, _number(row.get("confidence")))),
                    f"websocket:{row.get('source', '')}",
                    _words(row),
                    str(row.get("intent", "")),
                    named,
                )
            )
    return Recognized(out, bool(part["in_grammar"]), bool(part.get("complete", True)), "websocket")
