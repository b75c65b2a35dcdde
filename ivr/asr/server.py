"""The recognizer process: takes streams over a Unix socket, reads their sound from the rings, answers what was heard.

One thread. Between two jobs, and inside one wherever the engine gives way, the sockets are served; a job is the most
urgent thing that some stream wants: its final result, a speculative one, then sound for engines that stream, then
partials. A broken client, an unknown grammar, lost sound or a failing engine cost that stream its result and nothing
else.
"""

import gc
import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import structlog
from msgspec import structs

from ivr.asr.emotion import Emotions
from ivr.asr.grammars import GrammarFiles, GrammarUnknown
from ivr.asr.jobs import URGENCY, Abandoned, Client, Stream, Want
from ivr.asr.passes import NoEngine, Passes, SecondPass
from ivr.events import EmotionHeard, Heard, Hypothesis, Partial
from ivr.ports import Recognized, Recognizer
from ivr.wire.messages import (
    StreamAudio,
    StreamCancel,
    StreamDecode,
    StreamEnd,
    StreamStart,
    ToRecognizer,
)
from ivr.wire.rings import FramesGone, RingError
from ivr.wire.sockets import Listener

log = structlog.get_logger(__name__)

TURNS = 20
"""Finished turns that wait at most; older ones are not judged."""


class RecognizerServer:
    """Serves until `run` is told to stop."""

    def __init__(
        self,
        engines: dict[str, list[Recognizer]],
        socket_path: Path,
        rings: Path,
        grammars: Path,
        second_pass: SecondPass = "auto",
        emotions: Emotions | None = None,
    ) -> None:
        """`rings`: link of the segment (wire/rings.py). Raises OSError when the socket cannot be bound."""
        self._engines = engines
        self._emotions = emotions
        self._over: deque[tuple[Client, StreamStart, bytes]] = deque(maxlen=TURNS)
        """Finished turns whose emotion nobody has told yet."""
        self._second_pass: SecondPass = second_pass
        self._files = GrammarFiles(grammars)
        self.selector: selectors.BaseSelector = selectors.DefaultSelector()
        self._streams: dict[tuple[int, str, int], Stream] = {}
        self._job: Stream | None = None
        self._job_want: Want = "partial"
        self._job_until: int | None = None
        self._clients = 0
        self._leaving: list[Client] = []
        self.rings = rings
        self._listener = Listener(self.selector, socket_path, self._accept)

    def run(self, goes_on: Callable[[], bool], wait_s: float = 1.0) -> None:
        """Until `goes_on()` is false; it is asked at least every `wait_s`."""
        while goes_on():
            job = self._next_job()
            for key, mask in self.selector.select(0 if job or self._over else wait_s):
                key.data.ready(mask)
            job = self._next_job()
            if job is not None:
                self._work(job)
            elif self._over:
                self._tell_emotion(*self._over.popleft())
            while self._leaving:
                self._leaving.pop().close()

    def close(self) -> None:
        self._listener.close()
        for stream in list(self._streams.values()):
            stream.client.link.close()
        self.selector.close()

    # --- clients ------------------------------------------------------------------------------------------------

    def _accept(self, connection: socket.socket) -> None:
        self._clients += 1
        Client(self, self._clients, connection)

    def take(self, client: Client, message: ToRecognizer) -> None:
        """A message of a client."""
        key = (client.number, message.call, message.id)
        if isinstance(message, StreamStart):
            self._start(client, key, message)
            return
        stream = self._streams.get(key)
        if stream is None:
            return  # cancelled or failed already
        match message:
            case StreamAudio():
                stream.until_t = max(stream.until_t, message.until_t)
            case StreamDecode():
                stream.decode_t, stream.since = message.until_t, time.monotonic()
            case StreamEnd():
                stream.end_t, stream.since = message.until_t, time.monotonic()
            case StreamCancel():
                self._forget(stream)

    def lost(self, client: Client) -> None:
        """A client is gone; so is what it wanted. Its mapping is closed once no job reads from it."""
        log.info("client_gone")
        for stream in [s for s in self._streams.values() if s.client is client]:
            self._forget(stream)
        self._leaving.append(client)

    @property
    def languages(self) -> dict[str, list[str]]:
        return {language: [engine.name for engine in engines] for language, engines in self._engines.items()}

    def _start(self, client: Client, key: tuple[int, str, int], message: StreamStart) -> None:
        if key in self._streams:
            self._forget(self._streams[key])
        engines = self._engines.get(message.language)
        if not engines:
            client.fail(message, f"no engine for {message.language}")
            return
        grammar = None
        if message.grammar:
            try:
                grammar = self._files.get(message.grammar)
            except GrammarUnknown:
                log.warning("grammar_unknown", call=message.call, grammar=message.grammar)
        if message.first_only and grammar is not None:
            engines = engines[:1]  # in open vocabulary only one of them decides anyhow (passes.py)
        try:
            ring = client.ring(message.slot)
            passes = Passes(
                engines,
                message.language,
                grammar,
                message.hints,
                self._give_way,
                local_only=message.local_only,
                second_pass=self._second_pass,
            )
        except NoEngine as error:
            client.fail(message, str(error))
            return
        except Exception as error:
            log.error("stream_failed", call=message.call, error=type(error).__name__)
            client.fail(message, type(error).__name__)
            return
        t = message.from_t
        self._streams[key] = Stream(client, message, ring, ring.epoch, passes, t, t, t)

    def _forget(self, stream: Stream) -> None:
        stream.gone = True
        stream.passes.cancel()
        self._streams.pop((stream.client.number, stream.start.call, stream.start.id), None)

    # --- work ---------------------------------------------------------------------------------------------------

    def _next_job(self) -> Stream | None:
        best: tuple[int, float] | None = None
        chosen = None
        for stream in self._streams.values():
            want = stream.want()
            if want is not None and (best is None or (URGENCY[want], stream.since) < best):
                best, chosen = (URGENCY[want], stream.since), stream
        return chosen

    def _give_way(self) -> None:
        """Called from inside a decoding: serve the sockets, and stop when the work is in vain."""
        for key, mask in self.selector.select(0):
            key.data.ready(mask)
        job = self._job
        if job is None:
            return
        if job.gone:
            raise Abandoned
        if self._job_want == "decode" and (job.end_t is not None or job.decode_t != self._job_until):
            raise Abandoned  # the caller went on, and pauses anew
        if self._job_want == "partial" and any(s.want() in ("end", "decode") for s in self._streams.values()):
            raise Abandoned

    def _work(self, stream: Stream) -> None:
        want = stream.want()
        assert want is not None
        self._job, self._job_want, self._job_until = stream, want, stream.decode_t
        began = time.perf_counter()
        try:
            match want:
                case "end":
                    until = stream.end_t or stream.until_t
                    self._feed(stream, until)
                    self._answer(stream, stream.passes.end(), until, False, began)
                    self._keep(stream, until)
                    self._forget(stream)
                case "decode":
                    until = stream.decode_t or stream.until_t
                    self._feed(stream, until)
                    result = stream.passes.decode_now()
                    if stream.decode_t == until:
                        stream.decode_t = None
                    self._answer(stream, result, until, True, began)
                case "feed":
                    self._feed(stream, stream.until_t)
                case "partial":
                    stream.partial_t = stream.until_t
                    self._feed(stream, stream.until_t)
                    self._tell_partial(stream, stream.passes.partial())
        except Abandoned:
            pass
        except (FramesGone, RingError) as error:
            stream.client.fail(stream.start, str(error))
            self._forget(stream)
        except Exception as error:
            log.exception("decoding_failed", call=stream.start.call)
            stream.client.fail(stream.start, type(error).__name__)
            self._forget(stream)
        finally:
            self._job = None

    def _feed(self, stream: Stream, until_t: int) -> None:
        if stream.ring.epoch != stream.epoch:
            raise FramesGone("the slot went to another call")
        if until_t > stream.fed_t:
            pcm = stream.ring.read(stream.fed_t, until_t)
            stream.fed_t = until_t
            self._tell_partial(stream, stream.passes.audio(pcm))

    def _keep(self, stream: Stream, until: int) -> None:
        """Its sound, for when nobody waits for anything."""
        if self._emotions is not None:
            with suppress(FramesGone, RingError):
                self._over.append((stream.client, stream.start, stream.ring.read(stream.start.from_t, until)))

    def _tell_emotion(self, client: Client, start: StreamStart, pcm: bytes) -> None:
        assert self._emotions is not None
        try:
            found = self._emotions.heard(start.call, pcm)
        except Exception as error:  # Praat's own kinds; a call goes on without
            log.warning("emotion_failed", call=start.call, error=type(error).__name__)
            return
        if found is not None and client not in self._leaving:
            name, chance = ("frustrated", found.frustrated) if found.frustrated > found.calm else ("calm", found.calm)
            told = EmotionHeard(
                call=start.call, turn=start.turn, emotion=name if chance >= 0.5 else "", confidence=chance,
                frustrated=found.frustrated, calm=found.calm,
            )  # fmt: skip
            client.link.send(told)

    @staticmethod
    def _tell_partial(stream: Stream, text: str | None) -> None:
        if text and stream.end_t is None and not stream.gone:
            start = stream.start
            stream.client.link.send(Partial(call=start.call, id=start.id, turn=start.turn, text=text))

    @staticmethod
    def _answer(stream: Stream, result: Recognized, until_t: int, speculative: bool, began: float) -> None:
        start = stream.start
        stream.client.link.send(
            Heard(
                call=start.call,
                id=start.id,
                turn=start.turn,
                hypotheses=[_in_the_call(h, start.from_t) for h in result.hypotheses],
                in_grammar=result.in_grammar,
                speculative=speculative,
                complete=result.complete,
                closed=result.closed,
                until_t=until_t,
                decode_s=round(time.perf_counter() - began, 4),
                engine=result.engine,
            )
        )


def _in_the_call(h: Hypothesis, from_t: int) -> Hypothesis:
    """The engine counts frames from the stream's first one, events from the call's answer."""
    words = [structs.replace(w, start_t=w.start_t + from_t, end_t=w.end_t + from_t) for w in h.words]
    return structs.replace(h, words=words)


def serve(
    engines: dict[str, list[Recognizer]],
    socket_path: Path,
    rings: Path,
    grammars: Path,
    second_pass: SecondPass = "auto",
    emotions: Emotions | None = None,
) -> None:
    """Run until the parent process is gone or SIGTERM comes. Raises OSError when the socket is taken."""
    import signal

    stopped = False

    def stop(*_: object) -> None:
        nonlocal stopped
        stopped = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    parent = os.getppid()
    server = RecognizerServer(engines, socket_path, rings, grammars, second_pass, emotions)
    gc.collect()
    gc.freeze()
    log.info("recognizer_ready", languages=server.languages)
    try:
        server.run(lambda: not stopped and os.getppid() == parent)
    finally:
        server.close()
