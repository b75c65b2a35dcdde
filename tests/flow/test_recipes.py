"""The recipes and the tutorial of docs/flows are true."""

import re
from pathlib import Path

import pytest

from ivr.commands.test import Run
from ivr.services.flow_files import load_folder
from tests.cli.test_conversations import run

DOCS = Path(__file__).parents[2] / "docs" / "flows"


def test_the_recipes_have_no_problem_and_their_conversations_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IVR_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("IVR_CACHE", str(tmp_path / "cache"))
    assert [str(problem) for problem in load_folder(DOCS / "recipes").problems] == []
    every = Run(DOCS / "recipes")
    assert every.once() == 0, capsys.readouterr().out
    held = {result.conversation.flow for _, result in every.results}
    assert held == {path.parent.name for path in DOCS.glob("recipes/*/flow.yaml")}
    page = (DOCS / "recipes.md").read_text()
    assert [flow for flow in held if f"(recipes/{flow}/flow.yaml)" not in page] == []


def test_the_tutorial_s_steps_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("IVR_CACHE", str(tmp_path / "cache"))
    flows = tmp_path / "flows"
    assert run(monkeypatch, "flow", "new", "shop", "--flows", str(flows))[0] == 0
    nodes, test, lines = re.findall(r"```yaml\n(.*?)```", (DOCS / "tutorial.md").read_text(), re.DOTALL)
    flow = flows / "shop" / "flow.yaml"
    text = flow.read_text()
    flow.write_text(re.sub(r"  hours:\n.*?\n\n", lambda _: nodes + "\n", text, count=1, flags=re.DOTALL))
    code, said = run(monkeypatch, "test", str(flows), "--no-journal")
    assert (code, "FAIL  asks for the opening hours" in said) == (1, True), said
    tests = flows / "shop" / "tests.yaml"
    head, _, rest = tests.read_text().partition("- name: asks")
    tests.write_text(f"{head}{test}\n- name: presses{rest.partition('- name: presses')[2]}")
    (flows / "lines.yaml").write_text(lines)
    assert run(monkeypatch, "check", str(flows), "--strict")[0] == 0
    code, said = run(monkeypatch, "test", str(flows), "--no-journal")
    assert (code, "2 of 2 conversations hold" in said) == (0, True), said
