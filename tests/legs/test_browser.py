"""Calls from a browser on the very audio loop, worker and writer of the media process."""

import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from ivr import actions as act
from ivr import events as ev
from ivr import journal
from ivr.actions import Action
from ivr.audio import g711
from ivr.audio.frames import FRAME_BYTES, SILENCE
from ivr.events import Event
from ivr.legs.browser_line import BrowserLine
from tests.call.conftest import Media, state, tone
from tests.legs.browser_page import Page

__all__ = ["state"]
E = TypeVar("E", bound=journal.Entry)


class Line:
    """Media with a browser's line before it."""

    def __init__(self, media: Media, silent_s: float = 5.0) -> None:
        self.media = media
        self.socket = media.state / "run" / "browser.sock"
        self.browsers = BrowserLine(self.socket, media.loop, silent_s)
        self.pages: list[Page] = []

    def start(self) -> "Line":
        self.media.loop.start()
        self.browsers.start()
        return self

    def page(self, line: str = "test", **more: bool) -> Page:
        self.pages.append(made := Page(self.socket, line, **more))
        return made

    def stop(self) -> None:
        for page in self.pages:
            page.leave()
        self.browsers.stop()
        self.media.loop.stop()

    def entries(self, page: Page) -> list[journal.Entry]:
        """The journal of the page's call so far."""
        path = next(self.media.state.glob(f"journals/*/{page.call}.jsonl"), None)
        return journal.read(path.read_bytes()) if path else []

    def closed(self, page: Page) -> list[journal.Entry]:
        """The whole journal."""
        page.wait(lambda: any(isinstance(it, journal.Closed) for it in self.entries(page)), 5, "closed")
        return self.entries(page)


def of(entries: list[journal.Entry], kind: type[E]) -> list[E]:
    return [it for it in entries if isinstance(it, kind)]


@pytest.fixture
def line(state: Path) -> Iterator[Line]:
    media = Media(state)
    made = Line(media)
    yield made
    made.stop()
    media.stop()


def says(text: str, *more: Action) -> Callable[[Event], list[Action]]:
    return lambda event: [act.Say(id=1, text=text, language="en"), *more] if isinstance(event, ev.CallStarted) else []


RISING = np.repeat(np.arange(200, 1700, 20, dtype=np.int16), 160).tobytes()
"""75 frames that differ."""


def test_what_the_line_says_arrives_whole_in_order_and_the_line_hangs_up(line: Line) -> None:
    line.media.prompt("hello", RISING)
    line.media.script = says("hello", act.HangUp())
    line.start()
    page = line.page()
    ended = page.state("ended")
    assert (ended.by, ended.reason) == ("system", "")
    assert [it.state for it in page.states] == ["ringing", "answered", "ended"]
    wanted = [g711.decode(g711.encode(RISING[n : n + FRAME_BYTES])) for n in range(0, len(RISING), FRAME_BYTES)]
    assert page.sounding() == wanted
    assert page.closed.wait(3), "the connection is closed then"
    entries = line.closed(page)
    opened, answered = of(entries, journal.Opened)[0], of(entries, journal.CallAnswered)[0]
    assert (opened.caller, opened.dialled, opened.peer, opened.line) == (
        "browser:anna", "browser:test", "browser", "test",
    )  # fmt: skip
    assert (answered.codec, of(entries, journal.Closed)[0].reason) == ("PCMU", "bye")


def test_the_callers_sound_and_keys_reach_the_call_and_the_recording(line: Line) -> None:
    line.media.script = lambda event: [act.StartRecording()] if isinstance(event, ev.CallStarted) else []
    line.start()
    page = line.page()
    page.state("answered")
    page.wait(lambda: len(page.heard) > 20)
    said = tone(0.5, 1000.0, 9000)
    page.play(said)
    page.press("7")
    page.wait(lambda: len(page.heard) > 70)
    page.hang_up("the page was closed")
    entries = line.closed(page)
    (hung_up,) = of(entries, ev.HungUp)
    assert (hung_up.by, hung_up.reason) == ("caller", "the page was closed")
    told = [it for it in line.media.sessions[0].events if isinstance(it, ev.KeyPressed)]
    assert [(it.key, it.via) for it in told] == [("7", "browser")]
    assert [it.key for it in of(entries, ev.KeyPressed)] == [""], "law 5: a key's value waits for who takes it"
    (path,) = line.media.state.glob("recordings/*/*.wav")
    with wave.open(str(path)) as file:
        left = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2)[:, 0]
    heard = np.frombuffer(g711.decode(g711.encode(said)), np.int16)
    begun = int(np.argmax(np.abs(left) > 1000)) // 160 * 160
    assert np.array_equal(left[begun : begun + len(heard)], heard), "every frame, in order, unchanged"
    report = of(entries, journal.MediaReport)[0]
    assert report.received > 60
    assert report.sent_packets > 60


def test_a_flush_is_heard_within_two_frames(line: Line) -> None:
    line.media.prompt("hello", tone(4.0))

    def script(event: Event) -> list[Action]:
        match event:
            case ev.CallStarted():
                return [act.Say(id=1, text="hello", language="en")]
            case ev.KeyPressed():
                return [act.Flush()]
        return []

    line.media.script = script
    line.start()
    page = line.page()
    page.wait(lambda: len(page.sounding()) > 20)
    page.press("1")
    line.entries(page)
    page.wait(lambda: page.heard[-1] == SILENCE)
    entries = line.entries(page)
    flush = of(entries, act.Flush)[0]
    last = max(n for n, it in enumerate(page.heard) if it != SILENCE)
    assert last - flush.t <= 2


def test_a_page_that_falls_silent_is_taken_for_gone(state: Path) -> None:
    media = Media(state)
    line = Line(media, silent_s=0.3).start()
    try:
        page = line.page()
        page.state("answered")
        page.wait(lambda: len(page.heard) > 5)
        page.sends = False
        ended = page.state("ended")
        assert (ended.by, ended.reason) == ("network", "no sound came from the browser")
        assert of(line.closed(page), journal.Closed)[0].reason == "media_lost"
    finally:
        line.stop()
        media.stop()


def test_services_that_die_end_the_call(line: Line) -> None:
    line.start()
    page = line.page()
    page.state("answered")
    page.leave()
    (hung_up,) = of(line.closed(page), ev.HungUp)
    assert hung_up.by == "network"


def test_a_line_that_is_not_there_and_a_server_that_is_full_refuse(line: Line) -> None:
    line.start()
    ended = line.page("sales").state("ended")
    assert (ended.status, ended.reason) == (404, "no line for this number")
    inside = [line.page() for _ in range(4)]
    for page in inside:
        page.state("answered")
    turned_away = line.page()
    assert turned_away.state("ended").status == 503, "max_calls of the rig is 4, and no busy announcement is rendered"
    inside[0].hang_up()
    line.closed(inside[0])
    line.page().state("answered")


def test_a_transfer_is_refused_with_a_reason_and_the_call_goes_on(line: Line) -> None:
    def script(event: Event) -> list[Action]:
        match event:
            case ev.CallStarted():
                return [act.Transfer(id=1, to="agents", uri="sip:agents@127.0.0.1")]
            case ev.TransferDone():
                return [act.HangUp()]
        return []

    line.media.script = script
    line.start()
    page = line.page()
    assert page.state("ended").by == "system"
    (done,) = of(line.closed(page), ev.TransferDone)
    assert (done.ok, done.sip_status) == (False, 501)


def test_one_that_stops_reading_delays_nobody_and_is_sent_nothing_old_later(line: Line) -> None:
    line.media.prompt("hello", tone(10.0))
    line.media.script = says("hello")
    line.start()
    wedged, other = line.page(), line.page()
    wedged.wait(lambda: len(wedged.sounding()) > 5)
    other.wait(lambda: len(other.sounding()) > 5)
    wedged.reads = False
    begun = len(other.heard)
    other.wait(lambda: len(other.heard) >= begun + 125, 6)
    gaps = np.diff(other.times[begun : begun + 125])
    assert gaps.max() < 0.1, "20 ms each, on a busy machine some later"
    assert abs(other.times[begun + 124] - other.times[begun] - 124 * 0.02) < 0.06
    before = len(wedged.heard)
    wedged.reads = True
    wedged.wait(lambda: len(wedged.heard) > before + 100, 4)
    missed = 125 - sum(at < wedged.times[before] + 0.05 for at in wedged.times[before:])
    assert missed > 80, "most of what it did not read was never queued"


def test_odd_messages_do_not_harm(line: Line) -> None:
    from ivr.wire.leg_messages import LegKey, LegOffer, LegSound

    line.start()
    page = line.page()
    page.send(LegSound(frame=b"x"))
    page.send(LegKey(key="no key"))
    page.send(LegOffer(call=page.call, caller="browser:b", line="test"))
    page.state("answered")
    page.send(LegKey(key="5"))
    page.wait(lambda: any(isinstance(it, ev.KeyPressed) for one in line.media.sessions for it in one.events))
    page.hang_up()
    assert of(line.closed(page), ev.HungUp)[0].by == "caller"
    assert not [it for it in line.media.state.glob("journals/*/*.jsonl") if it.stem != page.call]
