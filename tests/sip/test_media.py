"""RTP as telephones and networks send it: packet sizes, pauses, new sources, losses, silence for good; NAT."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Server
from .raw import RawCaller

pytestmark = pytest.mark.sip
Start = Callable[..., Server]


def spoken(server: Server, talk: Callable[[RawCaller], None], sdp: dict[str, str] | None = None) -> dict[str, Any]:
    """A call that says something; what the server heard of it and its report."""
    caller = RawCaller(server.port, "silent")
    caller.dial(caller.sdp(**(sdp or {})))
    number = server.number(caller.call_id)
    talk(caller)
    time.sleep(0.15)
    caller.bye()
    caller.close()
    told = [server.wait(event, call=number) for event in ("CallAnswered", "MediaReport", "Sound")]
    return {**told[0], **told[1], **told[2]}


def loud(sound: dict[str, Any]) -> int:
    """Hundreds of milliseconds with sound."""
    return sum(level > 3000 for level in sound["levels"])


@pytest.mark.parametrize("ms", [10, 20, 30, 40, 60])
def test_packets_of_any_size(server: Server, ms: int) -> None:
    sound = spoken(server, lambda caller: caller.speak(1200 // ms, ms=ms))
    assert 10 <= loud(sound) <= 14, sound
    assert sound["lost"] == 0


def test_a_law(server: Server) -> None:
    sound = spoken(
        server, lambda caller: caller.speak(40, 8, bytes([0xAA, 0x2A]) * 80), {"formats": "8", "attributes": ""}
    )
    assert loud(sound) >= 7, sound
    assert sound["codec"] == "PCMA"


def test_another_ssrc_in_mid_call(server: Server) -> None:
    def talk(caller: RawCaller) -> None:
        caller.speak(25, ssrc=1)
        caller.sequence, caller.stamp = 40000, 123456789
        caller.speak(25, ssrc=2)

    assert loud(spoken(server, talk)) >= 9


def test_silence_suppression_and_comfort_noise(server: Server) -> None:
    """Nothing for half a second (one CN packet): the clock of the call goes on, the sound comes back in its place."""

    def talk(caller: RawCaller) -> None:
        caller.speak(25)
        caller.speak(1, payload_type=13, payload=b"\x40")
        time.sleep(0.48)
        caller.stamp += 24 * 160
        caller.speak(25)

    sound = spoken(server, talk)
    assert 74 <= sound["frames"] <= 95, sound
    before, pause, after = sound["levels"][1:4], sound["levels"][7:9], sound["levels"][11:14]
    assert min(before) > 3000, sound
    assert max(pause) < 500, sound
    assert min(after) > 3000, sound


def test_lost_packets_are_counted_and_bridged(server: Server) -> None:
    def talk(caller: RawCaller) -> None:
        caller.speak(20)
        for _ in range(5):
            time.sleep(0.04)
            caller.stamp += 2 * 160
            caller.speak(10, gap=2)

    sound = spoken(server, talk)
    assert sound["lost"] == 10
    assert loud(sound) >= 11, sound


def test_a_call_whose_rtp_dies_is_ended_and_marked(start_server: Start) -> None:
    server = start_server(media_timeout_s=2)
    caller = RawCaller(server.port, "silent")
    caller.dial()
    caller.speak(25)
    hung_up = server.wait("HungUp", timeout_s=5)
    assert (hung_up["by"], hung_up["reason"]) == ("network", "no RTP")
    assert caller.message().method == "BYE"
    caller.close()


def test_a_call_on_hold_may_be_silent(start_server: Start) -> None:
    server = start_server(media_timeout_s=2)
    caller = RawCaller(server.port, "silent")
    caller.dial()
    caller.speak(10)
    caller.dial(caller.sdp() + "a=sendonly\r\n")
    server.wait("Held")
    time.sleep(3)
    assert not server.of("HungUp")
    caller.dial(caller.sdp())
    server.wait("Unheld")
    caller.speak(10)
    assert caller.bye().start == "SIP/2.0 200 OK"
    caller.close()


def test_the_first_packet_is_told_and_a_call_without_any_is_ended(start_server: Start) -> None:
    server = start_server(media_timeout_s=2)
    caller = RawCaller(server.port, "silent")
    caller.dial()
    assert server.wait("HungUp", timeout_s=5)["by"] == "network"
    assert not server.of("AudioFlows")
    caller.close()


def test_rtp_ports_lie_in_their_range(start_server: Start) -> None:
    server = start_server(rtp_port=42000, rtp_ports=40)
    callers = [RawCaller(server.port, "tone") for _ in range(8)]
    for caller in callers:
        caller.dial()
        assert 42000 <= caller.far_rtp[1] <= 42040
    time.sleep(0.2)
    for caller in callers:
        assert caller.heard()
        caller.bye()
        caller.close()


def test_callers_outside_see_the_public_address_and_callers_inside_the_local_one(start_server: Start) -> None:
    server = start_server(public_address="203.0.113.5", local_networks=["127.0.0.2/32"], addresses=["0.0.0.0"])
    for at, seen in (("127.0.0.1", "203.0.113.5"), ("127.0.0.2", "127.0.0.2")):
        caller = RawCaller(server.port, "echo", at)
        caller.send(caller.request("INVITE", caller.sdp()))
        got = caller.answer()
        assert f"c=IN IP4 {seen}" in got.body or (seen == "127.0.0.2" and "c=IN IP4 127.0.0.1" in got.body)
        assert ("203.0.113.5" in got.first("contact")) == (at == "127.0.0.1")
        caller.learn(got)
        caller.target = f"sip:echo@127.0.0.1:{server.port}"
        caller.acknowledge()
        caller.bye()
        caller.close()


def test_bye_reaches_a_caller_behind_nat(server: Server) -> None:
    """Via and Contact carry a private address; requests come from another one (RFC 3581 covers answers only)."""
    caller = RawCaller(server.port, "silent")
    caller.dial(contact="10.99.99.99:5060", via="10.99.99.99:5060")
    caller.speak(5)
    server.do("hang_up")
    assert caller.message().method == "BYE"
    caller.close()


def test_a_stranger_is_never_heard(server: Server) -> None:
    caller, stranger = RawCaller(server.port, "silent"), RawCaller(server.port, "silent")
    caller.dial()
    number = server.number(caller.call_id)
    stranger.far_rtp = caller.far_rtp
    caller.speak(10, payload=bytes([0xFF]) * 160)
    stranger.speak(60)
    caller.bye()
    sound = server.wait("Sound", call=number)
    assert max(sound["levels"]) < 100
    for one in (caller, stranger):
        one.close()
