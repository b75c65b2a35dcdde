"""Softphones of Debian as callers: baresip and linphonec, without sound cards, driven at their terminals."""

import os
import pty
import shutil
import subprocess
import threading
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.instance import free_port, wait_for


class Terminal:
    """A program at a terminal of its own; `said` is what it printed so far."""

    def __init__(self, argv: list[str], folder: Path, namespace: str = "") -> None:
        inside, outside = pty.openpty()
        prefix = ["ip", "netns", "exec", namespace] if namespace else []
        self.process = subprocess.Popen(
            [*prefix, *argv],
            stdin=outside,
            stdout=outside,
            stderr=outside,
            cwd=folder,
            env={**os.environ, "HOME": str(folder), "TERM": "dumb"},
            start_new_session=True,
        )
        os.close(outside)
        self._terminal = inside
        self._chunks: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def said(self) -> str:
        return "".join(self._chunks)

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def wait(self, text: str, timeout_s: float) -> None:
        """Fails with what the program printed when `text` does not come."""
        try:
            wait_for(lambda: text in self.said, timeout_s, text)
        except AssertionError as error:
            raise AssertionError(f"{error}; it printed:\n{self.said[-3000:]}") from None

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        self._reader.join(5)
        os.close(self._terminal)

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._terminal, 4096)
            except OSError:
                return
            if not data:
                return
            self._chunks.append(data.decode("utf-8", "replace"))


BARESIP = """sip_listen {address}:{port}
module_path {modules}
module g711.so
module stdio.so
module aufile.so
module sndfile.so
module account.so
module menu.so
audio_source aufile,{source}
audio_alert aufile,{source}
snd_path {folder}
statmode_default off
"""


class Baresip:
    """baresip 1.0: speaks `source` from the start of the call on, writes what it hears to a file."""

    def __init__(self, folder: Path, source: Path, address: str = "127.0.0.1", namespace: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        modules = next(
            p for p in (Path("/usr/lib/baresip/modules"), Path("/usr/local/lib/baresip/modules")) if p.is_dir()
        )
        port = free_port()
        (folder / "config").write_text(
            BARESIP.format(address=address, port=port, modules=modules, source=source, folder=folder)
        )
        (folder / "accounts").write_text(f"<sip:baresip@{address}:{port};transport=udp>;regint=0;dtmfmode=rtpevent\n")
        (folder / "contacts").touch()
        self.terminal = Terminal(["baresip", "-f", str(folder)], folder, namespace)
        self.terminal.wait("baresip is ready", 10)

    def dial(self, uri: str) -> None:
        self.terminal.type(f"/dial {uri}\n")
        self.terminal.wait("Call established", 15)

    def press(self, key: str) -> None:
        self.terminal.type(key)

    def hang_up(self) -> None:
        self.terminal.type("b")

    @property
    def gone(self) -> bool:
        return "terminated" in self.terminal.said or "session closed" in self.terminal.said

    def heard(self) -> NDArray[np.int16]:
        """What it heard, 8 kHz; call it after the call's end."""
        return read_wav(max(self.folder.glob("dump-*-dec.wav")))

    def close(self) -> None:
        self.terminal.close()


LINPHONE = """[sip]
sip_port={port}
sip_tcp_port=-1
sip_tls_port=-1
guess_hostname=0
use_ipv6=0
[rtp]
audio_rtp_port={rtp}
[video]
enabled=0
capture=0
display=0
automatically_initiate=0
automatically_accept=0
"""


class Linphone:
    """linphonec 5.1: plays a file when told, writes what it hears to a file."""

    def __init__(self, folder: Path, namespace: str = "") -> None:
        (folder / ".local/share/linphone").mkdir(parents=True, exist_ok=True)
        self.folder = folder
        (folder / "rc").write_text(LINPHONE.format(port=free_port(), rtp=free_port()))
        self.terminal = Terminal(["linphonec", "-c", "rc"], folder, namespace)
        self.terminal.wait("linphonec>", 15)
        self.terminal.type("soundcard use files\n")
        self.terminal.wait("Using wav files", 5)
        self.terminal.type(f"record {folder}/heard.wav\n")

    def dial(self, uri: str) -> None:
        self.terminal.type(f"call {uri}\n")
        self.terminal.wait("Media streams established", 15)

    def play(self, path: Path) -> None:
        self.terminal.type(f"play {path}\n")

    def press(self, key: str) -> None:
        self.terminal.type(f"{key}\n")

    def hang_up(self) -> None:
        self.terminal.type("terminate\n")

    @property
    def gone(self) -> bool:
        return "ended" in self.terminal.said

    def heard(self) -> NDArray[np.int16]:
        """What it heard; call it after the call's end."""
        return read_wav(self.folder / "heard.wav")

    def close(self) -> None:
        self.terminal.type("quit\n")
        self.terminal.close()


def missing(*programs: str) -> str:
    """Reason to skip; empty when all are installed."""
    lacking = [p for p in programs if shutil.which(p) is None]
    return f"not installed: {', '.join(lacking)}" if lacking else ""


def read_wav(path: Path) -> NDArray[np.int16]:
    """First channel; a header that was not finished is no matter."""
    data = path.read_bytes()
    with wave.open(str(path)) as opened:
        channels = opened.getnchannels()
    samples = np.frombuffer(data[44 : 44 + (len(data) - 44) // 2 * 2], np.int16)
    return samples[::channels]


def write_wav(path: Path, samples: NDArray[np.int16]) -> Path:
    """8 kHz mono."""
    with wave.open(str(path), "wb") as opened:
        opened.setnchannels(1)
        opened.setsampwidth(2)
        opened.setframerate(8000)
        opened.writeframes(samples.astype("<i2").tobytes())
    return path
