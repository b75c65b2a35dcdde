"""Where slow results are kept between set-ups."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """`IVR_CACHE`, else `$XDG_CACHE_HOME/ivr`, else `~/.cache/ivr`; made when missing."""
    chosen = os.environ.get("IVR_CACHE")
    base = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ivr"
    folder = base.expanduser().absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder
