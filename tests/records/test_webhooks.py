"""Webhooks: a real receiver gets every event of a call once it can, signed, in order, whatever dies meanwhile."""

import hashlib
import hmac
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ivr import actions as a
from ivr import events as e
from ivr import settings
from ivr.records.hook_events import HookCall
from ivr.records.webhooks import Webhook, WebhookConfig
from tests.business.web_server import Asked, Reply, WebServer, reply

OLD = (Path(__file__).parent.parent / "data" / "journals" / "format-1.jsonl").read_bytes()
LINES = OLD.splitlines(keepends=True)
CALL = "0197a0e0-1111-7abc-8def-0123456789ab"
SECRET = "a secret of sixteen letters"


class Receiver:
    """Takes events; `status` is its answer."""

    def __init__(self) -> None:
        self.status = "200 OK"
        self.hangs_s = 0.0
        self.server = WebServer(self._answer)

    def _answer(self, _: Asked) -> Reply:
        return (b"", self.hangs_s, reply(status=self.status)) if self.hangs_s else reply(status=self.status)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(asked.body) for asked in self.server.asked]

    @property
    def kinds(self) -> list[str]:
        return [event["event"] for event in self.events]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.stop()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "journals/2026-11-23").mkdir(parents=True)
    return tmp_path / "journals"


def webhook(root: Path, receiver: Receiver, **more: Any) -> Webhook:
    clock: Callable[[], float] = more.pop("clock", time.time)
    config = WebhookConfig(receiver.server.url + "/hook", SECRET, **more)
    return Webhook(root, root.parent / "note.json", config, poll_s=0.02, clock=clock)


def put(root: Path, data: bytes, call: str = CALL) -> None:
    (root / "2026-11-23" / f"{call}.jsonl").write_bytes(data)


def test_a_call_is_told_from_start_to_end_signed(root: Path, receiver: Receiver) -> None:
    hook = webhook(root, receiver)
    put(root, OLD)
    assert hook.step()
    kinds = receiver.kinds
    assert (kinds[0], kinds[-1]) == ("call.started", "call.ended")
    assert set(kinds[1:-1]) == {"call.turn"}
    first, *_, last = receiver.events
    assert (first["caller"], first["flow"], first["call"]) == ("+14155550123", "orders", CALL)
    assert (last["outcome"], last["slots"], last["duration_s"]) == ("resolved", {"order_id": "4567"}, 10.0)
    asked = receiver.server.asked[0]
    stamp = asked.headers["x-ivr-timestamp"]
    wanted = hmac.new(SECRET.encode(), f"{stamp}.".encode() + asked.body, hashlib.sha256).hexdigest()
    assert asked.headers["x-ivr-signature"] == f"v1={wanted}"
    assert abs(int(stamp) - time.time()) < 10
    assert len({event["id"] for event in receiver.events}) == len(kinds)
    hook.step()
    assert receiver.kinds == kinds, "nothing is told twice"


def test_events_come_while_the_call_lasts_and_go_on_after_a_restart(root: Path, receiver: Receiver) -> None:
    put(root, b"".join(LINES[:6]))
    hook = webhook(root, receiver, clock=lambda: time.time() - 5)
    hook.step()
    assert receiver.kinds == ["call.started"]
    put(root, OLD[:-20])
    again = webhook(root, receiver)
    again.step()
    assert receiver.kinds[0] == "call.started"
    assert "call.ended" not in receiver.kinds
    put(root, OLD)
    webhook(root, receiver).step()
    assert receiver.kinds.count("call.started") == 1
    assert receiver.kinds.count("call.ended") == 1


def test_what_a_dead_receiver_missed_comes_later_in_order(root: Path, receiver: Receiver) -> None:
    hook = webhook(root, receiver)
    put(root, OLD)
    receiver.status = "503 Busy"
    assert not hook.step()
    assert not hook.step()
    assert hook.status()["failures"] == 2
    assert hook.status()["waiting"] > 2
    receiver.status = "200 OK"
    missed = len(receiver.server.asked)
    assert webhook(root, receiver).step(), "a new process tells what the old one could not"
    assert receiver.kinds[missed] == "call.started"
    assert receiver.kinds[-1] == "call.ended"


def test_what_is_refused_or_too_old_is_given_up(root: Path, receiver: Receiver) -> None:
    hook = webhook(root, receiver)
    put(root, OLD)
    receiver.status = "400 No"
    assert hook.step()
    assert hook.status()["given_up"] == len(receiver.kinds) > 2
    other = webhook(root, receiver, keep_s=-1.0)
    receiver.status = "503 Busy"
    put(
        root,
        OLD.replace(CALL.encode(), b"0197a0e0-2222-7abc-8def-0123456789ab"),
        "0197a0e0-2222-7abc-8def-0123456789ab",
    )
    assert other.step()
    assert other.status()["given_up"] > 2


def test_a_receiver_that_hangs_costs_its_own_time_only(root: Path, receiver: Receiver) -> None:
    receiver.hangs_s = 5.0
    hook = webhook(root, receiver, timeout_s=0.2)
    put(root, OLD)
    thread = threading.Thread(target=hook.run)
    thread.start()
    deadline = time.monotonic() + 5
    while not hook.status()["failures"] and time.monotonic() < deadline:
        time.sleep(0.02)
    hook.stop()
    thread.join(3)
    assert not thread.is_alive()
    assert hook.status()["last_failure"] == "ReadTimeout"


def test_only_what_is_wanted_is_told_and_nothing_of_before(root: Path, receiver: Receiver) -> None:
    put(root, OLD)
    past = time.time() - 3600
    os.utime(root / "2026-11-23" / f"{CALL}.jsonl", (past, past))
    hook = webhook(root, receiver, events=frozenset({"call.ended"}))
    hook.step()
    assert receiver.kinds == []
    other = "0197a0e0-3333-7abc-8def-0123456789ab"
    put(root, OLD.replace(CALL.encode(), other.encode()), other)
    hook.step()
    assert receiver.kinds == ["call.ended"]


def test_a_transfer_that_came_to_pass_is_told() -> None:
    call = HookCall(CALL)
    call.add(e.CallStarted(caller="+1", flow="orders", seq=1))
    call.add(a.Transfer(id=7, to="agents", uri="sip:agents@pbx", seq=2))
    call.add(e.TransferDone(id=7, ok=False, seq=3))
    call.add(a.Transfer(id=8, to="agents", uri="sip:agents@pbx", seq=4))
    call.add(e.TransferDone(id=8, ok=True, how="refer", seq=5, t=100))
    assert [(event["event"], event["seq"]) for event in call.told] == [("call.started", 1), ("call.transferred", 5)]
    assert (call.told[1]["to"], call.told[1]["t_s"], call.told[1]["flow"]) == ("agents", 2.0, "orders")


def test_messages_and_who_wants_to_be_called_back_are_told() -> None:
    call = HookCall(CALL)
    call.add(e.CallStarted(caller="+1", flow="orders", seq=1))
    call.add(a.MessageLeft(name="m-1.wav", mailbox="sales", seconds=4.2, caller="+1", seq=2))
    call.add(a.CallBackWanted(to="agents", number="+1", position=3, seq=3))
    kinds = [event["event"] for event in call.told]
    assert kinds == ["call.started", "message.left", "call_back.wanted"]
    assert (call.told[1]["mailbox"], call.told[1]["name"], call.told[1]["seconds"]) == ("sales", "m-1.wav", 4.2)
    assert (call.told[2]["to"], call.told[2]["number"], call.told[2]["position"]) == ("agents", "+1", 3)


def test_webhooks_are_never_without_a_secret() -> None:
    with pytest.raises(ValidationError, match=r"set webhooks\.secret"):
        settings.Webhooks(urls=["https://acme.example/"])
