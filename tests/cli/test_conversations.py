"""`ivr test` and `ivr chat` as commands, on a small flow."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivr.cli import app
from tests.dialogue.small import LINES, NLU, NLU_KO, ORDERS

GOOD = """
- name: status by keys
  talk:
    - hears: Welcome
    - presses: 14567#
    - hears: four five six seven
  ends: {at: which_order}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IVR_STATE", str(tmp_path / "state"))
    flows = tmp_path / "flows"
    (flows / "orders").mkdir(parents=True)
    (flows / "lines.yaml").write_text(LINES)
    (flows / "orders" / "flow.yaml").write_text(ORDERS)
    (flows / "orders" / "nlu.yml").write_text(NLU)
    (flows / "orders" / "nlu.ko.yml").write_text(NLU_KO)
    (flows / "orders" / "tests.yaml").write_text(GOOD)
    return flows


def run(monkeypatch: pytest.MonkeyPatch, *words: str, typed: str = "") -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["ivr", *words])
    result = CliRunner().invoke(app, list(words), input=typed)
    return result.exit_code, result.output


def test_conversations_that_hold(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out = run(monkeypatch, "test", str(folder))
    assert code == 0
    assert "1 of 1 conversations hold" in out


def test_one_flows_own_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out = run(monkeypatch, "test", str(folder / "orders"))
    assert (code, "1 of 1" in out) == (0, True)


def test_a_failure_names_file_and_line_and_prints_the_journal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "orders" / "tests.yaml").write_text(GOOD.replace("four five", "nine nine"))
    code, out = run(monkeypatch, "test", str(folder))
    assert code == 1
    assert "tests.yaml:6" in out
    assert "line says" in out


def test_results_as_json(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out = run(monkeypatch, "test", str(folder), "--json")
    assert code == 0
    assert json.loads(out)[0]["ok"] is True


def test_nothing_to_run_is_wrong_use(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "test", str(folder), "-k", "no such name")[0] == 2
    assert run(monkeypatch, "test", str(folder / "nowhere"))[0] == 2


def test_a_mistake_in_the_conversations(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "orders" / "tests.yaml").write_text("- name: a\n  talk:\n    - sais: hello\n")
    code, out = run(monkeypatch, "test", str(folder))
    assert code == 1
    assert "sais" in out


def test_a_chat(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = 'where is my order\n#4567#\nyes\n{"status": "shipped"}\n/state\n\n/bye\n'
    code, out = run(monkeypatch, "chat", "orders", "--flows", str(folder), "--mock", typed=typed)
    assert code == 0
    assert "I heard four five six seven" in out
    assert "Your order is shipped." in out
    assert "task query_order" in out
    assert "Sorry, I did not hear you." in out
    assert "-- resolved at anything_else" in out


def test_a_chat_in_another_language_by_keys(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out = run(monkeypatch, "chat", "--flows", str(folder), "--language", "ko", "--keys-only", typed="#1\n/bye\n")
    assert code == 0
    assert "주문 번호가 무엇입니까?" in out


def test_a_flow_that_is_not_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "chat", "nothing", "--flows", str(folder))[0] == 2
