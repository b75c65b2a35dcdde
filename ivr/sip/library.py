"""Which pjsua2 is installed, and whether it carries as many calls as are configured.

A pjsua2 compiled for fewer calls does not complain: it answers 486 to the call after its last one. So the limit is
read from what the build noted about itself, and, once the library runs, from the library.
"""

import ctypes
import importlib
import importlib.resources
import importlib.util
import json
from dataclasses import dataclass

# What upstream compiles when nobody says otherwise; the wheels of PyPI do.
UNKNOWN_LIMIT = 4
MINIMUM_VERSION = (2, 17)
MEND = "build the one that belongs to this server: make pjsua2"


class LibraryError(Exception):
    """pjsua2 is missing or not fit for the configuration; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Library:
    """What is known about the installed pjsua2 without starting it."""

    version: str
    """pjproject's version, such as "2.17"; empty when the build does not tell."""
    max_calls: int
    """Calls it was compiled for."""
    options: str
    """Hash of the options it was built with; empty when it is not our build."""


def installed() -> Library:
    """Reads the build's note; raises LibraryError when there is no pjsua2."""
    if importlib.util.find_spec("pjsua2") is None:
        raise LibraryError(f"pjsua2 is not installed: {MEND}")
    if importlib.util.find_spec("pjsua2_build") is None:
        return Library("", UNKNOWN_LIMIT, "")
    note = importlib.resources.files("pjsua2_build").joinpath("pjsua2_build.json").read_text("utf-8")
    told = json.loads(note)
    return Library(told["pjproject"], told["compiled"]["PJSUA_MAX_CALLS"], told["options"])


def require_calls(wanted: int, library: Library | None = None) -> Library:
    """Raises LibraryError when pjsua2 is too old or compiled for fewer than `wanted` calls."""
    library = library or installed()
    if not library.options:
        raise LibraryError(
            f"the installed pjsua2 is not this server's build and carries perhaps {UNKNOWN_LIMIT} calls: {MEND}"
        )
    if tuple(int(part) for part in library.version.split(".")[:2]) < MINIMUM_VERSION:
        raise LibraryError(f"pjsua2 {library.version} is too old, 2.17 is needed: {MEND}")
    if library.max_calls < wanted:
        raise LibraryError(
            f"sip.max_calls is {wanted}, but the installed pjsua2 is compiled for {library.max_calls} calls: "
            f"set sip.max_calls to at most {library.max_calls}, or raise PJSUA_MAX_CALLS in scripts/pjsua2/options.py "
            "and run make pjsua2"
        )
    return library


def running_limit() -> int:
    """The calls that the running library allows; 0 before libInit. It never exceeds what was compiled."""
    extension = importlib.import_module("_pjsua2")
    limit: int = ctypes.CDLL(extension.__file__).pjsua_call_get_max_count()
    return limit
