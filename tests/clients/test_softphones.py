"""Softphones that are not ours hold a call with the demo line: they hear it, press a key, speak, and leave."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ivr import actions as act
from ivr import journal, models
from ivr.tts.piper import Piper
from tests.clients import nat, phones
from tests.instance import Instance

pytestmark = [pytest.mark.clients, pytest.mark.sip, pytest.mark.slow]


def needed(*programs: str) -> None:
    """Skips with the reason; where everything must be there (CI) the lack is a failure."""
    reason = phones.missing(*programs)
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    instance = Instance(tmp_path_factory.mktemp("clients") / "state")
    try:
        yield started(instance)
    finally:
        instance.stop()


def started(instance: Instance) -> Instance:
    """The demo line answers, hears, and its greeting is rendered."""
    instance.start()
    logs = instance.state / "logs"

    def ready() -> bool:
        services = logs / "services.log"
        heard = [p for p in logs.glob("recognizer-*.log") if "recognizer_ready" in p.read_text(errors="replace")]
        return bool(heard) and services.exists() and "flows are ready" in services.read_text(errors="replace")

    instance.wait(ready, 150, "recognizers and prompts are ready")
    return instance


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Silence while the greeting plays, then a wish."""
    voice = Piper(lambda: models.path("piper-joe-en"))
    wish = np.frombuffer(voice.synthesize("What are your opening hours?", "en"), np.int16)
    sound = np.concatenate([np.zeros(8000 * 11, np.int16), wish, np.zeros(8000 * 20, np.int16)])
    return phones.write_wav(tmp_path_factory.mktemp("spoken") / "wish.wav", sound)


def entries(instance: Instance, number: int = 1) -> list[journal.Entry]:
    """The `number`th call's journal, once it is closed."""

    def closed() -> bool:
        found = instance.journals()
        return len(found) >= number and b'"Closed"' in found[number - 1].read_bytes()

    instance.wait(closed, 20, "the call is closed")
    return journal.read(instance.journals()[number - 1].read_bytes())


def of(found: list[journal.Entry], kind: type) -> list[journal.Entry]:
    return [entry for entry in found if isinstance(entry, kind)]


def wait_node(instance: Instance, node: str, number: int) -> None:
    def there() -> bool:
        found = instance.journals()
        return len(found) >= number and f'"node":"{node}"'.encode() in found[number - 1].read_bytes()

    instance.wait(there, 40, f"node {node}")


def is_speech(samples: NDArray[np.int16]) -> bool:
    """A second at least is louder than a quiet voice."""
    frames = samples[: len(samples) // 160 * 160].astype(np.float64).reshape(-1, 160)
    return int((np.sqrt((frames**2).mean(axis=1)) > 300).sum()) > 50


def test_baresip_speaks_and_presses(server: Instance, spoken: Path, tmp_path: Path) -> None:
    needed("baresip")
    number = len(server.journals()) + 1
    phone = phones.Baresip(tmp_path / "baresip", spoken)
    try:
        phone.dial(server.uri())
        wait_node(server, "hours", number)  # understood from its voice
        phone.press("9")
        wait_node(server, "bye", number)
        server.wait(lambda: phone.gone, 15, "the line hangs up")
    finally:
        phone.close()
    found = entries(server, number)
    assert any(e.option == "opening_hours" and e.how == "speech" for e in of(found, act.Answered))  # type: ignore[union-attr]
    assert any(e.keys == "9" for e in of(found, act.KeysTaken))  # type: ignore[union-attr]
    assert is_speech(phone.heard())


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[nat.Nat, Instance]]:
    """A server in a namespace of its own; clients reach it through a NAT."""
    needed("ip", "iptables")
    reason = nat.possible()
    if reason:
        pytest.skip(reason)
    with nat.Nat() as net:
        server = Instance(
            tmp_path_factory.mktemp("nat") / "state",
            settings={"sip_addresses": f'["{nat.SERVER_ADDRESS}"]'},
            namespace=net.server,
        )
        try:
            yield net, started(server)
        finally:
            server.stop()


def test_linphone_behind_nat_presses_and_hangs_up(behind: tuple[nat.Nat, Instance], tmp_path: Path) -> None:
    needed("linphonec")
    net, server = behind
    number = len(server.journals()) + 1
    phone = phones.Linphone(tmp_path / "linphone", net.client)
    try:
        phone.dial(f"sip:orders@{nat.SERVER_ADDRESS}:{server.port}")
        wait_node(server, "welcome", number)
        server.wait(lambda: b'"PromptDone"' in server.journals()[number - 1].read_bytes(), 15, "the announcement")
        phone.press("3")
        wait_node(server, "hours", number)
        phone.hang_up()
        found = entries(server, number)
    finally:
        phone.close()
    assert any(e.keys == "3" for e in of(found, act.KeysTaken))  # type: ignore[union-attr]
    assert next(e.reason for e in of(found, journal.Closed)) == "bye"  # type: ignore[union-attr]


def test_baresip_behind_nat(behind: tuple[nat.Nat, Instance], spoken: Path, tmp_path: Path) -> None:
    """The client's SDP and Contact name an address that the server cannot reach."""
    needed("baresip")
    net, server = behind
    number = len(server.journals()) + 1
    phone = phones.Baresip(tmp_path / "baresip", spoken, nat.CLIENT_ADDRESS, net.client)
    try:
        phone.dial(f"sip:orders@{nat.SERVER_ADDRESS}:{server.port}")
        wait_node(server, "hours", number)  # its voice came through
        phone.press("9")
        server.wait(lambda: phone.gone, 20, "BYE reaches the client behind the NAT")
        found = entries(server, number)
    finally:
        phone.close()
    opened = of(found, journal.Opened)[0]
    assert nat.NAT_ADDRESS in opened.peer  # type: ignore[union-attr]
    assert is_speech(phone.heard())
