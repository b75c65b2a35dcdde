"""Real calls on loopback between our telephone and an endpoint in another process."""

import time

import numpy as np
import pytest

from ivr.ports import AudioFlows
from ivr.sip.caller import Phone, PhoneError
from ivr.sip.tones import dtmf

from .conftest import Server

pytestmark = pytest.mark.sip
TONE = (np.sin(np.arange(8000) * 2 * np.pi * 440 / 8000) * 8000).astype("<i2").tobytes()


def level(pcm: bytes) -> float:
    return float(np.sqrt((np.frombuffer(pcm, "<i2").astype(float) ** 2).mean())) if pcm else 0.0


def test_sound_goes_both_ways_and_the_caller_hangs_up(server: Server, phone: Phone) -> None:
    call = phone.dial(server.uri("echo"))
    call.wait_answered()
    call.play(TONE)
    call.wait_heard(75)
    call.hang_up()
    assert call.wait_over().by == "system"
    heard = max(level(call.sound.caller(n)) for n in range(call.sound.caller_frames))
    assert 5000 < heard < 6500
    number = server.number(call.leg.sip_call_id)
    assert server.wait("HungUp", call=number)["by"] == "caller"
    report = server.of("MediaReport", number)[0]
    assert report["received"] > 60
    assert report["sent_packets"] > 60
    assert report["lost"] == 0
    assert server.of("CallAnswered", number)[0]["codec"] == "PCMU"


def test_180_comes_before_200_and_ack_before_sound(server: Server, phone: Phone) -> None:
    call = phone.dial(server.uri("slow"))
    call.wait_answered()
    number = server.number(call.leg.sip_call_id)
    server.wait("AudioFlows", call=number)
    call.hang_up()
    call.wait_over()
    answers = [t["text"].split("\r\n")[0] for t in server.of("SipMessage", number) if t["sent"]]
    assert answers[:3] == ["SIP/2.0 100 Trying", "SIP/2.0 180 Ringing", "SIP/2.0 200 OK"]
    order = [t["event"] for t in server.told if t.get("call") == number and t["event"] != "SipMessage"]
    assert order[0] == "Invite"
    assert order.index("CallAnswered") < order.index("Acknowledged") < order.index("AudioFlows")


def test_the_server_hangs_up(server: Server, phone: Phone) -> None:
    call = phone.dial(server.uri("tone"))
    call.wait_answered()
    call.wait_heard(25)
    server.do("hang_up")
    assert call.wait_over().by == "caller"
    number = server.number(call.leg.sip_call_id)
    assert server.wait("HungUp", call=number)["by"] == "system"


def test_cancel_before_the_answer(server: Server, phone: Phone) -> None:
    call = phone.dial(server.uri("ring"))
    server.wait("SipMessage", number=len(server.of("SipMessage")) + 3)
    time.sleep(0.2)
    call.hang_up()
    call.wait_over()
    number = server.number(call.leg.sip_call_id)
    hung_up = server.wait("HungUp", call=number)
    assert (hung_up["by"], hung_up["sip_status"]) == ("caller", 487)


@pytest.mark.parametrize("status", [404, 486, 603])
def test_a_refused_call_tells_its_status(server: Server, phone: Phone, status: int) -> None:
    call = phone.dial(server.uri(f"refuse-{status}"))
    with pytest.raises(PhoneError, match=str(status)):
        call.wait_answered()


@pytest.mark.parametrize("how", ["rfc4733", "info", "info-dtmf"])
def test_each_key_is_told_once(server: Server, phone: Phone, how: str) -> None:
    call = phone.dial(server.uri("silent"))
    call.wait_answered()
    call.wait(AudioFlows)
    number = server.number(call.leg.sip_call_id)
    call.press("1599#*0AD", how)  # type: ignore[arg-type]
    server.wait("KeyPressed", number=9, call=number)
    time.sleep(0.3)
    assert server.keys(number) == "1599#*0AD"
    assert {t["via"] for t in server.of("KeyPressed", number)} == {"info" if "info" in how else "rtp"}
    call.hang_up()
    call.wait_over()
    sent = "".join(t["text"] for t in server.of("SipMessage", number))
    assert "Signal=" not in sent
    assert how == "rfc4733" or "INFO sip:" in sent


def test_the_server_sends_keys(server: Server, phone: Phone) -> None:
    call = phone.dial(server.uri("silent"))
    call.wait_answered()
    server.do("keys", keys="42#")
    from ivr.events import KeyPressed

    call.wait(KeyPressed, number=3)
    assert "".join(key.key for key in call.of(KeyPressed)) == "42#"
    call.hang_up()
    call.wait_over()


def test_tones_in_the_voice_are_sound_not_keys(server: Server, phone: Phone) -> None:
    call = phone.dial(server.uri("silent"))
    call.wait_answered()
    call.wait(AudioFlows)
    call.play(dtmf("159"))
    call.wait_played()
    call.hang_up()
    call.wait_over()
    number = server.number(call.leg.sip_call_id)
    assert max(server.wait("Sound", call=number)["levels"]) > 2000
    assert server.keys(number) == ""


def test_hold_and_resume(server: Server, phone: Phone) -> None:
    call = phone.dial(server.uri("tone"))
    call.wait_answered()
    number = server.number(call.leg.sip_call_id)
    call.wait(AudioFlows)
    call.hold()
    server.wait("Held", call=number)
    call.resume()
    server.wait("Unheld", call=number)
    before = call.sound.caller_frames
    call.wait_heard(before + 50)
    assert level(call.sound.caller(before + 45)) > 4000
    call.hang_up()
    call.wait_over()
    held, unheld = server.of("Held", number)[0]["frame"], server.of("Unheld", number)[0]["frame"]
    assert held <= unheld < server.wait("Sound", call=number)["frames"]
