"""Speech detectors behind ports.SpeechDetector, one file an engine; `DETECTORS` names them."""

from collections.abc import Callable
from pathlib import Path

from ivr.ports import SpeechDetector

DETECTORS = ("webrtcvad", "silero")


def detector(name: str, *, aggressiveness: int = 2, model: Path | None = None) -> Callable[[], SpeechDetector]:
    """A maker of detectors, one a call. `model` is Silero's ONNX file. Raises ValueError for an unknown name or a
    missing model."""
    if name == "webrtcvad":
        from ivr.hearing.webrtc import WebrtcDetector

        return lambda: WebrtcDetector(aggressiveness)
    if name == "silero":
        from ivr.hearing.silero import SileroDetector, session

        if model is None or not model.is_file():
            raise ValueError("silero needs its model: ivr models install silero-vad")
        loaded = session(model)
        return lambda: SileroDetector(loaded)
    raise ValueError(f"no detector {name!r}; there are {', '.join(DETECTORS)}")
