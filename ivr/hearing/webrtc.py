"""WebRTC's detector (GMM on six bands): 2 µs a frame, hears most sounds that are not steady as speech."""

import webrtcvad

from ivr.audio.frames import RATE


class WebrtcDetector:
    """One a call."""

    name = "webrtcvad"

    def __init__(self, aggressiveness: int = 2) -> None:
        """0 hears nearly everything as speech, 3 the least."""
        self._vad = webrtcvad.Vad(aggressiveness)

    def voiced(self, near: bytes, far: bytes) -> float:
        """1.0 or 0.0; `far` is not used."""
        return 1.0 if self._vad.is_speech(near, RATE) else 0.0
