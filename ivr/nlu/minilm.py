"""Sentence embeddings by all-MiniLM-L6-v2 (English), a BERT of six layers, in numpy: no torch, no other dependency.

Devlin et al. 2018 (BERT), Reimers and Gurevych 2019 (mean over tokens). Weights: `ivr models install minilm-en`.
"""

import json
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf
from threadpoolctl import threadpool_limits

Floats = NDArray[np.float32]

HEADS = 12
LAYERS = 6
LONGEST = 64
"""Tokens of a text that are looked at."""
BATCH = 32
REMEMBERED = 4096
"""Texts whose embeddings are kept."""
CLS, SEP, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"


class MiniLM:
    """One object a process; any thread."""

    name = "minilm-en"
    language = "en"
    width = 384

    def __init__(self, folder: Path) -> None:
        """Loads 91 MB. Raises OSError, ValueError or KeyError when the folder does not hold the model. From here on
        this process multiplies on one thread: OpenBLAS's others wait by spinning, and on a busy machine of two cores a
        hundred sentences then cost 13 s of CPU instead of one."""
        threadpool_limits(1, user_api="blas")
        words = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
        self.vocabulary = {word: number for number, word in enumerate(words)}
        self._w = read_safetensors(folder / "model.safetensors")
        self._kept: OrderedDict[str, Floats] = OrderedDict()
        self._lock = threading.Lock()
        if self._forward([self.tokens("try")]).shape != (1, self.width):
            raise ValueError("the weights have another shape")

    def embed(self, texts: Sequence[str]) -> Floats:
        """(n, 384), each of length 1. About 12 ms of CPU a sentence, half of it in a batch; earlier ones are kept."""
        with self._lock:
            found = {text: self._kept[text] for text in texts if text in self._kept}
        new = sorted({text for text in texts if text not in found}, key=len)
        for start in range(0, len(new), BATCH):
            batch = new[start : start + BATCH]
            found |= dict(zip(batch, self._forward([self.tokens(t) for t in batch]), strict=True))
        with self._lock:
            self._kept.update((text, found[text]) for text in new)
            while len(self._kept) > REMEMBERED:
                self._kept.popitem(last=False)
        return np.stack([found[text] for text in texts]) if texts else np.zeros((0, self.width), np.float32)

    def tokens(self, text: str) -> list[int]:
        """WordPiece numbers with CLS and SEP; lower case, accents gone."""
        ids = [self.vocabulary[CLS]]
        for word in _split(text):
            ids += self._pieces(word)
        return [*ids[: LONGEST - 1], self.vocabulary[SEP]]

    def _pieces(self, word: str) -> list[int]:
        found: list[int] = []
        start = 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = ("##" if start else "") + word[start:end]
                if piece in self.vocabulary:
                    found.append(self.vocabulary[piece])
                    start = end
                    break
            else:
                return [self.vocabulary[UNKNOWN]]
        return found

    def _forward(self, rows: list[list[int]]) -> Floats:
        longest = max(map(len, rows))
        ids = np.zeros((len(rows), longest), dtype=np.int64)
        mask = np.zeros((len(rows), longest), dtype=np.float32)
        for number, row in enumerate(rows):
            ids[number, : len(row)] = row
            mask[number, : len(row)] = 1
        w = self._w
        x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:longest]
        x = self._norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        hidden = np.where(mask[:, None, None, :] > 0, np.float32(0), np.float32(-1e9))
        for layer in range(LAYERS):
            at = f"encoder.layer.{layer}"
            x = self._norm(x + self._attention(x, hidden, at), f"{at}.attention.output.LayerNorm")
            wide = self._dense(x, f"{at}.intermediate.dense")
            wide = wide * np.float32(0.5) * (1 + erf(wide / np.float32(np.sqrt(2.0))))
            x = self._norm(x + self._dense(wide, f"{at}.output.dense"), f"{at}.output.LayerNorm")
        mean = (x * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), dtype=np.float32)

    def _attention(self, x: Floats, hidden: Floats, at: str) -> Floats:
        rows, length, width = x.shape
        q, k, v = (
            self._dense(x, f"{at}.attention.self.{part}").reshape(rows, length, HEADS, -1).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = q @ k.transpose(0, 1, 3, 2) / np.float32(np.sqrt(width / HEADS)) + hidden
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = (scores / scores.sum(axis=-1, keepdims=True)) @ v
        joined = mixed.transpose(0, 2, 1, 3).reshape(rows, length, width)
        return np.asarray(self._dense(joined, f"{at}.attention.output.dense"), dtype=np.float32)

    def _dense(self, x: Any, name: str) -> Any:
        weight = self._w[f"{name}.weight"]
        flat = x.reshape(-1, x.shape[-1]) @ weight.T  # one product instead of one a sentence
        flat += self._w[f"{name}.bias"]
        return flat.reshape(*x.shape[:-1], weight.shape[0])

    def _norm(self, x: Any, name: str) -> Any:
        mean = x.mean(axis=-1, keepdims=True)
        spread = np.sqrt(np.square(x - mean).mean(axis=-1, keepdims=True) + np.float32(1e-12))
        return (x - mean) / spread * self._w[f"{name}.weight"] + self._w[f"{name}.bias"]


def _split(text: str) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(c) != "Mn")
    return "".join(c if c.isalnum() or c.isspace() else f" {c} " for c in plain).split()


def read_safetensors(path: Path) -> dict[str, Floats]:
    """The float32 arrays of a safetensors file: 8 bytes of length, a JSON header, the data."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    arrays = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            start, end = entry["data_offsets"]
            values = np.frombuffer(data, dtype="<f4", count=(end - start) // 4, offset=8 + size + start)
            arrays[name] = values.reshape(entry["shape"])
    return arrays
