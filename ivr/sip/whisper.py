"""What an agent hears alone, before the caller is joined. A ports.AudioSlot that plays once."""

from typing import Any

from ivr.sip.media import FRAME_BYTES

_SILENCE = bytes(FRAME_BYTES)


class Whisper:
    """pjmedia's thread takes the frames; `done` is read by the pjsua2 thread."""

    index = 0

    def __init__(self, pcm: bytes) -> None:
        """8 kHz mono PCM16."""
        self._pcm = pcm + bytes(-len(pcm) % FRAME_BYTES)
        self.caller_frames = self.system_frames = 0

    @property
    def done(self) -> bool:
        return self.system_frames * FRAME_BYTES >= len(self._pcm)

    def take_system(self) -> bytes:
        at = self.system_frames * FRAME_BYTES
        self.system_frames += 1
        return self._pcm[at : at + FRAME_BYTES] or _SILENCE

    def put_caller(self, pcm: Any) -> None:
        """What the agent says meanwhile is heard by nobody."""
        self.caller_frames += 1

    def caller(self, n: int) -> bytes:
        return _SILENCE

    def system(self, n: int) -> bytes:
        return self._pcm[n * FRAME_BYTES : (n + 1) * FRAME_BYTES] or _SILENCE

    def put_system(self, n: int, pcm: bytes) -> None:
        """Not used."""
