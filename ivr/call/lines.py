"""The journal of one call as its worker writes it: numbered, stamped, masked, and without words before consent."""

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec.structs import replace

from ivr.call.redaction import always, without_words
from ivr.call.writer import Line, Writer
from ivr.journal import Entry

E = TypeVar("E", bound=Any)


class CallLines:
    """One a call. `now_t` gives frames since the answer."""

    def __init__(self, call: str, writer: Writer, now_t: Callable[[], int]) -> None:
        self.call = call
        self.turn = 0
        self.words_kept = False
        """StartRecording stands."""
        self.masked: Callable[[Entry], Entry] = lambda entry: entry
        """The session's own masking, once there is a session."""
        self._writer = writer
        self._now_t = now_t
        self._seq = 0

    def write(self, entry: E) -> E:
        """Journal an event, action or fact; returns it with call, seq, t and turn."""
        self._seq += 1
        self.turn = max(self.turn, entry.turn)
        entry = replace(entry, call=self.call, seq=self._seq, t=self._now_t(), turn=entry.turn or self.turn)
        kept = always(self.masked(entry))
        self._writer.put(Line(self.call, kept if self.words_kept else without_words(kept)))
        return entry
