"""`ivr eval dtmf`: captures written here byte by byte, tones, speechlike sound, and the command's report."""

import json
import logging
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import structlog
import typer
from typer.testing import CliRunner

from ivr.commands.eval_dtmf import dtmf
from ivr.insight.captures import CaptureError, read_capture
from ivr.insight.channel import g711_codes
from ivr.insight.dtmf_eval import KeyCase

ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
PAD = ("123A", "456B", "789C", "*0#D")


def tones(keys: str, press_s: float = 0.08, gap_s: float = 0.08, rate: int = 8000) -> np.ndarray:
    pieces = [np.zeros(int(0.2 * rate))]
    t = np.arange(int(press_s * rate)) / rate
    for key in keys:
        row = next(n for n, line in enumerate(PAD) if key in line)
        column = COLUMNS[PAD[row].index(key)]
        pieces += [
            0.1 * (np.sin(2 * np.pi * ROWS[row] * t) + np.sin(2 * np.pi * column * t)),
            np.zeros(int(gap_s * rate)),
        ]
    return np.concatenate(pieces).astype(np.float32)


def capture(path: Path, packets: list[tuple[float, int, int, bytes]], link: int = 1) -> Path:
    """Packets: (seconds, payload type, RTP timestamp, payload), as tcpdump writes them."""
    head = {1: b"\0" * 12 + b"\x08\0", 113: b"\0" * 14 + b"\x08\0", 101: b""}[link]
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
    for number, (at, kind, stamp, payload) in enumerate(packets):
        rtp = struct.pack("!BBHII", 0x80, kind, number, stamp, 7) + payload
        udp = struct.pack("!HHHH", 4000, 4002, 8 + len(rtp), 0) + rtp
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1") + udp
        frame = head + ip
        data += struct.pack("<IIII", int(at), int(at % 1 * 1e6), len(frame), len(frame)) + frame
    path.write_bytes(data)
    return path


def events(keys: str) -> list[tuple[float, int, int, bytes]]:
    """Five updates and three ends a key, 200 ms apart."""
    out = []
    for n, key in enumerate(keys):
        for packet in range(8):
            body = struct.pack(
                "!BBH", "0123456789*#ABCD".index(key), 0x80 if packet >= 5 else 10, min(packet + 1, 5) * 160
            )
            out.append((0.2 * n + 0.02 * packet, 101, 8000 + 1600 * n, body))
    return out


def audio(sound: np.ndarray, kind: int = 0) -> list[tuple[float, int, int, bytes]]:
    codes = g711_codes(sound, "pcmu" if kind == 0 else "pcma").tobytes()
    return [(n / 8000, kind, 5000 + n, codes[n : n + 160]) for n in range(0, len(codes), 160)]


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """The command sends log lines to the runner's standard error, which is closed after it."""
    handlers = logging.getLogger().handlers
    yield
    logging.getLogger().handlers = handlers
    structlog.reset_defaults()


app = typer.Typer()
app.command()(dtmf)


def report(*arguments: str | Path) -> Any:
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_captures_and_recordings(tmp_path: Path) -> None:
    capture(tmp_path / "events_1199.pcap", events("1199"))
    capture(tmp_path / "bare_star.pcap", events("*"), link=101)
    capture(tmp_path / "mulaw_0A5.pcap", audio(tones("0A5")), link=113)
    capture(tmp_path / "alaw_77.pcap", audio(tones("77"), 8))
    capture(tmp_path / "leak_4.pcap", sorted(events("4") + audio(tones("4"))))
    soundfile.write(tmp_path / "wide.flac", tones("147*", rate=44100), 44100)
    (tmp_path / "labels.json").write_text(json.dumps({"wide.flac": {"keys": "147*"}}))
    found = report(tmp_path)
    assert found["wrong"] == []
    assert (found["cases"], found["keys"], found["false_keys"]) == (6, 15, 0)
    assert found["keys_right"]["share"] == 1.0
    assert found["keys_right"]["low"] < 0.85  # fifteen keys prove little, and the interval says so
    assert {"rtp", "inband"} <= set(found["by_means"])
    assert "cores" in found["machine"]


def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "x_12.wav", tones("13"), 8000)
    soundfile.write(tmp_path / "y_5.wav", tones("5", press_s=0.015), 8000)  # shorter than Q.24 accepts
    soundfile.write(tmp_path / "unknown.wav", tones("8"), 8000)
    found = report(tmp_path)
    assert found["wrong"] == [
        {"name": "x_12", "pressed": "12", "found": "13"},
        {"name": "y_5", "pressed": "5", "found": ""},
    ]
    assert found["keys_right"]["right"] == 1
    assert found["unlabelled"] == {"unknown": "8"}
    assert report(tmp_path, "--no-keys")["false_keys"] == 3


def test_keys_are_aligned_as_texts() -> None:
    assert (KeyCase("a", "rtp", 1.0, "1234", "134").missed, KeyCase("a", "rtp", 1.0, "1234", "134").false) == (1, 0)
    assert (KeyCase("a", "rtp", 1.0, "12", "122").missed, KeyCase("a", "rtp", 1.0, "12", "122").false) == (0, 1)


def test_files_that_are_no_captures(tmp_path: Path) -> None:
    (tmp_path / "a_1.pcap").write_bytes(b"\n\r\r\n" + b"\0" * 40)
    with pytest.raises(CaptureError, match="pcapng"):
        read_capture(tmp_path / "a_1.pcap")
    capture(tmp_path / "b_1.pcap", [(0.0, 101, 0, b"")])
    with pytest.raises(CaptureError, match="no RTP"):
        read_capture(tmp_path / "b_1.pcap")
    for arguments in ([tmp_path], [tmp_path / "none"], [tmp_path, "--codec", "opus"]):
        result = CliRunner().invoke(app, [*map(str, arguments)])
        assert result.exit_code == 2
