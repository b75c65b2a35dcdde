"""A caller on a real call: hears what the line says, speaks, presses keys, is silent, holds, hangs up.

The line counts as finished when it is silent for a while and, where its journal can be read, waits for the caller. What
must be heard is looked for in what was recognized of the sound; where recognition cannot be had or is wrong, the
journal's word is taken that it was said, if sound came with it.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from ivr import actions, events, journal
from ivr.events import FRAME_S
from ivr.insight.alignment import Alignment
from ivr.insight.by_ear import RoughAlignment
from ivr.insight.ear import Ear, Recognize
from ivr.insight.journal_tail import JournalTail
from ivr.sip.caller import Means, PhoneCall, PhoneError

QUIET, QUIET_SURE = 35, 12
"""Silent frames after which the line has finished speaking: as far as the ear can tell, and when its journal agrees."""
GIVE_UP = 60
"""Silent frames of a line that waits, after which what was not heard will not come."""
POLL_S = 0.04
Mouth = Callable[[str, str], bytes]
"""(text, language) -> 8 kHz mono PCM16."""
E = TypeVar("E", bound=journal.Entry)


class NotHeard(Exception):
    """What was waited for did not come; the message tells what came instead."""


class Caller:
    """One call, already dialled. Used by one thread."""

    def __init__(
        self,
        call: PhoneCall,
        mouth: Mouth,
        recognize: Recognize,
        language: str = "en",
        tail: Callable[[str], JournalTail] | None = None,
        timeout_s: float = 20.0,
    ) -> None:
        """`tail`: SIP Call-ID -> the server's journal, when it can be read. `timeout_s`: longest wait for the line."""
        self.call = call
        self.language = language
        self.by_journal: list[str] = []
        """What was only there by the journal's word."""
        self._mouth = mouth
        self._timeout_s = timeout_s
        self._ear = Ear(call.sound.heard, recognize)
        self._recognize = recognize
        self._heard = RoughAlignment(language)
        self._told = Alignment(language)
        self._tail_of = tail
        self._tail: JournalTail | None = None
        self._prompts: set[int] = set()
        """Prompts that are still to be said or being said, by the journal."""
        self._asked = False
        self._since = 0
        """First frame after what the line had said when the caller did something last."""
        self._answered = 0
        """The same for what the line waits for: speech and keys."""

    def answered(self, timeout_s: float = 10.0) -> "Caller":
        """Wait for the answer. Raises PhoneError with the status when the call is refused."""
        self.call.wait_answered(timeout_s)
        if self._tail_of is not None:
            self._tail = self._tail_of(self.call.leg.sip_call_id)
        return self

    # --- what it hears --------------------------------------------------------------------------------------------

    @property
    def journal(self) -> list[journal.Entry]:
        """The server's journal so far; empty when it cannot be read."""
        self._read()
        return self._tail.entries if self._tail is not None else []

    def of(self, kind: type[E]) -> list[E]:
        """Entries of one type in the server's journal so far."""
        return [entry for entry in self.journal if isinstance(entry, kind)]

    @property
    def texts(self) -> list[str]:
        """Everything that was recognized of the line so far."""
        return list(self._ear.texts)

    def hears(self, wanted: str, timeout_s: float = 0.0) -> None:
        """The line says it. Raises NotHeard."""
        until = time.monotonic() + (timeout_s or self._timeout_s)
        while True:
            over = self.call.over
            self._listen(over)
            if self._heard.take(wanted):
                return
            open_piece = self._ear.so_far(self.language)
            if open_piece and self._heard.holds(wanted, open_piece) is not None:
                self._heard.forget()
                return
            done = over or time.monotonic() > until or (self._finished and self._spoken_since)
            if done and self._by_journal(wanted):
                return
            if over or time.monotonic() > until or self._nothing_comes:
                raise NotHeard(self._what_instead(wanted, "the call is over" if over else "in time"))
            time.sleep(POLL_S)

    def _by_journal(self, wanted: str) -> bool:
        if not self._spoken_since or not self._told.take(wanted):
            return False
        self.by_journal.append(wanted)
        return True

    def _what_instead(self, wanted: str, why: str) -> str:
        heard = " ".join(self._heard.said) or "nothing that could be recognized"
        said = f"; the line said: {' '.join(self._told.said)}" if self._told.said else ""
        return f"wanted to hear {wanted!r} ({why}), heard: {heard}{said}"

    def waits(self, timeout_s: float = 0.0) -> None:
        """Until the line has finished speaking. Raises NotHeard."""
        until = time.monotonic() + (timeout_s or self._timeout_s)
        while not self.call.over:
            self._listen()
            if self._finished:
                return
            if time.monotonic() > until:
                raise NotHeard("the line does not stop speaking")
            time.sleep(POLL_S)

    @property
    def _finished(self) -> bool:
        if self._ear.spoke < self._answered:
            return False
        if self._tail is None or self._tail.path is None:
            return self._ear.quiet >= QUIET
        return self._ear.quiet >= QUIET_SURE and self._asked and not self._prompts

    @property
    def _nothing_comes(self) -> bool:
        """The line has said what it has to say and waits: silence would only bring the question again."""
        known = self._tail is not None and self._tail.path is not None
        return known and self._finished and self._spoken_since and self._ear.quiet >= GIVE_UP

    @property
    def _spoken_since(self) -> bool:
        return self._ear.spoke >= self._since

    def _listen(self, last: bool = False) -> None:
        for text in self._ear.listen(self.language, last):
            self._heard.add(text)
        self._read()

    def _read(self) -> None:
        if self._tail is None:
            return
        for entry in self._tail.read():
            match entry:
                case actions.Say():
                    self._told.add(entry.text)
                    self._prompts.add(entry.id)
                case events.PromptDone() | events.PromptFailed():
                    self._prompts.discard(entry.id)
                case actions.Flush():
                    self._prompts.clear()
                case actions.Asked():
                    self._asked = True
                case actions.Query() if entry.speculative:
                    pass
                case actions.Answered() | actions.Query():
                    self._asked = False
                case actions.SetLanguage():
                    self._told.language = entry.language

    # --- what it does ---------------------------------------------------------------------------------------------

    def says(self, text: str, over: bool = False) -> None:
        """Speak; `over`: while the line still does."""
        self.plays(self._mouth(text, self.language), over)

    def plays(self, pcm: bytes, over: bool = False) -> None:
        """8 kHz mono PCM16."""
        self._before(over)
        self.call.play(pcm)
        self._act(answers=True)
        self.call.wait_played()

    def presses(self, keys: str, how: Means = "rfc4733", over: bool = False) -> None:
        self._before(over)
        self.call.press(keys, how)
        self._act(answers=True)

    def silent(self, seconds: float) -> None:
        """Say nothing this long after the line has finished speaking."""
        self.waits()
        self._act()
        self._pass(seconds)

    def holds(self, seconds: float = 0.0) -> None:
        """Put the line on hold; with `seconds` take it back after that."""
        self._act()
        self.call.hold()
        if seconds:
            self._pass(seconds)
            self.resumes()

    def resumes(self) -> None:
        self._act()
        self.call.resume()

    def hangs_up(self) -> None:
        """Also the call that a transfer made of this one."""
        self.call.hang_up()
        if self.call.transferred is not None:
            self.call.transferred.hang_up()

    def speaks(self, language: str) -> None:
        """From here on, and hears."""
        self.language = self._heard.language = self._told.language = language

    def over(self, timeout_s: float = 15.0) -> events.HungUp:
        """Wait for the end of the call, and of its journal."""
        hung_up = self.call.wait_over(timeout_s)
        until = time.monotonic() + 3.0
        while self._tail is not None and time.monotonic() < until and not self.of(journal.Closed):
            time.sleep(POLL_S)
        self._listen(last=True)
        return hung_up

    def _before(self, over: bool) -> None:
        if not over:
            self.waits()
        if self.call.over:
            raise PhoneError("the call is over")

    def _act(self, answers: bool = False) -> None:
        """What was said before does not count for what comes. `answers`: the line has what it waited for."""
        self._listen()
        self._heard.forget()
        self._told.forget()
        self._since = self._ear.spoke + 1
        if answers:
            self._answered = self._since
            self._asked = False

    def _pass(self, seconds: float) -> None:
        """In time of the call: frames that came, or the clock when none come."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.call.over:
            self._listen()
            time.sleep(min(POLL_S, FRAME_S * 2))
