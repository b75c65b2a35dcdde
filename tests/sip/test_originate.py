"""Whom the server may be told to call; real calls of it are in tests/e2e/test_originate.py."""

import pytest

pytest.importorskip("pjsua2", reason="pjsua2 is not built (make setup)")

from ivr.sip.called import allowed, plain


@pytest.mark.parametrize(
    ("to", "pattern", "may"),
    [
        ("+14155550123", "+1415*", True),
        ("+14165550123", "+1415*", False),
        ("+14155550123", "+14155550123", True),
        ("+14155550123", "*", True),
        ("sip:anna@pbx.example", "sip:*@pbx.example", True),
        ("sip:Anna@PBX.example;transport=tcp", "sip:anna@pbx.example", True),
        ("sip:anna@pbx.example:5070", "sip:*@pbx.example", False),
        ("sip:anna@pbx.example", "sip:*@*", True),
        ("sip:+14155550123@anywhere.example", "+1415*", False),
        ("sip:anna@evil.example", "sip:*@pbx.example", False),
        ("sip:anna@evil.example@pbx.example", "sip:*@pbx.example", False),
        ("sip:anna@pbx.example.evil", "sip:*@pbx.example", False),
        ("sip:anna@pbxxexample", "sip:*@pbx.example", False),
        ("sip:a@pbx.example?X-Header=1", "sip:*@*", False),
        ("sip:a@pbx.example>,<sip:b@c", "sip:*@*", False),
        ("sip:a@pbx.example\r\nX: 1", "sip:*@*", False),
        ("+1415\n", "+1415*", False),
        ("112", "*", False),
        ("tel:+14155550123", "*", False),
    ],
)
def test_only_what_the_setting_names(to: str, pattern: str, may: bool) -> None:
    assert allowed(to, [pattern]) is may


def test_nothing_is_allowed_by_default_and_parameters_are_no_part_of_an_address() -> None:
    assert not allowed("+14155550123", ())
    assert plain("sip:Anna@pbx.example;transport=tcp") == "sip:anna@pbx.example"
