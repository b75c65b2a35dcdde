"""The page that calls a line, without a server that takes calls; whole calls are in tests/e2e/test_browser_calls.py."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from ivr.audio import g711
from ivr.records import audit, nodes
from ivr.records.tables import nodes as nodes_table
from ivr.web.identity import cookie_name
from tests.web.conftest import ROOT, PageFor, Site

pytestmark = pytest.mark.postgres
LINES = """
lines:
  orders: {numbers: ["+18005550100"], flow: orders}
  trial: {numbers: ["+18005550101"], flow: orders, version: draft}
  pinned: {numbers: ["+18005550102"], flow: orders, version: "3"}
"""


@pytest.fixture(autouse=True)
def lines(site: Site) -> None:
    (site.flows / "lines.yaml").write_text(LINES)


def stream(site: Site, role: str, line: str, *, origin: str = "", lines: list[str] | None = None) -> Any:
    token = site.session(role, lines)[0] if role else ""
    headers = {"Cookie": f"{cookie_name(site.app.state.parts)}={token}", "Origin": origin or site.url}
    return connect(f"{site.url.replace('http', 'ws')}/try/call?line={line}", additional_headers=headers, proxy=None)


def reason(site: Site, role: str, line: str, lines: list[str] | None = None) -> tuple[int, str]:
    with stream(site, role, line, lines=lines) as opened, pytest.raises(ConnectionClosed) as closed:
        opened.recv(timeout=10)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


def test_who_may_not_have_calls_made_gets_no_socket(site: Site) -> None:
    for role in ("", "viewer", "auditor"):
        with pytest.raises(InvalidStatus), stream(site, role, "orders"):
            pass
    with pytest.raises(InvalidStatus), stream(site, "supervisor", "orders", origin="https://evil.example"):
        pass


def test_only_lines_of_ones_own_and_unpublished_flows_only_for_who_edits(site: Site) -> None:
    with site.engine.begin() as db:
        db.execute(delete(nodes_table))
    refused = (1008, "there is no such line, or you may not call it")
    assert reason(site, "supervisor", "trial") == refused
    assert reason(site, "supervisor", "nowhere") == refused
    assert reason(site, "supervisor", "orders", lines=["pinned"]) == refused
    away = (1013, "no server takes calls now; is `ivr up` running?")
    assert reason(site, "supervisor", "orders") == away
    assert reason(site, "administrator", "trial") == away
    offered = site.client("supervisor", page=True).get("/try?line=pinned").text
    assert '<option value="pinned" selected>' in offered
    assert 'value="trial"' not in offered
    other = LINES.replace("trial: {numbers", "first: {numbers: ['+1'], flow: support}\n  trial: {numbers")
    (site.flows / "lines.yaml").write_text(other)
    assert '<option value="first" selected>' in site.client("supervisor", page=True).get("/try?flow=support").text
    assert 'value="trial"' in site.client("administrator", page=True).get("/try").text


def test_a_server_that_does_not_answer_is_told_and_the_call_was_audited(site: Site) -> None:
    secret = site.state / "secrets" / "control.token"
    secret.parent.mkdir(parents=True, exist_ok=True)
    secret.write_text("token")
    row = {"name": "n", "address": "http://127.0.0.1:9", "pid": 1, "sip": "", "version": "", "max_calls": 9,
           "live_calls": 0, "draining": False}  # fmt: skip
    nodes.beat(site.engine, row)
    assert reason(site, "supervisor", "orders") == (1013, "the server that takes calls does not answer")
    with site.engine.connect() as db:
        told = audit.read(db, what="call.from_browser")
    assert [(it.name, it.about) for it in told] == [("supervisor", "orders")]
    nodes.beat(site.engine, row | {"draining": True})
    assert "no server takes calls" in reason(site, "supervisor", "orders")[1]


def test_the_page_says_why_there_is_no_call(site: Site, browser_page: PageFor) -> None:
    with site.engine.begin() as db:
        db.execute(delete(nodes_table))
    page, _ = browser_page("supervisor")
    page.goto("/try?line=orders")
    page.get_by_role("button", name="Call the line").click()
    page.get_by_role("status").filter(has_text="not taken. (no server takes calls now").wait_for()
    assert page.get_by_role("button", name="Call the line").is_enabled()
    page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError')) }"
    )
    page.get_by_role("button", name="Call the line").click()
    page.get_by_role("status").filter(has_text="The microphone may not be used").wait_for()


def test_in_korean(site: Site, browser_page: PageFor) -> None:
    page, _ = browser_page("supervisor", language="ko")
    page.goto("/try")
    assert page.get_by_role("heading", name="여기서 전화하기").is_visible()


NODE = """
import { encode, VALUES } from "./mulaw.js";
import { Playback } from "./playback.js";
import { Resampler } from "./resampler.js";
const said = Int16Array.from({ length: 65536 }, (_, n) => n - 32768);
const codes = Array.from(said, (it) => encode(it / 32768));
const sine = (rate, hertz) =>
  Float32Array.from({ length: rate }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / rate));
const through = (from, to, hertz) => {
  const made = new Resampler(from, to), input = sine(from, hertz), out = new Float32Array(to + 1000);
  let count = 0;
  for (let at = 0; at < input.length; at += 128) {
    made.write(input.subarray(at, at + 128));
    count += made.read(out, count);
  }
  return Array.from(out.subarray(0, count));
};
const playback = new Playback();
const took = [];
for (let n = 0; n < 40; n++) playback.put(n);
for (let n = 0; n < 6; n++) took.push(playback.take());
process.stdout.write(JSON.stringify({
  codes, values: Array.from(VALUES), took,
  low: through(48000, 8000, 1000), high: through(48000, 8000, 6000), odd: through(44100, 8000, 1000),
  up: through(8000, 48000, 1000),
}));
"""


def test_the_browser_s_sound_is_g711_and_nothing_above_4_khz_folds_back(tmp_path: Path) -> None:
    """The worklet's modules, run by node."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    for source in (ROOT / "ivr/web/assets/call_here").glob("*.js"):
        shutil.copy(source, tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "run.js").write_text(NODE)
    done = subprocess.run([node, "run.js"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    told = json.loads(done.stdout)
    every = np.arange(-32768, 32768, dtype=np.int16)
    ours = np.frombuffer(g711.decode(g711.encode(every.tobytes())), np.int16).astype(int)
    theirs = np.frombuffer(g711.decode(bytes(told["codes"])), np.int16).astype(int)
    step = np.abs(every.astype(int)) / 16 + 16
    assert (np.abs(theirs - every) <= np.maximum(step, 644)).all()
    assert (np.abs(theirs - ours) <= np.maximum(step, 1)).all(), "the same, but for which of two equally near is taken"
    assert np.array_equal(np.round(np.array(told["values"]) * 32768), g711.mulaw_values())

    def level(name: str) -> float:
        middle = np.array(told[name][2000:-500])
        return float(20 * np.log10(np.sqrt((middle**2).mean()) / (0.5 / np.sqrt(2)) + 1e-9))

    assert abs(level("low")) < 0.1
    assert abs(level("odd")) < 0.1
    assert abs(level("up")) < 0.1
    assert level("high") < -40
    assert abs(len(told["low"]) - 8000) < 40
    assert abs(len(told["up"]) - 48000) < 100
    spectrum = np.abs(np.fft.rfft(np.array(told["up"][4000:44000]) * np.hanning(40000)))
    peak = spectrum.max()
    assert spectrum[int(3600 / 1.2) :].max() < peak / 100, "no image of the tone above 4 kHz"
    assert told["took"] == [took for took in told["took"] if took is not None], "it plays at once after a burst"
    assert told["took"][0] > 20, "and not what is old"
