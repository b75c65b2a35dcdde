"""Our own Redis: Debian's redis-server with what background tasks and shared cached answers need."""

import shutil
from pathlib import Path

PROGRAM = "redis-server"
SOCKET = "redis.sock"


def installed() -> bool:
    return shutil.which(PROGRAM) is not None


def address(state: Path, given: str = "") -> str:
    """`given`, else our own server's Unix socket: no port, nobody else's."""
    return given or f"unix://{state / 'run' / SOCKET}"


def command(state: Path) -> list[str]:
    """Listens on a socket of this user only; each change is on disk within a second (appendonly)."""
    folder = state / "redis"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    words = {
        "port": "0", "unixsocket": str(state / "run" / SOCKET), "unixsocketperm": "700", "dir": str(folder),
        "appendonly": "yes", "save": "", "daemonize": "no", "maxmemory": "256mb", "maxmemory-policy": "volatile-ttl",
        "logfile": "",
    }  # fmt: skip
    return [PROGRAM, *(word for name, value in words.items() for word in (f"--{name}", value))]
