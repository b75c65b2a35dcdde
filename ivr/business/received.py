"""The JSON that a service sent, made safe to keep and to speak. Pure.

Whatever comes is data of unknown origin: of any size, shape, encoding, depth.
"""

import json
import math
import zlib
from typing import Any

DEEPEST = 32
LARGEST_INTEGER = 2**53


class Unreadable(ValueError):
    """It is not JSON that can be used; the message says in what way, never what it held."""


def unpacked(data: bytes, encoding: str, most: int) -> bytes:
    """The body without its Content-Encoding (RFC 9110 §8.4), at most `most` bytes. Raises Unreadable."""
    match encoding.strip().lower():
        case "" | "identity":
            return data
        case "gzip" | "x-gzip" | "deflate":
            unpack = zlib.decompressobj(wbits=47)  # either header
        case _:
            raise Unreadable("content encoding")
    try:
        found = unpack.decompress(data, most + 1)
    except zlib.error:
        raise Unreadable("content encoding") from None
    if len(found) > most:
        raise Unreadable("size")
    if not unpack.eof:
        raise Unreadable("content encoding")
    return found


def value(data: bytes, charset: str = "") -> Any:
    """The JSON value; None for an empty body. Raises Unreadable."""
    if not data.strip():
        return None
    try:
        if charset and charset.lower().replace("_", "-") not in ("utf-8", "utf8"):
            text: str | bytes = data.decode(charset)
        else:
            text = data.removeprefix(b"\xef\xbb\xbf")
        return _clean(json.loads(text, parse_constant=_no_constant), 0)
    except (ValueError, LookupError, RecursionError) as error:
        raise Unreadable(str(error) if isinstance(error, Unreadable) else "JSON") from None


def _no_constant(_: str) -> Any:
    raise Unreadable("JSON")


def _clean(found: Any, depth: int) -> Any:  # noqa: PLR0911 - one line a kind of value
    """Without what journal and database cannot hold: NUL, half characters, numbers beyond what JSON readers share."""
    if depth > DEEPEST:
        raise Unreadable("depth")
    match found:
        case str():
            return found.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
        case bool() | None:
            return found
        case int():
            return found if abs(found) <= LARGEST_INTEGER else str(found)
        case float():
            return found if math.isfinite(found) else None
        case list():
            return [_clean(one, depth + 1) for one in found]
        case dict():
            return {str(_clean(name, depth)): _clean(one, depth + 1) for name, one in found.items()}
    return None
