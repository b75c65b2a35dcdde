"""An embedded PostgreSQL of its own, for as long as a measurement lasts."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from ivr.records import embedded

START_S = 60.0
STOP_S = 30.0


@contextmanager
def private_postgres(state: Path) -> Iterator[str]:
    """Address of its empty database; the server is `ivr postgres` with this state folder. Raises DatabaseUnavailable
    when it does not start."""
    cluster = embedded.cluster(state)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("IVR_") and k != "DATABASE_URL"}
    process = subprocess.Popen(
        [sys.executable, "-m", "ivr", "postgres"],
        env={**environment, "IVR_STATE": str(state)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + START_S
        while True:
            try:
                psycopg.connect(cluster.url(), connect_timeout=2).close()
                break
            except psycopg.OperationalError as error:
                if process.poll() is not None or time.monotonic() > until:
                    raise embedded.DatabaseUnavailable(f"it does not start: {type(error).__name__}") from None
                time.sleep(0.1)
        yield cluster.url()
    finally:
        process.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
