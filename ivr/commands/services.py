"""`ivr services`: understanding, queries, prompts, flows, records, control API."""

import importlib.metadata
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ivr import settings


def services() -> None:
    """Run the services process until it is stopped (started by `ivr up`)."""
    from ivr.services import process

    values = settings.load()
    try:
        config, parts = wire(values)
        process.run(config, parts, compile_flows)
    except OSError as error:
        print(f"services: {error}", file=sys.stderr)
        sys.exit(1)


def wire(values: settings.Settings) -> Any:
    """(ServicesConfig, Parts) of these settings."""
    from ivr.business.queries import Queries
    from ivr.business.sql import SqlQueries
    from ivr.commands.db import address as database
    from ivr.records import store
    from ivr.records.delivery import Delivery
    from ivr.records.live import LiveJournals
    from ivr.records.nodes import Heartbeat
    from ivr.services.fields import parse_field
    from ivr.services.parts import Parts, ServicesConfig

    state = values.state.absolute()
    config = ServicesConfig(
        state=state,
        flows=values.flows.absolute(),
        node=values.node,
        control_host=values.control.host,
        control_port=values.control.port,
        control_token=values.control.token.get_secret_value(),
    )
    found = database(values)
    sql = SqlQueries(found.query_url, found.query_role)
    queries = Queries(sql)
    engine = partial(store.migrated, found.url)
    parts = Parts(
        parse_field=parse_field,
        querier=queries,
        live=LiveJournals(state / "journals"),
        background=[Delivery(state / "journals", engine), Heartbeat(engine, partial(node_row, values))],
        on_stop=[queries.finish, sql.close],
    )
    _part(parts, "understander", partial(_understander, values, parts))
    _part(parts, "speaker", partial(_speaker, values, parts))
    return config, parts


def _part(parts: Any, name: str, make: Callable[[], Any]) -> None:
    """A part that cannot be made is missing, and services run without it."""
    try:
        setattr(parts, name, make())
    except Exception as error:
        parts.missing[name] = f"{type(error).__name__}: {error}"


def _understander(values: settings.Settings, parts: Any) -> Any:
    from ivr.nlu import chain

    return chain.make(values, parts)  # bootstrap: the voice room's draft


def _speaker(values: settings.Settings, parts: Any) -> Any:
    raise NotImplementedError("bootstrap wires the speaker")


def node_row(values: settings.Settings) -> dict[str, Any]:
    """This node's row of table `nodes`, now."""
    run = values.state / "run"
    control, media = _told(run / "control.json"), _told(run / "media.json")
    return {
        "name": values.node,
        "address": str(control.get("url", "")),
        "pid": int(control.get("pid", 0)),
        "sip": " ".join(map(str, media.get("sip", []))),
        "version": importlib.metadata.version("ivr"),
        "max_calls": values.sip.max_calls,
    }


def _told(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def compile_flows(folder: Path) -> Any:
    """flow.loader on a folder; runs in a thread."""
    from ivr.services.flow_watch import Compiled

    try:
        from ivr.flow import loader
    except ImportError as error:
        return Compiled("", problems=[str(error)])
    return Compiled("", problems=[f"{loader.__name__} is not wired yet"])
