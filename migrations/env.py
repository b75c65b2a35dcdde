"""alembic's entry: runs on the connection that records/schema.py opened."""

from alembic import context
from sqlalchemy import Connection

from ivr.records.tables import SCHEMA, metadata


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table_schema=SCHEMA,
        include_schemas=True,
        include_name=lambda name, kind, parents: kind != "schema" or name == SCHEMA,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
