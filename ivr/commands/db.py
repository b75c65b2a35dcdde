"""`ivr db`: migrate and look at the database."""

import json
import os
import sys
import time
from typing import Annotated, Any

import typer

from ivr import settings

app = typer.Typer(no_args_is_help=True, help="Migrate and look at the database.")


def engine(values: settings.Settings, wait_s: float) -> Any:
    """The address of a database that answers; exits with 1 and the mend when none does."""
    from ivr.bootstrap import database
    from ivr.records import reach

    found = database(values)
    until = time.monotonic() + wait_s
    while (why := reach.unreachable(found)) and time.monotonic() < until:
        time.sleep(0.3)
    if why:
        print(f"the database {found.shown} does not answer: {why}", file=sys.stderr)
        sys.exit(1)
    return found


def migrated(found: Any) -> str:
    """Brings the database to the newest tables; its version."""
    from ivr.records import schema, store

    made = store.engine(found.url)
    try:
        return schema.migrate(made)
    finally:
        made.dispose()


@app.command()
def migrate(wait: Annotated[float, typer.Option(help="seconds to wait for the database")] = 20.0) -> None:
    """Bring the tables to the newest version."""
    found = engine(settings.load(), wait)
    print(f"{found.shown}: version {migrated(found)}")


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Does it answer, which version, how many calls."""
    from ivr.bootstrap import database
    from ivr.records import reach

    values = settings.load()
    report = reach.status(database(values), values.state / "journals")
    if as_json:
        print(json.dumps(report, indent=2))
    else:
        for name, value in report.items():
            print(f"{name:12} {value}")
    sys.exit(0 if report["answers"] else 1)


@app.command("shell-url")
def shell_url(
    query: Annotated[bool, typer.Option("--query", help="the login of query nodes")] = False,
) -> None:
    """Print the address for psql and other programs (it may hold a password)."""
    from ivr.bootstrap import database

    found = database(settings.load())
    print(found.query_url if query else found.url)


@app.command()
def shell() -> None:
    """Open psql on the database."""
    import shutil

    from ivr.bootstrap import database
    from ivr.records import embedded

    found = database(settings.load())
    own = embedded.programs() / "psql"
    program = str(own) if own.exists() else shutil.which("psql")
    if program is None:
        print("psql is not installed", file=sys.stderr)
        sys.exit(1)
    os.execv(program, [program, found.url])
