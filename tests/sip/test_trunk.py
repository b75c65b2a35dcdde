"""Registration at a provider: digest, again in time, keep-alives, calls that come from there; the state can be seen."""

import re
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ivr.ports import AudioFlows
from ivr.sip.caller import Phone
from ivr.sip.message import Message, parse

from .conftest import Server
from .kamailio import Kamailio

pytestmark = pytest.mark.sip
Start = Callable[..., Server]
needs_kamailio = pytest.mark.skipif(shutil.which("kamailio") is None, reason="kamailio is not installed")


def trunk(port: int, password: str = "s3cret", transport: str = "", **more: Any) -> dict[str, Any]:
    return {
        "name": "provider",
        "registrar": f"sip:127.0.0.1:{port}{transport}",
        "user": "18005550100",
        "password": password,
        **more,
    }


def state(server: Server, wanted: int, timeout_s: float = 10) -> dict[str, Any]:
    """Ask until the trunk has this status."""
    until = time.monotonic() + timeout_s
    while True:
        asked = len(server.of("Trunks")) + 1
        server.do("trunks")
        told: dict[str, Any] = server.wait("Trunks", number=asked)["trunks"][0]
        if told["status"] == wanted or time.monotonic() > until:
            return told
        time.sleep(0.1)


@pytest.fixture
def kamailio(tmp_path: Path) -> Iterator[Kamailio]:
    made = Kamailio(tmp_path)
    yield made
    made.stop()


@needs_kamailio
@pytest.mark.clients
@pytest.mark.parametrize("transport", ["", ";transport=tcp"])
def test_a_call_through_a_provider(start_server: Start, kamailio: Kamailio, phone: Phone, transport: str) -> None:
    server = start_server(trunks=[trunk(kamailio.port, transport=transport)], peers=["10.0.0.0/8"])
    assert state(server, 200)["registered"]
    call = phone.dial(f"sip:18005550100@127.0.0.1:{kamailio.port}")
    call.wait_answered()
    call.wait(AudioFlows)
    number = server.number(call.leg.sip_call_id)
    invite = server.of("Invite", number)[0]
    assert invite["dialled"][0] == "+18005550100"
    assert invite["caller"] == "+12125550123"  # asserted by a trusted peer
    server.do("hang_up")
    call.wait_over()
    assert server.wait("HungUp", call=number)["by"] == "system"


@needs_kamailio
@pytest.mark.clients
def test_a_wrong_password_is_seen(start_server: Start, kamailio: Kamailio) -> None:
    server = start_server(trunks=[trunk(kamailio.port, "wrong")])
    told = state(server, 401)
    assert (told["status"], told["registered"]) in ((401, False), (403, False))
    assert "wrong" not in str(server.told)


class Registrar:
    """A provider of one socket, to see what a trunk sends."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = int(self.socket.getsockname()[1])
        self.keep_alives = 0

    def request(self, timeout_s: float) -> tuple[Message, Any]:
        until = time.monotonic() + timeout_s
        while True:
            self.socket.settimeout(max(0.01, until - time.monotonic()))
            data, peer = self.socket.recvfrom(9000)
            if data.strip():
                return parse(data.decode()), peer
            self.keep_alives += 1

    def answer(self, asked: tuple[Message, Any], start: str, more: str = "") -> None:
        message, peer = asked
        copied = "".join(f"{name}: {message.first(name)}\r\n" for name in ("via", "from", "call-id", "cseq"))
        text = f"SIP/2.0 {start}\r\n{copied}To: {message.first('to')};tag=r\r\n{more}Content-Length: 0\r\n\r\n"
        self.socket.sendto(text.encode(), peer)

    def close(self) -> None:
        self.socket.close()


def test_registered_again_in_time_kept_alive_and_given_up_at_the_end(start_server: Start) -> None:
    registrar = Registrar()
    server = start_server(trunks=[trunk(registrar.port, keep_alive_s=1)])
    asked = registrar.request(5)
    assert asked[0].method == "REGISTER"
    registrar.answer(
        asked, "401 Unauthorized", 'WWW-Authenticate: Digest realm="x", nonce="n", algorithm=MD5, qop="auth"\r\n'
    )
    asked = registrar.request(5)
    assert re.search(r'username="18005550100"', asked[0].first("authorization"))
    contact = asked[0].first("contact")
    registrar.answer(asked, "200 OK", f"Contact: {contact};expires=8\r\n")
    assert state(server, 200)["registered"]
    began = time.monotonic()
    again = registrar.request(8)
    assert again[0].method == "REGISTER"
    assert time.monotonic() - began < 7
    assert registrar.keep_alives >= 1
    registrar.answer(again, "200 OK", f"Contact: {contact};expires=60\r\n")
    server.stop()
    last = registrar.request(5)
    assert (last[0].method, last[0].first("expires")) == ("REGISTER", "0")
    registrar.close()


def test_a_provider_that_comes_back_is_registered_at_again(start_server: Start) -> None:
    registrar = Registrar()
    server = start_server(trunks=[trunk(registrar.port)])
    registrar.answer(registrar.request(5), "503 Service Unavailable")
    assert state(server, 503)["registered"] is False
    asked = registrar.request(8)
    registrar.answer(asked, "200 OK", f"Contact: {asked[0].first('contact')};expires=60\r\n")
    assert state(server, 200)["registered"]
    registrar.close()
