"""Recordings through real calls: what `ivr eval speech --sip` measures.

A server of our own answers, each call asks once and hears one recording: codec, jitter buffer, detector, end of turn
and recognizer processes are those of any call. The case is what the call made of the turn, from its journal; a caller
who was cut off is judged by what was heard until then.
"""

import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path

import numpy as np

from ivr import actions as act
from ivr import events as ev
from ivr import journal
from ivr.flow.grammar import Grammar, encode
from ivr.insight.channel import Samples, with_noise
from ivr.insight.journal_tail import JournalTail
from ivr.insight.private_line import PrivateLine
from ivr.insight.recordings import RATE, load
from ivr.insight.scoring import Case
from ivr.insight.speech_eval import Condition, Utterance
from ivr.insight.wire_caller import Callers, WireCaller, encoded

WAIT_S = 15.0
AFTER_S = 1.0
"""Of the line's noise before and after what is said, as callers have it."""
QUIET_S = 0.8
LOOK_S = 0.2
FLOW = """
flow: heard
languages: [{language}]
start: question
recording: {{consent: announce}}
nodes:
  question:
    type: menu
    listen: {listen}
    say: "{say}"
    no_match: [{{next: bye}}]
    no_input: [{{next: bye}}]
    options:
      - {{phrases: ["{say}"], key: "1", label: "{say}", next: bye}}
  bye: {{type: hangup}}
"""
_SAYS = {"en": "yes please", "ko": "네"}

Talk = Generator[None, float, None]


def flows(folder: Path, language: str, held: bool) -> None:
    """The flow of one question. Raises ValueError for a language that has no text here."""
    if language not in _SAYS:
        raise ValueError(f"--sip speaks {', '.join(_SAYS)}")
    (folder / "heard").mkdir(parents=True)
    text = FLOW.format(language=language, listen="grammar" if held else "open", say=_SAYS[language])
    (folder / "heard" / "flow.yaml").write_text(text, encoding="utf-8")


def line(folder: Path, language: str, grammar: Grammar | None, kept: Path, beam: int) -> PrivateLine:
    """The server, not yet started, with `grammar` in place of its question's own. Raises ValueError."""
    from ivr.services.flow_files import load_folder

    flows(folder, language, grammar is not None)
    chosen = {"IVR_ASR_BEAM": str(beam)} if beam else {}
    made = PrivateLine(folder, kept, "sip:nobody@127.0.0.1:9", chosen)
    if grammar is not None:
        loaded = load_folder(folder)
        if loaded.published is None:
            raise ValueError(f"the flow of --sip does not load: {loaded.problems[0]}")
        (made.state / "grammars").mkdir(parents=True)
        for name in loaded.published.flows["heard"].grammars.values():
            (made.state / "grammars" / f"{name}.json").write_bytes(encode(grammar))
    return made


def run(
    utterances: Sequence[Utterance],
    conditions: Sequence[Condition],
    language: str,
    grammar: Grammar | None,
    kept: Path,
    beam: int,
    seed: int,
) -> Iterator[Case]:
    """Each utterance under each condition, in a call of its own. Raises PrivateLineError, ValueError."""
    noises = {c.noise: load(c.noise) for c in conditions if c.noise is not None}
    with (
        tempfile.TemporaryDirectory(prefix="ivr-eval-") as folder,
        line(Path(folder), language, grammar, kept, beam) as server,
    ):
        host, _, port = server.address.rpartition(":")
        callers = Callers()
        for number, utterance in enumerate(utterances):
            for index, condition in enumerate(conditions):
                sound = utterance.sound()
                random = np.random.default_rng([seed, number, index])
                quiet = random.normal(0, 3e-4, int(AFTER_S * RATE)).astype(np.float32)
                sound = np.concatenate([quiet, sound, quiet])
                if condition.noise is not None and condition.snr_db is not None:
                    sound = with_noise(sound, noises[condition.noise], condition.snr_db, random)
                caller = WireCaller((host, int(port)), "heard", "eval")
                talk = _Talk(caller, sound, server.journals)
                callers.add(caller)
                callers.run(talk.tick)
                callers.remove(caller)
                yield _case(utterance, condition, len(sound) / RATE, talk)


class _Talk:
    """One call: waits for the question, speaks, waits for the answer to be judged."""

    def __init__(self, caller: WireCaller, sound: Samples, journals: Path) -> None:
        self.caller = caller
        self.answered = False
        self._sound = encoded(sound)
        self._tail: Callable[[], JournalTail] = lambda: JournalTail(journals, caller.sip_call_id)
        self.tail: JournalTail | None = None
        self._script = self._talk()
        next(self._script)

    def tick(self, now: float) -> bool:
        """Each 20 ms; False when the call is done."""
        try:
            self._script.send(now)
        except StopIteration:
            return False
        return not self.caller.over_at

    def _talk(self) -> Talk:
        caller, now = self.caller, (yield)
        since = now
        caller.dial()
        while not caller.first_sound(since) or now - caller.last_sound(since) < QUIET_S:
            now = yield
            if now - since > WAIT_S:
                return
        first = caller.play(self._sound)
        since = now
        while caller.sent < first + len(self._sound):
            now = yield
        looked = now
        while not self.answered and now - since < len(self._sound) * 0.02 + WAIT_S:
            now = yield
            if now - looked > LOOK_S:
                looked = now
                self.answered = any(isinstance(entry, act.Answered) for entry in self.entries())
        caller.hang_up()
        yield

    def entries(self) -> list[journal.Entry]:
        """The server's journal of the call so far."""
        self.tail = self.tail or self._tail()
        self.tail.read()
        return self.tail.entries


def _case(utterance: Utterance, condition: Condition, seconds: float, talk: _Talk) -> Case:
    """What the call took for the answer: the last result before it was judged."""
    heard = ev.Heard(in_grammar=False)
    took = 0.0
    for entry in talk.entries():
        if isinstance(entry, act.Answered):
            break
        if isinstance(entry, ev.Heard):
            heard, took = entry, took + entry.decode_s
    recording, best = utterance.recording, heard.hypotheses[0] if heard.hypotheses else None
    return Case(
        recording.name, recording.speaker, condition.name, best.text if best else "", best.confidence if best else 0.0,
        heard.in_grammar, heard.complete, seconds, took, recording.words, recording.intent, recording.slots,
        best.intent if best else "", best.slots if best else {}, tuple(h.text for h in heard.hypotheses[1:]),
    )  # fmt: skip
