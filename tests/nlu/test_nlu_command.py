"""`ivr nlu`: both parsers side by side, training told, a data set measured."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ivr.commands.nlu import app

ROOT = Path(__file__).parents[2]


class Ivr:
    """`ivr nlu ...` in this process, on a state folder of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, state: Path) -> None:
        monkeypatch.setenv("IVR_STATE", str(state))
        monkeypatch.setenv("IVR_CACHE", str(state / "cache"))  # no models: words only, which is quicker
        monkeypatch.setenv("IVR_FLOWS", str(ROOT / "flows"))

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def ivr(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ivr:
    return Ivr(monkeypatch, tmp_path / "state")


def test_a_text_is_parsed_by_both(ivr: Ivr, tmp_path: Path) -> None:
    done = ivr("parse", "where is order four five six seven", "--flow", "orders", "--json")
    assert done.exit_code == 0, done.stderr
    answers = json.loads(done.stdout)
    assert answers["rasa"] == {"why": "rasa not ready"}
    assert answers["builtin"]["intents"][0]["name"] == "query_order"
    assert answers["builtin"]["entities"] == [{"name": "order_id", "value": "4567", "text": "four five six seven"}]


def test_a_flow_that_is_not_there_is_named(ivr: Ivr, tmp_path: Path) -> None:
    done = ivr("parse", "hello", "--flow", "nowhere")
    assert done.exit_code == 2
    assert "orders" in done.stderr


def test_training_is_told(ivr: Ivr, tmp_path: Path) -> None:
    rows = json.loads(ivr("train", "--json").stdout)
    assert {(r["flow"], r["language"]) for r in rows} >= {("orders", "en"), ("orders", "ko")}
    assert list((tmp_path / "state" / "nlu").rglob("orders.en.pickle"))


def test_measuring_is_ivr_eval_nlu(ivr: Ivr, tmp_path: Path) -> None:
    done = ivr("eval", "--train", str(tmp_path / "away.csv"), "--test", str(tmp_path))
    assert done.exit_code == 2
    assert "away.csv" in done.stderr
