"""What calls say of their callers, into table `profiles`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, text

_WRITE = text("""
    insert into ivr.profiles as old (number, remember, language, last_request, "values", call, at)
    values (:number, :remember, :language, :last_request, jsonb_strip_nulls(cast(:values as jsonb)), :call, :at)
    on conflict (number) do update set
        remember = coalesce(excluded.remember, old.remember),
        language = case when excluded.remember is false then ''
            else coalesce(nullif(excluded.language, ''), old.language) end,
        last_request = case when excluded.remember is false then ''
            else coalesce(nullif(excluded.last_request, ''), old.last_request) end,
        "values" = case when excluded.remember is false then '{}'::jsonb
            else jsonb_strip_nulls(old."values" || cast(:values as jsonb)) end,
        call = excluded.call, at = excluded.at
    where excluded.at >= old.at""")


def write(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """What calls say of their callers, in the caller's transaction; of two calls the later one counts, in whatever
    order they are written, and the same again changes nothing."""
    for row in sorted(rows, key=lambda row: datetime.fromisoformat(row["at"])):
        values = {name: value or None for name, value in row["values"].items()}
        connection.execute(_WRITE, {**row, "values": msgspec.json.encode(values).decode().replace("\\u0000", "")})
