"""Which number was dialled and who calls, from an INVITE (hostile data). Pure."""

from collections.abc import Sequence

import phonenumbers

from ivr.sip.message import Message, Uri, address, uri


def e164(number: str, region: str) -> str:
    """`+18005550100` for what is a possible telephone number in `region`, else empty."""
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _shown(found: Uri, region: str) -> str:
    """E.164 when the user part is written like a telephone number, else `sip:user@host`."""
    digits = found.user.translate(str.maketrans("", "", " -.()"))
    if digits.lstrip("+").isdigit() and (number := e164(digits, region)):
        return number
    return f"tel:{found.user}" if found.scheme == "tel" else f"sip:{found.user}@{found.host}"


def dialled(invite: Message, number_from: Sequence[str], region: str) -> tuple[str, ...]:
    """Candidates for the dialled number in the configured order, each once."""
    sources = {
        "request_uri": [invite.request_uri],
        "to": [invite.first("to")],
        "p_called_party_id": [invite.first("p-called-party-id")],
        "diversion": invite.headers.get("diversion", []),
    }
    found: list[str] = []
    for name in number_from:
        for value in sources.get(name, []):
            parsed = uri(address(value)) if value else None
            if parsed is not None and (shown := _shown(parsed, region)) not in found:
                found.append(shown)
    return tuple(found)


def caller(invite: Message, region: str, trusted: bool) -> str:
    """The caller's number: P-Asserted-Identity when the peer is trusted (RFC 3325), else From."""
    values = [invite.first("from")]
    if trusted:
        values = [*invite.headers.get("p-asserted-identity", []), *values]
    for value in values:
        parsed = uri(address(value)) if value else None
        if parsed is not None:
            return _shown(parsed, region)
    return ""
