"""Set-ups of several checkouts share one cache: a step works alone in its folder, the next one finds its result."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def one_at_a_time(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Waits, and says so, while another process is in here. A process that dies leaves nothing locked (flock(2))."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is at work on this; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
