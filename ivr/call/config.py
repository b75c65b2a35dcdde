"""What the audio loop is told at its start; plain values, bootstrap.py fills them from Settings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ivr.audio.endpointing import EndpointParameters
from ivr.call.overload import Limits
from ivr.ports import SpeechDetector


@dataclass(frozen=True)
class HearingConfig:
    """Detector and ends of utterances."""

    detector: Callable[[], SpeechDetector]
    """Makes the detector of one call."""
    endpoint: EndpointParameters = field(default_factory=EndpointParameters)
    pre_roll: int = 20
    """Frames before the first voiced one that the recognizer hears too."""
    resume: int = 35
    """Frames after which a prompt that was paused for nothing goes on."""
    inband_keys: bool = False
    """Also listen for key tones in the sound."""
    echo_guard: bool = True


@dataclass(frozen=True)
class CallConfig:
    """The media process."""

    state: Path
    """Folder of the instance (docs: processes and data paths)."""
    hearing: HearingConfig
    node: str = ""
    instance: str = ""
    """Id of this run of the process."""
    max_calls: int = 100
    retry_after_s: int = 10
    ring_ms: int = 0
    start_wait_ms: int = 400
    recognizers: int = 1
    """Sockets `run/recognizer-0.sock` ... to connect to."""
    recognizer_timeout_s: float = 3.0
    models: dict[str, str] = field(default_factory=dict)
    """Model name -> hash, for the journal's first line."""
    speak_deadline_s: float = 3.0
    limits: Limits = field(default_factory=Limits)
    """Of the overload ladder."""
    calls_per_second: float = 0.0
    """New calls beyond are turned away at once; 0: no limit."""
    busy_calls: int = 100
    """Callers at once who hear that the line is busy; more are turned away."""

    @property
    def run(self) -> Path:
        """Sockets and markers."""
        return self.state / "run"
