"""The company's own systems: what flows ask over HTTP, what runs their tasks, what webhooks and messages reach."""

import json
from typing import Any

from tests.business.web_server import Asked, Reply, WebServer, reply

SECRET = "a secret of sixteen letters"


class Office:
    """One server for all of it."""

    def __init__(self) -> None:
        self.server = WebServer(self._answer)

    @property
    def settings(self) -> dict[str, str]:
        """Of the line that asks it."""
        url = self.server.url
        return {
            "queries_hosts": '["127.0.0.1"]',
            "webhooks_urls": json.dumps([f"{url}/hook"]),
            "webhooks_secret": SECRET,
            "webhooks_send_url": f"{url}/send",
            "tasks_urls": json.dumps({"credit": f"{url}/credit", "slow": f"{url}/slow"}),
        }

    def told(self, path: str) -> list[dict[str, Any]]:
        """What was posted there so far."""
        return [json.loads(asked.body) for asked in list(self.server.asked) if asked.path == path]

    def _answer(self, asked: Asked) -> Reply:
        match asked.path:
            case "/orders/7":
                return reply('{"status": "on its way to you"}')
            case "/credit":  # slower than the moment after which the hold phrase is said
                return b"", 2.0, reply('{"limit": 300}')
            case "/slow":  # slower than its node waits
                return b"", 2.0, reply('{"done": true}')
            case _:
                return reply("{}")
