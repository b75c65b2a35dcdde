"""The machines that live, and how their trunks are registered, asked of each node's control API."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import httpx
from sqlalchemy import select

from ivr.records import node_list
from ivr.records.tables import nodes
from ivr.web.parts import WebParts

PATIENCE_S = 3.0
MOST = 50


def listed(parts: WebParts) -> list[dict[str, Any]]:
    """Each with `trunks`: [{name, registrar, registered, status, reason}], and `problem` when it did not say. Raises
    SQLAlchemyError."""
    found = node_list.listed(parts.engine)[:MOST]
    with parts.engine.connect() as db:
        addresses = {name: str(address) for name, address in db.execute(select(nodes.c.name, nodes.c.address))}
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda it: _asked(parts, addresses.get(it.name, "")), found))
    return [asdict(node) | {"sip": list(node.sip)} | answer for node, answer in zip(found, told, strict=True)]


def _asked(parts: WebParts, address: str) -> dict[str, Any]:
    try:
        headers = {"Authorization": f"Bearer {parts.control_token()}"}
        answer = httpx.get(f"{address}/status", headers=headers, timeout=PATIENCE_S, trust_env=False)
        answer.raise_for_status()
        media = answer.json()["media"]
        if not isinstance(media, dict) or "trunks" not in media:
            return {"trunks": [], "problem": "media is away"}
        return {"trunks": [_trunk(it) for it in media["trunks"]], "problem": ""}
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, KeyError, TypeError) as error:
        return {"trunks": [], "problem": f"the node does not answer: {type(error).__name__}"}


def _trunk(told: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": str(told.get("name", "")), "registrar": str(told.get("registrar", "")),
        "registered": bool(told.get("registered")), "status": int(told.get("status") or 0),
        "reason": str(told.get("reason", ""))[:200],
    }  # fmt: skip
