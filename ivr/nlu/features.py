"""TF-IDF of words (1-2) and characters (2-5), two blocks side by side, with what was never seen counted in.

A usual TF-IDF forgets unknown words, so that one familiar word makes strange talk look familiar. Here an unknown piece
weighs like the rarest known one in the length that a text is divided by: strange talk comes out short.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

TOKEN = re.compile(r"\S+")


def word_pieces(text: str) -> list[str]:
    """Words and pairs of neighbours."""
    found = TOKEN.findall(text)
    return found + [f"{a} {b}" for a, b in zip(["^", *found], [*found, "$"], strict=True)]


def character_pieces(text: str) -> list[str]:
    """Two to five characters inside each word with its borders."""
    pieces = []
    for word in TOKEN.findall(text):
        framed = f" {word} "
        for size in range(2, 6):
            pieces += [framed[i : i + size] for i in range(max(1, len(framed) - size + 1))]
    return pieces


class Block:
    """One TF-IDF with sublinear counts."""

    def __init__(self, pieces: Callable[[str], list[str]]) -> None:
        self.pieces = pieces
        self.index: dict[str, int] = {}
        self.idf: NDArray[np.float64] = np.zeros(0)
        self.unknown = 1.0

    def fit(self, texts: Sequence[str]) -> None:
        seen: Counter[str] = Counter()
        for text in texts:
            seen.update(set(self.pieces(text)))
        self.index = {piece: number for number, piece in enumerate(sorted(seen))}
        counts = np.array([seen[piece] for piece in self.index], dtype=float)
        self.idf = np.log((1 + len(texts)) / (1 + counts)) + 1
        self.unknown = math.log(1 + len(texts)) + 1

    def transform(self, texts: Sequence[str]) -> tuple[Any, NDArray[np.float64]]:
        """Rows of length at most 1, and the share of each text that is known (0 to 1)."""
        data: list[float] = []
        columns: list[int] = []
        starts = [0]
        known_share = np.zeros(len(texts))
        for row, text in enumerate(texts):
            known, strange = 0.0, 0.0
            weights: list[float] = []
            for piece, count in Counter(self.pieces(text)).items():
                column = self.index.get(piece)
                often = 1 + math.log(count)
                if column is None:
                    strange += (often * self.unknown) ** 2
                    continue
                weights.append(often * self.idf[column])
                columns.append(column)
                known += weights[-1] ** 2
            length = math.sqrt(known + strange) or 1.0
            data += [w / length for w in weights]
            starts.append(len(columns))
            known_share[row] = math.sqrt(known) / length
        shape = (len(texts), len(self.index))
        return csr_matrix((data, columns, starts), shape=shape, dtype=np.float64), known_share


class Features:
    """Both blocks."""

    def __init__(self) -> None:
        self.blocks = [Block(word_pieces), Block(character_pieces)]

    def fit(self, texts: Sequence[str]) -> "Features":
        for block in self.blocks:
            block.fit(texts)
        return self

    def transform(self, texts: Sequence[str]) -> tuple[Any, NDArray[np.float64]]:
        """Sparse rows, and the known share by words and by characters (n, 2)."""
        done = [block.transform(texts) for block in self.blocks]
        return hstack([matrix for matrix, _ in done], format="csr"), np.stack([known for _, known in done], axis=1)
