"""Speech detectors behind ports.SpeechDetector, one file an engine; `DETECTORS` names them."""

from collections.abc import Callable
from pathlib import Path

from ivr.ports import SpeechDetector

MakeDetector = Callable[[], SpeechDetector]
"""One detector a call."""


def _webrtcvad(aggressiveness: int, cache: Path | None) -> MakeDetector:
    from ivr.hearing.webrtc import WebrtcDetector

    return lambda: WebrtcDetector(aggressiveness)


def _silero(aggressiveness: int, cache: Path | None) -> MakeDetector:
    from ivr import models
    from ivr.hearing.silero import SileroDetector, session

    folder = models.path("silero-vad", cache)
    if folder is None:
        raise ValueError("the detector silero needs its model: ivr models install silero-vad")
    loaded = session(folder / "silero_vad.onnx")
    return lambda: SileroDetector(loaded)


LEAST_START = {"webrtcvad": 5, "silero": 2}
"""Voiced frames without which a start is mostly noise (docs/audio-path.md)."""
DETECTORS = {"webrtcvad": _webrtcvad, "silero": _silero}


def choose(name: str, aggressiveness: int = 2, cache: Path | None = None) -> MakeDetector:
    """Raises ValueError for an unknown name or a model that is not installed; `cache`: where models are."""
    if name not in DETECTORS:
        raise ValueError(f"no detector {name!r}; there are {', '.join(DETECTORS)}")
    return DETECTORS[name](aggressiveness, cache)
