"""A real PostgreSQL for tests: the embedded one, in a temporary folder, started and stopped like `ivr up` does."""

import itertools
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ivr.records import embedded, store

ROOT = Path(__file__).parent.parent


class Server:
    """One embedded server under a state folder of its own."""

    def __init__(self, state: Path, port: int = 0) -> None:
        self.state = state
        self.cluster = embedded.cluster(state, port)
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self._template = False

    def start(self) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("IVR_") and k != "DATABASE_URL"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ivr", "postgres"],
            env={**environment, "IVR_STATE": str(self.state), "IVR_DATABASE_PORT": str(self.cluster.port)},
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        until = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.cluster.url("postgres", "postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise AssertionError(self._words()) from None
                time.sleep(0.05)

    def _words(self) -> str:
        assert self._process is not None
        assert self._process.stderr is not None
        self._process.kill()
        return self._process.stderr.read().decode("utf-8", "replace")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self, number: int = signal.SIGINT) -> int:
        """Its exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(20)
        assert self._process.stderr is not None
        self._process.stderr.close()
        return code

    def fresh(self) -> str:
        """Address of a new database with the newest tables."""
        with psycopg.connect(self.cluster.url("postgres", "postgres"), autocommit=True) as connection:
            if not self._template:
                connection.execute("create database template_ivr owner ivr")
                store.migrated(self.cluster.url(database="template_ivr")).dispose()
                self._template = True
            name = f"test_{next(self._numbers)}"
            connection.execute(f"create database {name} owner ivr template template_ivr")
            connection.execute(f"revoke all on database {name} from public")  # as records/embedded.py does
            connection.execute(f"grant connect on database {name} to ivr_query")
        return self.cluster.url(database=name)

    def query_url(self, url: str) -> str:
        """The same database, as the role of query nodes."""
        return url.replace("://ivr@", "://ivr_query@")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="ivr-test-") as folder:
        Path(folder).chmod(0o711)
        server = Server(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop(signal.SIGQUIT)  # at once: the folder goes anyway


@pytest.fixture
def database(postgres_server: Server) -> str:
    """Address of an empty database with the newest tables."""
    return postgres_server.fresh()
