"""The report of the week as a mail: a real SMTP server, STARTTLS and sign-in, several nodes at once, failures."""

import socket
import ssl
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import typer
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from pydantic import ValidationError
from sqlalchemy import text
from typer.testing import CliRunner

from ivr import settings
from ivr.commands.report import report
from ivr.insight import weekly_mail
from ivr.insight.figures.span import Span, week_of
from ivr.insight.weekly_mail import MailConfig, MailError, MondayMail
from ivr.records import audit, store
from tests.insight.figures.conftest import SEOUL

pytestmark = pytest.mark.postgres
MONDAY = datetime(2027, 1, 11, 7, 0, tzinfo=SEOUL)
WEEK = Span(*week_of(datetime(2027, 1, 5).date()), "Asia/Seoul")


@dataclass
class Box:
    """A mail server that keeps what it takes."""

    port: int = 0
    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    users: list[bytes] = field(default_factory=list)
    refuse: str = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address == self.refuse:
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        made = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(made, EmailMessage)
        self.mails.append((envelope.rcpt_tos, made))
        return "250 kept"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, told: Any) -> AuthResult:
        right = (told.login, told.password) == (b"ivr", b"hunter2")
        self.users += [told.login] if right else []
        return AuthResult(success=right)


def running(box: Box, **options: Any) -> Iterator[Box]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        box.port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


@pytest.fixture
def box() -> Iterator[Box]:
    yield from running(Box())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "key.pem",
         "-out", folder / "cert.pem"], check=True, capture_output=True,
    )  # fmt: skip
    return folder


@pytest.fixture
def guarded(certificate: Path) -> Iterator[Box]:
    """Takes mail after STARTTLS and a sign-in only."""
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    box = Box()
    yield from running(
        box, tls_context=secure, require_starttls=True, auth_required=True, authenticator=box.authenticate
    )


def config(box: Box, **chosen: Any) -> MailConfig:
    given: dict[str, Any] = {"host": "127.0.0.1", "port": box.port, "tls": "off", "sender": "ivr@acme.example",
             "to": ("desk@acme.example", "boss@acme.example"), "page": "https://ivr.acme.example"}  # fmt: skip
    return MailConfig(**(given | chosen))


def node(name: str, url: str, told: MailConfig, now: datetime = MONDAY) -> MondayMail:
    return MondayMail(lambda: store.engine(url), name, told, lambda: "Asia/Seoul", lambda: now)


def trail(url: str) -> list[tuple[str, str]]:
    engine = store.engine(url)
    with engine.connect() as db:
        found = [(it.what, it.about) for it in audit.read(db, what="report.")]
    engine.dispose()
    return found[::-1]


@pytest.fixture
def week(filled: str) -> Iterator[str]:
    """The made-up calls, with nothing mailed yet."""
    yield filled
    engine = store.engine(filled)
    with engine.begin() as db:
        db.execute(text("delete from ivr.audit"))
    engine.dispose()


def test_the_mail_has_the_figures_and_no_callers_words(week: str, box: Box) -> None:
    assert node("one", week, config(box)).look()
    ((to, mail),) = box.mails
    assert to == ["desk@acme.example", "boss@acme.example"]
    assert mail["Subject"] == "Calls of the week from 2027-01-04"
    plain, shown = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert shown is not None
    words = plain.get_content()
    assert "offered" in words
    assert "busiest hour: Monday 00:00, 3 calls" in words
    assert "questions that the knowledge base could not answer: 1" in words
    assert "shop/menu" in words
    assert "https://ivr.acme.example/insight?since=2027-01-04T00:00&until=2027-01-11T00:00" in words
    assert "+822555" not in words + shown.get_content()
    assert "lamps" not in words.lower() + shown.get_content().lower()


def test_four_nodes_at_once_send_one_mail(week: str, box: Box) -> None:
    nodes = [node(f"node{n}", week, config(box)) for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda it: it.look(), nodes * 3))
    assert sent.count(True) == 1
    assert len(box.mails) == 1
    assert trail(week) == [("report.sending", "2027-01-04"), ("report.mailed", "2027-01-04")]


def test_a_failure_is_tried_again_and_a_node_that_died_in_between_is_not(
    week: str, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = MailConfig("127.0.0.1", 9, "off", "ivr@acme.example", ("desk@acme.example",))
    one = node("one", week, gone, datetime.now(UTC))
    monkeypatch.setattr(one, "due", lambda: (WEEK.first, WEEK.until))
    assert not one.look()
    assert "127.0.0.1:9" in one.status()["failed"]
    two = node("two", week, config(box), datetime.now(UTC) + timedelta(minutes=5))
    monkeypatch.setattr(two, "due", lambda: (WEEK.first, WEEK.until))
    assert not two.look(), "ten minutes are not over"
    two._clock = lambda: datetime.now(UTC) + timedelta(minutes=11)
    assert two.look()
    assert [what for what, _ in trail(week)] == ["report.sending", "report.failed", "report.sending", "report.mailed"]
    engine = store.engine(week)
    with engine.begin() as db:
        audit.write(db, "report.sending", name="three", about="2027-01-11")
    engine.dispose()
    after = node("four", week, config(box), MONDAY + timedelta(days=7))
    assert not after.look(), "it may have left"
    assert len(box.mails) == 1


@pytest.mark.parametrize(("now", "due"), [
    (datetime(2027, 1, 11, 6, 59, tzinfo=SEOUL), False), (MONDAY, True), (MONDAY.astimezone(UTC), True),
    (MONDAY + timedelta(hours=47), True), (MONDAY + timedelta(hours=48), False),
])  # fmt: skip
def test_it_is_due_on_monday_from_its_hour_on(now: datetime, due: bool) -> None:
    found = node("one", "", MailConfig("x", 25, "off", "a@b", ("c@d",)), now).due()
    assert found == ((WEEK.first, WEEK.until) if due else None)


def test_over_starttls_with_a_sign_in(week: str, guarded: Box, certificate: Path) -> None:
    message = EmailMessage()
    message["From"], message["To"] = "ivr@acme.example", "desk@acme.example"
    right = config(guarded, host="localhost", tls="starttls", user="ivr", password="hunter2",
                   ca_file=str(certificate / "cert.pem"))  # fmt: skip
    assert weekly_mail.send(message, right) == []
    assert guarded.users == [b"ivr"]
    wrong = {"password": "guess"}, {"ca_file": ""}, {"tls": "off", "user": "", "password": ""}, {"tls": "tls"}
    for one in wrong:
        given = {"host": "localhost", "tls": "starttls", "user": "ivr", "password": "hunter2",
                 "ca_file": str(certificate / "cert.pem"), "timeout_s": 5}  # fmt: skip
        with pytest.raises(MailError) as told:
            weekly_mail.send(message, config(guarded, **(given | one)))
        assert "hunter2" not in str(told.value)
    assert len(guarded.mails) == 1


def test_an_address_that_is_refused_keeps_no_other_from_the_mail(week: str, box: Box) -> None:
    box.refuse = "boss@acme.example"
    one = node("one", week, config(box))
    assert one.look()
    assert one.status() == {"week": "2027-01-04", "refused": 1}
    assert box.mails[0][0] == ["desk@acme.example"]


def test_the_command(week: str, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    app = typer.Typer()
    app.command()(report)
    monkeypatch.setenv("DATABASE_URL", week)
    words = ["--mail", "--week", "2027-01-07", "--zone", "Asia/Seoul"]
    none = CliRunner().invoke(app, words)
    assert none.exit_code == 2
    assert "mail.host" in none.stderr
    for name, value in (("HOST", "127.0.0.1"), ("PORT", str(box.port)), ("TLS", "off"), ("SENDER", "ivr@acme.example"),
                        ("TO", '["desk@acme.example"]')):  # fmt: skip
        monkeypatch.setenv(f"IVR_MAIL_{name}", value)
    for _ in range(2):
        done = CliRunner().invoke(app, words)
        assert (done.exit_code, done.stdout) == (0, "mailed to 1 of 1 addresses\n"), done.stderr
    assert len(box.mails) == 2, "by hand it is sent whatever was sent before"
    monkeypatch.setenv("IVR_MAIL_PORT", "9")
    assert "not mailed: 127.0.0.1:9" in CliRunner().invoke(app, words).stderr


@pytest.mark.parametrize("wrong", [
    {"host": "x", "to": ["a@b"]}, {"password": "p", "tls": "off"}, {"to": ["desk"]}, {"to": ["a@b\nBcc: c@d"]},
])  # fmt: skip
def test_settings_that_cannot_be_meant(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings.Mail(**wrong)
