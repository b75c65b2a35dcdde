"""A real call, while the control API looks at it and moves it, and while what it stands on is killed."""

import asyncio
import json
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from websockets.asyncio.client import connect

pytest.importorskip("pjsua2", reason="pjsua2 is not built (make setup)")

from ivr.sip.caller import Phone, PhoneError
from tests.instance import Instance, wait_for

pytestmark = [pytest.mark.sip, pytest.mark.slow, pytest.mark.postgres]


def ready(instance: Instance) -> bool:
    status = instance.control("/status")
    return bool(status["flows"]["version"] and status["delivery"]["connected"] and status["media_connected"])


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    instance = Instance(tmp_path_factory.mktemp("live"), settings={"asr_recognizers": "1"})
    try:
        instance.start()
        instance.wait(lambda: ready(instance), 120, "flows are published and records delivered")
        yield instance
    finally:
        instance.stop()


@pytest.fixture(scope="module")
def phone() -> Iterator[Phone]:
    with Phone() as made:
        yield made


def the_call(line: Instance) -> dict[str, Any]:
    """The one that lasts."""
    calls = line.wait(lambda: line.control("/calls"), 10, "the call is listed")
    assert len(calls) == 1
    assert isinstance(calls[0], dict)
    return calls[0]


def at_node(line: Instance, node: str) -> None:
    line.wait(lambda: [c["at_node"] for c in line.control("/calls")] == [node], 20, f"the call is at {node}")


def record(line: Instance, call: str) -> dict[str, Any]:
    """Its row, once it is complete."""

    def rows() -> Any:
        try:
            return line.rows("select * from ivr.calls where id = %(call)s and complete", call=call)
        except psycopg.Error:
            return []

    found = line.wait(rows, 60, "the record is complete")
    assert isinstance(found[0], dict)
    return found[0]


def test_the_api_sees_the_call_follows_its_journal_and_ends_it(line: Instance, phone: Phone) -> None:
    call = phone.dial(line.uri())
    call.wait_answered()
    seen = the_call(line)
    assert seen["flow"] == "orders"
    assert line.control("/status")["media"]["calls"][0]["call"] == seen["id"]
    told = line.told("control")
    token = (line.state / "secrets" / "control.token").read_text().strip()
    address = f"{told['url'].replace('http', 'ws')}/calls/{seen['id']}/journal"

    async def follow() -> list[dict[str, Any]]:
        lines = []
        async with connect(address, additional_headers={"Authorization": f"Bearer {token}"}, proxy=None) as stream:
            lines.append(json.loads(await stream.recv()))
            await asyncio.to_thread(line.control, f"/calls/{seen['id']}/hang_up", json={})
            lines += [json.loads(each) async for each in stream]
        return lines

    lines = asyncio.run(asyncio.wait_for(follow(), 30))
    call.wait_over()
    assert [each["seq"] for each in lines] == list(range(1, len(lines) + 1))
    assert (lines[0]["type"], lines[-1]["type"]) == ("Opened", "Closed")
    assert record(line, seen["id"])["ended_by"] == "system"


def test_a_node_that_drains_refuses_new_calls_and_keeps_the_old(line: Instance, phone: Phone) -> None:
    call = phone.dial(line.uri())
    call.wait_answered()
    assert line.control("/drain", json={})["draining"] is True
    try:
        other = phone.dial(line.uri())
        with pytest.raises(PhoneError):
            other.wait_answered()
        assert len(line.control("/calls")) == 1
    finally:
        line.control("/undrain", json={})
    call.hang_up()
    call.wait_over()
    again = phone.dial(line.uri())
    again.wait_answered()
    again.hang_up()
    again.wait_over()


def test_a_call_lives_through_the_death_of_services_and_of_postgres(line: Instance, phone: Phone) -> None:
    """Keys and cached prompts carry it; its record is whole afterwards."""
    line.wait(lambda: not line.control("/calls"), 20, "no call is left")
    call = phone.dial(line.uri())
    call.wait_answered()
    seen = the_call(line)
    time.sleep(1.5)
    line.kill("services")
    call.press("1", "rfc4733")
    line.wait(lambda: line.told("control").get("pid") == line.pid("services") != 0, 60, "services are there again")
    at_node(line, "which_order")
    killed = line.kill("postgres")
    call.press("4567#", "rfc4733")
    line.wait(lambda: line.pid("postgres") not in (0, killed), 30, "postgres is started again")
    wait_for(lambda: len(call.sound.heard) > 0, 5, "sound comes")
    call.hang_up()
    call.wait_over()
    row = record(line, seen["id"])
    assert row["close_reason"] == "bye"
    lines = line.rows("select seq from ivr.journal where call = %(call)s order by seq", call=seen["id"])
    path = next(iter((line.state / "journals").glob(f"*/{seen['id']}.jsonl")))
    assert [r["seq"] for r in lines] == list(range(1, len(path.read_bytes().splitlines()) + 1))
    taken = line.rows("select keys from ivr.keys where call = %(call)s order by seq", call=seen["id"])
    assert [r["keys"] for r in taken][:2] == ["1", "4567#"]
    recording = line.rows("select path from ivr.recordings where call = %(call)s", call=seen["id"])
    assert (line.state / "recordings" / Path(recording[0]["path"])).stat().st_size > 16_000


def test_a_call_that_media_s_death_cut_off_is_closed_as_such(line: Instance, phone: Phone) -> None:
    call = phone.dial(line.uri())
    call.wait_answered()
    seen = the_call(line)
    query = "select from_t, frames, path from ivr.recordings where call = %(call)s"
    started = line.wait(lambda: line.rows(query, call=seen["id"]), 20, "it is recorded")
    time.sleep(2)
    line.kill("media")
    row = record(line, seen["id"])
    assert (row["close_reason"], row["outcome"]) == ("cut_off", "cut_off")
    assert row["duration_s"] > started[0]["from_t"] * 0.02 + 1
    (kept,) = line.rows(query, call=seen["id"])
    with wave.open(str(line.state / "recordings" / kept["path"])) as sound:
        assert sound.getnframes() >= kept["frames"] * 160 > 8000
    call.hang_up()
