"""A whole call through audio loop, worker and writer, on a fake leg."""

import wave

import numpy as np

from ivr import actions as act
from ivr import events as ev
from ivr import journal
from ivr.actions import Action
from ivr.audio.frames import SILENCE
from ivr.events import Event
from ivr.ports import Invite
from tests.call.conftest import Media, tone
from tests.call.fake_leg import FakeLeg


def sounding(frames: list[bytes]) -> int:
    return sum(frame != SILENCE for frame in frames)


def say(id: int, text: str = "hello") -> act.Say:
    return act.Say(id=id, text=text, language="en")


def test_cached_prompt_is_played_and_the_call_ends_when_it_was(media: Media) -> None:
    media.prompt("hello", tone(0.5))

    def script(event: Event) -> list[Action]:
        return [act.StartRecording(), say(1), act.HangUp()] if isinstance(event, ev.CallStarted) else []

    media.script = script
    media.loop.start()
    leg = media.call()
    assert leg.ended.wait(5)
    assert sounding(leg.heard) == 25
    media.loop.stop()
    (entries,) = media.journals()
    assert [type(entry).__name__ for entry in entries] == [
        "Opened", "CallAnswered", "CallStarted", "StartRecording", "RecordingStarted", "Say", "HangUp", "PromptStarted",
        "PromptDone", "HungUp", "RecordingStopped", "Closed",
    ]  # fmt: skip
    assert [entry.seq for entry in entries] == list(range(1, 13))
    assert next(e for e in entries if isinstance(e, ev.PromptDone)).frames == 25
    assert isinstance(closed := entries[-1], journal.Closed)
    assert closed.reason == "bye"


def test_recording_has_the_caller_left_and_what_was_sent_right_at_the_same_frames(media: Media) -> None:
    media.prompt("hello", tone(0.5))

    def script(event: Event) -> list[Action]:
        return [act.StartRecording(), say(1)] if isinstance(event, ev.CallStarted) else []

    media.script = script
    media.loop.start()
    leg = media.call()
    leg.play(tone(0.3, 1000.0, 3000))
    assert leg.wait_for(lambda heard: len(heard) > 60)
    leg.gone()
    media.loop.stop()
    (path,) = media.state.glob("recordings/*/*.wav")
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 2, 2)
        stereo = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16).reshape(-1, 2)
    assert stereo.shape[0] % 160 == 0
    right = b"".join(leg.heard)[: stereo.shape[0] * 2]
    started = next(e.from_t for e in media.journals()[0] if isinstance(e, journal.RecordingStarted)) * 160
    assert stereo[started:, 1].tobytes() == right[started * 2 :]
    assert abs(stereo[:, 0]).max() >= 2990


def test_flush_takes_back_frames_that_were_handed_over(media: Media) -> None:
    media.prompt("hello", tone(3.0))

    def script(event: Event) -> list[Action]:
        match event:
            case ev.CallStarted():
                return [say(1)]
            case ev.KeyPressed():
                return [act.Flush()]
        return []

    media.script = script
    media.loop.start()
    leg = media.call()
    assert leg.wait_for(lambda heard: sounding(heard) >= 10)
    before = len(leg.heard)
    leg.tell(ev.KeyPressed(key="1", via="rtp"))
    assert leg.wait_for(lambda heard: len(heard) >= before + 20)
    assert sounding(leg.heard[before + 2 :]) == 0
    leg.gone()
    media.loop.stop()
    keys = [entry for entry in media.journals()[0] if isinstance(entry, ev.KeyPressed)]
    assert [key.key for key in keys] == [""]


def test_paused_prompt_goes_on_where_the_caller_heard_it_last(media: Media) -> None:
    rising = np.repeat(np.arange(1, 101, dtype=np.int16), 160).tobytes()
    media.prompt("hello", rising)

    def script(event: Event) -> list[Action]:
        match event:
            case ev.CallStarted():
                return [say(1), act.HangUp()]
            case ev.KeyPressed(key="1"):
                return [act.Pause()]
            case ev.KeyPressed(key="2"):
                return [act.Resume()]
        return []

    media.script = script
    media.loop.start()
    leg = media.call()
    assert leg.wait_for(lambda heard: sounding(heard) >= 20)
    leg.tell(ev.KeyPressed(key="1"))
    before = len(leg.heard)
    assert leg.wait_for(lambda heard: len(heard) >= before + 15)
    leg.tell(ev.KeyPressed(key="2"))
    assert leg.ended.wait(5)
    numbers = [np.frombuffer(frame, dtype=np.int16)[0] for frame in leg.heard if frame != SILENCE]
    assert numbers == list(range(1, 101))
    assert sounding(leg.heard[before + 2 : before + 12]) == 0


def test_prompt_that_nobody_can_speak_fails_and_the_call_goes_on(media: Media) -> None:
    media.prompt("second", tone(0.2))

    def script(event: Event) -> list[Action]:
        return [say(1, "never rendered"), say(2, "second"), act.HangUp()] if isinstance(event, ev.CallStarted) else []

    media.script = script
    media.loop.start()
    leg = media.call()
    assert leg.ended.wait(6)
    told = [e for e in media.sessions[0].events if isinstance(e, ev.PromptFailed | ev.PromptDone)]
    assert [(type(e).__name__, e.id) for e in told] == [("PromptFailed", 1), ("PromptDone", 2)]


def test_requests_are_answered_without_services_and_without_recognizers(media: Media) -> None:
    def script(event: Event) -> list[Action]:
        if not isinstance(event, ev.CallStarted):
            return []
        assert not event.can_hear
        return [
            act.Listen(id=1, language="en"),
            act.Understand(id=2, flow="test", version="v1", language="en", hypotheses=[]),
            act.ParseField(id=3, field="digits", language="en", hypotheses=[]),
            act.Query(id=4, node="n", kind="sql", request={}),
        ]

    media.script = script
    media.loop.start()
    leg = media.call()
    names = {"HearingFailed", "Understood", "FieldParsed", "Queried"}
    assert leg.wait_for(lambda _: names <= {type(e).__name__ for s in media.sessions for e in s.events}, 6)
    by_type = {type(e): e for e in media.sessions[0].events}
    assert isinstance(understood := by_type[ev.Understood], ev.Understood)
    assert understood.source == "none"
    assert isinstance(queried := by_type[ev.Queried], ev.Queried)
    assert queried.status == "timeout"


def test_words_are_not_written_before_consent(media: Media) -> None:
    spoken = ev.Understood(id=5, text="my secret", source="builtin")

    def script(event: Event) -> list[Action]:
        match event:
            case ev.KeyPressed(key="1"):
                return [act.Answered(node="n", text="my secret", intent="i")]
            case ev.KeyPressed(key="2"):
                return [act.StartRecording(), act.Answered(node="n", text="not secret", intent="i")]
        return []

    media.script = script
    media.loop.start()
    leg = media.call()
    for what in (ev.KeyPressed(key="1"), spoken, ev.KeyPressed(key="2")):
        leg.tell(what)
    assert leg.wait_for(lambda _: any(len(s.events) >= 4 for s in media.sessions))
    leg.gone()
    media.loop.stop()
    written = next(media.state.glob("journals/*/*.jsonl")).read_text()
    assert "my secret" not in written
    assert "not secret" in written


def test_line_full_is_refused_with_retry_after_and_recorded(state: "object", media: Media) -> None:
    media.loop.start()
    legs = [media.call() for _ in range(5)]
    assert legs[4].ended.wait(3)
    assert legs[4].rejected == (503, "full", 10)
    legs[0].gone()
    assert legs[0].wait_for(lambda _: media.loop.live == 3)
    sixth = media.call()
    assert sixth.wait_for(lambda heard: len(heard) > 3)
    media.loop.stop()
    rejected = [e for entries in media.journals() for e in entries if isinstance(e, journal.Rejected)]
    assert [(e.sip_status, e.reason) for e in rejected] == [(503, "full")]


def test_a_defect_ends_its_own_call_and_no_other(media: Media) -> None:
    def script(event: Event) -> list[Action]:
        if isinstance(event, ev.KeyPressed):
            raise KeyError("what the caller said")
        return []

    media.script = script
    media.loop.start()
    first, second = media.call(), media.call()
    assert first.wait_for(lambda _: len(first.heard) > 5 and len(second.heard) > 5)
    first.tell(ev.KeyPressed(key="1"))
    assert first.ended.wait(3)
    seen = len(second.heard)
    assert second.wait_for(lambda heard: len(heard) > seen + 10)
    assert media.loop.live == 1
    second.gone()
    media.loop.stop()
    troubles = [[e.what for e in entries if isinstance(e, journal.Trouble)] for entries in media.journals()]
    assert sorted(troubles) == [[], ["KeyError"]]
    assert all(isinstance(entries[-1], journal.Closed) for entries in media.journals())


def test_a_value_that_is_no_json_costs_its_line_only(media: Media) -> None:
    def script(event: Event) -> list[Action]:
        return [act.SlotFilled(name="x", value=object())] if isinstance(event, ev.KeyPressed) else []

    media.script = script
    media.loop.start()
    leg = media.call()
    leg.tell(ev.KeyPressed(key="1"))
    assert leg.wait_for(lambda heard: len(heard) > 10)
    leg.gone()
    media.loop.stop()
    (entries,) = media.journals()
    assert isinstance(entries[-1], journal.Closed)
    assert not any(isinstance(e, act.SlotFilled) for e in entries)


def test_a_message_is_taken_kept_and_played_back(media: Media) -> None:
    media.prompt("leave one", tone(0.2))

    def script(event: Event) -> list[Action]:
        match event:
            case ev.CallStarted():
                return [say(1, "leave one")]
            case ev.PromptDone(id=1):
                return [act.RecordMessage(id=2, name="m-1", max_s=10.0)]
            case ev.KeyPressed():
                end = act.EndMessage(id=2, name="m-1", until_t=event.t)
                return [end, act.Say(id=3, text="", language="", message="m-1"), act.HangUp()]
        return []

    media.script = script
    media.loop.start()
    leg = media.call()
    assert leg.wait_for(lambda heard: sounding(heard) >= 10 + 15), "the prompt, then the tone"
    leg.play(tone(0.5, 700.0, 6000))
    before = len(leg.heard)
    assert leg.wait_for(lambda heard: len(heard) >= before + 35)
    leg.tell(ev.KeyPressed(key="#"))
    assert leg.ended.wait(6)
    media.loop.stop()
    with wave.open(str(media.state / "recordings" / "messages" / "m-1.wav")) as file:
        kept = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
        assert (file.getframerate(), file.getnchannels()) == (8000, 1)
    assert abs(kept).max() >= 5990, "the caller's words"
    assert abs(np.frombuffer(b"".join(leg.heard[before:]), dtype=np.int16)).max() >= 5990, "played back"


def test_who_was_called_to_be_connected_is_handed_over_and_no_flow_talks(media: Media) -> None:
    media.loop.start()
    leg = FakeLeg(media.loop)
    media.legs.append(leg)
    invite = Invite(caller="+14155550123", sip_call_id="c", line="test", connect="agents")
    media.loop.offered(leg, invite)
    assert leg.ended.wait(5), "nobody there: the leg is not kept"
    media.loop.stop()
    (entries,) = media.journals()
    assert [type(entry).__name__ for entry in entries] == [
        "Opened", "CallAnswered", "Transfer", "TransferDone", "Finished", "HungUp", "Closed",
    ]  # fmt: skip
    assert [it.outcome for it in entries if isinstance(it, act.Finished)] == ["failed"]
    assert not media.sessions
