"""Where results of slow set-up steps are kept between set-ups, outside the checkout. Standard library only."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """`IVR_CACHE`, else `$XDG_CACHE_HOME/ivr`, else `~/.cache/ivr`; absolute, perhaps not there yet."""
    chosen = os.environ.get("IVR_CACHE")
    folder = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ivr"
    return folder.expanduser().absolute()
