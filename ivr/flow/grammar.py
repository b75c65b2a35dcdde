"""A step's grammar: what may be said there, as one automaton over words.

The compiler (flow/grammar_compiler.py) makes it from options, examples, labels and fields; recognizers (asr/) hold
their search to it. It is stored as JSON in a file named after `Grammar.hash`.
"""

import hashlib

import msgspec


class Arc(msgspec.Struct, frozen=True, omit_defaults=True):
    """From one state to another by one word."""

    to: int
    word: str = ""
    """Lower case, letters and apostrophes only (Korean: one spaced unit); empty: an epsilon arc."""
    weight: float = 0.0
    """Cost, natural logarithm, 0 = free."""
    slot: str = ""
    """Slot (or entity) that this arc adds `value` to; `intent` names the intent; values on one path are joined."""
    value: str = ""


class Grammar(msgspec.Struct, frozen=True, omit_defaults=True):
    """States are indices into `arcs`; the start is state 0."""

    language: str
    arcs: list[list[Arc]]
    finals: dict[int, float]
    """State -> cost of ending there."""
    phrases: list[str] = []
    """Example sentences for engines that take phrases, enough to cover every word pair of the automaton."""
    kind: str = ""
    """What it listens for, for humans: `menu`, `digits`, `yes_no`."""

    @property
    def hash(self) -> str:
        """16 hex digits over the content."""
        return hashlib.sha256(encode(self)).hexdigest()[:16]


def encode(grammar: Grammar) -> bytes:
    """JSON, stable for the same grammar."""
    ordered = msgspec.structs.replace(grammar, finals=dict(sorted(grammar.finals.items())))
    return msgspec.json.encode(ordered)


def decode(data: bytes) -> Grammar:
    """Raises msgspec.ValidationError or msgspec.DecodeError when the data are no grammar."""
    return msgspec.json.decode(data, type=Grammar, strict=False)
