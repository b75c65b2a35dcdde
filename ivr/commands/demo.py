"""`ivr demo`: the demo line's tables."""

import sys
from typing import Annotated

import typer

from ivr import settings

DEMO_MARK = "demo.filled"
"""In the state folder: the embedded database has the demo's tables, `ivr up` need not make them."""


def demo(
    reset: Annotated[bool, typer.Option("--reset", help="put every row back as it was made")] = False,
    wait: Annotated[float, typer.Option(help="seconds to wait for the database")] = 20.0,
) -> None:
    """Fill the demo line's tables (schema demo); rows that are there stay as they are."""
    import psycopg
    from sqlalchemy.exc import OperationalError

    from ivr.business import demo as tables
    from ivr.commands.db import engine, migrated
    from ivr.records.embedded import QUERY_ROLE

    values = settings.load()
    address = engine(values, wait)
    try:
        migrated(address)
        count = tables.fill(address.url, QUERY_ROLE, reset=reset)
    except (psycopg.Error, OperationalError) as error:
        print(f"demo: the tables cannot be filled: {error}", file=sys.stderr)
        sys.exit(1)
    if address.server is not None:
        (values.state / DEMO_MARK).touch()
    print(f"demo: {count} orders in schema demo of {address.shown}")
