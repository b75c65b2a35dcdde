"""A mistake of the call room ends neither the loop nor other calls, and tells nothing of the caller."""

import pytest

from ivr.sip.caller import Phone, PhoneCall, PhoneError

from .conftest import Server

pytestmark = pytest.mark.sip


def test_a_taker_that_fails_is_survived(server: Server, phone: Phone, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(_: PhoneCall) -> None:
        raise ValueError("said by the caller: 4567")

    own = f"sip:me@127.0.0.1:{phone.listening[0].rpartition(':')[2]}"
    phone.on_call = broken
    try:
        with pytest.raises(PhoneError, match="500"):
            phone.dial(own).wait_answered()
    finally:
        phone.on_call = None
    call = phone.dial(server.uri("echo"))
    call.wait_answered()
    call.hang_up()
    call.wait_over()
    told = capsys.readouterr()
    assert "defect" in told.out + told.err
    assert "4567" not in told.out + told.err
