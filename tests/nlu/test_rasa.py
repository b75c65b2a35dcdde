"""Rasa really trained and served by `ivr rasa`: right answers, new examples while the old model serves, and what
happens when it hangs or dies. One server for all; the tests run in this order."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ivr.actions import Understand
from ivr.events import Hypothesis, Understood
from ivr.insight import flow_folder
from ivr.nlu.builtin import Builtin
from ivr.nlu.chain import Chain
from ivr.nlu.rasa import Rasa
from tests.nlu.served import rasa_python

pytestmark = [pytest.mark.rasa, pytest.mark.slow, pytest.mark.timeout(1500)]

FLOWS = Path(__file__).parents[2] / "flows"


class Line:
    """The demo line's understanding beside a running `ivr rasa`."""

    def __init__(self, folder: Path) -> None:
        self.flows, self.state = folder / "flows", folder / "state"
        self.told = self.state / "run" / "rasa.json"
        shutil.copytree(FLOWS, self.flows)
        self.out = (folder / "rasa.out").open("wb")
        environment = {**os.environ, "IVR_STATE": str(self.state), "IVR_FLOWS": str(self.flows)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ivr", "rasa"], env=environment, stdout=self.out, stderr=subprocess.STDOUT
        )
        self.builtin = Builtin()
        self.asked = 0
        self.load()

    def load(self) -> None:
        """As the services process does after publishing."""
        self.sets = flow_folder.training_sets(flow_folder.load_flows(self.flows))
        self.builtin.publish(self.sets)

    def ask(self, *texts: str, deadline_s: float = 1.0) -> list[Understood]:
        (version,) = {s.version for s in self.sets}

        async def all_of_them() -> list[Understood]:
            rasa = Rasa(self.told, deadline_s=deadline_s - 0.05)
            rasa.publish(self.sets)
            ask, self.asked = rasa._ask, 0

            async def counted(url: str, token: str, text: str) -> Any:
                self.asked += 1
                return await ask(url, token, text)

            rasa._ask = counted  # type: ignore[method-assign]
            chain = Chain(rasa, self.builtin)
            found = []
            for text in texts:
                heard = [Hypothesis(text=text, confidence=0.9)]
                action = Understand(
                    id=1, flow="orders", version=version, language="en", hypotheses=heard, deadline_s=deadline_s
                )
                found.append(await chain.parse(action))
            await rasa.close()
            return found

        return asyncio.run(all_of_them())

    def server(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self.told.read_text())
        except FileNotFoundError:
            return {}
        return found

    def wait(self, condition: Callable[[], object], what: str, limit_s: float = 1200) -> None:
        until = time.monotonic() + limit_s
        while not condition():
            words = (Path(self.out.name)).read_text()
            assert self.process.poll() is None, f"ivr rasa ended: {words}"
            assert time.monotonic() < until, f"{what} did not come: {words}"
            time.sleep(0.3)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    rasa_python()
    line = Line(tmp_path_factory.mktemp("rasa"))
    try:
        (before,) = line.ask("where is my order")
        assert (before.source, before.why) == ("builtin", "rasa not ready"), "calls are answered while it trains"
        line.wait(line.server, "a server")
        yield line
    finally:
        line.process.terminate()
        line.process.wait(20)
        line.out.close()


def test_rasa_understands_the_demo_line(line: Line) -> None:
    said = {
        "could you tell me where my package is": "query_order",
        "i want to cancel order four five six seven": "cancel_order",
        "let me talk to a real person": "command.agent",
        "what time do you open": "opening_hours",
    }
    known = {name for one in line.sets for name in one.intents}
    line.ask("hello")
    for text, found in zip(said, line.ask(*said), strict=True):
        assert (found.source, found.why) == ("rasa", "")
        assert found.intents[0].confidence > 0.5
        assert {i.name for i in found.intents} <= known
        if said[text] in known:
            assert found.intents[0].name == said[text], text


def test_rasa_gives_entities_as_values(line: Line) -> None:
    for found in line.ask("where is order 4568", "where is order four five six eight"):
        assert [(e.name, e.value) for e in found.entities] == [("order_id", "4568")]


def test_what_no_flow_means_is_doubted(line: Line) -> None:
    for found in line.ask("what is the capital of france", "play some music"):
        assert found.source == "rasa"
        assert all(i.confidence < 0.5 for i in found.intents)


def test_only_this_machine_reaches_it_and_only_with_the_token(line: Line) -> None:
    import httpx

    served = line.server()
    assert (line.told.stat().st_mode & 0o077) == 0
    assert httpx.post(f"{served['url']}/model/parse", json={"text": "hi"}).status_code == 401
    port = served["url"].rsplit(":", 1)[1]
    listening = subprocess.run(["ss", "-ltnH", f"sport = :{port}"], capture_output=True, text=True, check=True).stdout
    assert listening.split()[3] == f"127.0.0.1:{port}"


def test_a_rasa_that_hangs_costs_the_turn_nothing_but_its_deadline(line: Line) -> None:
    pid = line.server()["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        answers = line.ask(*["where is my order"] * 12, deadline_s=0.4)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert [(a.source, a.why) for a in answers] == [("builtin", "rasa late")] * 12
    assert line.asked <= 6, "after two late answers it is left alone for a while"
    line.wait(lambda: line.ask("where is my order")[0].source == "rasa", "Rasa's answer", 30)


def test_new_examples_are_learned_while_the_old_model_serves(line: Line) -> None:
    before = line.server()["model"]
    nlu = line.flows / "orders" / "nlu.yml"
    examples = ["do you sell gift cards", "i want a gift card", "gift cards please", "can i buy a gift voucher",
                "is there a gift certificate", "gift card for a friend"]  # fmt: skip
    text = nlu.read_text() + "".join(
        ["  - intent: cancel_order\n    examples: |\n", *(f"      - {e}\n" for e in examples)]
    )
    old = line.sets
    nlu.write_text(text)
    time.sleep(3)
    assert line.server()["model"] == before
    assert line.ask("where is my order")[0].source == "rasa", "the version that calls are on is still served"
    line.load()
    assert line.ask("where is my order")[0].why == "rasa serves another version"
    line.wait(lambda: line.server().get("model") not in ("", None, before), "the new model")
    (found,) = line.ask("i would like a gift card")
    assert (found.source, found.intents[0].name) == ("rasa", "cancel_order")
    line.sets = old
    assert line.ask("where is my order")[0].why == "rasa serves another version", "a call on the old one"
    line.load()


def test_a_killed_server_comes_back_and_the_builtin_answers_meanwhile(line: Line) -> None:
    pid = line.server()["pid"]
    os.kill(pid, signal.SIGKILL)
    answers = line.ask("cancel my order", "cancel my order")
    assert {a.source for a in answers} == {"builtin"}
    assert answers[0].intents[0].name == "cancel_order"
    line.wait(lambda: line.server().get("pid") not in (None, pid), "another server")
    assert line.ask("cancel my order")[0].source == "rasa"


def test_nothing_is_left_when_it_ends(line: Line) -> None:
    pid = line.server()["pid"]
    line.process.terminate()
    line.process.wait(20)
    assert not line.told.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
