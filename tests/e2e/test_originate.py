"""The server calls somebody, who then talks with a line: by the control API and by the API of the pages."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import Engine

from ivr import actions, events, journal
from ivr.insight.journal_tail import JournalTail
from ivr.records import people, sessions, store
from ivr.records.fold import fold

from .agent import Agent
from .line import Line
from .test_browser_calls import cookie, engine, site

__all__ = ["engine", "site"]
pytestmark = [pytest.mark.sip, pytest.mark.slow]


class Made:
    """A call that was made."""

    def __init__(self, line: Line, call: str) -> None:
        self.call = call
        self._line = line
        self._tail = JournalTail(line.state / "journals", call)

    def of(self, kind: type[Any]) -> list[Any]:
        self._tail.read()
        return [it for it in self._tail.entries if isinstance(it, kind)]

    def wait(self, kind: type[Any], seconds: float = 15, number: int = 1) -> Any:
        self._line.wait(lambda: len(self.of(kind)) >= number, seconds, kind.__name__)
        return self.of(kind)[number - 1]


def originated(line: Line) -> set[str]:
    """Calls that the database knows so far."""
    return {str(it["id"]) for it in line.rows("select id from ivr.calls where starts_with(dialled, 'originate:')")}


def test_somebody_is_called_and_talks_with_the_line(line: Line, agent: Agent) -> None:
    before = len(agent.of("answered"))
    to = f"sip:anna@127.0.0.1:{agent.port}"
    made = Made(line, line.control("/calls", json={"to": to, "line": "orders"})["call"])
    agent.wait("answered", before + 1)
    answered = made.wait(journal.CallAnswered)
    assert answered.codec == "PCMU"
    opened = made.of(journal.Opened)[0]
    assert (opened.call, opened.caller, opened.dialled, opened.line) == (made.call, to, "originate:orders", "orders")
    first = made.wait(events.PromptStarted)
    assert first.t <= 50, "the flow begins when they answer, not when it rings"
    made.wait(events.PromptStarted, number=2)
    made.wait(events.VoiceStarted)
    line.control(f"/calls/{made.call}/hang_up", json={})
    made.wait(journal.Closed)
    assert made.of(events.HungUp)[0].by == "system"
    assert made.of(actions.Say)[0].text == "This call may be recorded."


def test_who_was_called_is_connected_with_an_agent(line: Line, agent: Agent) -> None:
    before = len(agent.of("answered"))
    to = f"sip:anna@127.0.0.1:{agent.port}"
    made = Made(line, line.control("/calls", json={"to": to, "line": "orders", "connect": "agents"})["call"])
    agent.wait("answered", before + 2)  # the one who was called, and who they are connected with
    done = made.wait(events.TransferDone)
    assert (done.ok, done.how) == (True, "bridge")
    assert [it.outcome for it in made.of(actions.Finished)] == ["transferred"]
    assert not made.of(events.CallStarted)
    assert not made.of(journal.RecordingStarted)
    line.control(f"/calls/{made.call}/hang_up", json={})
    made.wait(journal.Closed)


def test_who_wants_to_be_called_back_is_connected_by_one_click(
    line: Line, site: str, engine: Engine, agent: Agent
) -> None:
    wanted = str(uuid4())
    note = actions.CallBackWanted(to="agents", number=f"sip:anna@127.0.0.1:{agent.port}", position=2)
    opened = journal.Opened(at="2026-11-30T18:00:00Z", node="test", caller="+14155550123", line="orders", flow="orders")
    with engine.begin() as db:
        store.write(db, [fold(wanted, [opened, journal.CallAnswered(at="2026-11-30T18:00:01Z"), note]).changed()])
        token = sessions.begin(db, people.add(db, "callie", "supervisor").id, complete=True)
        found = sessions.find(db, token, 3600, 3600)
    assert found is not None
    before, known = len(agent.of("answered")), originated(line)
    headers = {"x-csrf-token": found.csrf, "origin": site, "accept": "text/html", "hx-request": "true"}
    with httpx.Client(
        base_url=site, cookies={"ivr_session": token}, headers=headers, trust_env=False, timeout=15
    ) as client:
        answer = client.post(f"/inbox/{wanted}/3/call")
    assert answer.status_code == 200, answer.text
    assert 'data-state="taken"' in answer.text
    agent.wait("answered", before + 2)  # the one who wanted it, and who they waited for
    told = line.rows("select about from ivr.audit where what = 'call.originated' and name = 'callie'")
    assert told == [{"about": f"orders: sip:anna@127.0.0.1:{agent.port} with agents"}]
    made = Made(line, line.wait(lambda: next(iter(originated(line) - known), ""), 15, "its record is on the way"))
    assert made.wait(events.TransferDone).how == "bridge"
    line.control(f"/calls/{made.call}/hang_up", json={})
    made.wait(journal.Closed)


def test_who_is_not_there_or_not_allowed_is_told(line: Line, site: str, engine: Engine) -> None:
    nobody: Any = {"to": "sip:anna@127.0.0.1:9", "line": "orders"}
    with pytest.raises(httpx.HTTPStatusError) as refused:
        line.control("/calls", json=nobody)
    assert refused.value.response.status_code == 409
    assert "sip.originate does not allow" in refused.value.response.text
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        line.control("/calls", json={"to": "+14155550123", "line": "orders"})  # no trunk
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        line.control("/calls", json={"to": "sip:anna@127.0.0.1:9", "line": "nowhere"})
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        line.control("/calls", json=nobody | {"connect": "no destination"})
    session = {"ivr_session": cookie(engine, "supervisor")}
    with httpx.Client(base_url=site, cookies=session, headers={"origin": site}, trust_env=False) as client:
        order = {"to": "sip:anna@127.0.0.1:9", "line": "orders"}
        assert client.post("/api/v1/calls", json=order).status_code == 403, "without the CSRF token"
    told = line.rows("select count(*) as n from ivr.audit where what = 'call.originated' and name <> 'callie'")
    assert told[0]["n"] == 0


def test_a_program_has_somebody_called(line: Line, site: str, engine: Engine, agent: Agent) -> None:
    with engine.begin() as db:
        person = people.find(db, "dialler") or people.add(db, "dialler", "supervisor")
        token = sessions.make_token(db, person.id, "dialler", ["calls.originate"], None)
    headers = {"authorization": f"Bearer {token}"}
    order = {"to": f"sip:ben@127.0.0.1:{agent.port}", "line": "orders"}
    with httpx.Client(base_url=site, headers=headers, trust_env=False, timeout=15) as client:
        answer = client.post("/api/v1/calls", json=order)
        assert answer.status_code == 202, answer.text
        made = Made(line, answer.json()["call"])
        assert client.post("/api/v1/calls", json=order | {"line": "nowhere"}).status_code == 404
        refused = client.post("/api/v1/calls", json=order | {"to": "sip:x@127.0.0.1:9"})
        assert (refused.status_code, refused.headers["content-type"]) == (409, "application/problem+json")
    made.wait(journal.CallAnswered)
    line.control(f"/calls/{made.call}/hang_up", json={})
    made.wait(journal.Closed)
    told = line.rows(
        "select name, about from ivr.audit where what = 'call.originated' and name = 'dialler' order by id"
    )
    assert told[0] == {"name": "dialler", "about": f"orders: {order['to']}"}
