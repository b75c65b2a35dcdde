"""Handing over: REFER with what was gathered, and a second leg where REFER is refused. The human is a telephone."""

import time
from collections.abc import Iterator

import numpy as np
import pytest

from ivr.ports import AudioFlows
from ivr.sip.caller import Phone, PhoneCall
from ivr.sip.transfer import refer_to

from .conftest import Server
from .raw import RawCaller

pytestmark = pytest.mark.sip
TONE = (np.sin(np.arange(16000) * 2 * np.pi * 440 / 8000) * 8000).astype("<i2").tobytes()
HEADERS = {"X-Reason": "late order; 50% off?", "X-Caller": "+18005550199"}


class Human:
    """Takes calls on the telephone."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self.calls: list[PhoneCall] = []
        self.answers = True
        self.uri = f"sip:agent@127.0.0.1:{phone.listening[0].rpartition(':')[2]}"

    def __call__(self, call: PhoneCall) -> None:
        self.calls.append(call)
        if self.answers:
            call.answer()
        else:
            call.leg.reject(486)

    def call(self) -> PhoneCall:
        until = time.monotonic() + 5
        while not self.calls and time.monotonic() < until:
            time.sleep(0.01)
        return self.calls[-1]


@pytest.fixture
def human(phone: Phone) -> Iterator[Human]:
    made = phone.on_call = Human(phone)
    yield made
    phone.on_call = None
    for call in made.calls:
        call.hang_up()


def loudest(call: PhoneCall) -> float:
    return float(np.abs(np.frombuffer(bytes(call.sound.heard), "<i2")).max(initial=0))


def test_headers_stand_inside_refer_to_and_cannot_break_out() -> None:
    assert refer_to("sip:a@b", {"X-A": "late order"}) == "<sip:a@b?X-A=late%20order>"
    assert (
        refer_to("sip:a@b?Subject=x", {"X-A": "1&2=3\r\nX: y>"}) == "<sip:a@b?Subject=x&X-A=1%262%3D3%0D%0AX:%20y%3E>"
    )
    assert refer_to("tel:+1800", {"X-A": "1"}) == "<tel:+1800>"
    assert refer_to("sip:a@b", {}) == "<sip:a@b>"


def test_blind_transfer_with_headers(server: Server, phone: Phone, human: Human) -> None:
    call = phone.dial(server.uri("silent"))
    call.wait_answered()
    number = server.number(call.leg.sip_call_id)
    server.do("refer", uri=human.uri, headers=HEADERS)
    told = human.call()
    told.wait_answered()
    assert told.invite is not None
    assert told.invite.headers["x-reason"] == HEADERS["X-Reason"]
    assert told.invite.headers["x-caller"] == HEADERS["X-Caller"]
    assert server.wait("Transferred", call=number)["status"] == 200
    hung_up = server.wait("HungUp", call=number)
    assert (hung_up["by"], hung_up["reason"]) == ("system", "transferred")
    call.wait_over()
    assert call.transferred is not None
    call.transferred.play(TONE)
    told.wait_heard(60)
    assert loudest(told) > 4000
    call.transferred.hang_up()
    told.wait_over()


def test_a_busy_human_leaves_the_call_where_it_is(server: Server, phone: Phone, human: Human) -> None:
    human.answers = False
    call = phone.dial(server.uri("silent"))
    call.wait_answered()
    number = server.number(call.leg.sip_call_id)
    server.do("refer", uri=human.uri)
    busy = server.wait("Transferred", call=number)
    assert (busy["status"], busy["reason"]) == (486, "Busy Here")
    time.sleep(0.3)
    assert not server.of("HungUp", number)
    call.hang_up()
    call.wait_over()


def test_refer_refused_then_bridged_and_the_human_hangs_up(server: Server, phone: Phone, human: Human) -> None:
    on_transfer, phone.endpoint.on_transfer = phone.endpoint.on_transfer, None
    try:
        call = phone.dial(server.uri("silent"))
        call.wait_answered()
        number = server.number(call.leg.sip_call_id)
        server.do("refer", uri=human.uri)
        refused = server.wait("Transferred", call=number)
        assert (refused["status"], refused["reason"]) == (603, "refused: Decline")
    finally:
        phone.endpoint.on_transfer = on_transfer
    server.do("bridge", uri=human.uri, headers=HEADERS)
    told = human.call()
    assert told.invite is not None
    assert told.invite.headers["x-reason"] == HEADERS["X-Reason"]
    assert server.wait("Transferred", number=2, call=number)["status"] == 200
    told.wait(AudioFlows)
    call.play(TONE)
    told.wait_heard(told.sound.caller_frames + 60)
    assert loudest(told) > 4000
    quiet = call.sound.caller_frames
    told.play(TONE)
    call.wait_heard(quiet + 60)
    assert max(np.abs(np.frombuffer(bytes(call.sound.heard[quiet * 320 :]), "<i2"))) > 4000
    told.hang_up()
    call.wait_over()
    assert server.wait("HungUp", call=number)["reason"] == "the other side hung up"


def test_the_caller_hangs_up_while_bridged(server: Server, phone: Phone, human: Human) -> None:
    call = phone.dial(server.uri("silent"))
    call.wait_answered()
    number = server.number(call.leg.sip_call_id)
    server.do("bridge", uri=human.uri)
    assert server.wait("Transferred", call=number)["status"] == 200
    call.hang_up()
    human.call().wait_over()
    assert server.wait("HungUp", call=number)["by"] == "caller"


def test_a_bridge_to_a_busy_human_fails_and_the_call_goes_on(server: Server, phone: Phone, human: Human) -> None:
    human.answers = False
    call = phone.dial(server.uri("tone"))
    call.wait_answered()
    number = server.number(call.leg.sip_call_id)
    server.do("bridge", uri=human.uri)
    assert server.wait("Transferred", call=number)["status"] == 486
    before = call.sound.caller_frames
    call.wait_heard(before + 40)
    assert loudest(call) > 4000
    call.hang_up()
    call.wait_over()


def test_refer_accepted_and_then_bye_without_notify(server: Server) -> None:
    caller = RawCaller(server.port, "silent")
    caller.dial()
    number = server.number(caller.call_id)
    server.do("refer", uri="sip:agent@127.0.0.1:9")
    request = caller.message()
    assert request.method == "REFER"
    copied = "".join(
        f"{name}: {value}\r\n" for name in ("via", "from", "to", "call-id", "cseq") for value in request.headers[name]
    )
    caller.send(
        f"SIP/2.0 202 Accepted\r\n{copied}Contact: <sip:raw@127.0.0.1:{caller.port}>\r\n"
        "Content-Length: 0\r\n\r\n".encode()
    )
    time.sleep(0.2)
    caller.bye()
    told = server.wait("Transferred", call=number)
    assert told["status"] == 202
    assert server.wait("HungUp", call=number)["by"] == "caller"
    caller.close()
