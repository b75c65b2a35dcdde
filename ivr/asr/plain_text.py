"""Free text as understanding wants it: lower case, no marks but those inside numbers and words."""

import re

_KEPT = re.compile(r"[^\W_]+(?:['.,:][^\W_]+)*|[$€£%+#*]")
_OPEN_ENDS = frozenset(
    """
    a an the my your his her our their this that is are was am and or but with for of to in on at from by about uh um
    i'd i'm i'll like want need please can could would number it's its as if because so then than not
    """.split()  # noqa: SIM905
)
"""Words that a whole sentence seldom ends with."""


def plain(text: str) -> str:
    """'I'd like a 16-ounce latte.' -> "i'd like a 16 ounce latte"."""
    return " ".join(_KEPT.findall(text.replace("’", "'").lower()))


def can_stand(text: str) -> bool:
    """A free text that could be all: it does not end with a word that wants another."""
    words = text.split()
    return bool(words) and (words[-1] not in _OPEN_ENDS or len(words) == 1)
