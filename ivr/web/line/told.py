"""What lines.yaml, the flows, the settings and the models say, without secrets. Plain values, for page and API."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ivr import models
from ivr.flow.lines import Line
from ivr.flow.source import parse
from ivr.records import flow_versions
from ivr.records.releases import FILES, effective
from ivr.settings import Settings
from ivr.web import line_names
from ivr.web.parts import WebParts
from ivr.web.rights import Visitor

MOST_FILES = 500
"""Files of flows that are looked at for opening hours."""
LARGEST = 1_000_000


def lines(parts: WebParts, visitor: Visitor) -> list[dict[str, Any]]:
    """By name; those that the visitor may see. Raises SQLAlchemyError."""
    known = line_names.read(parts.flows)
    releases = flow_versions.releases(parts.engine)
    now = datetime.now(UTC)
    return [
        _line(name, line, effective(releases, line.flow, now))
        for name, line in sorted(known.lines.items())
        if visitor.lines is None or name in visitor.lines
    ]


def _line(name: str, line: Line, serves: list[tuple[int, float]]) -> dict[str, Any]:
    numbers = [{"number": None if number == FILES else number, "share": share} for number, share in serves]
    return {
        "name": name, "numbers": list(line.numbers), "flow": line.flow, "version": line.version,
        "serves": numbers if line.version == "published" else [], "max_calls": line.max_calls,
        "reserved_calls": line.reserved_calls, "timezone": line.timezone,
        "per_caller": f"{line.per_caller[0]} in {line.per_caller[1]} s" if line.per_caller else "",
    }  # fmt: skip


def destinations(parts: WebParts) -> list[dict[str, Any]]:
    """Where calls may be transferred."""
    known = line_names.read(parts.flows)
    return [
        {"name": name, "address": address, "agents": list(known.agents.get(name, ()))}
        for name, address in sorted(known.destinations.items())
    ]


def hours(parts: WebParts, visitor: Visitor) -> list[dict[str, Any]]:
    """Opening hours and holidays of `hours` nodes in the folder's flows that the visitor's lines use."""
    known = line_names.read(parts.flows)
    mine = {it.flow for name, it in known.lines.items() if visitor.lines is None or name in visitor.lines}
    found = []
    for path in sorted(parts.flows.glob("*/*.yaml"))[:MOST_FILES]:
        flow = path.parent.name
        if visitor.lines is not None and flow not in mine:
            continue
        for name, node in _nodes(path).items():
            if isinstance(node, dict) and node.get("type") == "hours" and isinstance(node.get("open"), dict):
                dates = node.get("dates") if isinstance(node.get("dates"), dict) else {}
                found.append({
                    "file": f"{flow}/{path.name}", "node": str(name), "holidays": str(node.get("holidays") or ""),
                    "open": {str(k): str(v) for k, v in node["open"].items()},
                    "timezone": str(node.get("timezone") or ""),
                    "dates": {str(k): str(v) for k, v in (dates or {}).items()},
                })  # fmt: skip
    return found


def _nodes(path: Path) -> dict[Any, Any]:
    """Empty for a file that cannot be read; `ivr check` tells why."""
    try:
        if path.stat().st_size > LARGEST:
            return {}
        value = parse(path.name, path.read_bytes()).value
    except OSError:
        return {}
    nodes = value.get("nodes") if isinstance(value, dict) else None
    return nodes if isinstance(nodes, dict) else {}


def trunks(values: Settings) -> list[dict[str, str]]:
    """As the settings name them; where they are registered, nodes.py asks."""
    return [{"name": it.name, "registrar": plain(it.registrar), "user": it.user} for it in values.sip.trunks]


def languages(values: Settings) -> list[dict[str, Any]]:
    """Engines of recognition and voices, best first."""
    spoken = sorted({*values.asr.engines, *values.tts.engines})
    return [
        {
            "language": it, "recognition": values.asr.engines.get(it, []), "voices": values.tts.engines.get(it, []),
            "voice": values.tts.voices.get(it, ""),
        }
        for it in spoken
    ]  # fmt: skip


def model_list(values: Settings) -> list[dict[str, Any]]:
    """The table of models, and which of them are installed; their checksums are read by the check-up."""
    return [
        {
            "name": it.name, "kind": it.kind, "language": it.language, "licence": it.licence,
            "installed": models.path(it.name, values.cache) is not None, "without": it.without,
        }
        for it in models.rows()
    ]  # fmt: skip


def plain(url: str) -> str:
    """An address without user, password, query and fragment: they may be secrets."""
    try:
        found = urlsplit(url)
    except ValueError:
        return "•••"
    if not found.netloc:
        return url.split("?", maxsplit=1)[0].rpartition("@")[2] if "@" in url else url.split("?", maxsplit=1)[0]
    return f"{found.scheme}://{found.netloc.rpartition('@')[2]}{found.path}"


def connections(values: Settings) -> list[dict[str, str]]:
    """What is reached from here: what for, which setting, where. Never a key, a header's value or a password."""
    rows = [
        ("records", "database.url", "set" if values.database.url else "embedded, or DATABASE_URL"),
        (
            "queries of flows",
            "database.query_url",
            "a login of its own" if values.database.query_url else "role ivr_query",
        ),
        ("hosts that flows may ask", "queries.hosts", ", ".join(values.queries.hosts)),
        ("hosts with headers of their own", "queries.headers", ", ".join(sorted(values.queries.headers))),
        ("recognition over WebSocket", "asr.websocket_url", plain(values.asr.websocket_url)),
        ("recognition over REST", "asr.rest_url", plain(values.asr.rest_url)),
        ("voices over REST", "tts.rest_url", plain(values.tts.rest_url)),
        ("Rasa", "nlu.rasa_url", plain(values.nlu.rasa_url) or values.nlu.rasa),
        ("webhooks", "webhooks.urls", ", ".join(map(plain, values.webhooks.urls))),
        ("text messages and e-mails", "webhooks.send_url", plain(values.webhooks.send_url)),
        ("mail of Monday", "mail.host", f"{values.mail.host}:{values.mail.port}" if values.mail.host else ""),
        ("sign-in of OpenID Connect", "web.oidc_issuer", plain(values.web.oidc_issuer)),
        *[("task", f"tasks.urls: {name}", plain(url)) for name, url in sorted(values.tasks.urls.items())],
    ]
    return [{"what": what, "setting": setting, "where": where} for what, setting, where in rows if where]
