"""Names of threads as the kernel knows them, so that `top -H` and `ivr bench calls` tell what each takes."""

import contextlib
from pathlib import Path

LONGEST = 15
"""What Linux keeps of a name."""


def name_thread(name: str) -> None:
    """The thread that calls; nothing happens where the system has no such names."""
    with contextlib.suppress(OSError):
        Path("/proc/thread-self/comm").write_text(name[:LONGEST])
