"""Which number was dialled, and who calls."""

from ivr.sip.message import parse
from ivr.sip.numbers import caller, dialled, e164

INVITE = parse(
    "INVITE sip:8005550100@10.0.0.1;user=phone SIP/2.0\r\n"
    "From: <sip:2125550123@pbx>;tag=1\r\n"
    "To: <sip:orders@ivr.example>\r\n"
    "P-Called-Party-ID: <tel:+1-800-555-0101>\r\n"
    "Diversion: <sip:+442079460000@a>;reason=busy\r\n"
    "Diversion: <sip:x@b>\r\n"
    'P-Asserted-Identity: "Ann" <sip:+15550001111@trunk>\r\n\r\n'
)


def test_e164() -> None:
    assert e164("(800) 555-0100", "US") == "+18005550100"
    assert e164("02-312-3456", "KR") == "+8223123456"
    assert e164("12", "US") == ""
    assert e164("orders", "US") == ""


def test_dialled_in_the_configured_order_each_once() -> None:
    order = ("p_called_party_id", "request_uri", "to", "diversion")
    assert dialled(INVITE, order, "US") == (
        "+18005550101", "+18005550100", "sip:orders@ivr.example", "+442079460000", "sip:x@b",
    )  # fmt: skip
    assert dialled(INVITE, ("to", "to"), "US") == ("sip:orders@ivr.example",)
    assert dialled(parse("INVITE"), order, "US") == ()


def test_asserted_identity_counts_only_from_a_trusted_peer() -> None:
    assert caller(INVITE, "US", trusted=True) == "+15550001111"
    assert caller(INVITE, "US", trusted=False) == "+12125550123"
    assert caller(parse("INVITE sip:x SIP/2.0\r\nFrom: <sip:ann@home>\r\n"), "US", trusted=True) == "sip:ann@home"
