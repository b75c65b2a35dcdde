"""Taking turns by keys: what was typed interrupts, is collected, and becomes an answer.

Keys are not lost between questions: they wait while nothing is asked, while words are being understood, and under a
prompt that they may not interrupt.
"""

from collections.abc import Callable

from ivr.actions import KeysTaken
from ivr.dialogue.answer import Answer
from ivr.dialogue.ears import Ear, Ears
from ivr.dialogue.floor import Floor
from ivr.dialogue.interruption import Interruption
from ivr.dialogue.keypad import Keypad, Typed, read
from ivr.dialogue.question import Question
from ivr.dialogue.speaking import Speaking
from ivr.dialogue.timing import Clocks, frames


class Fingers:
    """The keypad side of an open question; ears.py is the voice side. Tells `decided` what came."""

    def __init__(
        self,
        floor: Floor,
        clocks: Clocks,
        speaking: Speaking,
        interruption: Interruption,
        ears: Ears,
        decided: Callable[[Answer], None],
    ) -> None:
        self.floor = floor
        self.clocks = clocks
        self.speaking = speaking
        self.interruption = interruption
        self.ears = ears
        self.decided = decided
        self.keypad = Keypad()

    def press(self, key: str, seq: int) -> None:
        """A key of unknown value (a journal keeps none that no node took) still is one."""
        self.keypad.press(key or "?", seq)
        self.read()

    def drop(self) -> None:
        """What was typed does not count."""
        self.keypad.drop()
        self.clocks.stop("keys")

    def read(self, late: bool = False) -> None:
        """What was typed, at the open question; `late`: key_timeout passed."""
        question = self.ears.question
        if not self.keypad or question is None or self.ears.state is Ear.DECIDING:
            return
        if not question.keys:
            self.drop()
            return
        found = read(self.keypad.typed, question.key_map, late)
        if found.meaning == "drop":
            self._take(question, found.count)
            self.read(late)
            return
        if not self._interrupt():
            return
        self.ears.abandon()
        if found.meaning == "wait":
            self.ears.silence.stand()
            self.clocks.set("keys", self.floor.now + frames(question.settings.key_timeout))
            return
        self.clocks.stop("keys")
        self._take(question, found.count)
        self.ears.close()
        self.decided(_answer(question, found))

    def _interrupt(self) -> bool:
        """Stop what is being said; False when keys must wait for it."""
        prompt, now = self.speaking.current, self.floor.now
        if prompt is None:
            return True
        if not self.speaking.keys_may_interrupt(now):
            if prompt.barge_in.keys and (free := self.speaking.protected_until(now)) is not None:
                self.clocks.set("protect", free)
            return False
        self.interruption.stop("key")
        return True

    def _take(self, question: Question, count: int) -> None:
        keys, seqs = self.keypad.take(count)
        secret = question.sensitive
        self.floor.emit(KeysTaken, node=question.node, keys="***" if secret else keys, seqs=seqs, sensitive=secret)


def _answer(question: Question, found: Typed) -> Answer:
    match found.meaning:
        case "option":
            return Answer("option", "keys", option=question.options[found.index], confidence=1.0, source="keys")
        case "anywhere":
            return Answer("anywhere", "keys", entry=question.anywhere[found.index], confidence=1.0, source="keys")
        case "value" if (spec := question.key_map.field) is not None:
            return Answer("values", "keys", values={spec.slot: found.value}, confidence=1.0, source="keys")
    return Answer("no_match", "keys", source="keys")
