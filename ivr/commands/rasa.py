"""`ivr rasa`: Rasa trained on all flows' examples and served on this machine."""

import signal
import sys
import threading
from typing import TYPE_CHECKING

from ivr import logs, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ivr.nlu.training import TrainingSet


def rasa() -> None:
    """Train Rasa when the flows' examples changed, and serve it, until stopped (started by `ivr up`)."""
    from ivr.nlu.rasa_env import find_rasa, why_no_rasa
    from ivr.nlu.rasa_server import RasaConfig, run

    values = settings.load()
    logs.configure(values.log.level, values.log.format)
    python = find_rasa(values.cache)
    if python is None:
        print(f"rasa: {why_no_rasa(values.cache)}", file=sys.stderr)
        sys.exit(2)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    state = values.state.absolute()
    config = RasaConfig(
        python=python,
        folder=state / "nlu" / "rasa",
        told=state / "run" / "rasa.json",
        load=examples(values),
        changed=lambda: stamps(values),
        port=values.nlu.rasa_port,
    )
    run(config, lambda line: print(f"rasa: {line}", flush=True), stop)


def stamps(values: settings.Settings) -> list[tuple[str, int, int]]:
    """Name, time and size of each file that training may depend on, the published versions' too."""
    found = []
    told = values.state.absolute() / "flows" / "releases.json"
    if told.is_file() and not values.publishing.files:
        found.append((str(told), told.stat().st_mtime_ns, 0))
    for path in sorted(values.flows.rglob("*.y*ml")):
        try:
            stat = path.stat()
        except OSError:  # it went while we looked
            continue
        found.append((str(path), stat.st_mtime_ns, stat.st_size))
    return found


def examples(values: settings.Settings) -> "Callable[[], Sequence[TrainingSet] | None]":
    """Reads all flows' examples; a flow that has a mistake now keeps those that it had."""
    from ivr.bootstrap import served_flows
    from ivr.insight import flow_folder

    servings = served_flows(values)
    last: dict[tuple[str, str], TrainingSet] = {}

    def load() -> "Sequence[TrainingSet] | None":
        try:
            loaded = servings.compile(values.flows).loaded
        except OSError as error:
            print(f"rasa: flows cannot be read: {error.strerror}", file=sys.stderr)
            return None
        # of a flow with several versions the one that serves most calls; the built-in classifier understands the others
        parts = (loaded, *loaded.editions)
        now = {(one.flow, one.language): one for part in parts for one in flow_folder.training_sets(part)}
        if not loaded.errors:
            last.clear()
        last.update(now)
        return list(last.values())

    return load
