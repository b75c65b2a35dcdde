"""Who may call: peers, capacity, digest, drain; and no INVITE however odd ends the server."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.sip.admission import Admission
from ivr.sip.caller import Phone, PhoneError
from ivr.sip.config import Credential, SipConfig
from ivr.sip.digest import Digest
from ivr.sip.message import parse

from .conftest import Server
from .raw import RawCaller

pytestmark = pytest.mark.sip
Start = Callable[..., Server]
BARE = parse("INVITE sip:100@x SIP/2.0\r\n\r\n")
TORTURE = Path(os.environ.get("IVR_TEST_DATA", "/nonexistent")) / "sip"


def test_the_order_of_refusals() -> None:
    admission = Admission(SipConfig(peers=("10.0.0.0/8", "192.0.2.7"), max_calls=2), None)
    for peer, calls, status in [
        ("10.1.1.1", 0, 0),
        ("192.0.2.7", 1, 0),
        ("192.0.2.8", 0, 403),
        ("x", 0, 403),
        ("10.1.1.1", 2, 503),
    ]:
        refusal = admission.refusal(BARE, peer, calls)
        assert (refusal.status if refusal else 0) == status
    assert admission.trusted("10.1.1.1")
    assert not admission.trusted("192.0.2.8")


def test_who_is_known_by_address_need_not_authenticate() -> None:
    digest = Digest([Credential("ann", "s3cret")], "ivr")
    admission = Admission(SipConfig(peers=("10.0.0.0/8",)), digest)
    admission.trunks = frozenset({"192.0.2.7"})
    assert admission.refusal(BARE, "10.1.1.1", 0) is None
    assert admission.refusal(BARE, "192.0.2.7", 0) is None
    stranger = admission.refusal(BARE, "192.0.2.8", 0)
    assert stranger is not None
    assert stranger.status == 401
    assert [name for name, _ in stranger.headers] == ["WWW-Authenticate", "WWW-Authenticate"]


def test_a_peer_that_is_not_on_the_list_gets_403(start_server: Start) -> None:
    server = start_server(peers=["10.0.0.0/8"])
    caller = RawCaller(server.port, "echo")
    caller.send(caller.request("INVITE", caller.sdp()))
    assert caller.answer().start == "SIP/2.0 403 Forbidden"
    assert not server.of("Invite")
    caller.close()


def test_a_full_house_says_503_with_retry_after_and_calls_again_when_one_leaves(start_server: Start) -> None:
    server = start_server(max_calls=2, retry_after_s=17)
    first, second, third = (RawCaller(server.port, "echo") for _ in range(3))
    first.dial()
    second.dial()
    third.send(third.request("INVITE", third.sdp()))
    refused = third.answer()
    assert refused.start.startswith("SIP/2.0 503")
    assert refused.first("retry-after") == "17"
    assert len(server.of("Invite")) == 2
    first.bye()
    server.wait("HungUp")
    again = RawCaller(server.port, "echo")
    assert again.dial().start == "SIP/2.0 200 OK"
    for caller in (second, again):
        caller.bye()
    for caller in (first, second, third, again):
        caller.close()


def test_forty_invites_at_once_on_a_full_house_are_all_refused_by_us(start_server: Start) -> None:
    server = start_server(max_calls=1)
    keeper = RawCaller(server.port, "echo")
    keeper.dial()
    callers = [RawCaller(server.port, "echo") for _ in range(40)]
    for caller in callers:
        caller.send(caller.request("INVITE", caller.sdp()))
    assert {caller.answer().start.split()[1] for caller in callers} == {"503"}
    assert keeper.bye().start == "SIP/2.0 200 OK"
    for caller in [*callers, keeper]:
        caller.close()


def test_a_draining_server_takes_no_new_call_and_keeps_the_old(start_server: Start) -> None:
    server = start_server()
    old, new = RawCaller(server.port, "echo"), RawCaller(server.port, "echo")
    old.dial()
    server.do("drain")
    time.sleep(0.1)
    new.send(new.request("INVITE", new.sdp()))
    assert new.answer().start.startswith("SIP/2.0 503")
    old.speak(10)
    assert old.bye().start == "SIP/2.0 200 OK"
    old.close()
    new.close()


def test_digest_lets_those_in_who_know_the_password(start_server: Start, phone: Phone) -> None:
    server = start_server(credentials=[{"user": "ann", "password": "s3cret"}])
    with pytest.raises(PhoneError, match="401"):
        phone.dial(server.uri("echo")).wait_answered()
    assert not server.of("Invite")
    known = server.log_in("ann", "s3cret")
    assert known == "200"
    assert server.log_in("ann", "wrong") == "401"
    assert "s3cret" not in str(server.told)
    assert "response=" not in str(server.told)


def test_torture_messages_do_not_end_the_server(start_server: Start) -> None:
    """RFC 4475 and the seeds of pjproject's fuzzers, where they are at hand (IVR_TEST_DATA)."""
    files = sorted(
        path for folder in ("rfc4475", "fuzz_seeds") for path in (TORTURE / folder).rglob("*") if path.is_file()
    )
    if not files:
        pytest.skip("IVR_TEST_DATA names no folder with sip/rfc4475")
    server = start_server()
    caller = RawCaller(server.port, "echo")
    for path in files:
        caller.send(path.read_bytes())
        time.sleep(0.01)
    time.sleep(0.5)
    survives(server)
    caller.close()


NASTY = [
    b"", b"\r\n\r\n", b"\x00" * 500, b"INVITE", b"INVITE sip:x SIP/2.0\r\n\r\n", b"SIP/2.0 200 OK\r\n\r\n",
    b"INVITE sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP \xff\xfe;branch=z9hG4bK1\r\nFrom: <sip:\xed\xa0\x80@x>;tag=1\r\n"
    b"To: <sip:x@y>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContact: <sip:x@y>\r\nContent-Length: 0\r\n\r\n",
    b"INVITE sip:" + b"a" * 9000 + b"@x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK2\r\n\r\n",
    b"BYE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:1;branch=z9hG4bK3\r\nFrom: <sip:a@b>;tag=1\r\n"
    b"To: <sip:a@b>;tag=2\r\nCall-ID: 2\r\nCSeq: 99999999999 BYE\r\nContent-Length: 99999\r\n\r\n",
    b"REGISTER sip:x SIP/2.0\r\n" + b"Via: SIP/2.0/UDP 1.2.3.4\r\n" * 300 + b"\r\n",
]  # fmt: skip


def test_nonsense_does_not_end_the_server(start_server: Start) -> None:
    server = start_server()
    caller = RawCaller(server.port, "echo")
    for data in NASTY:
        caller.send(data)
    for cut in range(40, 700, 60):
        caller.send(caller.request("INVITE", caller.sdp())[:cut])
    body = caller.sdp()
    swaps = [("RTP/AVP", "TCP"), ("m=audio", "m=video"), ("c=IN IP4", "c=IN IP9"), ("0 101", "0 " * 400), ("s=-", "s")]
    bodies = [body[:30], body * 30, "\xff" * 200, body + "a=rtpmap:999 x\r\n"]
    for broken in [*bodies, *(body.replace(old, new) for old, new in swaps)]:
        one = RawCaller(server.port, "refuse-480")
        one.send(one.request("INVITE", broken))
        assert int(one.answer().start.split()[1]) >= 400
        one.close()
    survives(server)
    caller.close()


def survives(server: Server) -> None:
    """A good call still works."""
    caller = RawCaller(server.port, "echo")
    assert caller.dial().start == "SIP/2.0 200 OK"
    caller.speak(10)
    assert caller.bye().start == "SIP/2.0 200 OK"
    assert caller.heard()
    caller.close()
