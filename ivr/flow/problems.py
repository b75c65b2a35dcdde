"""What is wrong with a flow: where, what, and the mend."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

LISTED = 16
"""Names that a mend lists."""


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake. Line and column count from 1; 0 stands for the file as a whole."""

    file: str
    """Path as the loader got it, relative to the flows folder."""
    line: int
    column: int
    code: str
    """Stable name of the kind of mistake: `unknown_node`, `comment_in_text`."""
    message: str
    mend: str = ""
    """What to write instead."""
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        mend = f" — {self.mend}" if self.mend else ""
        return f"{place}: {self.severity}: {self.message}{mend} [{self.code}]"


def warning(problem: Problem) -> Problem:
    """The same as a warning: the flow serves nevertheless."""
    return replace(problem, severity="warning")


def did_you_mean(wrong: str, known: Iterable[str], otherwise: str = "") -> str:
    """'did you mean "next"?' when one of `known` is close, else the list of them (of many, the nearest); `otherwise`
    when there are none."""
    names = sorted({str(name) for name in known})
    close = difflib.get_close_matches(wrong, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    if len(names) > LISTED:
        nearest = difflib.get_close_matches(wrong, names, n=LISTED // 2, cutoff=0.0)
        return f"there are {len(names)}, the nearest {', '.join(nearest)}"
    return f"there are {', '.join(names)}" if names else otherwise
