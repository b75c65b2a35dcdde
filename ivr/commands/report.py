"""`ivr report`: a week of calls in figures, against the week before; printed or mailed."""

import sys
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ivr.insight.figures.span import Span
    from ivr.insight.weekly_mail import MailConfig


def report(
    week: Annotated[str, typer.Option(help="any day of the week, as 2027-01-05; else the last whole week")] = "",
    zone: Annotated[str, typer.Option(help="time zone of its midnights, as Asia/Seoul; else that of the lines")] = "",
    line: Annotated[list[str] | None, typer.Option(help="only these lines")] = None,
    flow: Annotated[str, typer.Option(help="only calls of this flow")] = "",
    mail: Annotated[bool, typer.Option("--mail", help="mail it to mail.to now, whatever was mailed before")] = False,
) -> None:
    """Print the figures of a week, or mail them."""
    from sqlalchemy.exc import SQLAlchemyError

    from ivr import settings
    from ivr.bootstrap import database, mail_config, report_zone
    from ivr.insight.figures import weekly
    from ivr.insight.figures.span import Span, week_of
    from ivr.records import store

    values = settings.load()
    try:
        zone = zone or report_zone(values)
        day = date.fromisoformat(week) if week else datetime.now(ZoneInfo(zone)).date() - timedelta(days=7)
        span = Span(*week_of(day), zone, frozenset(line) if line else None, flow)
        span.before.bounds  # noqa: B018 - an unknown zone is told here
    except (ValueError, OverflowError, ZoneInfoNotFoundError) as error:
        _stop(f"no such week or zone: {error}", 2)
    if mail and not (values.mail.host and values.mail.to):
        _stop("nobody is told: set mail.host, mail.sender and mail.to (docs/web/insight.md)", 2)
    engine = store.engine(database(values).url)
    try:
        with engine.connect() as connection:
            if mail:
                _mail(connection, span, mail_config(values))
            else:
                print(weekly.report(connection, span), end="")
    except SQLAlchemyError as error:
        _stop(f"the database does not answer ({type(error).__name__}): see `ivr db status`")
    finally:
        engine.dispose()


def _mail(connection: "Connection", span: "Span", config: "MailConfig") -> None:
    from ivr.insight import weekly_mail

    message = weekly_mail.compose(connection, span, config)
    try:
        refused = weekly_mail.send(message, config)
    except weekly_mail.MailError as error:
        _stop(f"not mailed: {error}")
    print(f"mailed to {len(config.to) - len(refused)} of {len(config.to)} addresses")
    if refused:
        _stop(f"refused: {', '.join(refused)}")


def _stop(why: str, code: int = 1) -> NoReturn:
    print(why, file=sys.stderr)
    sys.exit(code)
