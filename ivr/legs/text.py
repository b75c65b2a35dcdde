"""A call without sound: a session driven by typed words and keys on a virtual clock.

It does what the audio loop does, event for event: prompts take the time that speaking them would take, an utterance has
a beginning, a pause and an end. Nothing waits, so a conversation takes milliseconds.
"""

import heapq
from collections import deque

import msgspec

from ivr import actions, events
from ivr.actions import Action
from ivr.dialogue.session import Session
from ivr.dialogue.timing import frames
from ivr.events import Event
from ivr.legs.text_line import Line, Parts, Playing, Spoken

FIRST_WORD = frames(0.1)
"""The detector tells a voice this long after it began."""
A_WORD = frames(0.35)
"""Length of a spoken word, both sides."""
PAUSE = frames(0.2)
"""The detector tells a pause this long after the last voice."""
LONGEST = frames(24 * 3600.0)
"""No text call lasts longer; a guard against conversations that cannot end."""


class TextCall:
    """One call. The methods are what a caller does; `line` is what comes of it."""

    def __init__(self, session: Session, parts: Parts, *, keep_journal: bool = True) -> None:
        self.session = session
        self.parts = parts
        self.line = Line()
        self.t = 0
        self.ended = False
        self._keep = keep_journal
        self._call = ""
        self._seq = 0
        self._queue: deque[Playing] = deque()
        self._still = False
        self._held = False
        self._played_t = 0
        self._now: deque[Event] = deque()
        self._timed: list[tuple[int, int, Event]] = []
        self._order = 0
        self._saying = ""
        self._listen: actions.Listen | None = None
        self._hanging_up = False

    # --- the caller -----------------------------------------------------------------------------------------------

    def start(self, started: events.CallStarted) -> None:
        """The call is answered."""
        self._call = started.call
        self._feed(started)
        self._work()

    def says(self, text: str, *, over: bool = False) -> None:
        """Speak when the line has finished speaking, or at once (`over`)."""
        if not over:
            self.listen()
        if self.ended:
            return
        self._saying = text
        begin = self.t
        self.run(begin + FIRST_WORD)
        self._feed(events.VoiceStarted(t=self.t, voice_t=begin, level_db=-20.0))
        stop = begin + max(FIRST_WORD, A_WORD * max(1, len(text.split())))
        self.run(stop + PAUSE)
        self._feed(events.VoiceStopped(t=self.t, voice_t=stop))
        self._work()
        self.settle()

    def presses(self, keys: str, *, over: bool = True) -> None:
        """Press keys, one every 0.2 s."""
        if not over:
            self.listen()
        for key in keys:
            if self.ended:
                return
            self._feed(events.KeyPressed(t=self.t, key=key, via="text"))
            self.run(self.t + frames(0.2))

    def waits(self, seconds: float) -> None:
        """Say nothing this long, once the line has finished speaking."""
        self.listen()
        self.run(self.t + frames(seconds))

    def holds(self, seconds: float) -> None:
        self._feed(events.Held(t=self.t))
        self._held = True
        self.run(self.t + frames(seconds))
        self.resumes()

    def resumes(self) -> None:
        if self._held:
            self._held = False
            self._feed(events.Unheld(t=self.t))

    def sounds(self, emotion: str) -> None:
        """How the caller sounds from here on."""
        frustrated = float(emotion in ("angry", "frustrated"))
        calm = float(emotion in ("calm", "neutral"))
        self._feed(events.EmotionHeard(t=self.t, emotion=emotion, confidence=1.0, frustrated=frustrated, calm=calm))

    def hangs_up(self) -> None:
        self._leave("caller")

    # --- time -----------------------------------------------------------------------------------------------------

    def listen(self) -> None:
        """Let the line speak until it waits for the caller (or the call is over)."""
        while not self.ended and not self.waiting and self._next() is not None and self.t < LONGEST:
            self._step()

    def settle(self) -> None:
        """Until the line has made something of what was said: it speaks again, or waits, or ends."""
        while not self.ended and self._thinking and self._next() is not None and self.t < LONGEST:
            self._step()

    def run(self, until: int) -> None:
        """Everything that happens before frame `until`."""
        while not self.ended:
            at = self._next()
            if at is None or at > until:
                break
            self._step()
        self.t = max(self.t, until)

    def advance(self) -> bool:
        """One thing that happens next; False when nothing will."""
        if self.ended or self._next() is None or self.t >= LONGEST:
            return False
        self._step()
        return True

    @property
    def waiting(self) -> bool:
        """Nothing is being said or thought about: it is the caller's turn."""
        return not self._queue and not self._now and not self._timed and self.session.waits_for_caller

    @property
    def _thinking(self) -> bool:
        return bool(self._now) or self.session.hears

    def _next(self) -> int | None:
        """The frame of the next thing that happens; None: nothing will."""
        if self._now:
            return self.t
        best = self.session.deadline()
        if self._queue and not self._still and not self._held:
            head = self._queue[0]
            at = self.t if not head.started else self._played_t + head.left
            best = at if best is None else min(best, at)
        if self._timed:
            best = self._timed[0][0] if best is None else min(best, self._timed[0][0])
        return best if best is None else max(best, self.t)

    def _step(self) -> None:
        if self._now:
            self._feed(self._now.popleft())
            return
        at = self._next()
        if at is None:
            return
        self.t = at
        head = self._queue[0] if self._queue and not self._still and not self._held else None
        if head is not None and not head.started:
            self._start_prompt(head)
        elif head is not None and self._played_t + head.left <= at:
            self._queue.popleft()
            self._feed(events.PromptDone(t=at, id=head.id, frames=head.left))
        elif self._timed and self._timed[0][0] <= at:
            self._feed(heapq.heappop(self._timed)[2])
        else:
            self._feed(events.DeadlineReached(t=at))
        self._work()

    def _start_prompt(self, head: Playing) -> None:
        head.started = True
        self._played_t = self.t
        self.line.spoken.append(Spoken(head.text, self.t))
        self._feed(events.PromptStarted(t=self.t, id=head.id, sources=["text"]))

    def _work(self) -> None:
        """Answers that come at once, and the end of a call whose line is closed."""
        while self._now and not self.ended:
            self._feed(self._now.popleft())
        if self._hanging_up and not self._queue and not self.ended:
            self._leave("system")

    # --- the session ----------------------------------------------------------------------------------------------

    def _feed(self, event: Event) -> None:
        self._seq += 1
        event = msgspec.structs.replace(event, call=self._call, seq=self._seq, t=self.t)
        turn = self.session.floor.turn
        done = self.session.handle(event, self.t)
        if self._keep:
            self.line.journal.append(self.session.masked(msgspec.structs.replace(event, turn=turn)))
        for action in done:
            self._seq += 1
            if self._keep:
                self.line.journal.append(self.session.masked(msgspec.structs.replace(action, seq=self._seq)))
            self._carry_out(action)

    def _carry_out(self, action: Action) -> None:
        match action:
            case actions.Say():
                words = max(1, len(action.text.split()))
                self._queue.append(Playing(action.id, action.text, A_WORD * words))
            case actions.Flush():
                if self._queue and self._queue[0].started and self.line.spoken:
                    self.line.spoken[-1].whole = False
                self._queue.clear()
                self._still = False
            case actions.Pause():
                if self._queue and self._queue[0].started and not self._still:
                    self._queue[0].left -= self.t - self._played_t
                self._still = True
            case actions.Resume():
                self._still = False
                self._played_t = self.t
            case actions.Listen():
                self._listen = action
            case actions.DecodeNow() | actions.EndListening():
                self._decode(action.id, isinstance(action, actions.DecodeNow))
            case actions.HangUp():
                self._hanging_up = True
                if action.now:
                    self._queue.clear()
            case actions.Finished():
                self.line.finished = action
            case _:
                self._think(action)

    def _think(self, action: Action) -> None:
        match action:
            case actions.Understand():
                self._now.append(msgspec.structs.replace(self.parts.understand(action), id=action.id))
            case actions.ParseField():
                self._now.append(msgspec.structs.replace(self.parts.parse_field(action), id=action.id))
            case actions.Query():
                answer = msgspec.structs.replace(self.parts.query(action), id=action.id)
                self._at(self.t + frames(answer.query_s), answer)
            case actions.Cancel():  # nobody waits for its answer any more
                self._timed = [one for one in self._timed if getattr(one[2], "id", 0) != action.id]
                heapq.heapify(self._timed)
            case actions.Transfer():
                for after, event in self.parts.transfer(action):
                    self._at(self.t + frames(after), msgspec.structs.replace(event, id=action.id))

    def _decode(self, id: int, speculative: bool) -> None:
        if self._listen is not None and self._listen.id == id:
            heard = self.parts.hear(self._saying, self._listen)
            self._now.append(msgspec.structs.replace(heard, id=id, speculative=speculative, until_t=self.t))

    def _at(self, t: int, event: Event) -> None:
        self._order += 1
        heapq.heappush(self._timed, (t, self._order, event))

    def _leave(self, by: str) -> None:
        if self.ended:
            return
        self.ended = True
        if self._queue and self._queue[0].started and self.line.spoken:
            self.line.spoken[-1].whole = False
        self._feed(events.HungUp(t=self.t, by="system" if by == "system" else "caller", reason="bye"))
