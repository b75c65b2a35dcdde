"""`ivr nlu`: both parsers side by side, training told, a data set measured."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ivr.commands.nlu import app
from tests.nlu.test_builtin import NEW, OUTSIDE

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


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_a_data_set_is_measured(ivr: Ivr, tmp_path: Path, kind: str) -> None:
    from tests.nlu.orders import orders

    train = [(e.text, name) for name, examples in orders().intents.items() for e in examples]
    test = [(text, name) for name, texts in NEW.items() for text in texts]
    if kind == "csv":
        for name, rows in (("train.csv", train), ("test.csv", test)):
            with (tmp_path / name).open("w", newline="") as file:
                csv.writer(file).writerows([("text", "category"), *rows])
    else:
        outside = [(text, "oos") for text in OUTSIDE]
        (tmp_path / "data_full.json").write_text(json.dumps({"train": train, "test": test, "oos_test": outside}))
    done = ivr("eval", str(tmp_path), "--json")
    assert done.exit_code == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["test sentences"] == len(test)
    assert result["right"] >= 0.9
    assert ("outside refused at 0.45" in result) == (kind == "json")


def test_a_folder_that_is_no_data_set_is_said(ivr: Ivr, tmp_path: Path) -> None:
    done = ivr("eval", str(tmp_path))
    assert done.exit_code == 2
    assert str(tmp_path) in done.stderr
