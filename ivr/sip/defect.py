"""A mistake of ours, logged by type and place only: what a caller said or sent stands in the values around it."""

import traceback
from collections.abc import Callable

import structlog

_log = structlog.get_logger("sip")


def guarded(what: str, do: Callable[[], object]) -> bool:
    """Do it; an exception is logged and goes no further (into C++, or out of the endpoint's loop). False when there
    was one."""
    try:
        do()
    except Exception as error:
        places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-4:]]
        _log.error("defect", part=what, error=type(error).__name__, at=places)
        return False
    return True
