"""Running a node empty: it takes no new calls, those in progress finish. For `ivr drain` and the end of `ivr up`."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

ASK_S = 5.0
LOOK_S = 0.2


class NodeAway(Exception):
    """The node's control API does not do what was asked, and why."""


def ask(state: Path, method: str, path: str) -> dict[str, Any]:
    """A request to the control API of the server that runs on this state folder. Raises NodeAway."""
    try:
        url = json.loads((state / "run" / "control.json").read_text())["url"]
        token = (state / "secrets" / "control.token").read_text().strip()
    except (OSError, ValueError, KeyError):
        raise NodeAway(f"no server runs on the state folder {state}") from None
    request = urllib.request.Request(f"{url}{path}", method=method, headers={"Authorization": f"Bearer {token}"})
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=ASK_S) as answer:
            told = json.load(answer)
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise NodeAway(f"the control API does not answer: {error}") from None
    return told if isinstance(told, dict) else {}


def run_empty(state: Path, within_s: float, told: Callable[[int], None], over: Callable[[], bool] = bool) -> bool:
    """Drain, and wait until no call is left; False when time is up. `told(calls)` at each change of their number.

    A control API that is away for a moment (services is started again) is asked again; `over()` gives up.
    """
    until = time.monotonic() + within_s
    left, drains = -1, False
    while not over():
        try:
            now = ask(state, "GET", "/status") if drains else {"media": ask(state, "POST", "/drain")}
            drains = True
            calls = len(now["media"]["calls"])
        except (NodeAway, KeyError):
            drains, calls = False, left
        if calls != left:
            told(calls)
            left = calls
        if left == 0:
            return True
        if time.monotonic() + LOOK_S > until:
            return False
        time.sleep(LOOK_S)
    return False
