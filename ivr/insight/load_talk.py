"""A caller who talks and listens as people do, for as long as he is let: for `ivr bench calls`.

He speaks about 35 % of the time, presses keys now and then, interrupts a quarter of the prompts, and every tenth answer
that he gets is a sentence that the line has never said. What he says and types is remembered beside what was to come of
it; the call's journal tells afterwards whether it did.
"""

import random
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from ivr import actions as act
from ivr import journal
from ivr.insight.turn_bench import Utterance
from ivr.insight.wire_caller import WireCaller

STILL_S = 0.1
"""Sound so shortly before the end of voice: a prompt that was not interrupted (by keys it is only then)."""
QUIET_S = 0.35
"""So long without sound: the line has finished."""
WAIT_S = 15.0
SPOKEN = 0.35
"""Share of the time that the caller speaks."""
INTERRUPTS, TYPES, NEW = 0.25, 0.12, 0.11
LONGEST_PAUSE_S = 4.0

Script = Generator[None, float, None]
Sayings = Sequence[tuple[Utterance, str]]
"""What may be said, with the option that it means."""


@dataclass
class Turn:
    """One answer of the caller and what came."""

    kind: str
    """`speech`, `key` or `new sentence`."""
    meant: str
    """Name of the option, or the number."""
    at: float
    """Wall time of its end."""
    answer_s: float = 0.0
    """Until the first packet of sound; 0: none came."""
    right: bool = False


@dataclass
class Talker:
    """Drives one call; `tick` each 20 ms."""

    caller: WireCaller
    sayings: Sayings
    keys: dict[str, str]
    """Key -> option that it means."""
    number: tuple[Utterance, str]
    """What is said to give a number, and its option."""
    chance: random.Random
    turns: list[Turn] = field(default_factory=list)
    failed: str = ""
    spoken_s: float = 0.0
    began_at: float = 0.0

    def __post_init__(self) -> None:
        self._script = self._talk()
        next(self._script)

    def tick(self, now: float) -> None:
        """`now`: wall time."""
        if self.failed:
            return
        try:
            self._script.send(now)
        except StopIteration:
            self.failed = self.failed or "the script ended"
        if self.caller.over_at:
            self.failed = self.failed or f"the line hung up ({self.caller.status})"

    def _talk(self) -> Script:
        now = yield
        self.caller.dial()
        self.began_at = since = now
        while not self.caller.first_sound(since):
            now = yield
            if now - since > WAIT_S:
                self.failed = f"no sound ({self.caller.status})"
                return
        while True:
            if self.chance.random() < INTERRUPTS:
                yield from self._pause(0.5 + 0.4 * self.chance.random())
            else:
                yield from self._until_quiet()
                yield from self._think()
            turn = self.chance.random()
            if turn < NEW:
                yield from self._give_number()
            elif turn < NEW + TYPES:
                key = self.chance.choice(sorted(self.keys))
                yield from self._type(key, Turn("key", self.keys[key], 0.0))
            else:
                said, meant = self.chance.choice(self.sayings)
                yield from self._say(said, Turn("speech", meant, 0.0))
            if self.failed:
                return

    def _give_number(self) -> Script:
        said, meant = self.number
        yield from self._say(said, Turn("speech", meant, 0.0))
        yield from self._until_quiet()
        digits = "".join(self.chance.choice("0123456789") for _ in range(6))
        yield from self._type(digits, Turn("new sentence", digits, 0.0))

    def _think(self) -> Script:
        """As long as it takes to have spoken no more than the share."""
        now = yield
        until = min(now + LONGEST_PAUSE_S, self.began_at + self.spoken_s / SPOKEN)
        yield from self._pause(max(0.1 + 0.3 * self.chance.random(), until - now))

    def _pause(self, seconds: float) -> Script:
        now = yield
        until = now + seconds
        while now < until:
            now = yield

    def _until_quiet(self) -> Script:
        now = yield
        since = now
        while now - max(self.caller.last_sound(), since) < QUIET_S and now - since < WAIT_S:
            now = yield

    def _say(self, said: Utterance, turn: Turn) -> Script:
        first = self.caller.play(said.payloads)
        self.spoken_s += len(said.payloads) * 0.02
        while self.caller.sent <= first + said.ends:
            yield
        turn.at = self.caller.time_of(first + said.ends)
        yield from self._answer(turn)

    def _type(self, keys: str, turn: Turn) -> Script:
        for key in keys[:-1]:
            self.caller.press(key)
            yield from self._pause(0.2)
        turn.at = yield
        self.caller.press(keys[-1])  # its first packet goes out now: that is when the line knows it
        yield from self._answer(turn)

    def _answer(self, turn: Turn) -> Script:
        self.turns.append(turn)
        over_prompt = self.caller.last_sound(turn.at - STILL_S) > 0
        now = yield
        if over_prompt:  # what sounds is not known to be the answer: nothing is measured
            yield from self._pause(0.5)
            return
        while not (answered := self.caller.first_sound(turn.at + 0.02)):
            now = yield
            if now - turn.at > WAIT_S:
                self.failed = f"no answer to {turn.kind} {turn.meant}"
                return
        turn.answer_s = answered - turn.at


def check(turns: Sequence[Turn], entries: Sequence[journal.Entry]) -> None:
    """Fill in which turns the line took for what was meant; both are in order of time."""
    taken = [it for it in entries if isinstance(it, act.Answered) and it.result not in ("rejected", "no_input")]
    numbers = [it for it in entries if isinstance(it, act.SlotFilled) and it.name == "number"]
    answers = iter([it for it in taken if not it.slots])
    values = iter(numbers)
    for turn in turns:
        if turn.kind == "new sentence":
            filled = next(values, None)
            turn.right = filled is not None and str(filled.value) == turn.meant
        else:
            answered = next(answers, None)
            turn.right = answered is not None and turn.meant in (answered.option, answered.intent)
