"""The silence clock of a question: from the end of the prompt as heard, with a limit that noise cannot push away."""

from ivr.dialogue.floor import Floor
from ivr.dialogue.question import Question
from ivr.dialogue.timing import Clocks, frames

SILENCE = "silence"
MAX_WAIT = "max_wait"


class Silence:
    """Starts and stops the two clocks of an open question."""

    def __init__(self, floor: Floor, clocks: Clocks) -> None:
        self.floor = floor
        self.clocks = clocks
        self.overdue = False
        """It ran out while somebody spoke: it counts as soon as that was nothing."""
        self._patience = 0

    def opened(self, patience: int) -> None:
        """A question was put; its prompt may still be playing."""
        self.overdue = False
        self._patience = patience

    def begin(self, question: Question) -> None:
        """The last prompt is over."""
        wait = self._patience or frames(question.settings.no_input_timeout)
        self.clocks.set(SILENCE, self.floor.now + wait)
        if not self.clocks.runs(MAX_WAIT):
            self.clocks.set(MAX_WAIT, self.floor.now + max(wait, frames(question.settings.max_wait)))

    def stand(self) -> None:
        """Keys are being typed, which always come to something."""
        self.clocks.stop(SILENCE)

    def closed(self) -> None:
        """The question was answered."""
        self.clocks.stop(SILENCE, MAX_WAIT)
