"""`ivr test`: coverage, JUnit, watching; `ivr bench check`."""

import json
import time
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest

from ivr.commands.test import Run
from ivr.commands.test_watch import forever
from tests.cli.test_conversations import folder, run

__all__ = ["folder"]

BAD = "- {name: never <said>, talk: [{hears: elephants}]}\n"


def test_coverage_names_what_no_conversation_takes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = run(monkeypatch, "test", str(folder), "--coverage")
    assert code == 0
    assert "never entered: shipped" in said
    assert "never taken: which_order -> lookup" in said
    assert "never entered: which_order" not in said
    assert "never taken: welcome -> which_order" not in said
    code, said = run(monkeypatch, "test", str(folder), "--least", "90")
    assert (code, "90 % is wanted" in said) == (1, True)


def test_junit_holds_every_conversation_and_the_journal_of_failures(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tests = folder / "orders" / "tests.yaml"
    tests.write_text(tests.read_text() + BAD)
    out = folder.parent / "junit.xml"
    code, _ = run(monkeypatch, "test", str(folder), "--junit", str(out))
    assert code == 1
    (suite,) = xml.parse(out).getroot()
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("orders", "2", "1")
    failure = suite[1].find("failure")
    assert suite[1].get("name") == "never <said>"
    assert failure is not None
    assert "elephants" in str(failure.get("message"))
    assert "Welcome to Acme" in str(failure.text)
    assert suite[0].find("failure") is None


def test_watching_runs_again_when_a_file_changes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.commands.test_watch.POLL_S", 0.01)
    tests = folder / "orders" / "tests.yaml"
    command, codes = Run(folder, as_json=True), list[int]()

    def once() -> int:
        codes.append(command.once())
        text = tests.read_text()
        tests.write_text(text + BAD if len(codes) == 1 else text.replace(BAD, ""))
        return codes[-1]

    forever(folder, once, rounds=3)
    assert codes == [0, 1, 0]


def test_a_hundred_conversations_after_a_change_take_less_than_a_second_of_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ivr.insight.many_flows import conversations_of, flow_of

    monkeypatch.setenv("IVR_STATE", str(tmp_path / "state"))
    home = tmp_path / "flows" / "shop"
    home.mkdir(parents=True)
    (home / "flow.yaml").write_text(flow_of("shop", 24))
    (home / "tests.yaml").write_text(conversations_of("shop", 24, 100))
    command = Run(tmp_path / "flows", as_json=True)
    assert command.once() == 0
    (home / "flow.yaml").write_text(flow_of("shop", 24).replace("Goodbye", "Farewell"))
    begun = time.process_time()
    assert command.once() == 0
    assert time.process_time() - begun < 1.0
    assert len(command.results) == 100
    assert len(json.loads(capsys.readouterr().out.split("]\n[")[0] + "]")) == 100


def test_the_time_of_a_call_is_the_test_s_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_STATE", str(tmp_path / "state"))
    home = tmp_path / "flows" / "shop"
    home.mkdir(parents=True)
    (home / "flow.yaml").write_text(
        "flow: shop\nstart: now\nnodes:\n"
        "  now: {type: hours, open: {mon-fri: 9:00-17:00}, holidays: US, timezone: America/New_York, "
        "next: here, closed: away}\n"
        "  here: {type: hangup, say: We are here.}\n  away: {type: hangup, say: We are closed.}\n"
    )  # fmt: skip
    rows = [
        ("2027-01-04T10:00:00-05:00", "here"), ("2027-01-04T18:00:00-05:00", "closed"),
        ("2027-01-02T10:00:00-05:00", "closed"), ("2027-07-05T10:00:00-04:00", "closed"),
    ]  # fmt: skip
    (home / "tests.yaml").write_text(
        "".join(f'- {{name: at {at}, call: {{at: "{at}"}}, talk: [{{hears: {word}}}]}}\n' for at, word in rows)
    )
    assert Run(tmp_path / "flows", journal=False).once() == 0


def test_bench_check_prints_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_STATE", str(tmp_path / "state"))
    code, said = run(monkeypatch, "bench", "check", "--flows", "2", "--nodes", "12", "--conversations", "3", "--json")
    row = json.loads(said.splitlines()[-1])
    assert (code, row["flows"], row["held"]) == (0, 2, 3)
    assert row["check_s"] > 0


def test_chat_takes_a_time_and_the_mocks_of_a_conversation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IVR_STATE", str(tmp_path / "state"))
    recipes = str(Path(__file__).parents[2] / "docs" / "flows" / "recipes")
    words = ["chat", "appointment", "--flows", recipes, "--at", "2027-01-04T10:00:00-05:00", "--mocks", "one by one"]
    code, said = run(monkeypatch, *words, typed="yes\njanuary twelfth\nten in the morning\nyes\n/bye\n")
    assert (code, "It is booked" in said, '"day": "2027-01-12"' in said) == (0, True, True), said
    assert run(monkeypatch, *words[:-1], "nothing like it")[0] == 2
    code, said = run(
        monkeypatch, "chat", "after_hours", "--flows", recipes, "--debug", "--at", "2027-07-05T10:00:00-04:00"
    )
    assert "We are closed" in said
    assert "-> night (menu, " in said
