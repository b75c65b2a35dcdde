"""Where Rasa's own Python environment is, and why it is not there when it is not.

The environment stands in the cache under the hash of the lock that it was made from, so that a new lock makes a new
environment. `python -m scripts.setup_rasa` (part of `make setup`) makes it.
"""

import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ivr.cache import cache_folder

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements"
# The Python versions that Rasa 3.6 supports, best first, each with its lock.
LOCKS = {"3.10": "rasa.txt", "3.9": "rasa-3.9.txt", "3.8": "rasa-3.8.txt"}
MARK = ".installed"
TRY_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Found:
    """A Python that really ran."""

    executable: Path
    version: str
    """Such as "3.10"."""


def environment_folder(version: str, cache: Path | None = None) -> Path:
    """The folder of the environment for that Python version."""
    digest = hashlib.sha256((REQUIREMENTS / LOCKS[version]).read_bytes()).hexdigest()[:12]
    return (cache or cache_folder()) / f"rasa-{digest}"


def find_rasa(cache: Path | None = None) -> Path | None:
    """The python of Rasa's environment, or None; `why_no_rasa` tells the reason."""
    for version in LOCKS:
        folder = environment_folder(version, cache)
        if (folder / MARK).is_file() and (folder / "bin/python").exists():
            return folder / "bin/python"
    return None


def why_no_rasa(cache: Path | None = None) -> str:
    """Why there is no environment, with the mend; empty when there is one."""
    if find_rasa(cache) is not None:
        return ""
    found, refused = find_python()
    if found is not None:
        return f"Rasa's environment is not set up, though {found.executable} would serve: run make rasa"
    tried = "".join(f"; {reason}" for reason in refused)
    return (
        "no Python 3.8, 3.9 or 3.10 was found, and Rasa 3.6 runs on no other" + tried + ". Install one (for example "
        "`uv python install 3.10`, or pyenv), name it in IVR_RASA_PYTHON when it is in no usual place, run make rasa. "
        "Until then the built-in classifier understands"
    )


def find_python(environment: dict[str, str] | None = None) -> tuple[Found | None, list[str]]:
    """The first Python that Rasa supports and that really runs, 3.10 before 3.9 before 3.8; and what was refused.

    When IVR_RASA_PYTHON is set, only that one is tried.
    """
    environment = dict(os.environ) if environment is None else environment
    refused: list[str] = []
    named = environment.get("IVR_RASA_PYTHON", "")
    if named:
        version = run_version(Path(named).expanduser())
        if version in LOCKS:
            return Found(Path(named).expanduser(), version), refused
        told = f"is Python {version}" if version else "does not run"
        return None, [f"IVR_RASA_PYTHON={named} {told}"]
    for wanted in LOCKS:
        for candidate in candidates(wanted, environment):
            version = run_version(candidate)
            if version == wanted:
                return Found(candidate, version), refused
            refused.append(f"{candidate} " + (f"is Python {version}" if version else "does not run"))
    return None, refused


def candidates(version: str, environment: dict[str, str]) -> list[Path]:
    """Files that may be that Python: on the path, of pyenv, of uv; shims among them may be empty."""
    home = Path(environment.get("HOME", "/nonexistent"))
    pyenv = Path(environment.get("PYENV_ROOT") or home / ".pyenv")
    own = Path(environment.get("IVR_CACHE") or Path(environment.get("XDG_CACHE_HOME") or home / ".cache") / "ivr")
    uv_data = Path(environment.get("XDG_DATA_HOME") or home / ".local/share") / "uv/python"
    found = [Path(folder) / f"python{version}" for folder in environment.get("PATH", "").split(os.pathsep) if folder]
    found += sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}"), reverse=True)
    for managed in (own / "python", uv_data):
        found += sorted(managed.glob(f"cpython-{version}.*/bin/python{version}"), reverse=True)
    return [path for path in found if path.is_file()]


def run_version(python: Path) -> str:
    """The version that it prints when it is run, such as "3.10"; empty when it does not run or lacks ssl or ctypes."""
    code = "import sys, ssl, ctypes, sqlite3; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(
            [python, "-I", "-c", code],
            capture_output=True,
            text=True,
            timeout=TRY_TIMEOUT_S,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
