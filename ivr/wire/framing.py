"""Messages as bytes on a stream: a 4-byte big-endian length and that many bytes of msgpack (wire/messages.py)."""

import struct
from typing import Any, Generic, TypeVar

import msgspec

M = TypeVar("M")

LIMIT_BYTES = 16 * 1024 * 1024
"""A longer message is no message: the other side is broken."""

_LENGTH = struct.Struct(">I")
_encoder = msgspec.msgpack.Encoder()


class FramingError(Exception):
    """What came is not a message of this side's types; the connection cannot be trusted any more."""


def frame(message: msgspec.Struct) -> bytes:
    """One message with its length. Raises FramingError when it is too long to send."""
    body = _encoder.encode(message)
    if len(body) > LIMIT_BYTES:
        raise FramingError(f"message of {len(body)} bytes")
    return _LENGTH.pack(len(body)) + body


class Unframer(Generic[M]):
    """Takes bytes as they come, gives whole messages of the types in `incoming` (a union of Structs)."""

    def __init__(self, incoming: Any) -> None:
        self._decoder: msgspec.msgpack.Decoder[M] = msgspec.msgpack.Decoder(incoming)
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[M]:
        """Raises FramingError."""
        buffer = self._buffer
        buffer += data
        messages: list[M] = []
        at = 0
        while len(buffer) - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(buffer, at)
            if length > LIMIT_BYTES:
                raise FramingError(f"message of {length} bytes")
            end = at + _LENGTH.size + length
            if len(buffer) < end:
                break
            try:
                messages.append(self._decoder.decode(bytes(buffer[at + _LENGTH.size : end])))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise FramingError(str(error)) from error
            at = end
        del buffer[:at]
        return messages
