"""Is what must be said among what was heard? For text that a recognizer made of sound: letters may be wrong. Pure.

Words are run together to letters ("welcome to ack me" hears "Acme" well enough) and compared by edit distance, the
wanted text against its best place in what was heard.
"""

from ivr.language.words import words

SHORT = 12
"""Letters; in shorter texts fewer may be wrong."""
WRONG_SHORT, WRONG = 0.2, 0.3
"""Share of the letters that may be wrong."""


def place(wanted: str, heard: str) -> tuple[int, int]:
    """Edits of `wanted` against its best place anywhere in `heard`, and where that place ends (the first best)."""
    row = [0] * (len(heard) + 1)
    for n, letter in enumerate(wanted, 1):
        before, row[0] = row[0], n
        for m, other in enumerate(heard, 1):
            kept = row[m]
            row[m] = min(before + (letter != other), kept + 1, row[m - 1] + 1)
            before = kept
    best = min(row)
    return best, row.index(best)


class RoughAlignment:
    """What a caller heard by ear since doing something last; as insight.alignment.Alignment, but forgiving."""

    def __init__(self, language: str = "en") -> None:
        self.language = language
        self.said: list[str] = []

    def add(self, text: str) -> None:
        """One more piece as it was recognized."""
        self.said += words(text, self.language)

    def forget(self) -> None:
        """The caller does something: what was said before does not count for what comes."""
        self.said = []

    def holds(self, wanted: str, more: str = "") -> int | None:
        """Words used up when `wanted` was said, with `more` behind what is kept; None when it was not."""
        sought = "".join(words(wanted, self.language))
        said = [*self.said, *words(more, self.language)]
        edits, end = place(sought, "".join(said))
        if edits > int(len(sought) * (WRONG_SHORT if len(sought) < SHORT else WRONG)):
            return None
        used, letters = 0, 0
        while letters < end and used < len(said):
            letters += len(said[used])
            used += 1
        return used

    def take(self, wanted: str) -> bool:
        """Like Alignment.take."""
        used = self.holds(wanted)
        if used is None:
            return False
        del self.said[:used]
        return True
