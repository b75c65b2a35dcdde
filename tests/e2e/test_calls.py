"""Real calls on loopback to a whole server, with real sound, held at the same time (line.py)."""

import time

import numpy as np
import pytest

from ivr import actions, events, journal
from ivr.events import FRAME_S
from ivr.insight.sip_caller import Caller
from ivr.language.table import LANGUAGES
from ivr.sip.caller import PhoneError
from ivr.sip.tones import dtmf

from .line import Callers, levels, likeness, noise, on_a_real_call, read_stereo, sounds_in

pytestmark = [pytest.mark.sip, pytest.mark.slow]
GREETING = "you can ask where an order is"
BUSY = LANGUAGES["en"].phrases["busy"]
CONSENT = "This call may be recorded."
WELCOME = "Welcome to Acme. You can ask where an order is, cancel an order, or hear our opening hours. How can I help?"


# --- the answer ------------------------------------------------------------------------------------------------------


@on_a_real_call
def test_the_greeting_is_not_clipped(callers: Callers) -> None:
    caller = callers.dial()
    caller.hears("may be recorded")
    heard = np.frombuffer(bytes(caller.call.sound.heard), np.int16)
    prompt = callers.line.prompt(CONSENT)
    assert sounds_in(prompt, heard) > 0.95
    assert likeness(prompt[:2400], heard)[0] > 0.95  # its first syllables
    first = caller.of(events.PromptStarted)[0]
    assert first.t * FRAME_S <= 0.5


@on_a_real_call
def test_the_line_is_found_by_any_header_that_names_the_number(callers: Callers) -> None:
    for user, headers in (
        ("+18005550100", None),
        ("8005550100", None),
        ("whoever", {"P-Called-Party-ID": "<sip:+18005550100@here.example>"}),
        ("whoever", {"Diversion": "<sip:18005550100@here.example>;reason=unconditional"}),
    ):
        caller = callers.dial(user, headers=headers)
        caller.hears("may be recorded")
        assert caller.of(journal.Opened)[0].line == "orders"
        caller.hangs_up()


@on_a_real_call
def test_a_number_that_no_line_claims_gets_404(callers: Callers) -> None:
    with pytest.raises(PhoneError, match="404"):
        callers.dial("sales")


@on_a_real_call
def test_a_line_that_is_full_says_so_and_hangs_up_and_who_is_in_stays(callers: Callers) -> None:
    first = callers.dial("tiny")
    second = callers.dial("tiny")
    assert second.over().sip_status in (0, 200)
    heard = np.frombuffer(bytes(second.call.sound.heard), np.int16)
    assert sounds_in(callers.line.prompt(BUSY), heard) > 0.95
    assert [it.outcome for it in second.of(actions.Finished)] == ["busy"]
    first.hears("may be recorded")
    assert not first.of(events.HungUp)


# --- interruption ----------------------------------------------------------------------------------------------------


def _falls_silent(callers: Callers, caller: Caller, at: int, until: int) -> None:
    """What was sent from frame `at` (and the three that were under way) until frame `until` is silence."""
    path = callers.line.state / "recordings" / caller.of(journal.RecordingStarted)[0].path
    _, right = read_stereo(path)
    assert levels(right[(at - 20) * 160 : at * 160].tobytes()).max() > 300
    assert until - at > 3
    assert not right[(at + 3) * 160 : until * 160].any()


@on_a_real_call
def test_voice_stops_the_prompt_and_its_first_syllable_is_heard(callers: Callers) -> None:
    caller = callers.dial()
    caller.hears(GREETING)
    caller.says("please cancel my order", over=True)
    caller.hears("which order shall I cancel")
    answer, voice = caller.of(actions.Answered)[0], caller.of(events.VoiceStarted)[0]
    assert (answer.text, answer.option or answer.intent) == ("please cancel my order", "cancel_order")
    flush, pause = caller.of(actions.Flush)[0], caller.of(actions.Pause)[0]
    assert caller.of(actions.BargedIn)[0].by == "voice"
    assert flush.t == answer.t
    assert pause.t == voice.t
    assert pause.t - voice.voice_t <= 12
    caller.hangs_up()
    caller.over()
    _falls_silent(callers, caller, pause.t, caller.of(events.PromptStarted)[2].t - 3)


@on_a_real_call
def test_a_key_stops_the_prompt_at_once(callers: Callers) -> None:
    caller = callers.dial()
    caller.hears(GREETING)
    caller.presses("3", over=True)
    caller.hears("nine to five")
    key, flush = caller.of(events.KeyPressed)[0], caller.of(actions.Flush)[0]
    assert caller.of(actions.BargedIn)[0].by == "key"
    assert key.t == flush.t
    assert 0 <= caller.of(events.PromptStarted)[2].t - flush.t <= 10  # the answer comes out of the cache


@on_a_real_call
def test_a_cough_and_clicks_do_not_cut_a_prompt(callers: Callers) -> None:
    caller = callers.dial()
    caller.hears("welcome to")
    click = np.zeros(800, np.int16)
    click[100:108] = 20000
    cough = (noise(0.16, 6000) * np.hanning(1280)).astype(np.int16)
    for sound in (click, cough, click, cough):
        caller.call.play(sound.tobytes() + bytes(9600))
    caller.hears("how can I help")
    callers.line.wait(lambda: len(caller.of(events.PromptDone)) > 1, 10, "the greeting is over")
    assert not caller.of(actions.Flush)
    said = [done.frames for done in caller.of(events.PromptDone)]
    assert abs(said[1] - len(callers.line.prompt(WELCOME)) / 160) <= 2


@on_a_real_call
def test_the_lines_own_echo_does_not_cut_a_prompt(callers: Callers) -> None:
    caller = callers.dial(answered=False)
    sound = caller.call.sound
    take = sound.take_system

    def echoing() -> bytes:
        """What was heard 120 ms ago comes back 16 dB quieter, as from a handset on a table."""
        own = take()
        late = np.frombuffer(sound.caller(max(0, sound.caller_frames - 6)) or bytes(320), np.int16)
        return (np.frombuffer(own, np.int16) + (late * 0.16).astype(np.int16)).tobytes()

    sound.take_system = echoing  # type: ignore[method-assign]
    caller.answered()
    caller.hears("how can I help")
    assert not caller.of(actions.Flush)
    assert not [a for a in caller.of(actions.Answered) if a.result != "rejected"]


@on_a_real_call
def test_barge_in_false_waits_for_the_end_and_keys_wait_too(callers: Callers) -> None:
    caller = callers.dial("probe")
    caller.presses("1", over=True)
    caller.hears("this sentence cannot")
    caller.presses("1", over=True)
    caller.says("right", over=True)
    caller.hears("left or right")
    caller.hears("you went left")
    assert not [b for b in caller.of(actions.BargedIn) if b.id == caller.of(actions.Say)[1].id]


@on_a_real_call
def test_barge_in_by_keys_only(callers: Callers) -> None:
    caller = callers.dial("probe")
    caller.presses("2", over=True)
    caller.hears("this sentence can be stopped")
    flushed = len(caller.of(actions.Flush))
    caller.says("left", over=True)
    assert len(caller.of(actions.Flush)) == flushed
    caller.presses("2", over=True)
    caller.hears("you went right")
    assert caller.of(actions.BargedIn)[-1].by == "key"


@on_a_real_call
def test_barge_in_by_two_words(callers: Callers) -> None:
    caller = callers.dial("probe")
    caller.presses("3", over=True)
    caller.hears("one word does not")
    flushed = len(caller.of(actions.Flush))
    caller.says("left", over=True)
    caller.hears("stop this sentence")
    assert len(caller.of(actions.Flush)) == flushed
    caller.says("turn right please", over=True)
    caller.hears("you went right")


# --- values ----------------------------------------------------------------------------------------------------------


def _cut_short(sound: bytes, share: float) -> bytes:
    """What is left of a word whose end was lost: "fifteen" is nearly "fifty"."""
    samples = np.frombuffer(sound, np.int16)
    voiced = np.flatnonzero(np.abs(samples.astype(np.int32)) > 0.02 * np.abs(samples.astype(np.int32)).max())
    kept = samples[: int(voiced[0] + share * (len(samples) - voiced[0]))].astype(np.float32)
    kept[-160:] *= np.linspace(1, 0, 160)
    return kept.astype(np.int16).tobytes()


@on_a_real_call
def test_a_value_that_was_heard_in_two_ways_is_asked_about_and_chosen_by_voice(callers: Callers) -> None:
    caller = callers.dial("probe")
    caller.hears("red, green, blue")
    caller.presses("6", over=True)
    caller.hears("how many")
    caller.plays(_cut_short(callers.mouth("fifteen", "en"), 0.72))
    caller.hears("did you say")
    asked = caller.of(actions.Asked)[-1]
    assert (asked.part, set(asked.text.removeprefix("Did you say ").strip("?").split(", or "))) == (
        "count.doubt",
        {"fifteen", "fifty"},
    )
    caller.says("the second one")
    chosen = asked.text.rpartition(" ")[2].strip("?")
    caller.hears(f"you want {chosen}")
    said = {"fifteen": "15", "fifty": "50"}[chosen]
    assert [str(filled.value) for filled in caller.of(actions.SlotFilled)][-1] == said


# --- keys ------------------------------------------------------------------------------------------------------------


def _by_keys(callers: Callers, how: str) -> None:
    caller = callers.dial()
    caller.hears("welcome")
    caller.presses("1", how, over=True)  # type: ignore[arg-type]
    caller.hears("your order number")
    caller.presses("4567#", how)  # type: ignore[arg-type]
    caller.hears("four five six seven")
    keys = caller.of(events.KeyPressed)
    assert len(keys) == 6
    assert {key.via for key in keys} == {"inband" if how == "inband" else "rtp" if how == "rfc4733" else "info"}
    assert not any(key.key for key in keys)  # law 5: the value is written when a node takes it
    assert [taken.keys for taken in caller.of(actions.KeysTaken)] == ["1", "4567#"]
    assert not caller.of(actions.Listen)


@on_a_real_call
def test_keys_by_rtp_events(callers: Callers) -> None:
    _by_keys(callers, "rfc4733")


@on_a_real_call
def test_keys_by_info(callers: Callers) -> None:
    _by_keys(callers, "info")


@on_a_real_call
def test_keys_by_the_other_body_of_info(callers: Callers) -> None:
    _by_keys(callers, "info-dtmf")


@on_a_real_call
def test_keys_as_tones_in_the_sound(callers: Callers) -> None:
    _by_keys(callers, "inband")


@on_a_real_call
def test_tones_that_leak_beside_events_count_once_and_open_no_turn(callers: Callers) -> None:
    caller = callers.dial()
    caller.hears("welcome")
    caller.call.play(dtmf("1", 160))
    caller.presses("1", over=True)
    caller.hears("your order number")
    for key in "4567#":
        caller.call.play(dtmf(key, 160))
        caller.presses(key, over=True)
        time.sleep(0.4)
    caller.hears("four five six seven")
    assert [taken.keys for taken in caller.of(actions.KeysTaken)] == ["1", "4567#"]
    assert not caller.of(actions.Listen)


@on_a_real_call
def test_keys_may_be_typed_ahead(callers: Callers) -> None:
    caller = callers.dial()
    caller.hears("welcome")
    caller.presses("14569#", over=True)
    caller.hears("I heard four five six nine")
    asked = [entry for entry in caller.of(actions.Asked) if entry.node == "which_order"]
    assert [entry.part for entry in asked][-1] == "order_id.confirm"


@on_a_real_call
def test_a_number_without_its_end_is_taken_after_the_key_timeout(callers: Callers) -> None:
    caller = callers.dial()
    caller.hears("welcome")
    caller.presses("1", over=True)
    caller.hears("your order number")
    caller.presses("45678")
    caller.hears("four five six seven eight", 12.0)


# --- the call itself -------------------------------------------------------------------------------------------------


@on_a_real_call
def test_hold_freezes_prompt_and_clocks(callers: Callers) -> None:
    caller = callers.dial()
    caller.hears("you can ask")
    caller.holds(7.0)  # longer than no_input_timeout
    callers.line.wait(lambda: caller.of(events.Unheld), 5, "the call is taken back")
    held, unheld = caller.of(events.Held)[0], caller.of(events.Unheld)[0]
    assert (unheld.t - held.t) * FRAME_S > 6.5
    caller.hears("how can I help")
    callers.line.wait(lambda: len(caller.of(events.PromptDone)) > 1, 10, "the greeting is over")
    done = caller.of(events.PromptDone)[1]
    assert abs(done.frames - len(callers.line.prompt(WELCOME)) / 160) <= 2
    caller.holds(7.0)
    caller.says("opening hours")
    caller.hears("nine to five")
    assert not caller.of(actions.Escalated)


@on_a_real_call
def test_speech_is_understood_over_noise(callers: Callers) -> None:
    """Steady noise 12 dB below the voice, from the answer to the end."""
    caller = callers.dial(answered=False)
    voices = [
        np.frombuffer(callers.mouth(text, "en"), np.int16) for text in ("where is my order", "four five six seven")
    ]
    loud = float(np.sqrt((voices[0].astype(float) ** 2).mean()))
    floor = noise(60, loud * 10 ** (-12 / 20))
    sound, take = caller.call.sound, caller.call.sound.take_system

    def noisy() -> bytes:
        at = sound.system_frames * 160
        own = np.frombuffer(take(), np.int16).astype(np.int32)
        return bytes(np.clip(own + floor[at % 320000 : at % 320000 + 160], -32768, 32767).astype(np.int16))

    sound.take_system = noisy  # type: ignore[method-assign]
    caller.answered()
    caller.hears("how can I help")
    caller.plays(voices[0].tobytes())
    caller.hears("what is your order number")
    caller.plays(voices[1].tobytes())
    caller.hears("I heard four five six seven")


@on_a_real_call
def test_the_recording_is_what_was_said(callers: Callers) -> None:
    caller = callers.dial()
    caller.hears("how can I help")
    caller.says("what are your opening hours")
    caller.hears("nine to five")
    caller.hears("anything else")
    caller.hangs_up()
    caller.over()
    begun = caller.of(journal.RecordingStarted)[0]
    left, right = read_stereo(callers.line.state / "recordings" / begun.path)
    closed = caller.of(journal.Closed)[0]
    assert abs(len(left) / 160 - closed.frames) <= 5
    assert not left[: (begun.from_t - 1) * 160].any()  # nothing before consent
    assert not right[: (begun.from_t - 1) * 160].any()
    spoken = np.frombuffer(callers.mouth("what are your opening hours", "en"), np.int16)
    assert sounds_in(spoken, left) > 0.95
    at = likeness(spoken, left)[1]
    voice = caller.of(events.VoiceStarted)[0]
    assert abs(at / 160 - voice.voice_t) < 15  # sample = frame × 160
    for text in (WELCOME, "We are open from nine to five on weekdays, and from ten to two on Saturdays."):
        prompt = callers.line.prompt(text)
        assert sounds_in(prompt, right) > 0.98
        assert likeness(prompt, left)[0] < 0.2
    heard = np.frombuffer(bytes(caller.call.sound.heard), np.int16)
    assert sounds_in(right[begun.from_t * 160 :], heard) > 0.95


@on_a_real_call
def test_the_whole_call_is_in_postgres(callers: Callers) -> None:
    caller = callers.dial()
    caller.hears(GREETING)
    caller.says("where is my order", over=True)
    caller.hears("your order number")
    caller.presses("4567#")
    caller.hears("is that right")
    caller.says("yes")
    caller.hears("is on its way")
    caller.hears("anything else")
    caller.says("no thanks")
    caller.hears("goodbye")
    caller.over()
    line, id = callers.line, caller.of(journal.Opened)[0].call
    row = line.wait(lambda: line.rows("select * from ivr.calls where id = %(id)s and complete", id=id), 15, "record")[0]
    assert (row["caller"], row["line"], row["flow"]) == ("+14155550123", "orders", "orders")
    assert (row["outcome"], row["ended_by"], row["close_reason"]) == ("resolved", "system", "bye")
    turns = line.rows("select * from ivr.turns where call = %(id)s order by turn", id=id)
    assert [(t["node"], t["result"]) for t in turns] == [
        ("welcome", "match"), ("which_order", "match"), ("which_order", "match"), ("anything_else", "match"),
    ]  # fmt: skip
    spoken = turns[0]
    assert spoken["text"] == "where is my order"
    assert len(spoken["heard"]) > 1
    assert spoken["confidence"] > 0.5
    assert 0 < spoken["decode_s"] < spoken["answer_s"] < 5
    assert [r["keys"] for r in line.rows("select keys from ivr.keys where call = %(id)s", id=id)] == ["4567#"]
    nodes = [r["node"] for r in line.rows("select node from ivr.path where call = %(id)s order by seq", id=id)]
    assert nodes == ["welcome", "which_order", "lookup", "route", "shipped", "anything_else", "bye"]
    query = line.rows("select * from ivr.queries where call = %(id)s", id=id)
    assert [(q["node"], q["status"]) for q in query] == [("lookup", "ok")]
    recording = line.rows("select * from ivr.recordings where call = %(id)s", id=id)[0]
    assert (line.state / "recordings" / recording["path"]).is_file()
    assert line.rows("select count(*) as n from ivr.sip_messages where call = %(id)s", id=id)[0]["n"] >= 5
    assert line.rows("select count(*) as n from ivr.prompts where call = %(id)s", id=id)[0]["n"] >= 6


@on_a_real_call
def test_a_caller_who_leaves_in_mid_prompt_has_abandoned(callers: Callers) -> None:
    caller = callers.dial()
    caller.hears(GREETING)
    caller.hangs_up()
    caller.over()
    id = caller.of(journal.Opened)[0].call
    rows = callers.line.wait(
        lambda: callers.line.rows("select outcome, ended_by from ivr.calls where id = %(id)s and complete", id=id), 15
    )
    assert rows == [{"outcome": "abandoned", "ended_by": "caller"}]


@on_a_real_call
def test_a_human_who_is_away_lets_the_flow_go_on(callers: Callers) -> None:
    caller = callers.dial("probe")
    caller.presses("4", over=True)
    caller.hears("connecting you")
    caller.hears("nobody is there")
    done = caller.of(events.TransferDone)[0]
    assert not done.ok
    assert done.sip_status == 404


@on_a_real_call
def test_a_cancelled_order_is_cancelled(callers: Callers) -> None:
    """The demo's own tables: confirmed, changed once, and then refused."""
    line = callers.line
    caller = callers.dial()
    caller.hears(GREETING)
    caller.says("I want to cancel order 4501", over=True)
    caller.hears("shall I cancel order four five zero one")
    before = line.rows("select status from demo.orders where order_id = '4501'")[0]["status"]
    caller.says("yes please")
    caller.hears("anything else")
    after = line.rows("select status, cancelled_at from demo.orders where order_id = '4501'")[0]
    if before == "processing":
        assert after["status"] == "cancelled"
        assert after["cancelled_at"] is not None
    else:
        assert after["status"] == before


@on_a_real_call
def test_korean_speech_is_answered_in_korean(callers: Callers) -> None:
    """espeak-ng's Korean is a poor voice: yes and no are understood every time, the rest is typed."""
    caller = callers.dial()
    caller.hears(GREETING)
    caller.says("can we speak Korean please", over=True)
    caller.speaks("ko")
    caller.hears("말씀해 주세요")
    caller.presses("1")
    caller.hears("주문 번호를 말씀해 주세요")
    caller.presses("4569#")
    caller.hears("사 오 육 구, 맞습니까")
    caller.says("네")
    caller.hears("배송이 완료되었습니다")
    caller.hears("더 도와드릴까요")
    caller.says("아니요")
    caller.hears("안녕히 계세요")
    said = [answer for answer in caller.of(actions.Answered) if answer.how == "speech"][1:]
    assert [answer.result for answer in said] == ["match", "match"]
    korean = {listen.id for listen in caller.of(actions.Listen) if listen.language == "ko"}
    engines = [heard.engine for heard in caller.of(events.Heard) if heard.id in korean]
    assert engines
    assert all(engine.startswith("vosk") for engine in engines)
