"""`ivr flow texts`: what a flow says in each language, and what is not translated."""

import json
from pathlib import Path

import pytest

from tests.cli.test_conversations import run

FLOW = """
flow: shop
languages: [en, ko]
start: welcome
nodes:
  welcome:
    type: menu
    say: {en: How can I help?}
    options:
      - {intent: hours, key: "1", label: {en: our hours, ko: 영업 시간}, next: bye}
      - {phrases: {en: [address], ko: [주소]}, key: "2", label: our address, next: bye}
  bye: {type: hangup, say: {en: Goodbye., ko: 안녕히 계세요.}}
"""
NLU = 'version: "3.1"\nnlu:\n  - intent: hours\n    examples: |\n      - when are you open\n      - your hours\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "flow.yaml").write_text(FLOW)
    (tmp_path / "shop" / "nlu.yml").write_text(NLU)
    return tmp_path


def test_what_is_not_translated_is_told_with_its_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out = run(monkeypatch, "flow", "texts", "shop", "--missing", "--json", "--flows", str(folder))
    found = [(row["line"], row["at"], row["missing"]) for row in json.loads(out)]
    assert code == 1
    assert found == [
        (8, "nodes.welcome.say", ["ko"]),
        (11, "nodes.welcome.options.1.label", ["en", "ko"]),
        (0, "examples of hours", ["ko"]),
    ]
    code, out = run(monkeypatch, "flow", "texts", "--missing", "--language", "en", "--flows", str(folder))
    assert (code, "nodes.welcome.say" in out, "our address" in out) == (1, False, True)


def test_everything_that_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out = run(monkeypatch, "flow", "texts", "--flows", str(folder))
    assert code == 0
    assert "flow.yaml:12  nodes.bye.say\n    en: Goodbye.\n    ko: 안녕히 계세요." in out


def test_nothing_is_missing_and_nothing_is_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "shop" / "flow.yaml").write_text(FLOW.replace("{en: How can I help?}", "{en: Hi, ko: 네}").replace(
        "label: our address", "label: {en: our address, ko: 주소}"
    ))  # fmt: skip
    (folder / "shop" / "nlu.ko.yml").write_text(NLU.replace("when are you open", "언제 열어요"))
    assert run(monkeypatch, "flow", "texts", "--missing", "--flows", str(folder))[0] == 0
    assert run(monkeypatch, "flow", "texts", "nothing", "--flows", str(folder))[0] == 2
    assert run(monkeypatch, "flow", "texts", "--flows", str(folder / "nowhere"))[0] == 2
