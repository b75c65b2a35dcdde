"""The embedded server: who may come in, what survives, what it says."""

import os
import signal
import socket
import stat
import tempfile
from pathlib import Path

import psycopg
import pytest

from ivr.records import embedded
from tests.embedded_postgres import Server

pytestmark = pytest.mark.postgres


def test_it_listens_on_a_private_socket_only_and_does_not_run_as_root(postgres_server: Server) -> None:
    folder = postgres_server.cluster.sockets
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [p.name for p in folder.iterdir() if p.is_socket()] == [".s.PGSQL.5432"]
    status = Path(f"/proc/{postgres_server.pid}/status").read_text()
    uid = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1]
    assert uid != "0"
    assert int(uid) == folder.stat().st_uid
    with psycopg.connect(postgres_server.cluster.url()) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("",)
        assert connection.execute("show fsync").fetchone() == ("on",)
        assert connection.execute("show synchronous_commit").fetchone() == ("on",)
        assert connection.execute("show data_checksums").fetchone() == ("on",)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_another_account_of_the_machine_gets_in_neither_by_file_nor_by_name(postgres_server: Server) -> None:
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.setgid(65534)
            os.setuid(65534)
            psycopg.connect(postgres_server.cluster.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            code = 7
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7


def test_a_killed_server_comes_back_with_everything_that_was_committed() -> None:
    with tempfile.TemporaryDirectory(prefix="ivr-test-") as folder:
        Path(folder).chmod(0o711)
        server = Server(Path(folder))
        server.start()
        try:
            with psycopg.connect(server.cluster.url(), autocommit=True) as connection:
                connection.execute("create table kept (n int)")
                connection.execute("insert into kept values (1), (2)")
            assert server.stop(signal.SIGKILL) == -signal.SIGKILL
            server.start()
            with psycopg.connect(server.cluster.url()) as connection:
                assert connection.execute("select count(*) from kept").fetchone() == (2,)
        finally:
            code = server.stop()
        assert code == 0


def test_an_interrupted_first_start_is_begun_again() -> None:
    with tempfile.TemporaryDirectory(prefix="ivr-test-") as folder:
        Path(folder).chmod(0o711)
        half = Path(folder) / "postgres.new"
        half.mkdir()
        (half / "PG_VERSION").write_text("18\n")
        server = Server(Path(folder))
        server.start()
        server.stop()
        assert not half.exists()


def test_tcp_needs_the_port_set_and_the_password() -> None:
    with tempfile.TemporaryDirectory(prefix="ivr-test-") as folder, socket.socket() as free:
        Path(folder).chmod(0o711)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        server = Server(Path(folder), port)
        server.start()
        try:
            password = server.cluster.password_file.read_text().strip()
            assert stat.S_IMODE(server.cluster.password_file.stat().st_mode) == 0o600
            by_tcp = f"host=127.0.0.1 port={port} dbname=ivr user=ivr connect_timeout=3"
            psycopg.connect(f"{by_tcp} password={password}").close()
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                psycopg.connect(f"{by_tcp} password=wrong")
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(f"{by_tcp} password={password}".replace("user=ivr", "user=postgres"))
        finally:
            server.stop()


def test_a_state_folder_with_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 80) / ("y" * 40)
    found = embedded.cluster(long)
    assert len(str(found.sockets / ".s.PGSQL.65535.lock")) <= embedded.MAX_SOCKET_PATH
    assert found.data == long / "postgres"
    assert embedded.cluster(long / "other").sockets != found.sockets


def test_nothing_a_statement_carries_reaches_the_log() -> None:
    with tempfile.TemporaryDirectory(prefix="ivr-test-") as folder:
        Path(folder).chmod(0o711)
        server = Server(Path(folder))
        server.start()
        with psycopg.connect(server.cluster.url(), autocommit=True) as connection:
            for statement in ("select 'secretword'::int", "select secretword", "selec secretword"):
                with pytest.raises(psycopg.Error):
                    connection.execute(statement)
            connection.execute("create table t (n int primary key, x text)")
            connection.execute("insert into t values (1, 'secretword')")
            with pytest.raises(psycopg.Error):
                connection.execute("insert into t values (1, 'secretword')")
        process = server._process
        assert process is not None
        assert process.stderr is not None
        process.send_signal(signal.SIGINT)
        words = process.communicate(timeout=20)[1].decode()
        assert "shut down" in words
        assert "insert into" not in words
