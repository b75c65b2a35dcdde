"""What callers asked and no answer was found to, from the records."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from ivr.records import tables
from ivr.records.address import resolve
from ivr.records.look import Sources, unanswered
from ivr.records.store import migrated

CALLS = [f"01930000-0000-7000-8000-00000000000{n}" for n in range(3)]


@pytest.mark.postgres
def test_unanswered_questions_are_counted(tmp_path: Path, database: str) -> None:
    said = [("Do you sell CARS", "not_found"), ("do you sell cars", "not_found"), ("are you open", "ok")]
    with migrated(database).begin() as connection:
        for call, (text, status) in zip(CALLS, said, strict=True):
            at = datetime(2027, 1, 3, tzinfo=UTC)
            connection.execute(insert(tables.calls).values(id=call, flow="shop", offered_at=at))
            connection.execute(insert(tables.turns).values(call=call, turn=1, text=text))
            connection.execute(insert(tables.queries).values(call=call, id=5, turn=1, kind="answer", status=status))
    sources = Sources(resolve(tmp_path, database), tmp_path, tmp_path)
    (row,) = unanswered(sources)
    assert (row["question"], row["asked"], row["flow"]) == ("do you sell cars", 2, "shop")
    assert unanswered(sources, flow="bank") == []
