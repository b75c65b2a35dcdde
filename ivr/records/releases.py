"""Which version of a flow serves when: rows of table flow_releases and what follows from them. No database here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

FILES = -1
"""Stands for the files of the folder where no version serves."""


@dataclass(frozen=True)
class Release:
    """A version goes into service, with a share of the new calls."""

    id: int
    flow: str
    number: int
    from_at: datetime
    share: float
    kind: str = "publish"
    """publish, release, rollback."""
    made_by: str = ""
    note: str = ""
    needs_approval: bool = False
    approved_by: str = ""

    @property
    def stands(self) -> bool:
        """Nobody has to approve it any more."""
        return bool(self.approved_by) or not self.needs_approval


def effective(releases: Iterable[Release], flow: str, now: datetime) -> list[tuple[int, float]]:
    """(number, share) that serve `flow` now; the last one takes the calls that are left. Empty: the files serve.

    The newest release counts; one with a share leaves the rest to the newest whole one before it (or to the files).
    """
    valid = [one for one in releases if one.flow == flow and one.stands and one.from_at <= now]
    valid.sort(key=lambda one: (one.from_at, one.id), reverse=True)
    if not valid:
        return []
    newest = valid[0]
    if newest.share >= 1.0:
        return [(newest.number, 1.0)]
    whole = next((one.number for one in valid if one.share >= 1.0), FILES)
    return [(newest.number, newest.share), (whole, 1.0 - newest.share)]


def before(releases: Iterable[Release], flow: str, now: datetime) -> int:
    """The version to roll back to: the whole one that serves beside a share, else the whole one before the current.
    0: there is none."""
    served = effective(releases, flow, now)
    if len(served) == 2:
        return max(served[1][0], 0)
    valid = [one for one in releases if one.flow == flow and one.stands and one.from_at <= now and one.share >= 1.0]
    valid.sort(key=lambda one: (one.from_at, one.id))
    current = served[0][0] if served else 0
    stack: list[int] = []
    for one in valid:  # a rollback undoes what it left, so that a second one goes a step further
        if one.kind == "rollback" and one.number in stack:
            stack = stack[: stack.index(one.number) + 1]
        else:
            stack.append(one.number)
    earlier = [number for number in stack[:-1] if number != current]
    return earlier[-1] if earlier else 0
