"""A rough key of how a word sounds: words with the same key are easily taken for each other."""

import re

_ENGLISH = [
    (r"ph", "f"), (r"^kn", "n"), (r"^wr", "r"), (r"ck|q", "k"), (r"c(?=[eiy])", "s"), (r"c", "k"), (r"x", "ks"),
    (r"sh|ch|tch", "j"), (r"th", "t"), (r"gh", ""), (r"[dt]", "t"), (r"[bp]", "p"), (r"[vf]", "f"),
    (r"[zs]", "s"), (r"[gk]", "k"),
    (r"[mn]", "n"), (r"[aeiouyhw]+", "a"),
]  # fmt: skip


def sounds(text: str, language: str) -> str:
    """English: consonants by class, vowels as one; other languages: the letters themselves, doubles once."""
    key = re.sub(r"[^\w]", "", text.lower())
    if language == "en":
        for pattern, sound in _ENGLISH:
            key = re.sub(pattern, sound, key)
    return re.sub(r"(.)\1+", r"\1", key)
