"""Migrations and models say the same; migrating twice, or from two processes at once, is one migration."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import inspect

from ivr.records import schema, store
from ivr.records.tables import metadata
from tests.embedded_postgres import Server

pytestmark = pytest.mark.postgres


def empty(server: Server, name: str) -> str:
    with psycopg.connect(server.cluster.url("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(f"create database {name} owner ivr")
    return server.cluster.url(database=name)


def test_models_and_migrations_agree(database: str) -> None:
    engine = store.engine(database)
    with engine.connect() as connection:
        assert schema.differences(connection) == []
        assert schema.current(connection) == schema.newest() != ""
        made = set(inspect(connection).get_table_names(schema="ivr"))
    engine.dispose()
    assert made == {t.name for t in metadata.tables.values()} | {"alembic_version"}


def test_two_nodes_that_start_at_once_migrate_once(postgres_server: Server) -> None:
    url = empty(postgres_server, "two_nodes")
    with ThreadPoolExecutor(4) as pool:
        engines = list(pool.map(store.migrated, [url] * 4))
    with engines[0].connect() as connection:
        assert schema.differences(connection) == []
    for engine in engines:
        engine.dispose()


def test_every_migration_can_be_undone(postgres_server: Server) -> None:
    from alembic import command

    engine = store.migrated(empty(postgres_server, "undone"))
    with engine.begin() as connection:
        settings = schema.config()
        settings.attributes["connection"] = connection
        command.downgrade(settings, "base")
    with engine.connect() as connection:
        assert inspect(connection).get_table_names(schema="ivr") == ["alembic_version"]
    assert schema.migrate(engine) == schema.newest()
    engine.dispose()
