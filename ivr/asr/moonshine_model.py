"""Moonshine's two networks in onnxruntime: sound to states, states and tokens to the next token's scores.

Encoder: `input_values` (float32, 16 kHz, ±1) and `attention_mask` (int64, one a sample). Decoder: 24 arrays of keys and
values (batch, 8, length, 36); the encoder's are computed in the first step and kept as they are, the decoder's grow by
one place a step. A search holds many hypotheses as rows of one batch, all of the same length.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from ivr.asr.vocabulary import END, START, Vocabulary

Floats = npt.NDArray[np.float32]
Tokens = npt.NDArray[np.int64]

RATE = 16000
LAYERS = 6
HEADS = 8
WIDTH = 36
STATE = 288
MIN_SAMPLES = 4000
"""A quarter of a second: less gives the encoder no state to speak of."""


@dataclass(slots=True)
class Encoded:
    """An utterance after the encoder; `keys` are the decoder's encoder keys and values once the first step ran."""

    states: Floats
    mask: Tokens
    seconds: float
    keys: dict[str, Any] | None = None
    rows: int = 0


class MoonshineModel:
    """Loaded once a process."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        """Raises OSError or onnxruntime's errors when the files are not the model."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers = ["CPUExecutionProvider"]
        self._encoder = ort.InferenceSession(str(folder / "encoder_model.ort"), options, providers=providers)
        self._decoder = ort.InferenceSession(str(folder / "decoder_model_merged.ort"), options, providers=providers)
        self.vocabulary = Vocabulary.read(folder / "tokenizer.bin")
        own = [f"{layer}.decoder.{kind}" for layer in range(LAYERS) for kind in ("key", "value")]
        theirs = [f"{layer}.encoder.{kind}" for layer in range(LAYERS) for kind in ("key", "value")]
        self._past_own = [f"past_key_values.{name}" for name in own]
        self._past_theirs = [f"past_key_values.{name}" for name in theirs]
        self._own_outputs = ["logits", *(f"present.{name}" for name in own)]
        self._all_outputs = [*self._own_outputs, *(f"present.{name}" for name in theirs)]

    def encode(self, samples: Floats) -> Encoded:
        """`samples` at 16 kHz, ±1."""
        if len(samples) < MIN_SAMPLES:
            samples = np.pad(samples, (0, MIN_SAMPLES - len(samples)))
        mask = np.ones((1, len(samples)), dtype=np.int64)
        (states,) = self._encoder.run(
            None, {"input_values": samples[None, :].astype(np.float32), "attention_mask": mask}
        )
        return Encoded(states, mask, len(samples) / RATE)

    def first(self, encoded: Encoded) -> tuple[Floats, list[Floats]]:
        """Scores after the start token, shape (1, vocabulary), and the decoder's keys of that one row."""
        empty = np.zeros((1, HEADS, 0, WIDTH), dtype=np.float32)
        feeds = {
            "input_ids": np.array([[START]], dtype=np.int64),
            "encoder_hidden_states": encoded.states,
            "encoder_attention_mask": encoded.mask,
            "use_cache_branch": np.array([False]),
            **dict.fromkeys(self._past_own + self._past_theirs, empty),
        }
        logits, *keys = self._decoder.run(self._all_outputs, feeds)
        own = len(self._past_own)
        encoded.keys = dict(zip(self._past_theirs, keys[own:], strict=True))
        encoded.rows = 1
        return log_softmax(logits[:, -1]), keys[:own]

    def step(self, encoded: Encoded, tokens: Tokens, keys: list[Floats]) -> tuple[Floats, list[Floats]]:
        """One more token a row: scores (rows, vocabulary) and the keys with it."""
        rows = len(tokens)
        feeds = {
            "input_ids": tokens.reshape(rows, 1),
            **self._for_rows(encoded, rows),
            "use_cache_branch": np.array([True]),
            **dict(zip(self._past_own, keys, strict=True)),
        }
        logits, *grown = self._decoder.run(self._own_outputs, feeds)
        return log_softmax(logits[:, -1]), grown

    def score(self, encoded: Encoded, rows: Sequence[Sequence[int]]) -> list[float]:
        """How likely each row of tokens is as the whole utterance, natural logarithm, in one run of the decoder."""
        longest = max(len(row) for row in rows) + 1
        ids = np.full((len(rows), longest), END, dtype=np.int64)
        ids[:, 0] = START
        for n, row in enumerate(rows):
            ids[n, 1 : len(row) + 1] = row
        empty = np.zeros((len(rows), HEADS, 0, WIDTH), dtype=np.float32)
        feeds = {
            "input_ids": ids,
            "encoder_hidden_states": np.repeat(encoded.states, len(rows), axis=0),
            "encoder_attention_mask": np.repeat(encoded.mask, len(rows), axis=0),
            "use_cache_branch": np.array([False]),
            **dict.fromkeys(self._past_own + self._past_theirs, empty),
        }
        (logits,) = self._decoder.run(["logits"], feeds)
        out = []
        for n, row in enumerate(rows):
            scores = log_softmax(logits[n, : len(row) + 1])
            out.append(float(scores[np.arange(len(row) + 1), [*row, END]].sum()))
        return out

    def _for_rows(self, encoded: Encoded, rows: int) -> dict[str, Any]:
        """The encoder's side for so many rows: its keys only, the cached branch does not look at states and mask."""
        assert encoded.keys is not None, "first() comes before step()"
        if rows > encoded.rows:
            encoded.keys = {name: np.repeat(value[:1], rows, axis=0) for name, value in encoded.keys.items()}
            encoded.rows = rows
        return {
            "encoder_hidden_states": np.zeros((rows, 1, STATE), dtype=np.float32),
            "encoder_attention_mask": np.ones((rows, 1), dtype=np.int64),
            **{name: value[:rows] for name, value in encoded.keys.items()},
        }


def log_softmax(logits: Floats) -> Floats:
    """Natural logarithms of probabilities, over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return shifted  # type: ignore[no-any-return]
