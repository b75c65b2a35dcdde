"""What may be kept of a call: recording after consent, nothing around what is sensitive."""

from ivr.actions import StartRecording, StopRecording
from ivr.dialogue.host import Host
from ivr.flow.models import Flow


class Consent:
    """Starts and stops the recording."""

    def __init__(self, flow: Flow, host: Host) -> None:
        self.flow = flow
        self.host = host
        self._given = False
        self._recording = False
        self._guarded = False

    @property
    def words_may_be_kept(self) -> bool:
        """Before consent no words are stored; a flow that never records needs none."""
        return self._given or self.flow.recording.consent == "off"

    def given(self) -> None:
        """It was announced, or the caller said yes."""
        self._given = self._recording = True
        if not self._guarded:
            self.host.floor.emit(StartRecording)

    def stop(self, why: str) -> None:
        """For the rest of the call."""
        if self._recording:
            self._recording = False
            self.host.floor.emit(StopRecording, why=why)

    def guard(self, sensitive: bool) -> None:
        """Around what is sensitive nothing is recorded, and what was typed ahead does not count."""
        if sensitive == self._guarded:
            return
        self._guarded = sensitive
        if sensitive:
            self.host.drop_keys()
        if not self._recording:
            return
        if sensitive:
            self.host.floor.emit(StopRecording, why="sensitive")
        else:
            self.host.floor.emit(StartRecording)
