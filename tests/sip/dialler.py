"""Makes one call with a user and a password, and prints the status."""

import sys

from ivr.sip.caller import Phone, PhoneError
from ivr.sip.config import Credential, SipConfig


def main() -> None:
    uri, user, password = sys.argv[1:]
    with Phone(SipConfig(user=user, login=Credential(user, password))) as phone:
        call = phone.dial(uri)
        try:
            call.wait_answered()
            print(200)
            call.hang_up()
        except PhoneError as error:
            print(str(error).split()[2])


if __name__ == "__main__":
    main()
