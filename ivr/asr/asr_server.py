"""`ivr asr-server`: the engines over vosk-server's WebSocket protocol, for programs of others and for our own engine
`websocket` on another machine.

What vosk-server's clients expect is kept: any sample rate, a partial to each piece of sound, a result where a pause
ends an utterance, `{"eof" : 1}` and `{"reset" : 1}`. A client that sends the fields of ours (websocket.py) ends its
utterances by itself and gets all that an engine says.
"""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import soxr
import structlog
import webrtcvad
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from ivr.asr.passes import Passes, SecondPass
from ivr.asr.sound import RATE
from ivr.events import Hypothesis
from ivr.flow.grammar import Arc, Grammar
from ivr.ports import Recognized, Recognizer

log = structlog.get_logger(__name__)

END_S = 0.7
"""Silence after speech that ends an utterance of a client that does not end it itself."""
PARTIAL_S = 0.8
"""New sound before another partial of an engine that does not stream."""
LONGEST_S = 60.0
MESSAGE_BYTES = 4 * 1024 * 1024
_FRAME = 320


@dataclass(slots=True)
class _Config:
    """What a client asked for."""

    rate: int = RATE
    language: str = ""
    words: bool = False
    alternatives: int = 0
    grammar: Grammar | None = None
    hints: list[str] = field(default_factory=list)
    ours: bool = False
    """It sent a field of ours: it ends utterances itself and reads all that we say."""


class ConfigError(ValueError):
    """A configuration that cannot be carried out; the message says why."""


class Session:
    """One connection, without its socket: messages in, answers out. Used by one thread at a time."""

    def __init__(self, engines: dict[str, list[Recognizer]], rate: int, second_pass: SecondPass) -> None:
        self._engines = engines
        self._second_pass: SecondPass = second_pass
        self._config = _Config(rate=rate, language=next(iter(engines), ""))
        self._passes: Passes | None = None
        self._resampler: Any = None
        self._vad = webrtcvad.Vad(2)
        self._rest = b""
        self._taken = 0
        self._told = 0
        self._voiced = 0
        self._silent = 0
        self._partial = ""

    def text(self, message: str) -> tuple[str | None, bool]:
        """Answer to a text message, and whether the connection ends. Raises ConfigError."""
        try:
            data = json.loads(message)
        except ValueError as error:
            raise ConfigError("a text message must be JSON") from error
        if not isinstance(data, dict):
            raise ConfigError("a text message must be an object")
        if "config" in data:
            self._configure(data["config"])
            return None, False
        if data.get("eof"):
            return self._result(), True
        if data.get("reset"):
            return self._result(), False
        raise ConfigError("known messages are config, eof and reset")

    def sound(self, message: bytes) -> str:
        """Answer to a piece of sound."""
        pcm = self._to_8k(message)
        passes = self._started()
        heard = passes.audio(pcm)
        self._taken += len(pcm)
        ended = self._ended(pcm) and not self._config.ours
        if ended or self._taken > LONGEST_S * RATE * 2:
            return self._result()
        if not passes.streams and self._taken - self._told >= PARTIAL_S * RATE * 2 and self._voiced:
            self._told = self._taken
            heard = passes.partial()
        if heard is not None:
            self._partial = heard
        return _json({"partial": self._partial})

    def close(self) -> None:
        if self._passes is not None:
            self._passes.cancel()

    def _configure(self, values: object) -> None:
        if not isinstance(values, dict):
            raise ConfigError("config must be an object")
        known = self._config
        rate = values.get("sample_rate", known.rate)
        if not isinstance(rate, int | float) or not 4000 <= rate <= 192000:
            raise ConfigError("sample_rate must be between 4000 and 192000")
        language = str(values.get("language", known.language))
        if language not in self._engines:
            raise ConfigError(f"no engine for {language!r}; there are {', '.join(self._engines) or 'none'}")
        grammar = known.grammar
        if "grammar" in values:
            try:
                grammar = msgspec.convert(values["grammar"], Grammar, strict=False)
            except msgspec.ValidationError as error:
                raise ConfigError(f"grammar: {error}") from error
            _check(grammar)
        elif "phrase_list" in values:
            phrases = [str(p) for p in values["phrase_list"] or [] if str(p) != "[unk]"]
            grammar = phrase_list_grammar(phrases, language) if phrases else None
        hints = values.get("hints") or []
        self._config = _Config(
            int(rate),
            language,
            bool(values.get("words", known.words)),
            int(values.get("max_alternatives", known.alternatives)),
            grammar,
            [str(hint) for hint in hints] if isinstance(hints, list) else [],
            known.ours or "grammar" in values or "language" in values,
        )
        self.close()
        self._passes = self._resampler = None

    def _started(self) -> Passes:
        if self._passes is None:
            c = self._config
            engines = self._engines.get(c.language) or []
            self._passes = Passes(engines, c.language, c.grammar, c.hints, lambda: None, second_pass=self._second_pass)
            self._taken = self._told = self._voiced = self._silent = 0
            self._partial = ""
        return self._passes

    def _to_8k(self, message: bytes) -> bytes:
        data = self._rest + message
        even = len(data) // 2 * 2
        self._rest = data[even:]
        samples = np.frombuffer(data[:even], dtype="<i2")
        if self._config.rate == RATE:
            return samples.tobytes()
        if self._resampler is None:
            self._resampler = soxr.ResampleStream(self._config.rate, RATE, 1, dtype="int16")
        return bytes(self._resampler.resample_chunk(samples).astype("<i2").tobytes())

    def _ended(self, pcm: bytes) -> bool:
        """A pause after speech."""
        for at in range(0, len(pcm) - _FRAME + 1, _FRAME):
            if self._vad.is_speech(pcm[at : at + _FRAME], RATE):
                self._voiced += 1
                self._silent = 0
            else:
                self._silent += 1
        return self._voiced >= 5 and self._silent >= END_S * 50

    def _result(self) -> str:
        result = self._started().end()
        self._passes = None
        return _json(_answer(result, self._config))


def _check(grammar: Grammar) -> None:
    states = len(grammar.arcs)
    if not states or any(arc.to >= states or arc.to < 0 for arcs in grammar.arcs for arc in arcs):
        raise ConfigError("grammar: an arc leads to a state that is not there")


def phrase_list_grammar(phrases: list[str], language: str) -> Grammar:
    """One path a phrase."""
    arcs: list[list[Arc]] = [[]]
    finals: dict[int, float] = {}
    for phrase in phrases:
        state = 0
        for word in phrase.lower().split():
            known = next((arc.to for arc in arcs[state] if arc.word == word), None)
            if known is None:
                arcs.append([])
                known = len(arcs) - 1
                arcs[state].append(Arc(known, word))
            state = known
        if state:
            finals[state] = 0.0
    return Grammar(language, arcs, finals, phrases, "phrase_list")


def _answer(result: Recognized, config: _Config) -> dict[str, Any]:
    best = result.hypotheses[0] if result.hypotheses else None
    if config.ours:
        rows = [
            {**_row(h, True), "score": h.score, "source": h.source, "intent": h.intent, "slots": h.slots}
            for h in result.hypotheses
        ]
        return {
            "text": best.text if best else "",
            "in_grammar": result.in_grammar,
            "complete": result.complete,
            "alternatives": rows,
        }
    if config.alternatives:
        return {"alternatives": [_row(h, config.words) for h in result.hypotheses[: config.alternatives]]}
    if best is None:
        return {"text": ""}
    row = _row(best, config.words)
    return {k: v for k, v in row.items() if k != "confidence"}


def _row(h: Hypothesis, words: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"text": h.text, "confidence": round(h.confidence, 4)}
    if words:
        row["result"] = [
            {"word": w.text, "start": w.start_t / 50, "end": w.end_t / 50, "conf": round(w.confidence, 4)}
            for w in h.words
        ]
    return row


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)


async def start(
    engines: dict[str, list[Recognizer]],
    host: str,
    port: int,
    *,
    rate: int = RATE,
    second_pass: SecondPass = "auto",
    threads: int = 1,
    share_port: bool = False,
) -> Server:
    """Listen; the caller closes the server. `share_port`: other processes listen there too. Raises OSError."""
    pool = ThreadPoolExecutor(threads, "asr")

    async def client(connection: ServerConnection) -> None:
        loop = asyncio.get_running_loop()
        session = Session(engines, rate, second_pass)
        try:
            async for message in connection:
                if isinstance(message, str):
                    answer, over = await loop.run_in_executor(pool, session.text, message)
                    if answer is not None:
                        await connection.send(answer)
                    if over:
                        break
                else:
                    await connection.send(await loop.run_in_executor(pool, session.sound, message))
        except ConfigError as error:
            await connection.close(1008, str(error)[:120])
        except ConnectionClosed:
            pass
        except Exception as error:
            log.exception("recognition_failed")
            await connection.close(1011, type(error).__name__)
        finally:
            session.close()

    return await serve(
        client, host, port, max_size=MESSAGE_BYTES, compression=None, reuse_port=True if share_port else None
    )
