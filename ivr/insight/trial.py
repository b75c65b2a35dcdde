"""One line of `ivr doctor`: a part that was really tried."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

State = Literal["works", "lacking", "broken"]
"""`lacking`: the line works without it, at the cost that `detail` tells. `broken`: callers feel it."""


@dataclass(frozen=True)
class Trial:
    """What came of trying one part."""

    part: str
    version: str = ""
    state: State = "works"
    detail: str = ""
    mend: str = ""


def tried(part: str, trial: Callable[[], Trial], mend: str = "") -> Trial:
    """The trial's result; whatever it raises makes the part broken, with the reason."""
    try:
        return trial()
    except Exception as error:  # a doctor reports every illness
        reason = str(error).strip().split("\n", 1)[0] or type(error).__name__
        return Trial(part, state="broken", detail=reason, mend=mend)
