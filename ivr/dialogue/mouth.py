"""Saying things: texts of the flow with their values, the server's own phrases, and all of it again for "repeat"."""

from typing import Any

from ivr.dialogue.host import Host
from ivr.dialogue.position import Frame, Said
from ivr.dialogue.state import State
from ivr.flow.built_in import built_in
from ivr.flow.models import Flow, Text
from ivr.flow.template import is_fixed


class Mouth:
    """Queues prompts at the host, in the conversation's language and at its speed."""

    def __init__(self, flow: Flow, state: State, host: Host) -> None:
        self.flow = flow
        self.state = state
        self.host = host
        self.rate = 1.0
        """1 is normal; "slower" makes it less."""
        self.said: list[Said] = []
        """Everything since the last answer."""

    def say(self, text: Text, frame: Frame, extra: dict[str, Any] | None = None) -> None:
        """A text of the flow with its values."""
        self.speak(frame.visit.render(text, **(extra or {})), frame)

    def say_own(self, text: Text, frame: Frame, extra: dict[str, Any] | None = None, part: str = "") -> None:
        """The text of a node, or of the question `part` of it, by its recording where the flow's folder has one."""
        recordings, language = self.flow.recordings, self.state.language
        recording = recordings.get(f"{frame.node}/{part}/{language}", "") if part else ""
        if not recording and part in ("", "menu", "confirm"):
            recording = recordings.get(f"{frame.node}/{language}", "")
        fixed = bool(recording) and is_fixed(text.of(language))
        self.speak(frame.visit.render(text, **(extra or {})), frame, recording if fixed else "")

    def say_built_in(self, name: str, frame: Frame, extra: dict[str, Any] | None = None) -> None:
        self.say(built_in(name), frame, extra)

    def speak(self, text: str, frame: Frame, recording: str = "") -> None:
        """Words as they are."""
        if text:
            said = Said(
                text, self.state.language, recording, self.flow.name, self.flow.sensitive or frame.model.sensitive
            )
            self.said.append(said)
            self._out(said, frame)

    def again(self, frame: Frame) -> bool:
        """Everything since the last answer once more; False when there is nothing to be repeated as it was."""
        if not self.said or any(said.language != self.state.language for said in self.said):
            self.said.clear()
            return False
        for said in self.said:
            self._out(said, frame)
        return True

    def _out(self, said: Said, frame: Frame) -> None:
        settings = frame.settings
        self.host.say(
            said.text,
            said.language,
            voice=settings.voice,
            rate=round(settings.rate * self.rate, 2),
            recording=said.recording,
            flow=said.flow if said.recording else "",
            barge_in=settings.barge_in,
            sensitive=said.sensitive,
        )
