"""The recognizer process over its real socket and rings, with engines that do what a test needs."""

import os
import selectors
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ivr.asr.server import RecognizerServer
from ivr.events import Heard, HearingFailed, Hypothesis, Partial, Word
from ivr.flow.grammar import Grammar, encode
from ivr.ports import Recognized
from ivr.wire.messages import (
    FromRecognizer,
    RecognizerHello,
    StreamAudio,
    StreamCancel,
    StreamDecode,
    StreamEnd,
    StreamStart,
)
from ivr.wire.rings import FRAME_BYTES, RingWriter, Segment
from ivr.wire.sockets import Link
from tests.asr.conftest import phrases


class CountingStream:
    """Hears how many frames it was given, and how the first one sounds."""

    def __init__(self, engine: "CountingEngine", grammar: Grammar | None, give_way: Callable[[], None]) -> None:
        self.engine, self.grammar, self.give_way = engine, grammar, give_way
        self.pcm = b""

    def audio(self, pcm: bytes) -> str | None:
        self.pcm += pcm
        return f"{len(self.pcm) // FRAME_BYTES} frames" if self.engine.streams else None

    def partial(self) -> str | None:
        self.engine.busy.set()
        while self.engine.slow:
            self.give_way()
            time.sleep(0.001)
        return "partial"

    def decode_now(self) -> Recognized:
        if self.pcm and self.pcm[0] == 99:
            raise RuntimeError("the engine fails")
        while self.engine.slow and self.pcm and self.pcm[0] == 50:
            self.engine.busy.set()
            self.give_way()
            time.sleep(0.001)
        held = "open" if self.grammar is None else self.grammar.kind
        text = f"{len(self.pcm) // FRAME_BYTES} frames of {self.pcm[0] if self.pcm else None}"
        return Recognized([Hypothesis(text, confidence=0.9, words=[Word(text, 2, 5)])], True, True, f"count:{held}")

    def end(self) -> Recognized:
        return self.decode_now()

    def cancel(self) -> None:
        self.engine.cancelled += 1


class CountingEngine:
    name = "count"
    languages: tuple[str, ...] = ("en",)

    def __init__(self, streams: bool = False) -> None:
        self.streams = streams
        self.slow = False
        self.busy = threading.Event()
        self.cancelled = 0

    def start(
        self,
        language: str,
        grammar: Grammar | None,
        hints: Sequence[str] = (),
        give_way: Callable[[], None] = lambda: None,
    ) -> CountingStream:
        return CountingStream(self, grammar, give_way)


class Media:
    """What the media process does, in small."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "run").mkdir(exist_ok=True)
        (folder / "grammars").mkdir(exist_ok=True)
        self.segment = Segment.create(folder / "run" / "rings", 4, folder=folder / "run")
        self.writers = [self.segment.caller_writer(slot) for slot in range(4)]
        self.selector = selectors.DefaultSelector()
        self.came: list[Any] = []
        self.link: Link[FromRecognizer] = Link(
            self.selector, FromRecognizer, self.came.append, path=folder / "run" / "recognizer-0.sock"
        )

    def speak(self, slot: int, frames: int, value: int = 1) -> int:
        for _ in range(frames):
            self.writers[slot].write(bytes([value]) * FRAME_BYTES)
        return self.writers[slot].written

    def until(self, condition: Callable[[], Any], seconds: float = 10.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"it did not happen; came: {self.came}"
            self.link.tick(time.monotonic())
            for key, mask in self.selector.select(0.02):
                key.data.ready(mask)

    def answers(self, kind: type) -> list[Any]:
        return [message for message in self.came if isinstance(message, kind)]

    def start(self, id: int, slot: int, grammar: str = "", from_t: int = 0, language: str = "en") -> None:
        self.link.send(
            StreamStart(call=f"c{slot}", id=id, slot=slot, from_t=from_t, language=language, grammar=grammar, turn=7)
        )

    def close(self) -> None:
        self.link.close()
        self.selector.close()
        self.segment.close()
        self.segment.unlink()


@pytest.fixture
def media(tmp_path: Path) -> Iterator[Media]:
    media = Media(tmp_path)
    yield media
    media.close()


@pytest.fixture
def engine() -> CountingEngine:
    return CountingEngine()


@pytest.fixture
def server(media: Media, engine: CountingEngine) -> Iterator[RecognizerServer]:
    run = media.folder / "run"
    server = RecognizerServer({"en": [engine]}, run / "recognizer-0.sock", run / "rings", media.folder / "grammars")
    running = True
    thread = threading.Thread(target=lambda: server.run(lambda: running, 0.05))
    thread.start()
    media.until(lambda: media.came)
    yield server
    running = engine.slow = False
    thread.join(10)
    server.close()
    assert not thread.is_alive()


def test_says_hello_first(server: RecognizerServer, media: Media) -> None:
    assert media.came == [RecognizerHello(pid=os.getpid(), languages={"en": ["count"]})]


def test_a_pause_then_the_end(server: RecognizerServer, media: Media) -> None:
    media.speak(2, 30)
    media.start(1, 2, from_t=10)
    media.link.send(StreamAudio(call="c2", id=1, until_t=30))
    media.link.send(StreamDecode(call="c2", id=1, until_t=30))
    media.until(lambda: media.answers(Heard))
    media.speak(2, 10)
    media.link.send(StreamEnd(call="c2", id=1, until_t=38))
    media.until(lambda: len(media.answers(Heard)) == 2)
    first, last = media.answers(Heard)
    assert (first.speculative, first.until_t, first.hypotheses[0].text) == (True, 30, "20 frames of 1")
    assert (last.speculative, last.until_t, last.hypotheses[0].text) == (False, 38, "28 frames of 1")
    assert [(w.start_t, w.end_t) for w in last.hypotheses[0].words] == [(12, 15)], "frames of the call"
    assert (last.call, last.id, last.turn, last.engine) == ("c2", 1, 7, "count:open")


def test_partials_of_an_engine_that_streams(server: RecognizerServer, media: Media, engine: CountingEngine) -> None:
    engine.streams = True
    media.start(1, 0)
    for _ in range(3):
        media.link.send(StreamAudio(call="c0", id=1, until_t=media.speak(0, 10)))
    media.until(lambda: media.answers(Partial) and media.answers(Partial)[-1].text == "30 frames")


def test_partials_are_decoded_sparingly(server: RecognizerServer, media: Media) -> None:
    media.start(1, 0)
    for _ in range(25):
        media.link.send(StreamAudio(call="c0", id=1, until_t=media.speak(0, 4)))
    media.until(lambda: media.answers(Partial))
    media.link.send(StreamDecode(call="c0", id=1, until_t=100))
    media.until(lambda: media.answers(Heard))
    assert 1 <= len(media.answers(Partial)) <= 2, "two seconds of speech"


def test_a_final_result_does_not_wait_for_a_partial(
    server: RecognizerServer, media: Media, engine: CountingEngine
) -> None:
    engine.slow = True
    media.start(1, 0)
    media.link.send(StreamAudio(call="c0", id=1, until_t=media.speak(0, 100)))
    media.until(engine.busy.is_set)
    media.start(2, 1)
    media.link.send(StreamEnd(call="c1", id=2, until_t=media.speak(1, 5)))
    media.until(lambda: media.answers(Heard))
    assert media.answers(Heard)[0].call == "c1"
    assert media.answers(Partial) == []


def test_a_decoding_that_nobody_wants_any_more_is_given_up(
    server: RecognizerServer, media: Media, engine: CountingEngine
) -> None:
    engine.slow = True
    media.start(1, 0)
    media.link.send(StreamDecode(call="c0", id=1, until_t=media.speak(0, 5, value=50)))
    media.until(engine.busy.is_set)
    media.link.send(StreamCancel(call="c0", id=1))
    media.start(2, 1)
    media.link.send(StreamEnd(call="c1", id=2, until_t=media.speak(1, 5)))
    media.until(lambda: media.answers(Heard))
    assert [heard.call for heard in media.answers(Heard)] == ["c1"]
    media.until(lambda: engine.cancelled >= 2)


def test_a_pause_that_was_none_does_not_hold_up_the_next_one(
    server: RecognizerServer, media: Media, engine: CountingEngine
) -> None:
    engine.slow = True
    media.start(1, 0)
    first = media.speak(0, 5, value=50)
    media.link.send(StreamDecode(call="c0", id=1, until_t=first))
    media.until(engine.busy.is_set)
    second = media.speak(0, 5, value=50)
    engine.busy.clear()
    media.link.send(StreamDecode(call="c0", id=1, until_t=second))
    media.until(engine.busy.is_set)
    time.sleep(0.05)
    engine.slow = False
    media.until(lambda: media.answers(Heard))
    assert [heard.until_t for heard in media.answers(Heard)] == [second]


def test_the_grammar_is_read_from_its_file(server: RecognizerServer, media: Media) -> None:
    grammar = phrases("yes", "no")
    (media.folder / "grammars" / f"{grammar.hash}.json").write_bytes(encode(grammar))
    media.start(1, 0, grammar.hash)
    media.link.send(StreamEnd(call="c0", id=1, until_t=media.speak(0, 5)))
    media.until(lambda: media.answers(Heard))
    assert media.answers(Heard)[0].engine == "count:menu"


@pytest.mark.parametrize("name", ["feedfacefeedface", "../secrets/x", "broken"])
def test_without_its_grammar_a_step_is_heard_openly(server: RecognizerServer, media: Media, name: str) -> None:
    (media.folder / "grammars" / "broken.json").write_bytes(b'{"language": 5}')
    media.start(1, 0, name)
    media.link.send(StreamEnd(call="c0", id=1, until_t=media.speak(0, 5)))
    media.until(lambda: media.answers(Heard))
    assert media.answers(Heard)[0].engine == "count:open"


def test_what_cannot_be_heard_is_said_and_the_rest_goes_on(server: RecognizerServer, media: Media) -> None:
    media.start(1, 0, language="xx")
    media.start(2, 9)
    media.start(3, 1)
    media.link.send(StreamEnd(call="c1", id=3, until_t=media.speak(1, 5, value=99)))
    media.start(4, 2)
    media.link.send(StreamEnd(call="c2", id=4, until_t=media.speak(2, 5) + 20))
    media.start(5, 3)
    media.link.send(StreamEnd(call="c3", id=5, until_t=media.speak(3, 5)))
    media.until(lambda: media.answers(Heard))
    media.until(lambda: len(media.answers(HearingFailed)) == 4)
    reasons = {failed.id: failed.reason for failed in media.answers(HearingFailed)}
    assert reasons[1] == "no engine for xx"
    assert reasons[2] == "RingError"
    assert reasons[3] == "RuntimeError"
    assert reasons[4] == "frames 0..25 of 0..5"
    assert media.answers(Heard)[0].id == 5


def test_a_slot_that_went_to_another_call_gives_nothing_away(server: RecognizerServer, media: Media) -> None:
    media.speak(0, 10)
    media.start(1, 0)
    media.link.send(StreamDecode(call="c0", id=1, until_t=5))
    media.until(lambda: media.answers(Heard))
    writer: RingWriter = media.writers[0]
    writer.reset()
    media.speak(0, 20, value=77)
    media.link.send(StreamEnd(call="c0", id=1, until_t=20))
    media.until(lambda: media.answers(HearingFailed))
    assert len(media.answers(Heard)) == 1


def test_a_broken_client_costs_only_itself(server: RecognizerServer, media: Media, engine: CountingEngine) -> None:
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(str(media.folder / "run" / "recognizer-0.sock"))
        stranger.sendall(b"\xff" * 100)
        stranger.settimeout(5)
        while stranger.recv(1000):
            pass
    hello: list[FromRecognizer] = []
    other = Link[FromRecognizer](
        media.selector, FromRecognizer, hello.append, path=media.folder / "run" / "recognizer-0.sock"
    )
    other.tick(0.0)
    media.until(lambda: hello)
    other.send(StreamStart(call="x", id=1, slot=0, from_t=0, language="en"))
    other.close()
    media.until(lambda: engine.cancelled == 1)
    media.start(5, 3)
    media.link.send(StreamEnd(call="c3", id=5, until_t=media.speak(3, 5)))
    media.until(lambda: media.answers(Heard))


def test_media_that_starts_again_brings_its_own_rings(server: RecognizerServer, media: Media) -> None:
    media.link.close()
    again = Media(media.folder)
    try:
        again.until(lambda: again.came)
        again.start(1, 0)
        again.link.send(StreamEnd(call="c0", id=1, until_t=again.speak(0, 3, value=42)))
        again.until(lambda: again.answers(Heard))
        assert again.answers(Heard)[0].hypotheses[0].text == "3 frames of 42"
    finally:
        again.close()


STARTER = """
import subprocess, sys, time
print(subprocess.Popen([sys.executable, "-m", "ivr", "recognizer"]).pid, flush=True)
time.sleep(60)
"""


def test_the_process_ends_with_its_parent(tmp_path: Path) -> None:
    environment = {**os.environ, "IVR_STATE": str(tmp_path), "IVR_ASR_ENGINES": "{}"}
    parent = subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE, env=environment, text=True)
    try:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        _wait((tmp_path / "run" / "recognizer-0.sock").exists)
    finally:
        parent.kill()
        parent.wait()
    _wait(lambda: not Path(f"/proc/{pid}").exists())


def _wait(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_under_load_there_are_no_partials_and_only_the_first_engine_hears(
    server: RecognizerServer, media: Media, engine: CountingEngine
) -> None:
    second = CountingEngine()
    second.name = "second"
    server._engines["en"] = [engine, second]
    (media.folder / "grammars" / "g.json").write_bytes(encode(phrases("yes", "no")))
    for id, first_only in ((1, True), (2, False)):
        media.link.send(
            StreamStart(
                call="c0", id=id, slot=0, from_t=0, language="en", grammar="g", partials=False, first_only=first_only
            )
        )
    until = media.speak(0, 100)
    for id in (1, 2):
        media.link.send(StreamAudio(call="c0", id=id, until_t=until))
    media.until(lambda: len(server._streams) == 2)
    assert [len(stream.passes._engines) for stream in server._streams.values()] == [1, 2]
    media.link.send(StreamEnd(call="c0", id=1, until_t=until))
    media.until(lambda: media.answers(Heard))
    assert not media.answers(Partial)
