"""Delays of turns, measured on the wire by a caller of our own (wire_caller.py) on the line `bench_line`.

End of voice: the packet that carries the last block of the clean source that comes within 25 dB of its active level.
The answer: the first packet above -50 dBFS after it. Interruption: from the packet with the first voiced block to the
last packet of the prompt. What each part took is read from the call's journal, in frames of 20 ms.
"""

import random
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

import numpy as np

from ivr import actions as act
from ivr import events as ev
from ivr import journal
from ivr.insight.bargein_eval import FIRST_SOUND_DB
from ivr.insight.channel import Samples, active_level_db
from ivr.insight.wire_caller import WireCaller, encoded

QUIET_S = 0.5
"""So long without sound: the line has finished."""
WAIT_S = 15.0
SLACK = 10
"""Frames by which the two clocks of a call may differ."""
GRAMMAR = ("what are your opening hours", "the address of the shop", "the price of delivery", "when are you open")
OPEN = (
    "my package did not arrive and I am still waiting",
    "I think the lamp that you sent me is broken",
    "we have moved, please use my new address",
    "the parcel should have come yesterday",
    "the screen has a crack and it does not work",
)
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

Script = Generator[None, float, None]


@dataclass(frozen=True)
class Utterance:
    """Encoded speech with its labels."""

    text: str
    payloads: list[bytes]
    begins: int
    """Frame of the first voiced block."""
    ends: int
    """Frame of the last one."""


@dataclass
class Turn:
    """One question and its answer, as the caller saw them; times in seconds, 0 when it did not come."""

    kind: str
    """`grammar`, `open` or `new sentence`."""
    begin: int = 0
    """Frame of the caller's with the first voice; the call's clock differs by a few."""
    frame: int = 0
    """The same of the end of voice."""
    answer_s: float = 0.0
    stop_s: float = 0.0
    """Voice to the prompt's last packet, where it was interrupted."""
    parts: dict[str, float] = field(default_factory=dict)
    right: bool = False
    cut_off: bool = False
    """The turn was taken as over while the caller still spoke."""
    understood_by: str = ""


def labelled(text: str, samples: Samples) -> Utterance:
    """`samples`: 8 kHz, ±1, clean."""
    level = active_level_db(samples)
    blocks = samples[: len(samples) // 80 * 80].reshape(-1, 80).astype(np.float64)
    loud = np.flatnonzero(10 * np.log10((blocks**2).mean(axis=1) + 1e-12) > level - FIRST_SOUND_DB)
    begins, ends = (int(loud[0]), int(loud[-1])) if len(loud) else (0, len(blocks) - 1)
    return Utterance(text, encoded(samples), begins // 2, ends // 2)


@dataclass(frozen=True)
class Round:
    """What the caller says in one call; spoken beforehand: nothing slow may happen between two packets."""

    listed: Utterance
    free: Utterance
    digits: Utterance
    waits_s: float
    """Into the first prompt, before it is interrupted; on top of a second."""


def rounds(speak: Callable[[str], Utterance], count: int, seed: int) -> list[Round]:
    """So many calls, by chance of `seed`."""
    chance = random.Random(seed)
    return [
        Round(
            speak(chance.choice(GRAMMAR)),
            speak(chance.choice(OPEN)),
            speak(" ".join(chance.choice(DIGITS) for _ in range(6))),
            chance.random(),
        )
        for _ in range(count)
    ]


class TurnCaller:
    """One call through the bench line: three turns."""

    def __init__(self, caller: WireCaller, said: Round) -> None:
        self.caller = caller
        self.turns: list[Turn] = []
        self.failed = ""
        self.entries: Sequence[journal.Entry] = ()
        """The call's journal, once it is over."""
        self._said = said
        self._script = self.talk()
        next(self._script)

    def tick(self, now: float) -> bool:
        """Each 20 ms; False when the call is done."""
        try:
            self._script.send(now)
        except StopIteration:
            return False
        if self.caller.over_at:
            self.failed = self.failed or f"the line hung up ({self.caller.status})"
            return False
        return True

    def dial(self) -> Script:
        """Until the first prompt sounds."""
        caller = self.caller
        now = yield
        caller.dial()
        since = now
        while not caller.first_sound(since):
            now = yield
            if now - since > WAIT_S:
                self.failed = f"no sound ({caller.status})"
                return

    def talk(self) -> Script:
        """The whole call."""
        caller = self.caller
        yield from self.dial()
        if self.failed:
            return
        yield from self.pause(1.0 + self._said.waits_s)
        yield from self.say("grammar", self._said.listed, over_prompt=True)
        yield from self.until_quiet()
        yield from self.say("open", self._said.free)
        yield from self.until_quiet()
        yield from self.say("new sentence", self._said.digits)
        yield from self.pause(1.0)
        caller.hang_up()

    def pause(self, seconds: float) -> Script:
        now = yield
        until = now + seconds
        while now < until:
            now = yield

    def until_quiet(self) -> Script:
        """The line has said its part."""
        now = yield
        since = now
        while now - max(self.caller.last_sound(), since) < QUIET_S and now - since < WAIT_S:
            now = yield

    def say(self, kind: str, said: Utterance, over_prompt: bool = False) -> Script:
        """Speak, and wait for the answer."""
        if self.failed:
            return
        caller = self.caller
        first = caller.play(said.payloads)
        while caller.sent <= first + said.ends:
            yield
        begun, ended = caller.time_of(first + said.begins), caller.time_of(first + said.ends)
        turn = Turn(kind, first + said.begins, first + said.ends)
        self.turns.append(turn)
        if over_prompt:
            stopped = caller.last_sound(begun)
            turn.stop_s = max(0.0, stopped - begun) if stopped else 0.02
            if stopped > ended:
                self.failed = "the prompt was not interrupted"
                return
        now = yield
        while not (answered := caller.first_sound(ended)):
            now = yield
            if now - ended > WAIT_S:
                self.failed = f"no answer to {kind}"
                return
        turn.answer_s = answered - ended


def tell_parts(turns: Sequence[Turn], entries: Sequence[journal.Entry]) -> None:
    """Fill in, from the call's journal, whether each turn was understood and what each part of its delay took."""
    answers = _answers(entries)
    for turn in turns:
        turn.cut_off = any(turn.begin + SLACK < t < turn.frame - SLACK for t, _, _, _ in answers)
    for turn, after in zip(turns, [*(it.frame for it in turns[1:]), 1 << 60], strict=False):
        for t, result, parts, source in answers:
            if turn.frame - SLACK <= t < after - SLACK:
                turn.right, turn.parts, turn.understood_by = result == "match", dict(parts), source
                voice_t = turn.parts.pop("voice_t", None)
                if voice_t is not None:
                    turn.parts = {"network": max(0.0, (voice_t - turn.frame) * ev.FRAME_S), **turn.parts}


def _answers(entries: Sequence[journal.Entry]) -> list[tuple[int, str, dict[str, float], str]]:
    """Frame, result, parts and source of each answered question."""
    found: list[tuple[int, str, dict[str, float], str]] = []
    last: dict[type, journal.Entry] = {}
    for entry in entries:
        if isinstance(entry, act.Answered):
            found.append((entry.t, entry.result, _before_answer(last, entry.t), entry.source))
            last = {act.Answered: entry}
        elif isinstance(entry, ev.PromptStarted) and act.Answered in last and act.Say in last:
            found[-1][2]["speech, playout"] = (entry.t - last[act.Say].t) * ev.FRAME_S
            last.pop(act.Answered)
        elif not isinstance(entry, act.Say) or act.Say not in last:
            last[type(entry)] = entry
    return found


def _before_answer(last: dict[type, journal.Entry], t: int) -> dict[str, float]:
    """Parts that follow each other: their sum is the time from the voice's end, as the detector has it, to the answer.
    Decoding and understanding are what of them the pause did not hide."""
    stopped, heard = last.get(ev.VoiceStopped), last.get(ev.Heard)
    if not isinstance(stopped, ev.VoiceStopped):
        return {}
    known = max(stopped.t, heard.t) if heard is not None else stopped.t
    asked, understood = last.get(act.Understand), last.get(ev.Understood)
    clear = known
    if asked is not None and understood is not None and known <= understood.t <= t:
        clear = understood.t
    parts = {
        "detector": stopped.t - stopped.voice_t,
        "decode": known - stopped.t,
        "understanding": clear - known,
        "pause": max(0, t - clear),
    }
    return {name: frames * ev.FRAME_S for name, frames in parts.items()} | {"voice_t": float(stopped.voice_t)}
