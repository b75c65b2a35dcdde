"""`ivr report`: a week of calls in figures, against the week before."""

import sys
from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer


def report(
    week: Annotated[str, typer.Option(help="any day of the week, as 2027-01-05; else the last whole week")] = "",
    zone: Annotated[str, typer.Option(help="time zone of its midnights, as Asia/Seoul")] = "UTC",
    line: Annotated[list[str] | None, typer.Option(help="only these lines")] = None,
    flow: Annotated[str, typer.Option(help="only calls of this flow")] = "",
) -> None:
    """Print the figures of a week."""
    from sqlalchemy.exc import SQLAlchemyError

    from ivr import settings
    from ivr.bootstrap import database
    from ivr.insight.figures import weekly
    from ivr.insight.figures.span import Span, week_of
    from ivr.records import store

    try:
        day = date.fromisoformat(week) if week else datetime.now(ZoneInfo(zone)).date() - timedelta(days=7)
        span = Span(*week_of(day), zone, frozenset(line) if line else None, flow)
        span.before.bounds  # noqa: B018 - an unknown zone is told here
    except (ValueError, OverflowError, ZoneInfoNotFoundError) as error:
        print(f"no such week or zone: {error}", file=sys.stderr)
        sys.exit(2)
    engine = store.engine(database(settings.load()).url)
    try:
        with engine.connect() as connection:
            print(weekly.report(connection, span), end="")
    except SQLAlchemyError as error:
        print(f"the database does not answer ({type(error).__name__}): see `ivr db status`", file=sys.stderr)
        sys.exit(1)
    finally:
        engine.dispose()
