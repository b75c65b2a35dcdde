"""Kamailio with deploy/kamailio/kamailio.cfg, in front of nodes of this machine; a loopback address for each."""

import re
import shutil
import subprocess
import time
from pathlib import Path

import psutil

from ivr.journal import SipMessage
from ivr.sip.caller import PhoneCall
from tests.instance import ROOT, Instance

CONFIG = ROOT / "deploy" / "kamailio" / "kamailio.cfg"
KAMAILIO = shutil.which("kamailio")


def node(state: Path, address: str) -> Instance:
    """A node as light as one can be: keys only, no database, prompts by espeak-ng."""
    made = Instance(
        state,
        ROOT / "tests" / "deploy" / "flows",
        {
            "sip_addresses": f'["{address}"]',
            "sip_max_calls": "20",
            "node": address,
            "cache": str(state / "no-models"),
            "asr_engines": "{}",
            "asr_recognizers": "1",
            "tts_engines": '{"en": ["espeak"]}',
            "database_url": "postgresql://nobody@127.0.0.1:9/nothing",
            "up_drain_s": "30",
        },
    )
    made.environment["IVR_SIP_PORT"] = str(made.port)
    return made


class Spreader:
    """A running Kamailio; `nodes`: `address:port`."""

    def __init__(self, folder: Path, nodes: list[str], port: int, *more: str) -> None:
        assert KAMAILIO is not None
        self.port = port
        listed = folder / "dispatcher.list"
        listed.write_text("".join(f"1 sip:{at}\n" for at in nodes))
        self.log = folder / "kamailio.log"
        defines = [f"LISTEN=udp:127.0.0.1:{port}", f'NODES_FILE="{listed}"', *more]
        words = ["-DD", "-E", "-f", str(CONFIG), "-m", "64", "-M", "8", "-Y", str(folder), "-P", str(folder / "pid")]
        for define in defines:
            words += ["-A", define]
        self._process = subprocess.Popen([KAMAILIO, *words], stderr=self.log.open("wb"), stdout=subprocess.DEVNULL)

    def told(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]

    def cpu_s(self) -> float:
        """Seconds of CPU that all its processes have spent."""
        own = psutil.Process(self._process.pid)
        return sum(sum(it.cpu_times()[:2]) for it in [own, *own.children(recursive=True)])

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def node_of(call: PhoneCall) -> str:
    """Address of the node that answered: Contact of the 200."""
    for message in call.of(SipMessage):
        if not message.sent and message.text.startswith("SIP/2.0 200") and "INVITE" in message.text:
            found = re.search(r"^Contact: *<sip:[^@]*@([\d.]+)", message.text, re.M | re.I)
            if found:
                return found[1]
    raise AssertionError("no 200 with a Contact")


def timed(call: PhoneCall, since: float) -> float:
    """Seconds from the dialling to the answer."""
    call.wait_answered(10)
    return time.monotonic() - since
