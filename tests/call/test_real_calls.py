"""Real calls over SIP and RTP on loopback, through real processes: interruption, hold, echo, and what dies."""

import threading
import time
import wave
from collections.abc import Callable, Iterator

import numpy as np
import pytest

pytest.importorskip("pjsua2", reason="pjsua2 is not built (make setup)")

from ivr import actions as act
from ivr import events as ev
from ivr import journal, models
from ivr.audio.frames import FRAME_BYTES
from ivr.sip.caller import Phone, PhoneCall
from ivr.tts.espeak import Espeak
from ivr.tts.piper import Piper
from tests.call.rig import BYE, CONSENT, HOURS, WELCOME, Rig, of, sounding
from tests.instance import wait_for

pytestmark = pytest.mark.sip

needs_recognition = pytest.mark.skipif(
    models.path("moonshine-tiny-en") is None or models.path("piper-joe-en") is None,
    reason="models are not installed (make setup)",
)


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    speaker = Espeak()
    rig = Rig(lambda text: speaker.synthesize(text, "en"))
    try:
        yield rig.start_all()
    finally:
        rig.stop()


@pytest.fixture(scope="module")
def speak() -> Callable[[str], bytes]:
    voice = Piper(lambda: models.path("piper-joe-en"))
    said: dict[str, bytes] = {}

    def speak(text: str) -> bytes:
        if text not in said:
            said[text] = voice.synthesize(text, "en")
        return said[text]

    return speak


@pytest.fixture
def phone() -> Iterator[Phone]:
    with Phone() as phone:
        yield phone


def in_welcome(rig: Rig, phone: Phone, seconds: float = 1.0) -> PhoneCall:
    """A call in which the long prompt has been playing for a while."""
    call = phone.dial(rig.uri)
    call.wait_answered()
    rig.wait_entry(call, ev.PromptStarted, number=2)
    time.sleep(seconds)
    return call


def frames_of(text: str, rig: Rig) -> int:
    return -(-len(rig.prompts[text]) // FRAME_BYTES)


def spoken_frames(call: PhoneCall) -> int:
    """Frames with sound that the caller heard."""
    return sum(sounding(call.sound.heard))


def silent_from(call: PhoneCall, frame: int) -> int:
    """First frame from `frame` on after which the line is silent for 10 frames."""
    loud = sounding(call.sound.heard, frame)
    for n in range(len(loud) - 10):
        if not any(loud[n : n + 10]):
            return frame + n
    return frame + len(loud)


@needs_recognition
def test_voice_interrupts_and_is_answered(rig: Rig, phone: Phone, speak: Callable[[str], bytes]) -> None:
    call = in_welcome(rig, phone)
    begun = call.sound.system_frames
    call.play(speak("opening hours"))
    rig.wait_entry(call, act.Answered)
    answered = rig.wait_entry(call, ev.PromptStarted, number=3)
    entries = rig.closed(call)
    assert silent_from(call, begun) - begun <= 40, "through two jitter buffers; ivr bench turns measures the wire"
    (cut,) = of(entries, act.BargedIn)
    assert (cut.by, cut.false) == ("voice", False)
    assert cut.played_t < frames_of(WELCOME, rig)
    assert of(entries, act.Answered)[0].how == "speech"
    assert [e.text for e in of(entries, act.Say)] == [CONSENT, WELCOME, HOURS, BYE]
    stopped = [e for e in of(entries, ev.VoiceStopped) if e.t < answered.t][-1]
    assert (answered.t - stopped.voice_t) * 20 < 1500
    assert isinstance(entries[-1], journal.Closed)


def test_key_interrupts_in_the_same_tick(rig: Rig, phone: Phone) -> None:
    call = in_welcome(rig, phone)
    call.press("1")
    entries = rig.closed(call)
    key, flush = of(entries, ev.KeyPressed)[0], of(entries, act.Flush)[0]
    assert flush.t == key.t
    assert flush.seq == key.seq + 1
    assert key.key == ""
    assert [e.by for e in of(entries, act.BargedIn)] == ["key"]
    assert [e.keys for e in of(entries, act.KeysTaken)] == ["1"]
    assert [e.text for e in of(entries, act.Say)][2:] == [HOURS, BYE]


def click() -> bytes:
    return np.concatenate(([20000, -20000], np.zeros(158))).astype(np.int16).tobytes()


def cough(seconds: float = 0.25) -> bytes:
    """A burst of noise that falls off."""
    n = round(seconds * 8000)
    burst = np.random.default_rng(5).normal(size=n) * np.exp(-np.arange(n) / (n / 4)) * 6000
    return np.clip(burst, -32000, 32000).astype(np.int16).tobytes()


@pytest.mark.parametrize(
    "disturbance", [click(), cough(), click() * 3 + bytes(3200) + cough(0.15)], ids=["click", "cough", "both"]
)
def test_what_is_no_voice_does_not_cut_the_prompt(rig: Rig, phone: Phone, disturbance: bytes) -> None:
    call = in_welcome(rig, phone)
    call.play(disturbance)
    time.sleep(1.5)
    call.press("2")
    entries = rig.closed(call)
    assert [e for e in of(entries, act.BargedIn) if e.by == "voice" and not e.false] == []
    assert not of(entries, act.Answered)[0].text


@needs_recognition
def test_a_prompt_that_paused_for_nothing_goes_on_in_place(
    rig: Rig, phone: Phone, speak: Callable[[str], bytes]
) -> None:
    call = in_welcome(rig, phone)
    hum = speak("mmm")
    call.play(hum[: 160 * 2 * 14])
    done = rig.wait_entry(call, ev.PromptDone, 30, number=2)
    call.press("2")
    entries = rig.closed(call)
    assert done.frames == frames_of(WELCOME, rig)
    if of(entries, act.Pause):
        assert len(of(entries, act.Resume)) == len(of(entries, act.Pause))
    whole = sum(sounding(rig.prompts[CONSENT] + rig.prompts[WELCOME] + rig.prompts[BYE]))
    assert spoken_frames(call) >= whole - 15


def test_the_lines_own_echo_does_not_interrupt(rig: Rig, phone: Phone) -> None:
    call = phone.dial(rig.uri)
    returned = threading.Event()

    def echo() -> None:
        """What is heard goes back 160 ms later, 14 dB weaker."""
        at = 0
        while not returned.is_set() and not call.over:
            if call.sound.caller_frames > at:
                frame = np.frombuffer(call.sound.caller(at), dtype=np.int16)
                call.play((frame * 0.2).astype(np.int16).tobytes())
                at += 1
            else:
                time.sleep(0.004)

    call.wait_answered()
    call.play(bytes(320 * 8))
    threading.Thread(target=echo, daemon=True).start()
    rig.wait_entry(call, ev.PromptDone, 30, number=2)
    returned.set()
    call.press("2")
    entries = rig.closed(call)
    assert [e for e in of(entries, act.BargedIn) if e.by == "voice" and not e.false] == []
    assert len(of(entries, ev.VoiceStarted)) <= 2, (
        "concealed losses of a loaded machine are no echo; ivr eval bargein counts"
    )
    assert max(np.abs(np.frombuffer(bytes(call.sound.sent), dtype=np.int16))) > 1000


def test_hold_freezes_the_prompt(rig: Rig, phone: Phone) -> None:
    call = in_welcome(rig, phone, 2.0)
    call.hold()
    held = rig.wait_entry(call, ev.Held)
    time.sleep(1.5)
    call.resume()
    unheld = rig.wait_entry(call, ev.Unheld)
    done = rig.wait_entry(call, ev.PromptDone, 30, number=2)
    call.press("2")
    entries = rig.closed(call)
    began = of(entries, ev.PromptStarted)[1]
    assert unheld.t - held.t >= 60
    assert (done.t - began.t) - (unheld.t - held.t) == pytest.approx(frames_of(WELCOME, rig), abs=4)
    assert isinstance(entries[-1], journal.Closed)


@needs_recognition
def test_a_killed_recognizer_costs_a_delay_not_the_turn(rig: Rig, phone: Phone, speak: Callable[[str], bytes]) -> None:
    call = in_welcome(rig, phone)
    call.play(speak("what are your opening hours"))
    rig.wait_entry(call, act.Listen)
    rig.kill("recognizer-0")
    answered = rig.wait_entry(call, act.Answered, 15)
    rig.start("recognizer-0")
    entries = rig.closed(call)
    assert (answered.how, answered.result) == ("speech", "match")
    assert [e.text for e in of(entries, act.Say)][2] == HOURS
    assert any(e.part == "recognition" and "decoded again" in e.what for e in of(entries, journal.Trouble))
    wait_for(lambda: (rig.state / "recognizer-0.log").read_text().count("recognizer_ready") >= 2, 60, "recognizer-0")


def test_a_recognizer_that_hangs_in_mid_utterance_costs_a_delay_not_the_turn(
    rig: Rig, phone: Phone, speak: Callable[[str], bytes]
) -> None:
    call = in_welcome(rig, phone)
    call.play(speak("what are your opening hours"))
    rig.wait_entry(call, act.Listen)
    rig.freeze("recognizer-0")
    try:
        answered = rig.wait_entry(call, act.Answered, 20)
        entries = rig.closed(call)
    finally:
        rig.freeze("recognizer-0", False)
    assert (answered.how, answered.result) == ("speech", "match")
    assert [e.text for e in of(entries, act.Say)][2] == HOURS
    troubles = [e.what for e in of(entries, journal.Trouble) if e.part == "recognition"]
    assert any("no answer for" in what and "decoded again" in what for what in troubles)


def test_without_services_a_call_goes_on_by_cache_and_keys(rig: Rig, phone: Phone) -> None:
    call = in_welcome(rig, phone)
    rig.kill("services")
    try:
        call.press("1")
        entries = rig.closed(call)
        assert [e.text for e in of(entries, act.Say)][2:] == [HOURS, BYE]
        assert len(of(entries, ev.PromptDone)) == 3, "consent, hours and goodbye in full"
        assert not of(entries, ev.PromptFailed)
        second = phone.dial(rig.uri)
        second.wait_answered()
        second.press("2")
        assert of(rig.closed(second), act.Finished)
    finally:
        rig.start("services")


def test_killed_media_leaves_a_closed_record_and_a_playable_recording(rig: Rig, phone: Phone) -> None:
    call = in_welcome(rig, phone, 2.0)
    call.play(np.full(16000, 3000, dtype=np.int16).tobytes())
    time.sleep(1.0)
    lived = call.sound.caller_frames
    rig.kill("media")
    cut = [entry for entry in rig.entries(call) if not isinstance(entry, journal.Closed)]
    rig.start_media()
    entries = rig.closed(call)
    assert entries[: len(cut)] == cut
    assert isinstance(closed := entries[-1], journal.Closed)
    assert closed.reason == "cut_off"
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    (stopped,) = of(entries, journal.RecordingStopped)
    with wave.open(str(rig.state / "recordings" / stopped.path)) as file:
        frames = file.getnframes() // 160
        stereo = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16).reshape(-1, 2)
    assert lived - frames <= 50, "to its last second"
    assert np.abs(stereo[:, 0]).max() > 2500
    assert np.abs(stereo[:, 1]).max() > 2500
    again = phone.dial(rig.uri)
    again.wait_answered()
    again.press("2")
    assert of(rig.closed(again), act.Finished)


def test_a_call_whose_sound_dies_is_ended_and_marked(rig: Rig) -> None:
    from tests.sip.raw import RawCaller

    caller = RawCaller(rig.port, "rig")
    caller.dial()
    caller.speak(50)
    wait_for(lambda: caller.message().method == "BYE", 10, "BYE")
    caller.close()
    path = max(rig.state.glob("journals/*/*.jsonl"), key=lambda p: p.stat().st_mtime)
    wait_for(lambda: b'"Closed"' in path.read_bytes(), 5, "closed")
    entries = journal.read(path.read_bytes())
    assert [(e.by, e.reason) for e in of(entries, ev.HungUp)] == [("network", "no RTP")]
    assert isinstance(closed := entries[-1], journal.Closed)
    assert closed.reason == "media_lost"
    assert of(entries, act.Finished)
