"""SIP text is read without ever failing; secrets never come out of it."""

from ivr.sip.message import address, display_name, parse, redact, uri

INVITE = (
    'INVITE sip:100@host SIP/2.0\r\nv: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\nf: "Ann B." <sip:ann@x>;tag=1\r\n'
    "t: <sip:100@host>\r\ni: abc@x\r\nCSeq: 1 INVITE\r\nSubject: folded\r\n  line\r\nDiversion: <sip:1@a>\r\n"
    'Diversion: <sip:2@b>\r\nAuthorization: Digest username="u",\r\n response="topsecret"\r\n\r\nv=0\r\n'
)


def test_names_are_long_and_lower_case_and_folded_lines_are_one() -> None:
    message = parse(INVITE)
    assert message.method == "INVITE"
    assert message.request_uri == "sip:100@host"
    assert message.first("Call-ID") == "abc@x"
    assert message.first("subject") == "folded line"
    assert message.headers["diversion"] == ["<sip:1@a>", "<sip:2@b>"]
    assert message.body == "v=0\r\n"


def test_nonsense_is_read_as_nothing() -> None:
    for text in ("", "\r\n\r\n", "\x00\udcff", "INVITE", ":::\r\n:\r\n", "SIP/2.0 200 OK"):
        message = parse(text)
        assert message.first("call-id") == ""
    assert parse("SIP/2.0 200 OK\r\n").method == ""
    assert uri("http://x") is None
    assert uri("") is None


def test_addresses() -> None:
    assert address('"Ann" <sip:ann@x;a=b>;tag=1') == "sip:ann@x;a=b"
    assert address("sip:ann@x;tag=1") == "sip:ann@x"
    assert display_name('"Ann B." <sip:ann@x>') == "Ann B."
    told = uri("sip:+1%20800;phone-context=x@Host.Example:5070;transport=tcp")
    assert told is not None
    assert (told.user, told.host, told.port) == ("+1 800", "host.example", 5070)
    bare = uri("sip:[2001:db8::1]:5060")
    assert bare is not None
    assert (bare.user, bare.host) == ("", "[2001:db8::1]")


def test_credentials_are_not_written() -> None:
    shown = redact(INVITE)
    assert "topsecret" not in shown
    assert "username" not in shown
    assert "Authorization: Digest ***\r\n\r\nv=0" in shown


def test_keys_in_info_and_srtp_keys_are_not_written() -> None:
    info = (
        "INFO sip:x SIP/2.0\r\nCSeq: 2 INFO\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=7\r\nDuration=160\r\n"
    )
    assert "Signal" not in redact(info)
    assert redact(info).endswith("\r\n\r\n***")
    sdp = "INVITE sip:x SIP/2.0\r\n\r\nv=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:SECRET\r\nm=audio\r\n"
    assert "SECRET" not in redact(sdp)
    assert "m=audio" in redact(sdp)
