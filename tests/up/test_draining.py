"""Running a node empty, against a control API of this process."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from ivr.up import draining


class Control(HTTPServer):
    """Says `calls` left, one less at each look; `away` answers 503."""

    calls, away = 3, 0
    asked: list[str]


class Handler(BaseHTTPRequestHandler):
    server: Control

    def _answer(self) -> None:
        server = self.server
        server.asked.append(f"{self.command} {self.path}")
        status = 503 if server.away else 200
        server.away = max(0, server.away - 1)
        media: dict[str, list[dict[str, str]]] = {"calls": [{}] * server.calls}
        body = json.dumps(media if self.path == "/drain" else {"media": media}).encode()
        server.calls -= self.path == "/status" and status == 200 and server.calls > 0
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    server = Control(("127.0.0.1", 0), Handler)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "run").mkdir()
    (tmp_path / "secrets").mkdir()
    (tmp_path / "run/control.json").write_text(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}))
    (tmp_path / "secrets/control.token").write_text("t\n")
    yield server
    server.shutdown()
    server.server_close()


def test_calls_are_waited_for_and_told(control: Control, tmp_path: Path) -> None:
    told: list[int] = []
    assert draining.run_empty(tmp_path, 10, told.append)
    assert told == [3, 2, 1, 0]
    assert control.asked[0] == "POST /drain"
    assert "POST /drain" not in control.asked[1:]


def test_an_api_that_is_away_for_a_moment_is_told_to_drain_again(control: Control, tmp_path: Path) -> None:
    control.away = 2
    assert draining.run_empty(tmp_path, 10, lambda _: None)
    assert control.asked.count("POST /drain") == 3


def test_time_runs_out_or_somebody_gives_up(control: Control, tmp_path: Path) -> None:
    control.calls = 1000
    assert not draining.run_empty(tmp_path, 0.3, lambda _: None)
    assert not draining.run_empty(tmp_path, 60, lambda _: None, lambda: True)


def test_without_a_server_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(draining.NodeAway, match="no server runs"):
        draining.ask(tmp_path, "GET", "/status")
