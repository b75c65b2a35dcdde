"""Taking turns by voice: when to listen, when an utterance is over, and whether it was one.

One utterance goes through these states (docs/dialogue.md has the table):

    IDLE     nobody speaks, or nothing may be listened to
    VOICE    the caller speaks; a recognizer hears it
    PAUSE    the caller pauses; a speculative result is on its way or there, the pause may still be none
    ENDING   the pause was long enough but no result is there: the final one was asked for
    DECIDING the utterance is over and its result is being understood

Longer than 300 lines because it is one state machine: cut in two, every state would lie in both halves.
"""

from collections.abc import Callable
from enum import Enum, auto

from ivr.actions import Answered, Cancel, DecodeNow, EndListening, Listen
from ivr.dialogue.answer import NOTHING, Answer
from ivr.dialogue.floor import Floor
from ivr.dialogue.interruption import Interruption
from ivr.dialogue.question import Question
from ivr.dialogue.several import AnyReading, read
from ivr.dialogue.silence import Silence
from ivr.dialogue.speaking import Speaking
from ivr.dialogue.timing import Clocks, Timing, frames
from ivr.dialogue.turn_end import pause_after
from ivr.events import FieldParsed, Heard, HearingFailed, Partial, Understood

TAIL = frames(0.2)
"""Sound after the last voiced frame that belongs to the utterance."""
JUST_BEFORE = frames(0.5)
"""A voice that began this shortly before a question may be meant for it; an older one does not interrupt it."""


class Ear(Enum):
    IDLE = auto()
    VOICE = auto()
    PAUSE = auto()
    ENDING = auto()
    DECIDING = auto()


class Ears:
    """The voice side of an open question. Tells `decided`, `silent` and `lost` (recognition failed) what came."""

    def __init__(
        self,
        floor: Floor,
        clocks: Clocks,
        speaking: Speaking,
        timing: Timing,
        interruption: Interruption,
        decided: Callable[[Answer], None],
        silent: Callable[[], None],
        lost: Callable[[], None],
        guessed: Callable[[Answer | None], None],
    ) -> None:
        self.floor = floor
        self.clocks = clocks
        self.speaking = speaking
        self.timing = timing
        self.interruption = interruption
        self.silence = Silence(floor, clocks)
        self.decided = decided
        self.silent = silent
        self.lost = lost
        self.guessed = guessed
        self.at = ""
        """Wall time of the call, for "tomorrow"."""
        self.state = Ear.IDLE
        self.question: Question | None = None
        self._asked_t = 0
        self._voiced_t: int | None = None
        """First frame of the voice that is on now."""
        self._listen = 0
        self._start_t = 0
        self._stop_t = 0
        self._used_t = 0
        """Up to where sound belongs to turns that are over: "no" is not the beginning of the number after it."""
        self._heard: Heard | None = None
        self._reading: AnyReading | None = None
        self._words = 0
        self._failed = False

    # --- the question ---------------------------------------------------------------------------------------------

    def open(self, question: Question, patience: int) -> None:
        """From now on answers count."""
        self.question = question
        self._asked_t = self.floor.now
        self.silence.opened(patience)
        if not self.speaking:
            self.prompt_over()

    def close(self) -> None:
        """Nothing is asked any more."""
        self.abandon()
        self.question = None
        self.silence.closed()

    def abandon(self) -> None:
        """Forget the utterance: something else counts."""
        self._take_back()
        if self.state in (Ear.VOICE, Ear.PAUSE, Ear.ENDING):
            self.floor.emit(Cancel, id=self._listen)
        self._rest()

    def _rest(self) -> None:
        self.state = Ear.IDLE
        self._heard = self._reading = None
        self._words = 0
        self._failed = False
        self.clocks.stop("turn_end", "max_speech", "hearing", "reading", "resume")

    # --- the prompt -----------------------------------------------------------------------------------------------

    def prompt_over(self) -> None:
        """One prompt is over; when it was the last, silence begins to count."""
        question = self.question
        if question is None:
            return
        if not self.speaking:
            self.silence.begin(question)
        self.protection_over()

    def protection_over(self) -> None:
        """What is being said may be interrupted now."""
        if self.state is Ear.IDLE and self._voiced_t is not None:
            self._begin()

    # --- the voice ------------------------------------------------------------------------------------------------

    def voice_started(self, voice_t: int) -> None:
        self._voiced_t = voice_t
        if self.state is Ear.IDLE:
            self._begin()
        elif self.state is Ear.PAUSE:
            self._take_back()
            self._heard = self._reading = None
            self.clocks.stop("turn_end")
            self.state = Ear.VOICE

    def _begin(self) -> None:
        """Listen, if voice counts now; else it is tried again when the prompt, or its protection, is over."""
        question, now = self.question, self.floor.now
        if question is None or not question.speech or self._voiced_t is None:
            return
        prompt = self.speaking.current
        if prompt is not None:
            free = self.speaking.protected_until(now)
            if free is None or self._voiced_t < self._asked_t - JUST_BEFORE:
                return
            if free > now:
                self.clocks.set("protect", free)
                return
        self._start_t = max(self._voiced_t, self._asked_t - JUST_BEFORE)
        settings = question.settings
        self._listen = self.floor.request(
            Listen,
            secret=question.sensitive,
            language=question.language,
            grammar=question.grammar,
            from_t=max(self._used_t, self._start_t - self.timing.pre_roll),
            hints=settings.hints.of(question.language) if settings.hints else [],
            sensitive=question.sensitive,
        )
        self.state = Ear.VOICE
        self.clocks.set("max_speech", self._start_t + frames(settings.max_speech))
        if prompt is not None and not prompt.barge_in.min_words:
            self.interruption.pause()
            self.clocks.set("resume", now + 2 * self.timing.resume)

    def voice_stopped(self, voice_t: int) -> None:
        self._voiced_t = None
        self.clocks.stop("protect")
        if self.state is not Ear.VOICE or self.question is None:
            return
        if self._failed:
            self._lost()
            return
        self.state = Ear.PAUSE
        self._stop_t = voice_t
        self.floor.emit(DecodeNow, id=self._listen)
        self.clocks.set("turn_end", voice_t + frames(self.question.settings.incomplete_timeout))
        if self.speaking.paused_by_voice and not self._words:
            self.clocks.set("resume", self.floor.now + self.timing.resume)

    # --- what was heard -------------------------------------------------------------------------------------------

    def partial(self, event: Partial) -> None:
        if event.id == self._listen and self.state in (Ear.VOICE, Ear.PAUSE):
            self._said(len(event.text.split()))

    def _said(self, words: int) -> None:
        """So many words were recognized: enough to interrupt?"""
        self._words = max(self._words, words)
        prompt = self.speaking.current
        if prompt is None or not words:
            return
        if words >= prompt.barge_in.min_words:
            self.clocks.stop("resume")
            self.interruption.pause()

    def heard(self, event: Heard) -> None:
        question = self.question
        if event.id != self._listen or question is None or self.state in (Ear.IDLE, Ear.DECIDING):
            return
        text = next((h.text for h in event.hypotheses if h.text.strip()), "")
        if event.speculative:
            if self.state is Ear.VOICE:
                self._said(len(text.split()))
            elif self.state is Ear.PAUSE and not 0 < event.until_t < self._stop_t:
                self._guess(question, event, text)
            return
        if self.state is Ear.VOICE:
            self._stop_t = self.floor.now
        self._words = max(self._words, len(text.split()))
        self._read(question, event, speculative=False)
        self._decide_on()

    def _guess(self, question: Question, event: Heard, text: str) -> None:
        """A result for the pause, which may be the end."""
        self._take_back()
        self._heard = event
        if text:
            self._said(len(text.split()))
            self._read(question, event, speculative=True)
        else:
            self._reading = None
            self.clocks.stop("resume")
            self.interruption.resume()
        end = self._stop_t + frames(pause_after(event, question))
        self.clocks.set("turn_end", end)
        if end <= self.floor.now:
            self.clocks.stop("turn_end")
            self._turn_ends()
        elif self._reading is not None and self._reading.answer is not None:
            self.guessed(self._reading.answer)

    def _take_back(self) -> None:
        """What was guessed in the pause does not count."""
        if self._reading is not None:
            self._reading.cancel()
        self.guessed(None)

    def _read(self, question: Question, event: Heard, speculative: bool) -> None:
        self._heard = event
        strict = self.speaking.current is not None
        self._reading = read(question, event, self.floor, self.at, speculative, strict)

    def failed(self, event: HearingFailed) -> None:
        if event.id != self._listen or self.state not in (Ear.VOICE, Ear.PAUSE, Ear.ENDING):
            return
        if self.state is Ear.VOICE:
            self._failed = True  # the caller still speaks; said when they pause
        else:
            self._lost()

    def _lost(self) -> None:
        self._take_back()
        self._rest()
        self.interruption.stop("voice")
        self.question = None
        self.silence.closed()
        self.lost()

    def understood(self, event: Understood | FieldParsed) -> None:
        if self._reading is not None and self._reading.feed(event):
            self._decide()
            if self.state is Ear.PAUSE and self._reading.answer is not None:
                self.guessed(self._reading.answer)

    # --- the end of the turn --------------------------------------------------------------------------------------

    def clock(self, name: str) -> None:
        """One of this object's clocks ran out."""
        match name:
            case "turn_end":
                self._turn_ends()
            case "max_speech":
                if self.state is Ear.VOICE:
                    self._end_listening(self.floor.now)
            case "resume":
                self.interruption.resume()
            case "protect":
                self.protection_over()
            case "hearing":
                self.floor.emit(Cancel, id=self._listen)
                self._lost()
            case "reading" if self._reading is not None:
                self._reading.give_up()
                self._decide()
            case "silence":
                if self.state is Ear.IDLE:
                    self.silent()
                else:
                    self.silence.overdue = True
            case "max_wait":
                if self.state is not Ear.DECIDING:
                    self.abandon()
                    self.silent()

    def _turn_ends(self) -> None:
        if self.state is not Ear.PAUSE:
            return
        if self._heard is None:
            self._end_listening(min(self.floor.now, self._stop_t + TAIL))
            return
        self.floor.emit(Cancel, id=self._listen)
        self._decide_on()

    def _end_listening(self, until_t: int) -> None:
        if self._failed:
            self._lost()
            return
        self.floor.emit(EndListening, id=self._listen, until_t=until_t)
        self.clocks.stop("max_speech", "resume")
        self.clocks.set("hearing", self.floor.now + self.timing.hearing)
        self.state = Ear.ENDING

    def _decide_on(self) -> None:
        """The result stands; decide as soon as it is understood."""
        self.state = Ear.DECIDING
        self._used_t = self._stop_t
        self.clocks.stop("turn_end", "max_speech", "hearing", "resume")
        if self._reading is not None and self._reading.waiting:
            self.clocks.set("reading", self.floor.now + self.timing.parse)
        self._decide()

    def _decide(self) -> None:
        if self.state is not Ear.DECIDING:
            return
        answer = NOTHING if self._reading is None else self._reading.answer
        if answer is None:
            return
        words = self._words
        self._rest()
        prompt = self.speaking.current
        too_few = prompt is not None and not self.speaking.paused_by_voice and words < prompt.barge_in.min_words
        rejected = answer.result == "rejected" and prompt is not None
        if answer.result == "nothing" or too_few or rejected:
            self._nothing(answer)
            return
        self.interruption.stop("voice")
        self.question = None
        self.silence.closed()
        self.decided(answer)

    def _nothing(self, answer: Answer) -> None:
        """Noise, or talk that was not for us: the prompt and the silence go on as if it had not been."""
        self.guessed(None)
        if answer.text and self.question is not None:
            text = "***" if self.question.sensitive else answer.text
            self.floor.emit(
                Answered, node=self.question.node, how=answer.how, result="rejected", text=text,
                confidence=answer.confidence, source=answer.source,
            )  # fmt: skip
        self.interruption.resume()
        if self.silence.overdue and not self.speaking:
            self.silent()
