#!/usr/bin/env python3
"""Makes Rasa's environment in the cache: its own Python (3.8 to 3.10) and its locked packages.

Nothing is done when it is there. An interrupted installation begins again with what uv has already downloaded. When
no Python that Rasa supports can be had, the reason is printed and the exit code is 1: the server runs without Rasa.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from ivr.cache import cache_folder
from ivr.nlu import rasa_env
from scripts.one_at_a_time import one_at_a_time

RETRY_AFTER_S = 24 * 3600.0


def say(text: str) -> None:
    """One line of progress."""
    print(f"rasa: {text}", file=sys.stderr, flush=True)


def uv() -> str:
    """The uv of this environment, else the one on the path."""
    own = Path(sys.executable).with_name("uv")
    return str(own) if own.exists() else "uv"


def bring_python(cache: Path) -> None:
    """Has uv fetch Python 3.10 into the cache; tried once a day at most, since it waits for the network."""
    tried = cache / ".rasa-python-tried"
    if tried.exists() and time.time() - tried.stat().st_mtime < RETRY_AFTER_S:
        return
    say("no Python 3.8 to 3.10 here; asking uv to fetch 3.10")
    environment = {**os.environ, "UV_PYTHON_INSTALL_DIR": str(cache / "python"), "UV_HTTP_TIMEOUT": "10"}
    words = [uv(), "python", "install", "--no-bin", "3.10"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        tried.touch()
        say("uv could not fetch it: " + (done.stderr.strip().splitlines() or ["no reason given"])[-1].strip())


def make(found: rasa_env.Found, folder: Path) -> str:
    """Creates the environment at `folder`; returns the reason when it fails, else an empty text."""
    lock = rasa_env.REQUIREMENTS / rasa_env.LOCKS[found.version]
    shutil.rmtree(folder, ignore_errors=True)
    python = folder / "bin/python"
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    steps = [
        [uv(), "venv", "--quiet", "--python", str(found.executable), str(folder)],
        [uv(), "pip", "install", *quiet, "--python", str(python), "--require-hashes", "-r", str(lock)],
        [str(python), "-m", "rasa", "--version"],
    ]
    # A cache on another file system makes uv copy instead of link; that is no reason for a warning.
    environment = {**os.environ, "UV_LINK_MODE": "copy"} if not _same_disk(folder.parent) else dict(os.environ)
    for step in steps:
        shown = step[0] == uv()
        done = subprocess.run(
            step,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr if shown else subprocess.PIPE,
            stderr=sys.stderr if shown else subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            end = "" if shown else ": " + (done.stdout.strip().splitlines() or [""])[-1]
            return f"`{' '.join(step[:3])}` failed{end}"
    (folder / rasa_env.MARK).write_text(f"{found.executable} {found.version}\n")
    return ""


def _same_disk(folder: Path) -> bool:
    uv_cache = Path(os.environ.get("UV_CACHE_DIR") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"))
    return uv_cache.exists() and uv_cache.stat().st_dev == folder.stat().st_dev


def main() -> int:
    """Returns 0 when the environment is there; prints its python."""
    cache = cache_folder()
    there = rasa_env.find_rasa(cache)
    if there is None:
        with one_at_a_time(cache / "rasa", say):
            there = rasa_env.find_rasa(cache) or made_now(cache)
    if there is None:
        return 1
    print(there)
    return 0


def made_now(cache: Path) -> Path | None:
    """The python of a new environment; None after the reason was said."""
    found, _ = rasa_env.find_python()
    if found is None and not os.environ.get("IVR_RASA_PYTHON"):
        bring_python(cache)
        found, _ = rasa_env.find_python()
    if found is None:
        say(rasa_env.why_no_rasa(cache))
        return None
    say(f"making its environment with {found.executable} (Python {found.version}); about 2.5 GB")
    began = time.monotonic()
    reason = make(found, rasa_env.environment_folder(found.version, cache))
    if reason:
        say(reason)
        return None
    say(f"environment ready after {time.monotonic() - began:.0f} s")
    return rasa_env.find_rasa(cache)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("interrupted; the next run goes on with what was downloaded")
        sys.exit(130)
