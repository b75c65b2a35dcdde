"""Does the database answer, and how far are the records?"""

from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from ivr.records import schema, store, tables
from ivr.records.address import Address
from ivr.records.tail import journals


def unreachable(address: Address) -> str:
    """Why the database does not answer; empty when it does."""
    if address.server is not None and not address.server.sockets.exists():
        return "the embedded server does not run (`ivr up` starts it, `ivr postgres` runs it alone)"
    made = store.engine(address.url)
    try:
        with made.connect() as connection:
            connection.execute(text("select 1"))
    except SQLAlchemyError as error:
        original = getattr(error, "orig", None) or error
        return str(original).strip().split("\n", 1)[0]
    finally:
        made.dispose()
    return ""


def status(address: Address, journal_folder: Path) -> dict[str, Any]:
    """For `ivr db status`."""
    report: dict[str, Any] = {
        "database": address.shown,
        "embedded": address.server is not None,
        "answers": False,
        "journals": sum(1 for _ in journals(journal_folder)),
    }
    why = unreachable(address)
    if why:
        return {**report, "reason": why}
    made = store.engine(address.url)
    try:
        with made.connect() as connection:
            version = connection.execute(text("show server_version")).scalar_one()
            report |= {"answers": True, "server": str(version), "version": "", "newest": schema.newest()}
            if connection.execute(text("select to_regclass('ivr.calls')")).scalar_one() is not None:
                report["version"] = schema.current(connection)
                count = select(func.count(), func.count().filter(tables.calls.c.complete)).select_from(tables.calls)
                calls, complete = connection.execute(count).one()
                report |= {"calls": calls, "complete": complete}
    except SQLAlchemyError as error:
        report["reason"] = str(getattr(error, "orig", error)).split("\n", 1)[0]
    finally:
        made.dispose()
    return report
