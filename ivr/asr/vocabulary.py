"""The tokens of Moonshine's vocabulary, as bytes for reading and as letters for the search.

`tokenizer.bin` is a row of length-prefixed byte strings, token 0 first: one length byte, or two when the first is 128
or more (second x 128 + first - 128); zero is an empty token; `▁` is a space.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

START = 1
END = 2

SEPARATOR = " "
"""What every space and punctuation mark becomes: it ends a word."""
_SEPARATORS = frozenset(' .,;:!?"()[]-–—…“”/\n')
_SPACE = "▁"
_BYTE = re.compile(rb"<0x([0-9A-F]{2})>")


def letters_of(text: str) -> str | None:
    """Lower-case letters, digits and apostrophes, with SEPARATOR for each space or mark; None when it holds anything
    else (a currency sign, another script)."""
    out = []
    for char in unicodedata.normalize("NFKD", text.replace("’", "'")):
        if char in _SEPARATORS:
            out.append(SEPARATOR)
        elif char.isascii() and (char.isalnum() or char == "'"):
            out.append(char.lower())
        elif not unicodedata.combining(char):
            return None
    return "".join(out)


@dataclass(slots=True)
class TokenTrie:
    """Tokens by their letters: those that end here, and where each next letter leads."""

    tokens: list[int] = field(default_factory=list)
    next: dict[str, "TokenTrie"] = field(default_factory=dict)


class Vocabulary:
    """All tokens of a model."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces

    @classmethod
    def read(cls, path: Path) -> "Vocabulary":
        """Raises OSError, or ValueError for a torn file."""
        data = path.read_bytes()
        pieces: list[bytes] = []
        at = 0
        while at < len(data):
            length = data[at]
            at += 1
            if length >= 128:
                length += data[at] * 128 - 128
                at += 1
            if at + length > len(data):
                raise ValueError(f"{path.name} ends in the middle of token {len(pieces)}")
            pieces.append(data[at : at + length])
            at += length
        return cls(pieces)

    def __len__(self) -> int:
        return len(self.pieces)

    def text(self, tokens: list[int]) -> str:
        """As a reader sees it: 'I'd like a latte.'"""
        joined = b"".join(
            bytes([int(match[1], 16)]) if (match := _BYTE.fullmatch(piece)) else piece
            for piece in (self.pieces[token] for token in tokens if token > END)
        )
        return joined.decode("utf-8", errors="replace").replace(_SPACE, " ").strip()

    @cached_property
    def letters(self) -> list[str | None]:
        """Per token; None for those that no grammar can hold."""
        out: list[str | None] = []
        for token, piece in enumerate(self.pieces):
            special = token <= END or not piece or (piece.startswith(b"<") and piece.endswith(b">"))
            try:
                out.append(None if special else letters_of(piece.decode("utf-8").replace(_SPACE, " ")))
            except UnicodeDecodeError:
                out.append(None)
        return out

    @cached_property
    def trie(self) -> TokenTrie:
        """Of the tokens that have letters or separators."""
        root = TokenTrie()
        for token, letters in enumerate(self.letters):
            if letters:
                node = root
                for letter in letters:
                    node = node.next.setdefault(letter, TokenTrie())
                node.tokens.append(token)
        return root
