"""Migrations: bring a database to the newest tables, and say how far it is."""

from importlib.resources import files
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

from ivr.records.embedded import QUERY_ROLE
from ivr.records.tables import SCHEMA

LOCK = 7_204_631
"""Advisory lock: two nodes never migrate one database at once."""


def config() -> Config:
    """alembic's configuration, without a file: folder `migrations` beside the package."""
    result = Config()
    result.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    return result


def _folder() -> Path:
    return Path(str(files("ivr"))).parent / "migrations"


def current(connection: Connection) -> str:
    """Version of the database; empty when it has none."""
    context = MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA})
    return context.get_current_revision() or ""


def newest() -> str:
    return ScriptDirectory.from_config(config()).get_current_head() or ""


def migrate(engine: Engine, target: str = "head") -> str:
    """Bring the database to `target`; returns its version. Safe to call from several processes."""
    settings = config()
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        connection.execute(text(f"create schema if not exists {SCHEMA}"))
        if target != "head" or current(connection) != newest():
            settings.attributes["connection"] = connection
            command.upgrade(settings, target)
        version = current(connection)
    ensure_query_role(engine)
    return version


def ensure_query_role(engine: Engine) -> bool:
    """The role of query nodes; False when we may not make it (an external database: its administrator must)."""
    with engine.connect() as connection:
        if connection.execute(text("select 1 from pg_roles where rolname = :name"), {"name": QUERY_ROLE}).first():
            return True
        try:
            connection.execute(text(f"create role {QUERY_ROLE} nologin"))
            connection.execute(text(f"grant {QUERY_ROLE} to current_user"))
            connection.commit()
        except ProgrammingError:
            return False
    return True


def differences(connection: Connection) -> list[Any]:
    """What autogenerate would change: empty when tables.py and the migrations agree."""
    from alembic.autogenerate import compare_metadata

    from ivr.records import inbox_tables, people_tables, profile_tables, review_tables

    metadata = review_tables.call_search.metadata  # that of tables.py, with the tables of these files in it
    beside = (people_tables.people, profile_tables.profiles, inbox_tables.inbox)
    assert all(table.metadata is metadata for table in beside)

    # a role named like the schema has it as its default, and alembic then takes its name for none
    connection.dialect.default_schema_name = "public"
    context = MigrationContext.configure(
        connection,
        opts={
            "version_table_schema": SCHEMA,
            "include_schemas": True,
            "include_name": lambda name, kind, parents: kind != "schema" or name == SCHEMA,
            "compare_server_default": False,
        },
    )
    return list(compare_metadata(context, metadata))
