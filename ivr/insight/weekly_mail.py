"""The report of the week as a mail: made, sent by SMTP, and every Monday by one node only.

What was tried stands in the audit trail (`report.sending`, then `report.mailed` or `report.failed`; `about` is the
week's Monday). Who adds `report.sending` under a lock of the database sends. A node that dies in between leaves it so:
then nobody sends that week again by itself, as the mail may have left; `ivr report --mail` does it by hand.
"""

import html
import smtplib
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import SQLAlchemyError

from ivr.insight.figures import weekly
from ivr.insight.figures.span import Span, week_of
from ivr.records import audit
from ivr.records.people_tables import audit as trail

log = structlog.get_logger("mail")
LOCK = 7_204_633
"""Advisory lock: two nodes never look and write at once."""
SENDING, MAILED, FAILED = "report.sending", "report.mailed", "report.failed"
WINDOW = timedelta(hours=48)
"""After Monday's hour; a server that was down longer sends the next week's."""
AGAIN_AFTER = timedelta(minutes=10)
MOST_TRIES = 50


class MailError(Exception):
    """The mail did not leave, and why."""


@dataclass(frozen=True)
class MailConfig:
    """Settings `mail.*`."""

    host: str
    port: int
    tls: str
    sender: str
    to: tuple[str, ...]
    user: str = ""
    password: str = ""
    ca_file: str = ""
    hour: int = 7
    timeout_s: float = 20.0
    page: str = ""
    """Address of the pages; empty: not told."""


def compose(connection: Connection, span: Span, config: MailConfig) -> EmailMessage:
    """The report as text, and in a fixed width as HTML. Raises SQLAlchemyError."""
    told = weekly.report(connection, span)
    link = f"{config.page}/insight?since={span.first}T00:00&until={span.until}T00:00" if config.page else ""
    made = EmailMessage()
    made["Subject"] = f"Calls of the week from {span.first}"
    made["From"], made["To"] = config.sender, ", ".join(config.to)
    made["Date"] = formatdate(localtime=True)
    made["Message-ID"] = make_msgid(domain=config.sender.rpartition("@")[2])
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence answers it
    made.set_content(told + (f"\n{link}\n" if link else ""))
    shown = f'<p><a href="{html.escape(link)}">{html.escape(link)}</a></p>' if link else ""
    made.add_alternative(f"<html><body><pre>{html.escape(told)}</pre>{shown}</body></html>", subtype="html")
    return made


def send(message: EmailMessage, config: MailConfig) -> list[str]:
    """Addresses that the server refused, while it took others. Raises MailError when it took the mail for none."""
    try:
        secure = ssl.create_default_context()
        if config.ca_file:
            secure.load_verify_locations(config.ca_file)
        with _server(config, secure) as server:
            if config.tls == "starttls":
                server.starttls(context=secure)
            if config.user:
                server.login(config.user, config.password)
            return sorted(server.send_message(message))
    except smtplib.SMTPRecipientsRefused as error:
        raise MailError(f"{config.host} refused every address ({_codes(error)})") from None
    except smtplib.SMTPResponseException as error:
        raise MailError(f"{config.host} answered {error.smtp_code}") from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailError(f"{config.host}:{config.port}: {str(error) or type(error).__name__}") from None


def _server(config: MailConfig, secure: ssl.SSLContext) -> smtplib.SMTP:
    if config.tls == "tls":
        return smtplib.SMTP_SSL(config.host, config.port, timeout=config.timeout_s, context=secure)
    return smtplib.SMTP(config.host, config.port, timeout=config.timeout_s)


def _codes(error: smtplib.SMTPRecipientsRefused) -> str:
    return ", ".join(sorted({str(code) for code, _ in error.recipients.values()}))


class MondayMail:
    """services.parts.Background: looks each minute whether last week's report is due, and sends it."""

    name = "monday mail"

    def __init__(
        self, engine: Callable[[], Engine], node: str, config: MailConfig, zone: Callable[[], str],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC), every_s: float = 60.0,
    ) -> None:  # fmt: skip
        """`zone`: of the week and the hour; asked each time, as lines change."""
        self._engine_of, self._node, self._config = engine, node, config
        self._zone, self._clock, self._every_s = zone, clock, every_s
        self._engine: Engine | None = None
        self._stop = threading.Event()
        self._over = ""
        """The week that needs nothing more."""
        self._told: dict[str, Any] = {}

    def run(self) -> None:
        while not self._stop.is_set():
            try:
                self.look()
            except (SQLAlchemyError, OSError) as error:
                self._told["waits"] = type(error).__name__  # the database is away: the next look may find it
            self._stop.wait(self._every_s)
        if self._engine is not None:
            self._engine.dispose()

    def stop(self) -> None:
        self._stop.set()

    def status(self) -> dict[str, Any]:
        return dict(self._told)

    def look(self) -> bool:
        """Whether a mail left now. Raises SQLAlchemyError."""
        week = self.due()
        if week is None or str(week[0]) == self._over:
            return False
        self._engine = self._engine or self._engine_of()
        period = str(week[0])
        if not self._claim(period):
            return False
        try:
            span = Span(*week, self._zone())
            with self._engine.connect() as connection:
                message = compose(connection, span, self._config)
            refused = send(message, self._config)
        except (MailError, SQLAlchemyError) as error:
            why = str(error) if isinstance(error, MailError) else type(error).__name__
            log.warning("the report of the week was not mailed", week=period, why=why)
            self._told |= {"week": period, "failed": why}
            self._write(FAILED, period)
            return False
        self._told = {"week": period, "refused": len(refused)}
        log.info("the report of the week was mailed", week=period, addresses=len(self._config.to), refused=len(refused))
        self._over = period
        self._write(MAILED, period)
        return True

    def due(self) -> tuple[date, date] | None:
        """The last whole week, while its report is to be sent."""
        now = self._clock().astimezone(ZoneInfo(self._zone()))
        monday, _ = week_of(now.date())
        begins = datetime(monday.year, monday.month, monday.day, self._config.hour, tzinfo=now.tzinfo)
        return (monday - timedelta(days=7), monday) if begins <= now < begins + WINDOW else None

    def _claim(self, period: str) -> bool:
        """Whether this node shall send it now."""
        assert self._engine is not None
        with self._engine.begin() as db:
            db.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            known = (trail.c.about == period) & trail.c.what.in_((SENDING, MAILED, FAILED))
            found = db.execute(select(trail.c.what, trail.c.at).where(known).order_by(trail.c.id.desc())).all()
            if found:
                last, tries = found[0], sum(row.what == SENDING for row in found)
                waits = last.what == FAILED and self._clock() - last.at < AGAIN_AFTER
                if last.what != FAILED or tries >= MOST_TRIES:
                    self._over = period if last.what == MAILED or tries >= MOST_TRIES else ""
                    return False
                if waits:
                    return False
            audit.write(db, SENDING, name=self._node, role="node", about=period)
            return True

    def _write(self, what: str, period: str) -> None:
        assert self._engine is not None
        with self._engine.begin() as db:
            audit.write(db, what, name=self._node, role="node", about=period)
