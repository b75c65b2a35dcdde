"""Two people's edits of one file, put together line by line (merge3, as version control does it)."""

from dataclasses import dataclass, field

from merge3 import Merge3

MINE, THEIRS = "<<<<<<< mine", ">>>>>>> theirs"
BETWEEN = "======="


@dataclass(frozen=True)
class Merged:
    """What comes of it."""

    text: str
    """With both texts, marked, wherever they contradict each other."""
    conflicts: list[int] = field(default_factory=list)
    """Lines, from 1, of the marks."""

    @property
    def clean(self) -> bool:
        return not self.conflicts


def merged(began: str, mine: str, theirs: str) -> Merged:
    """`began`: what both edits began from."""
    rows = (_lines(began), _lines(mine), _lines(theirs))
    made = list(Merge3(*rows).merge_lines(MINE.split()[1], THEIRS.split()[1]))
    found = [n for n, line in enumerate(made, 1) if line.rstrip("\n") == MINE]
    return Merged("".join(made), found)


def _lines(text: str) -> list[str]:
    """A last line without its end would stick to a mark."""
    if text and not text.endswith("\n"):
        text += "\n"
    return text.splitlines(keepends=True)
