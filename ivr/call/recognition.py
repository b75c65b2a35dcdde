"""Listening: streams to the recognizer processes, moved to another one when theirs dies or hangs.

The sound itself lies in the call's ring; a recognizer is only told how far it may read. So a stream that lost its
recognizer begins again at its first frame somewhere else, and the turn costs a delay, not the words.
"""

import selectors
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ivr.actions import Listen
from ivr.call.overload import Ladder, Limits, Step
from ivr.events import EmotionHeard, Heard, HearingFailed, Partial
from ivr.wire.messages import (
    FromRecognizer,
    RecognizerHello,
    StreamAudio,
    StreamCancel,
    StreamDecode,
    StreamEnd,
    StreamStart,
)
from ivr.wire.rings import RING_FRAMES
from ivr.wire.sockets import Link

AUDIO_EVERY = 2
"""Frames between two StreamAudio messages of a stream."""
LAZY_S = 0.4
"""Under load a pause is decoded once it has lasted so long: the turn is over then, mostly."""
TRIES = 3
"""Recognizers that a stream is given to before it is given up."""

HearingAnswer = Partial | Heard | HearingFailed | EmotionHeard


class _Worker:
    """One recognizer process."""

    def __init__(self, selector: selectors.BaseSelector, path: Path, pool: "Recognition") -> None:
        self.languages: dict[str, list[str]] = {}
        self.streams = 0
        self.link: Link[FromRecognizer] = Link(
            selector,
            FromRecognizer,
            lambda message: pool.message(self, message),
            lambda: None,
            lambda reason: pool.lost(self, reason),
            path=path,
        )


@dataclass
class _Stream:
    listen: Listen
    slot: int
    now_t: Callable[[], int]
    """Frames of the caller that are in the ring."""
    worker: _Worker | None = None
    told_t: int = 0
    decode_t: int = -1
    """Frame of an unanswered StreamDecode; -1: none."""
    end_t: int = -1
    """Frame of StreamEnd; -1: still going on."""
    later: float = 0.0
    """When to send the StreamDecode that waits, under load; 0: none does."""
    tries: int = 0
    asked: float = 0.0
    """When an answer was asked for, or a recognizer was first looked for."""


class Recognition:
    """All streams of all calls. `now` is the audio loop's clock in seconds."""

    def __init__(
        self,
        selector: selectors.BaseSelector,
        paths: Sequence[Path],
        timeout_s: float,
        on_answer: Callable[[HearingAnswer], None],
        on_trouble: Callable[[str, str, str], None],
        ladder: Ladder | None = None,
    ) -> None:
        """`on_trouble(call, part, what)`: a stream had to be moved. `ladder`: what is asked of recognizers now."""
        self._ladder = ladder or Ladder(Limits())
        self._timeout_s = timeout_s
        self._on_answer = on_answer
        self._on_trouble = on_trouble
        self._streams: dict[tuple[str, int], _Stream] = {}
        self._workers = [_Worker(selector, path, self) for path in paths]
        self._now = 0.0

    def can_hear(self, language: str) -> bool:
        """A recognizer for this language is connected."""
        return any(language in worker.languages for worker in self._workers)

    @property
    def open_streams(self) -> int:
        return len(self._streams)

    def figures(self, now: float) -> dict[str, float]:
        """For metrics: streams, results that are owed, age of the oldest of these, recognizers that can be used."""
        owed = [s.asked for s in self._streams.values() if s.worker is None or s.end_t >= 0 or s.decode_t >= 0]
        return {
            "streams": len(self._streams),
            "recognition_waiting": len(owed),
            "recognition_oldest_s": round(now - min(owed, default=now), 3),
            "recognizers": sum(bool(worker.link.connected and worker.languages) for worker in self._workers),
        }

    # --- what a call asks for -----------------------------------------------------------------------------------

    def listen(self, listen: Listen, slot: int, now_t: Callable[[], int], now: float) -> None:
        """Begin a stream."""
        stream = _Stream(listen, slot, now_t, asked=now)
        self._streams[(listen.call, listen.id)] = stream
        self._place(stream, now)

    def decode_now(self, call: str, id: int, now: float) -> None:
        """Ask for a speculative result up to now; under load only when the pause lasts."""
        if (stream := self._streams.get((call, id))) is None or stream.end_t >= 0:
            return
        if self._ladder.step >= Step.NO_SPECULATION:
            stream.later = now + LAZY_S
        else:
            self._decode(stream, now)

    def resumed(self, call: str) -> None:
        """The caller speaks again: a decode that waits is not wanted."""
        for stream in self._streams.values():
            if stream.listen.call == call:
                stream.later = 0.0

    def _decode(self, stream: _Stream, now: float) -> None:
        stream.decode_t, stream.asked, stream.later = stream.now_t(), now, 0.0
        listen = stream.listen
        self._send(stream, StreamDecode(call=listen.call, id=listen.id, until_t=stream.decode_t))

    def end(self, call: str, id: int, until_t: int, now: float) -> None:
        """Ask for the final result."""
        if (stream := self._streams.get((call, id))) is not None:
            stream.end_t, stream.asked = until_t or stream.now_t(), now
            self._send(stream, StreamEnd(call=call, id=id, until_t=stream.end_t))

    def cancel(self, call: str, id: int) -> bool:
        """Forget a stream; False when it is none of ours (any more)."""
        stream = self._streams.get((call, id))
        if stream is None:
            return False
        self._send(stream, StreamCancel(call=call, id=id))
        self._drop(stream)
        return True

    def forget(self, call: str) -> None:
        """The call is gone."""
        for key in [key for key in self._streams if key[0] == call]:
            self.cancel(*key)

    # --- what the loop calls ------------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Connect, tell how far the rings are filled, give up what is overdue."""
        self._now = now
        for worker in self._workers:
            worker.link.tick(now)
        for stream in list(self._streams.values()):
            if stream.worker is None:
                self._place(stream, now)
            elif stream.end_t < 0 and (until := stream.now_t()) - stream.told_t >= AUDIO_EVERY:
                stream.told_t = until
                self._send(stream, StreamAudio(call=stream.listen.call, id=stream.listen.id, until_t=until))
            if 0.0 < stream.later <= now and stream.end_t < 0:
                self._decode(stream, now)
            waits = stream.worker is None or stream.end_t >= 0 or stream.decode_t >= 0
            if waits and now - stream.asked > self._timeout_s:
                self._overdue(stream, now)

    def message(self, worker: _Worker, message: FromRecognizer) -> None:
        """Something came from a recognizer."""
        if isinstance(message, RecognizerHello):
            worker.languages = message.languages
            return
        if isinstance(message, EmotionHeard):  # it comes after its turn is over
            self._on_answer(message)
            return
        stream = self._streams.get((message.call, message.id))
        if stream is None or stream.worker is not worker:
            return
        if isinstance(message, HearingFailed):
            self._move(stream, message.reason or "failed")
            return
        if isinstance(message, Heard):
            if message.speculative:
                if message.until_t >= stream.decode_t:
                    stream.decode_t = -1
            else:
                self._drop(stream)
        self._on_answer(message)

    def lost(self, worker: _Worker, reason: str) -> None:
        """A recognizer is gone: its streams go to others."""
        worker.languages = {}
        for stream in [s for s in self._streams.values() if s.worker is worker]:
            self._move(stream, f"recognizer lost: {reason}")
        worker.streams = 0

    def close(self) -> None:
        for worker in self._workers:
            worker.link.close()

    # --- inside -------------------------------------------------------------------------------------------------

    def _place(self, stream: _Stream, now: float) -> None:
        """Give a stream to the recognizer with the fewest; it waits for one when there is none."""
        able = [w for w in self._workers if w.link.connected and stream.listen.language in w.languages]
        if not able:
            return
        worker = min(able, key=lambda w: w.streams)
        stream.worker = worker
        worker.streams += 1
        stream.tries += 1
        stream.asked = now
        listen, until = stream.listen, stream.now_t()
        worker.link.send(
            StreamStart(
                call=listen.call,
                id=listen.id,
                slot=stream.slot,
                from_t=max(0, listen.from_t, until - RING_FRAMES + 100),
                language=listen.language,
                grammar=listen.grammar,
                hints=listen.hints,
                turn=listen.turn,
                local_only=listen.sensitive,
                partials=self._ladder.step < Step.NO_SPECULATION,
                first_only=self._ladder.step >= Step.NO_SECOND_PASS,
            )
        )
        stream.told_t = until
        if stream.end_t >= 0:
            self._send(stream, StreamEnd(call=listen.call, id=listen.id, until_t=stream.end_t))
            return
        self._send(stream, StreamAudio(call=listen.call, id=listen.id, until_t=until))
        if stream.decode_t >= 0:
            self._send(stream, StreamDecode(call=listen.call, id=listen.id, until_t=stream.decode_t))

    def _move(self, stream: _Stream, why: str) -> None:
        """Begin the stream again elsewhere, unless that was tried often enough."""
        if stream.worker is not None:
            stream.worker.streams -= 1
            stream.worker = None
        listen = stream.listen
        if stream.tries >= TRIES:
            self._drop(stream)
            self._on_answer(HearingFailed(call=listen.call, id=listen.id, turn=listen.turn, reason=why))
            return
        self._on_trouble(listen.call, "recognition", f"{why}; decoded again")
        stream.asked = self._now
        self._place(stream, self._now)

    def _overdue(self, stream: _Stream, now: float) -> None:
        """No answer in time: its recognizer hangs (all its streams move), or there is none."""
        worker = stream.worker
        if worker is None:
            self._drop(stream)
            listen = stream.listen
            self._on_answer(HearingFailed(call=listen.call, id=listen.id, turn=listen.turn, reason="no recognizer"))
        else:
            worker.link.drop(f"no answer for {self._timeout_s:g} s")

    def _send(self, stream: _Stream, message: StreamAudio | StreamDecode | StreamEnd | StreamCancel) -> None:
        if stream.worker is not None:
            stream.worker.link.send(message)

    def _drop(self, stream: _Stream) -> None:
        if stream.worker is not None:
            stream.worker.streams -= 1
            stream.worker = None
        self._streams.pop((stream.listen.call, stream.listen.id), None)
