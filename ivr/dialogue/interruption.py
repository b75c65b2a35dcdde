"""What is being said against what the caller does: stand still, go on as if nothing had been, stop for good."""

from typing import Literal

from ivr.actions import BargedIn, Flush, Pause, Resume
from ivr.dialogue.floor import Floor
from ivr.dialogue.speaking import Speaking
from ivr.dialogue.timing import Clocks


class Interruption:
    """Pauses, resumes and flushes the prompts, with a note of each interruption, the false ones too."""

    def __init__(self, floor: Floor, clocks: Clocks, speaking: Speaking) -> None:
        self.floor = floor
        self.clocks = clocks
        self.speaking = speaking

    def pause(self) -> None:
        """Somebody speaks: listen first."""
        if self.speaking.pause(self.floor.now):
            self.floor.emit(Pause)

    def resume(self) -> None:
        """It was nothing: the prompt goes on where it was."""
        if self.speaking.current is None or not self.speaking.paused_by_voice:
            return
        self._note("voice", false=True)
        if self.speaking.resume(self.floor.now):
            self.floor.emit(Resume)

    def stop(self, by: Literal["voice", "key"]) -> None:
        """It was something: nothing of what is queued is said any more."""
        if self.speaking.current is None:
            return
        self.floor.emit(Flush)
        self._note(by, false=False)
        self.speaking.clear()
        self.clocks.stop("prompt", "protect")

    def _note(self, by: str, false: bool) -> None:
        prompt = self.speaking.current
        if prompt is not None:
            played = self.speaking.played(self.floor.now)
            self.floor.emit(BargedIn, id=prompt.id, by=by, played_t=played, false=false)
