"""pjsua2 aborts a process that makes two endpoints; ours refuses the second with a word."""

import pytest

from ivr.sip.caller import Phone
from ivr.sip.config import SipConfig
from ivr.sip.endpoint import SipError

pytestmark = pytest.mark.sip


def test_second_endpoint_is_refused_and_the_first_goes_on(phone: Phone) -> None:
    with pytest.raises(SipError, match="one at a time"), Phone(SipConfig(user="second")):
        pass
    assert phone.listening
