"""Rasa for tests: its environment, and a trained model of a flows folder, kept in the cache between runs."""

import fcntl
import os
import shutil
import threading
from pathlib import Path

import pytest

from ivr.cache import cache_folder
from ivr.insight import flow_folder
from ivr.nlu.rasa_env import find_rasa, why_no_rasa
from ivr.nlu.rasa_train import RasaModel, train


def rasa_python() -> Path:
    """Python of Rasa's environment; without one the test is skipped, or fails where CI=true."""
    python = find_rasa()
    if python is not None:
        return python
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI needs Rasa: {why_no_rasa()}")
    pytest.skip(why_no_rasa())


def trained(flows: Path) -> RasaModel:
    """The English model of these flows: trained now, or by an earlier run on the same examples."""
    python = rasa_python()
    folder = cache_folder() / "tests" / "rasa"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sets = flow_folder.training_sets(flow_folder.load_flows(flows))
        return train(python, folder, sets, "en", lambda _: None, threading.Event())


def seed(state: Path, flows: Path) -> RasaModel:
    """Put that model where `ivr rasa` of an instance looks, so that it serves without training."""
    model = trained(flows)
    target = state / "nlu" / "rasa"
    target.mkdir(parents=True, exist_ok=True)
    for path in (model.path, model.path.with_name(model.path.name.replace(".tar.gz", ".json"))):
        shutil.copy2(path, target / path.name)
    return model
