"""Calls in progress over real nodes' control APIs: the stream, rights, masks, what is done with a call, listening."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import delete
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from ivr import actions as a
from ivr.call.wav import Recording
from ivr.records import agent_line, audit, board_rows, tables
from ivr.web.identity import cookie_name
from ivr.web.live.board import GONE_KEPT, Board
from ivr.wire.messages import QueueJoin
from tests.web.conftest import Site, serve
from tests.web.live.conftest import TOKEN, Node

pytestmark = pytest.mark.postgres
NewNode = Callable[[str], Node]
LOUD, QUIET = bytes([0, 16]) * 160, bytes(320)


@pytest.fixture(scope="module")
def site(postgres_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from serve(postgres_server.fresh(), tmp_path_factory.mktemp("site"), control={"token": TOKEN})


class Viewer:
    """A browser that follows the stream: what it knows by now."""

    def __init__(self, client: httpx.Client) -> None:
        self._stack = contextlib.ExitStack()
        self.answer = self._stack.enter_context(client.stream("GET", "/live/events"))
        assert self.answer.status_code == 200, self.answer.read()
        self._lines = self.answer.iter_lines()
        self.calls: dict[str, dict[str, Any]] = {}
        self.nodes: dict[str, dict[str, Any]] = {}
        self.queues: list[dict[str, Any]] = []
        self.database = True
        self.text = ""

    def until(self, what: Callable[["Viewer"], Any]) -> "Viewer":
        """Reads on until it is true; the client's timeout ends it."""
        while not what(self):
            line = next(self._lines)
            if not line.startswith("data: "):
                continue
            self.text += line
            news = json.loads(line[6:])
            if news["full"]:
                self.calls.clear()
            for call in news["gone"]:
                self.calls.pop(call, None)
            self.calls |= {call["id"]: call for call in news["calls"]}
            self.nodes = {node["name"]: node for node in news.get("nodes", self.nodes.values())}
            self.queues = news.get("queues", self.queues)
            self.database = news.get("database", self.database)
        return self

    def __enter__(self) -> "Viewer":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def trail(site: Site, call: str) -> list[tuple[str, str, str]]:
    with site.engine.connect() as db:
        return [(it.name, it.what, it.about) for it in audit.read(db, call=call)]


def test_calls_of_all_nodes_come_change_and_go(site: Site, new_node: NewNode) -> None:
    a_node, b_node = new_node("a"), new_node("b")
    b_node.step = 5
    one, two = a_node.call(), b_node.call(said="where is my parcel")
    with Viewer(site.client("supervisor")) as viewer:
        viewer.until(lambda it: it.calls.keys() >= {one, two} and it.nodes["b"]["media"])
        assert (viewer.calls[one]["node"], viewer.calls[two]["node"]) == ("a", "b")
        shown = viewer.calls[two]
        assert (shown["caller"], shown["line"], shown["at_node"]) == ("+14155550123", "orders", "welcome")
        assert (shown["said_by"], shown["said"]) == ("caller", "where is my parcel")
        assert shown["lasts_s"] > 0
        assert viewer.nodes["b"]["media"] == {"max_calls": 40, "free_calls": 39, "draining": False, "ladder_step": 5}
        a_node.write(one, a.NodeEntered(flow="orders", node="which_order", node_type="collect"))
        viewer.until(lambda it: it.calls[one]["at_node"] == "which_order")
        a_node.over(one)
        viewer.until(lambda it: one not in it.calls)
        assert two in viewer.calls


def test_a_node_that_is_away_is_told_and_the_others_go_on(site: Site, new_node: NewNode) -> None:
    a_node, b_node = new_node("a"), new_node("b")
    one, two = a_node.call(), b_node.call()
    with Viewer(site.client("viewer")) as viewer:
        viewer.until(lambda it: it.calls.keys() >= {one, two})
        b_node.stop()
        viewer.until(lambda it: not it.nodes["b"]["there"])
        assert two in viewer.calls, "media goes on without services: the call is shown as it was known"
        a_node.write(one, a.NodeEntered(flow="orders", node="which_order", node_type="collect"))
        viewer.until(lambda it: it.calls[one]["at_node"] == "which_order")
        answer = site.client("supervisor").post(f"/live/calls/{two}/hang_up")
        assert (answer.status_code, "does not answer" in answer.json()["detail"]) == (503, True)
        b_node.over(two)
        b_node.start(site.engine)
        viewer.until(lambda it: it.nodes["b"]["there"] and two not in it.calls)


def test_a_viewer_who_comes_again_has_everything(site: Site, new_node: NewNode) -> None:
    node = new_node("a")
    one = node.call()
    client = site.client("supervisor")
    with Viewer(client) as viewer:
        viewer.until(lambda it: one in it.calls)
    node.over(one)
    two = node.call()
    with Viewer(client) as viewer:
        viewer.until(lambda it: two in it.calls and one not in it.calls)


def test_who_may_not_see_numbers_or_words_gets_none(site: Site, new_node: NewNode) -> None:
    one = new_node("a").call(said="my name is Rosebud")
    with Viewer(site.client("viewer")) as viewer:
        viewer.until(lambda it: one in it.calls)
        assert viewer.calls[one]["caller"] == "•••23"
        assert viewer.calls[one]["said"] == "•••"
        assert "Rosebud" not in viewer.text
        assert "4155550123" not in viewer.text


def test_who_is_limited_to_lines_sees_and_touches_no_other(site: Site, new_node: NewNode) -> None:
    node = new_node("a")
    mine, other = node.call("orders"), node.call("office")
    node.hears(other)
    client = site.client("supervisor", ["orders"])
    with Viewer(client) as viewer:
        viewer.until(lambda it: mine in it.calls)
        for path, data in ((f"/live/calls/{other}/hang_up", {}), (f"/live/calls/{other}/transfer", {"to": "agents"})):
            assert client.post(path, data=data).status_code == 404
        with pytest.raises(ConnectionClosed):
            try_to_listen(site, other, "supervisor", ["orders"])
        node.over(other)
        node.over(mine)
        viewer.until(lambda it: mine not in it.calls)
        assert other not in viewer.text
    assert (node.orders, trail(site, other)) == ([], [])


def test_hang_up_and_transfer_are_ordered_and_in_the_trail(site: Site, new_node: NewNode) -> None:
    node = new_node("a")
    call = node.call()
    client = site.client("operator")
    with Viewer(client) as viewer:
        viewer.until(lambda it: call in it.calls)
        assert client.post(f"/live/calls/{call}/transfer", data={"to": "nowhere"}).status_code == 422
        assert client.post(f"/live/calls/{call}/transfer", data={"to": "agents"}).status_code == 204
        assert client.post(f"/live/calls/{call}/hang_up").status_code == 204
        assert node.orders == [("transfer", call, {"to": "agents"}), ("hang_up", call, {})]
        assert trail(site, call) == [("operator", "live.hung_up", ""), ("operator", "live.transferred", "agents")]
        token = client.headers.pop("x-csrf-token")
        assert client.post(f"/live/calls/{call}/hang_up").status_code == 403, "without CSRF token"
        client.headers["x-csrf-token"] = token
        assert site.client("viewer").post(f"/live/calls/{call}/hang_up").status_code == 403
    assert client.post("/live/calls/0190b0a0-0000-7000-8000-000000000000/hang_up").status_code == 404
    assert len(node.orders) == 2


def test_a_call_is_found_by_its_record_when_nobody_watches(site: Site, new_node: NewNode) -> None:
    node = new_node("recorded")
    call = node.call()
    with site.engine.begin() as db:
        db.execute(tables.calls.insert().values(id=call, node="recorded", line="orders"))
    assert site.client("supervisor").post(f"/live/calls/{call}/hang_up").status_code == 204
    assert node.orders == [("hang_up", call, {})]


def listening(site: Site, call: str, role: str, lines: list[str] | None = None, origin: str = "") -> Any:
    headers = {}
    if role:
        headers["Cookie"] = f"{cookie_name(site.app.state.parts)}={site.session(role, lines)[0]}"
    address = f"{site.url.replace('http', 'ws')}/live/calls/{call}/sound"
    return connect(address, additional_headers=headers, origin=Origin(origin or site.url), proxy=None)


def try_to_listen(*how: Any) -> None:
    with listening(*how) as sound:
        sound.recv(timeout=5)


def test_listening_is_audited_before_the_first_byte_and_ends_with_the_call(site: Site, new_node: NewNode) -> None:
    node = new_node("a")
    call = node.call()
    path = node.hears(call)
    recording = Recording(path)
    with Viewer(site.client("supervisor")) as viewer:
        viewer.until(lambda it: call in it.calls and it.calls[call]["kept"])
        with listening(site, call, "supervisor") as sound:
            with pytest.raises(TimeoutError):
                sound.recv(timeout=0.3)
            assert trail(site, call) == [("supervisor", "live.listened", "")]
            recording.put(0, LOUD * 25, QUIET * 25)
            heard = sound.recv(timeout=10)
            assert isinstance(heard, bytes)
            assert heard[:4] == LOUD[:2] + QUIET[:2]
            node.over(call)
            with pytest.raises(ConnectionClosed) as ended:
                sound.recv(timeout=10)
            assert ended.value.rcvd is not None
            assert ended.value.rcvd.code == 4404
    recording.close()


@pytest.mark.parametrize("role", ["", "viewer", "operator", "auditor"])
def test_who_may_not_listen_hears_nothing(site: Site, new_node: NewNode, role: str) -> None:
    call = new_node("a").call()
    with pytest.raises((InvalidStatus, ConnectionClosed)):
        try_to_listen(site, call, role)
    assert trail(site, call) == []


def test_another_site_may_not_listen_with_somebody_s_cookie(site: Site, new_node: NewNode) -> None:
    call = new_node("a").call()
    with pytest.raises((InvalidStatus, ConnectionClosed)):
        try_to_listen(site, call, "supervisor", None, "https://evil.example")
    assert trail(site, call) == []


def test_queues_with_who_waits_and_the_agents(site: Site, new_node: NewNode) -> None:
    node = new_node("a")
    calls = [node.call(), node.call(), node.call("office")]
    agents = ["sip:anna@pbx", "sip:ben@pbx"]
    with site.engine.begin() as db:
        for call, line in zip(calls, ("orders", "orders", "office"), strict=True):
            db.execute(tables.calls.insert().values(id=call, node="a", line=line))
    for call in calls:
        agent_line.join(site.engine, "a", QueueJoin(call=call, id=1, destination="agents", agents=agents))
    agent_line.answered(site.engine, calls[0], "sip:anna@pbx", True)
    try:
        with Viewer(site.client("supervisor")) as viewer:
            [queue] = viewer.until(lambda it: it.queues).queues
            assert [it["call"] for it in queue["waiting"]] == calls[1:]
            assert queue["agents"] == [
                {"name": "sip:anna@pbx", "state": "talking"},
                {"name": "sip:ben@pbx", "state": "free"},
            ]
        with Viewer(site.client("viewer", ["orders"])) as viewer:
            [queue] = viewer.until(lambda it: it.queues).queues
            assert [it["call"] for it in queue["waiting"]] == [calls[1]]
            assert [it["name"] for it in queue["agents"]] == ["#1", "#2"]
    finally:
        with site.engine.begin() as db:
            db.execute(delete(tables.queue_entries))


def test_ten_viewers_are_one_follower_and_a_wedged_one_holds_up_nobody(site: Site, new_node: NewNode) -> None:
    node = new_node("a")
    wedged = Viewer(site.client("supervisor"))  # reads nothing
    with contextlib.ExitStack() as stack:
        viewers = [stack.enter_context(Viewer(site.client("viewer"))) for _ in range(9)]
        calls = {node.call(said="x" * 400) for _ in range(30)}
        for viewer in viewers:
            viewer.until(lambda it: it.calls.keys() >= calls)
        for n in range(5):
            for call in calls:
                node.write(call, a.Say(id=n, text=f"{n} " + "y" * 400, language="en"))
        for call in calls:
            node.over(call)
        for viewer in viewers:
            viewer.until(lambda it: not it.calls.keys() & calls)
    follower = site.app.state.follower
    assert len(follower._following) <= 1, "one connection to the node, whatever the number of viewers"
    wedged.until(lambda it: it.nodes)
    wedged.__exit__()


def test_the_board_tells_all_anew_to_who_slept_too_long() -> None:
    board = Board()
    row = {"line": "orders", "answered_at": "", "offered_at": ""}
    board.took("a", {"now": 0.0, "calls": [row | {"id": "first"}], "gone": []}, first=True)
    old = board.version
    for n in range(GONE_KEPT + 2):
        board.took("a", {"now": 0.0, "calls": [row | {"id": str(n)}], "gone": []}, first=False)
        board.took("a", {"now": 0.0, "calls": [], "gone": [str(n)]}, first=False)
    news = board.since(old, None)
    assert news is not None
    assert (news.full, [seat.row["id"] for seat in news.calls], news.gone) == (True, ["first"], [])
    fresh = board.since(board.version - 1, None)
    assert fresh is not None
    assert (fresh.full, fresh.gone) == (False, [str(GONE_KEPT + 1)])
    assert board.since(board.version, None) is None
    asyncio.run(board.changed(0, 5))


def test_nodes_that_were_not_heard_of_for_an_hour_are_forgotten(site: Site) -> None:
    with site.engine.begin() as db:
        db.exec_driver_sql(
            "insert into ivr.nodes (name, address, heartbeat_at) values"
            " ('old', 'http://x', now() - interval '2 hours'), ('late', 'http://y', now() - interval '5 minutes')"
        )
        assert [it.name for it in board_rows.node_rows(db)] == ["late"]
        db.execute(delete(tables.nodes))
