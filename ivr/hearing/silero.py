"""Silero VAD (small recurrent network, ONNX) at 8 kHz: windows of 32 ms with 4 ms of what came before."""

from pathlib import Path
from typing import Any

import numpy as np

from ivr.audio.frames import RATE

WINDOW = 256
CONTEXT = 32


def session(model: Path) -> Any:
    """The loaded model, shared by all calls; one thread, it is tiny."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


class SileroDetector:
    """One a call. A 20 ms frame gets the probability of the last whole window (at most 32 ms old)."""

    name = "silero"

    def __init__(self, loaded: Any) -> None:
        self._session = loaded
        self._state = np.zeros((2, 1, 128), dtype=np.float32)
        self._rate = np.array(RATE, dtype=np.int64)
        self._context = np.zeros(CONTEXT, dtype=np.float32)
        self._pending = np.zeros(0, dtype=np.float32)
        self._probability = 0.0

    def voiced(self, near: bytes, far: bytes) -> float:
        """Probability of speech; `far` is not used."""
        samples = np.frombuffer(near, dtype=np.int16).astype(np.float32) / 32768.0
        self._pending = np.concatenate((self._pending, samples))
        while self._pending.size >= WINDOW:
            window, self._pending = self._pending[:WINDOW], self._pending[WINDOW:]
            padded = np.concatenate((self._context, window))[None, :]
            output, self._state = self._session.run(None, {"input": padded, "state": self._state, "sr": self._rate})
            self._context = window[-CONTEXT:]
            self._probability = float(output[0, 0])
        return self._probability
