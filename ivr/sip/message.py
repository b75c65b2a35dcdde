"""Reading SIP messages as text (RFC 3261 §7): start line, headers, addresses. Pure; what it reads is hostile data."""

import re
from dataclasses import dataclass

_COMPACT = {
    "a": "accept-contact", "b": "referred-by", "c": "content-type", "e": "content-encoding", "f": "from",
    "i": "call-id", "k": "supported", "l": "content-length", "m": "contact", "o": "event", "r": "refer-to",
    "s": "subject", "t": "to", "u": "allow-events", "v": "via", "x": "session-expires",
}  # fmt: skip
_FOLD = re.compile(r"\r?\n[ \t]+")
_SECRET_HEADER = re.compile(r"^((?:Proxy-)?Authorization[ \t]*:[ \t]*\S*)[^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*", re.I | re.M)
_SDP_KEY = re.compile(r"^(a=crypto:\d+ \S+ )[^\r\n]*", re.M)
_ADDRESS = re.compile(r"<([^>]*)>")
_URI = re.compile(r"^(sips?):(?:([^@]*)@)?(\[[0-9a-fA-F:.]+\]|[^:;?>\s]+)(?::(\d+))?", re.I)


@dataclass(frozen=True)
class Message:
    """One SIP message. Header names are lower case and long; values stand in the order they came."""

    start: str
    headers: dict[str, list[str]]
    body: str

    @property
    def method(self) -> str:
        """Method of a request, empty for a response."""
        word = self.start.split(" ", 1)[0]
        return "" if word.upper().startswith("SIP/") else word.upper()

    @property
    def request_uri(self) -> str:
        """Empty for a response."""
        words = self.start.split()
        return words[1] if self.method and len(words) > 1 else ""

    def first(self, name: str) -> str:
        """First value of a header, empty when it is missing."""
        values = self.headers.get(name.lower())
        return values[0] if values else ""


def parse(text: str) -> Message:
    """Never raises: what cannot be read is left out."""
    head, _, body = text.partition("\r\n\r\n")
    if not body and "\n\n" in text and "\r\n\r\n" not in text:
        head, _, body = text.partition("\n\n")
    lines = _FOLD.sub(" ", head.lstrip("\r\n")).splitlines()
    headers: dict[str, list[str]] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        key = name.strip().lower()
        if colon and key:
            headers.setdefault(_COMPACT.get(key, key), []).append(value.strip())
    return Message(lines[0] if lines else "", headers, body)


def call_id_of(text: str) -> str:
    """The Call-ID of a raw message, empty when there is none."""
    return parse(text).first("call-id")


def address(value: str) -> str:
    """The URI inside a From-like value: `"Ann" <sip:ann@x>;tag=1` -> `sip:ann@x`."""
    found = _ADDRESS.search(value)
    return (found.group(1) if found else value.split(";", 1)[0]).strip()


def display_name(value: str) -> str:
    """The name before `<`, without quotes."""
    return value.split("<", 1)[0].strip().strip('"') if "<" in value else ""


@dataclass(frozen=True)
class Uri:
    """Parts of a sip: or tel: address."""

    scheme: str
    user: str
    host: str
    port: int


def uri(text: str) -> Uri | None:
    """None when it is no sip:, sips: or tel: address. The user part is percent-decoded and has no parameters."""
    from urllib.parse import unquote

    if text.lower().startswith("tel:"):
        return Uri("tel", text[4:].split(";", 1)[0].strip(), "", 0)
    found = _URI.match(text.strip())
    if found is None:
        return None
    scheme, user, host, port = found.groups()
    number = int(port) if port and len(port) < 6 else 0
    return Uri(scheme.lower(), unquote((user or "").split(";", 1)[0].split(":", 1)[0]), host.lower(), number)


def redact(text: str) -> str:
    """The message without what must never be written: credentials, SRTP keys, bodies of INFO (keys of the caller)."""
    text = _SECRET_HEADER.sub(r"\1 ***", text)
    text = _SDP_KEY.sub(r"\1***", text)
    message = parse(text)
    if message.body and (message.method == "INFO" or message.first("cseq").upper().endswith("INFO")):
        text = text[: len(text) - len(message.body)] + "***"
    return text
