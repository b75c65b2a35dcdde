"""Recording a message: from its tone to a key, a silence, its longest length, or the end of the call.

The sound is kept by the shell under the message's name; who may keep it is decided here.
"""

from ivr.actions import EndMessage, RecordMessage
from ivr.dialogue.floor import Floor
from ivr.dialogue.speaking import Speaking
from ivr.dialogue.timing import Clocks, frames
from ivr.flow.nodes import steps


class Message:
    """At most one is recorded at a time."""

    def __init__(self, floor: Floor, clocks: Clocks, speaking: Speaking) -> None:
        self.floor = floor
        self.clocks = clocks
        self.speaking = speaking
        self.step: steps.RecordMessage | None = None
        """What is recorded, or will be once everything queued was said."""
        self.name = ""
        self._finish = ""
        self._id = 0
        self._count = 0
        self._since = 0
        self._heard_t = 0

    def plan(self, step: steps.RecordMessage, finish: str) -> None:
        """Record once everything queued was said; `finish`: the key that ends it, or empty for any."""
        self.step, self._finish = step, finish
        if not self.speaking:
            self.begin()

    def begin(self) -> None:
        """The prompts are over."""
        step = self.step
        if step is None or self._id:
            return
        self._count += 1
        self.name = f"{self.floor.call}-{self._count}"
        self._id = self.floor.request(RecordMessage, name=self.name, max_s=step.max_s, tone=step.tone)
        self._since = self._heard_t = self.floor.now
        self.clocks.set("message", self.floor.now + frames(step.max_s))
        self.clocks.set("message_silence", self.floor.now + frames(step.silence_s) + frames(2.0))

    @property
    def runs(self) -> bool:
        return self._id > 0

    def voice(self, on: bool) -> None:
        """The caller speaks, or pauses."""
        if not self.runs or self.step is None:
            return
        if on:
            self.clocks.stop("message_silence")
        else:
            self._heard_t = self.floor.now
            self.clocks.set("message_silence", self.floor.now + frames(self.step.silence_s))

    def key(self, key: str) -> bool:
        """True when it ends the message."""
        return self.runs and (not self._finish or key == self._finish)

    def end(self, how: str) -> steps.Recorded | None:
        """`how`: key, silence, length, hang_up. What there is; None when nothing was recorded."""
        step, id = self.step, self._id
        self.step, self._id = None, 0
        self.clocks.stop("message", "message_silence")
        if step is None or not id:
            return None
        until = self._heard_t if how == "silence" else self.floor.now
        length = max(0, until - self._since)
        self.floor.emit(EndMessage, id=id, name=self.name, until_t=until, keep=length >= frames(step.min_s))
        return steps.Recorded(self.name, length * 0.02, how)
