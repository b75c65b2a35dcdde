"""Piper: neural synthesis (VITS, ONNX) on this machine. Real-time factor 0.1 to 0.4 on one core."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ivr.tts import NotForMe, SynthesisError
from ivr.tts.shape import finish

MAX_CHARACTERS = 4000
PAUSE_S = 0.25
"""Between sentences."""


class Piper:
    """ports.Synthesizer with one voice: a folder's `*.onnx` beside its `*.onnx.json`."""

    name = "piper"
    neural = True

    def __init__(
        self,
        find: Callable[[], Path | None],
        languages: tuple[str, ...] = ("en",),
        threads: int = 2,
        steady: bool = False,
    ) -> None:
        """`find` gives the folder that holds the voice, None while it is not installed. It is loaded at the first use
        (or by `load`). A `steady` voice draws no random numbers: a text sounds the same every time, a little flat."""
        self._find = find
        self.languages = languages
        self.threads = threads
        self._noise = 0.0 if steady else None  # None: as the voice's file says
        self._voice: Any = None
        self._lock = threading.Lock()

    def load(self) -> None:
        """Load the voice now (0.4 to 3.5 s). Raises SynthesisError."""
        with self._lock:
            if self._voice is None:
                self._voice = self._open()

    def _open(self) -> Any:
        try:
            import onnxruntime
            from piper import PiperVoice
            from piper.config import PiperConfig

            path = self._file()
            options = onnxruntime.SessionOptions()
            # A few threads that sleep when idle: audio and recognition share these cores.
            options.intra_op_num_threads = self.threads
            options.inter_op_num_threads = 1
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            options.log_severity_level = 3
            config = PiperConfig.from_dict(json.loads(Path(f"{path}.json").read_text(encoding="utf-8")))
            session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            return PiperVoice(session=session, config=config)
        except SynthesisError:
            raise
        except Exception as error:  # onnxruntime raises its own kinds for a broken file
            raise SynthesisError(f"the voice cannot be loaded: {type(error).__name__}") from error

    def _file(self) -> Path:
        folder = self._find()
        found = sorted(folder.glob("*.onnx")) if folder is not None else []
        if not found:
            raise SynthesisError("Piper's voice is not installed (ivr models install piper-joe-en)")
        return found[0]

    def version(self, language: str) -> str:
        """Names the voice's file: another voice makes what was rendered stale."""
        del language
        try:
            path = self._file()
            return f"{path.name}.{path.stat().st_size}"
        except (SynthesisError, OSError):
            return ""

    def synthesize(self, text: str, language: str, voice: str = "", rate: float = 1.0) -> bytes:
        """`voice` is not looked at: an object has one. `rate` 2 is twice as fast."""
        from piper import SynthesisConfig

        if language not in self.languages:
            raise NotForMe(f"this Piper voice does not speak {language}")
        if len(text) > MAX_CHARACTERS:
            raise NotForMe(f"longer than {MAX_CHARACTERS} characters")
        self.load()
        spoken = text.replace("[[", " ").replace("]]", " ")  # Piper reads phoneme codes there: data are data
        try:
            how = SynthesisConfig(
                length_scale=self._voice.config.length_scale / rate,
                noise_scale=self._noise,
                noise_w_scale=self._noise,
            )
            chunks = list(self._voice.synthesize(spoken, how))
        except Exception as error:
            raise SynthesisError(f"Piper failed: {type(error).__name__}") from error
        if not chunks:
            raise NotForMe("nothing in the text can be spoken")
        sample_rate = chunks[0].sample_rate
        pause = np.zeros(int(PAUSE_S * sample_rate), dtype=np.float32)
        parts = [part for chunk in chunks for part in (chunk.audio_float_array.astype(np.float32), pause)]
        return finish(np.concatenate(parts[:-1]), sample_rate)
