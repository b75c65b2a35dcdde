"""Signalling that telephones do, and some do wrongly, sent by sipp."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from . import sipp
from .conftest import Server
from .raw import RawCaller
from .sipp import ANSWERED, event, pause, play, receive, request, rtp, sdp, send

pytestmark = [
    pytest.mark.sip,
    pytest.mark.clients,
    pytest.mark.skipif(shutil.which("sipp") is None, reason="sipp is not installed (Debian: sip-tester)"),
]
Start = Callable[..., Server]
ACK = send(request("ACK"), retrans=False)
BYE = [send(request("BYE", cseq=9)), receive(200)]


def _ack(cseq: int) -> str:
    return send(request("ACK", cseq=cseq), retrans=False)


def call_of(server: Server, caller: RawCaller | None = None) -> int:
    if caller is not None:
        return server.number(caller.call_id)
    time.sleep(0.1)
    return int(server.of("Invite")[-1]["call"])


def test_options_are_answered(server: Server, tmp_path: Path) -> None:
    done = sipp.run(server.port, "ping", [send(request("OPTIONS")), receive(200)], tmp_path)
    assert done.ok, done.log


def test_options_tell_the_room_and_503_while_draining(start_server: Start) -> None:
    server = start_server(max_calls=7)
    assert options(server.port)[:2] == ("200", "7")
    RawCaller(server.port, "echo").dial()
    assert options(server.port)[:2] == ("200", "6")
    server.do("drain")
    until = time.monotonic() + 5
    while (told := options(server.port))[0] == "200" and time.monotonic() < until:
        time.sleep(0.05)
    assert told == ("503", "0", "10")


def options(port: int) -> tuple[str, str, str]:
    """Status, room and Retry-After of the answer."""
    proxy = RawCaller(port, "ping")
    proxy.send(proxy.request("OPTIONS"))
    told = proxy.answer()
    return told.start.split()[1], told.first("x-free-calls"), told.first("retry-after")


@pytest.mark.parametrize("transport", ["u1", "t1"])
def test_a_call_over_udp_and_tcp(server: Server, tmp_path: Path, transport: str) -> None:
    steps = [send(request("INVITE", sdp())), ANSWERED, ACK, pause(300), *BYE]
    done = sipp.run(server.port, "echo", steps, tmp_path, transport)
    assert done.ok, done.log
    assert server.wait("HungUp", call=call_of(server))["by"] == "caller"


def test_late_offer(server: Server, tmp_path: Path) -> None:
    ack = send(request("ACK", sdp("8 101")), retrans=False)
    done = sipp.run(server.port, "tone", [send(request("INVITE")), ANSWERED, ack, pause(400), *BYE], tmp_path)
    assert done.ok, done.log
    number = call_of(server)
    assert server.wait("HungUp", call=number)["by"] == "caller"
    assert server.of("MediaReport", number)[0]["sent_packets"] > 10
    offer = next(t["text"] for t in server.of("SipMessage", number) if t["sent"] and "200 OK" in t["text"])
    assert "m=audio" in offer


def test_cancel(server: Server) -> None:
    caller = RawCaller(server.port, "ring")
    invite = caller.request("INVITE", caller.sdp())
    caller.send(invite)
    assert "180" in caller.answer(180).start
    cancel = (
        invite.decode().replace("INVITE", "CANCEL").partition("\r\nContent-Type")[0] + "\r\nContent-Length: 0\r\n\r\n"
    )
    caller.send(cancel.encode())
    assert {caller.answer().start, caller.answer().start} == {"SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"}
    assert server.wait("HungUp", call=call_of(server, caller))["sip_status"] == 487
    caller.close()


def test_an_invite_sent_again_is_one_call(server: Server) -> None:
    before = len(server.of("Invite"))
    caller = RawCaller(server.port, "slow")
    invite = caller.request("INVITE", caller.sdp())
    for _ in range(4):
        caller.send(invite)
        time.sleep(0.05)
    caller.learn(caller.answer())
    caller.send(invite)  # and once more after the answer
    assert caller.answer().start == "SIP/2.0 200 OK"
    caller.acknowledge()
    assert caller.bye().start == "SIP/2.0 200 OK"
    assert len(server.of("Invite")) == before + 1
    assert server.wait("HungUp", call=call_of(server, caller))
    caller.close()


def test_200_is_sent_again_until_ack(server: Server) -> None:
    caller = RawCaller(server.port, "echo")
    caller.send(caller.request("INVITE", caller.sdp()))
    first, second, third = caller.answer(), caller.answer(), caller.answer()
    assert first == second == third
    caller.learn(first)
    caller.acknowledge()
    server.wait("Acknowledged", call=call_of(server, caller))
    with pytest.raises(TimeoutError):
        caller.answer(timeout_s=2.5)
    caller.bye()
    caller.close()


def test_no_common_codec_gets_488(server: Server, tmp_path: Path) -> None:
    offer = sdp("18 96", "a=rtpmap:18 G729/8000\na=rtpmap:96 opus/48000/2")
    done = sipp.run(
        server.port, "echo", [send(request("INVITE", offer)), receive(100, True), receive(488), ACK], tmp_path
    )
    assert done.ok, done.log


@pytest.mark.parametrize(
    "body", ["v=0\nthis is no sdp", "v=0\no=- 1 1 IN IP4 1.1.1.1\ns=-\nt=0 0\nm=audio x RTP/AVP 0"]
)
def test_broken_sdp_gets_a_4xx(server: Server, tmp_path: Path, body: str) -> None:
    done = sipp.run(
        server.port, "echo", [send(request("INVITE", body)), receive(100, True), receive(400), ACK], tmp_path
    )
    assert done.ok, done.log
    assert server.alive


@pytest.mark.parametrize(
    ("kind", "body"), [("application/dtmf-relay", "Signal=5\nDuration=160\n"), ("application/dtmf", "5")]
)
def test_info_keys(server: Server, tmp_path: Path, kind: str, body: str) -> None:
    info = send(request("INFO", body, kind, cseq=2))
    done = sipp.run(
        server.port, "silent", [send(request("INVITE", sdp())), ANSWERED, ACK, info, receive(200), *BYE], tmp_path
    )
    assert done.ok, done.log
    number = call_of(server)
    server.wait("HungUp", call=number)
    assert server.keys(number) == "5"


def test_hold_by_reinvite_and_update_with_and_without_sdp(server: Server, tmp_path: Path) -> None:
    hold = send(request("INVITE", sdp() + "\na=sendonly", cseq=2))
    resume = send(request("UPDATE", sdp() + "\na=sendrecv", cseq=3))
    empty = send(request("UPDATE", cseq=4))
    old_hold = send(request("INVITE", sdp().replace("c=IN IP[media_ip_type] [media_ip]", "c=IN IP4 0.0.0.0"), cseq=5))
    back = send(request("INVITE", sdp(), cseq=6))
    begin = [send(request("INVITE", sdp())), ANSWERED, ACK, pause(200)]
    first = [hold, ANSWERED, _ack(2), pause(200), resume, receive(200), pause(100), empty, receive(200)]
    second = [old_hold, ANSWERED, _ack(5), pause(200), back, ANSWERED, _ack(6), pause(200)]
    steps = [*begin, *first, *second, *BYE]
    done = sipp.run(server.port, "tone", steps, tmp_path)
    assert done.ok, done.log
    number = call_of(server)
    server.wait("HungUp", call=number)
    order = [t["event"] for t in server.told if t.get("call") == number and t["event"] in ("Held", "Unheld")]
    assert order == ["Held", "Unheld", "Held", "Unheld"]


def test_session_timer_is_agreed(server: Server, tmp_path: Path) -> None:
    timer = "Supported: timer\nSession-Expires: 90;refresher=uac\nMin-SE: 90"
    done = sipp.run(server.port, "echo", [send(request("INVITE", sdp(), headers=timer)), ANSWERED, ACK, *BYE], tmp_path)
    assert done.ok, done.log
    number = call_of(server)
    server.wait("HungUp", call=number)
    answer = next(t["text"] for t in server.of("SipMessage", number) if t["sent"] and "SIP/2.0 200" in t["text"])
    assert "Session-Expires: 90;refresher=uac" in answer


def test_a_refer_from_the_caller_is_declined(server: Server, tmp_path: Path) -> None:
    refer = send(request("REFER", headers="Refer-To: <sip:expensive@elsewhere>", cseq=2))
    done = sipp.run(
        server.port, "echo", [send(request("INVITE", sdp())), ANSWERED, ACK, refer, receive(603), *BYE], tmp_path
    )
    assert done.ok, done.log


def pressed(keys: str, payload_type: int, shape: str) -> list[tuple[int, bytes]]:
    """RFC 4733 packets of 100 ms presses; shape: `good`, `no_marker`, `lost_ends`, `ends_only`, `many_ends`."""
    packets: list[tuple[int, bytes]] = []
    sequence, stamp, ms = 100, 90000, 0
    for key in keys:
        durations = [] if shape == "ends_only" else [160 * n for n in range(1, 6)]
        ends = {"lost_ends": 0, "many_ends": 8}.get(shape, 3)
        for n, duration in enumerate([*durations, *([800] * ends)]):
            end = n >= len(durations)
            marker = n == 0 and shape != "no_marker"
            packets.append((ms, rtp(payload_type, sequence, stamp, event(key, duration, end), marker)))
            sequence, ms = sequence + 1, ms + 20
        stamp, ms = stamp + 1600, ms + 60
    return packets


@pytest.mark.parametrize("payload_type", [96, 101, 127])
@pytest.mark.parametrize("shape", ["good", "no_marker", "lost_ends", "ends_only", "many_ends"])
def test_rtp_events_count_once(server: Server, tmp_path: Path, payload_type: int, shape: str) -> None:
    keys = "1199#"
    pcap = sipp.capture(tmp_path / "keys.pcap", pressed(keys, payload_type, shape))
    offer = sdp(f"0 {payload_type}", f"a=rtpmap:{payload_type} telephone-event/8000")
    steps = [send(request("INVITE", offer)), ANSWERED, ACK, play(pcap), pause(1600), *BYE]
    done = sipp.run(server.port, "silent", steps, tmp_path)
    assert done.ok, done.log
    number = call_of(server)
    server.wait("HungUp", call=number)
    assert server.keys(number) == keys


DTMF = Path(os.environ.get("IVR_TEST_DATA", "/nonexistent")) / "dtmf"


@pytest.mark.parametrize("name", [*"0123456789", "star", "pound"])
def test_captured_rtp_events(server: Server, tmp_path: Path, name: str) -> None:
    """Captures of real keys, one a file, where they are at hand (IVR_TEST_DATA)."""
    pcap = DTMF / f"dtmf_2833_{name}.pcap"
    if not pcap.is_file():
        pytest.skip("IVR_TEST_DATA names no folder with dtmf/*.pcap")
    steps = [send(request("INVITE", sdp())), ANSWERED, ACK, play(pcap), pause(1000), *BYE]
    done = sipp.run(server.port, "silent", steps, tmp_path)
    assert done.ok, done.log
    number = call_of(server)
    server.wait("HungUp", call=number)
    assert server.keys(number) == {"star": "*", "pound": "#"}.get(name, name)


def test_an_update_that_asks_for_another_port_moves_the_sound(server: Server) -> None:
    """Only a new session description may move the source (re-INVITE or UPDATE)."""
    caller, other = RawCaller(server.port, "tone"), RawCaller(server.port, "tone")
    caller.dial()
    caller.speak(5)
    assert caller.heard()
    caller.rtp, other.rtp = other.rtp, caller.rtp
    caller.rtp_port = int(caller.rtp.getsockname()[1])
    caller.send(caller.request("INVITE", caller.sdp()))
    caller.learn(caller.answer())
    caller.acknowledge()
    caller.speak(15)
    number = call_of(server, caller)
    assert len(caller.heard()) > 5
    caller.bye()
    caller.close()
    other.close()
    assert max(server.wait("Sound", call=number)["levels"][-3:]) > 3000
