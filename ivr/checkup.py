"""What `ivr doctor` tries, part by part. Beside bootstrap.py: it, too, knows every layer."""

import importlib.metadata
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from ivr import bootstrap
from ivr.insight import flow_folder
from ivr.insight.trial import Trial, tried
from ivr.settings import Settings

SENTENCE = {"en": "yes please", "ko": "네"}
"""What is synthesized and recognized again, a language."""
REGISTRATION_S = 6.0


def trials(values: Settings) -> Iterator[tuple[str, Callable[[], Trial]]]:
    """Part and trial, in the order of the table."""

    def one(part: str, trial: Callable[[], Trial], mend: str = "") -> tuple[str, Callable[[], Trial]]:
        return part, partial(tried, part, trial, mend)

    yield one("machine", partial(machine, values))
    yield one("pjsua2", partial(pjsua2, values), "make pjsua2")
    yield one("SIP port", partial(sip_port, values))
    for trunk in values.sip.trunks:
        yield one(f"trunk {trunk.name}", partial(registration, values, trunk.name), "see docs/sip.md")
    yield from ((f"model {n}", t) for n, t in _models(values))
    for language, names in values.tts.engines.items():
        for name in names:
            yield one(f"voice {language} {name}", partial(synthesis, values, language, name))
    for language in values.asr.engines:
        yield one(f"recognition {language}", partial(recognition, values, language), "ivr models install")
    yield one("flows", partial(flows, values), "ivr check")
    yield one("understanding", partial(understanding, values))
    yield one("Rasa", partial(rasa, values))
    yield one("Postgres", partial(postgres, values), "ivr db status")


def machine(values: Settings) -> Trial:
    """Python, cores, room for recordings."""
    state = values.state if values.state.exists() else Path.home()
    free = shutil.disk_usage(state).free / 1e9
    import psutil

    memory = psutil.virtual_memory().available / 1e9
    detail = f"{psutil.cpu_count()} cores, {memory:.1f} GB of memory and {free:.1f} GB of disk free"
    if free < 1:
        return Trial("machine", platform.python_version(), "broken", detail, f"make room on the disk of {state}")
    if memory < 2:
        return Trial("machine", platform.python_version(), "lacking", detail, "Rasa and the recognizers want 3 GB")
    return Trial("machine", f"Python {platform.python_version()}", detail=detail)


def pjsua2(values: Settings) -> Trial:
    """The library, in a process of its own: it can be started once a process."""
    from ivr.sip.library import require_calls

    library = require_calls(values.sip.max_calls)
    return Trial("pjsua2", library.version, detail=f"{library.max_calls} calls; {values.sip.max_calls} are configured")


def sip_port(values: Settings) -> Trial:
    """Free, or used by our own instance, which then answers OPTIONS."""
    port, host = values.sip.port, values.sip.addresses[0]
    asked = "127.0.0.1" if host == "0.0.0.0" else host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        try:
            trial.bind((host, port))
            return Trial("SIP port", str(port), detail="free; nothing answers calls now")
        except OSError as error:
            reason = error.strerror or "in use"
    if answers_options(asked, port):
        return Trial("SIP port", str(port), detail=f"{asked} answers OPTIONS")
    return Trial("SIP port", str(port), "broken", reason, f"`ss -lnp` names who uses {port}; or set IVR_SIP_PORT")


def answers_options(host: str, port: int, wait_s: float = 2.0) -> bool:
    """A SIP server is there (RFC 3261 §11)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(wait_s)
        asker.connect((host, port))
        own = "{}:{}".format(*asker.getsockname())
        lines = [
            f"OPTIONS sip:{host}:{port} SIP/2.0",
            f"Via: SIP/2.0/UDP {own};rport;branch=z9hG4bK{time.time_ns()}",
            "Max-Forwards: 70",
            f"From: <sip:doctor@{own}>;tag={time.time_ns()}",
            f"To: <sip:{host}:{port}>",
            f"Call-ID: {time.time_ns()}@{own}",
            "CSeq: 1 OPTIONS",
            f"Contact: <sip:doctor@{own}>",
            "Content-Length: 0",
        ]
        try:
            asker.send(("\r\n".join(lines) + "\r\n\r\n").encode())
            return asker.recv(4096).startswith(b"SIP/2.0")
        except OSError:
            return False


def registration(values: Settings, name: str) -> Trial:
    """REGISTER at one trunk, from a port of its own, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "ivr.checkup", name], capture_output=True, text=True, timeout=30, check=False
    )
    said = done.stdout.strip().splitlines()[-1:] or done.stderr.strip().splitlines()[-1:] or ["no answer"]
    if done.returncode != 0:
        return Trial(f"trunk {name}", state="broken", detail=said[0], mend="see docs/sip.md")
    return Trial(f"trunk {name}", detail=said[0])


def register_once(values: Settings, name: str) -> int:
    """Tries one registration and prints what came of it; exit code."""
    import threading
    from dataclasses import replace

    from ivr.sip.caller import Phone

    config = bootstrap.sip_config(values)
    trunk = next(t for t in config.trunks if t.name == name)
    phone = Phone(replace(config, port=0, trunks=(trunk,), peers=(), credentials=()))
    phone.start()
    until = time.monotonic() + REGISTRATION_S
    seen = phone.endpoint.trunks()
    while time.monotonic() < until and not any(t.registered for t in seen):
        threading.Event().wait(0.1)
        seen = phone.endpoint.trunks()
    state = seen[0] if seen else None
    print(f"registered at {trunk.registrar}" if state and state.registered else f"not registered: {state}")
    phone.stop()
    return 0 if state and state.registered else 1


def _models(values: Settings) -> Iterator[tuple[str, Callable[[], Trial]]]:
    from ivr import models

    def look(name: str, without: str, optional: bool, licence: str) -> Trial:
        part = f"model {name}"
        if models.path(name, values.cache) is None:
            mend = f"ivr models install {name}"
            return Trial(part, state="lacking", detail=("optional: " if optional else "") + without, mend=mend)
        models.verify(name, values.cache)
        return Trial(part, detail=f"checksums right; {licence}")

    for row in models.rows():
        trial = partial(look, row.name, row.without, row.by_default == "no", row.licence)
        yield row.name, partial(tried, f"model {row.name}", trial, f"ivr models install {row.name}")


def synthesis(values: Settings, language: str, name: str) -> Trial:
    """One sentence spoken."""
    from ivr.tts import SynthesisError

    part = f"voice {language} {name}"
    made = bootstrap.voices(values, {language: [name]}).get(language, [])
    if not made:
        return Trial(part, state="lacking", detail=f"{name} does not speak {language}")
    text = SENTENCE.get(language, "1") if name != "recorded" else {"en": "four five", "ko": "사 오"}.get(language, "1")
    started = time.monotonic()
    try:
        pcm = made[0].synthesize(text, language, values.tts.voices.get(language, ""), values.tts.rate)
    except SynthesisError as error:
        return Trial(part, state="lacking", detail=str(error), mend="make setup")
    detail = f"{len(pcm) / 16000:.1f} s of sound in {time.monotonic() - started:.2f} s, loading included"
    return Trial(part, _version({"piper": "piper-tts"}.get(name, "")), detail=detail)


def recognition(values: Settings, language: str) -> Trial:
    """A synthesized "yes" recognized among yes and no."""
    from ivr import models
    from ivr.asr.engines import EngineOptions, load_engines
    from ivr.flow.grammar import Arc, Grammar
    from ivr.tts.engines import by_language

    part = f"recognition {language}"
    options = EngineOptions(values.asr.beam, values.asr.threads)
    wanted = {language: values.asr.engines[language]}
    engines = load_engines(wanted, lambda name: models.path(name, values.cache), options).get(language, [])
    if not engines:
        detail = "no model: callers in this language use the keypad"
        return Trial(part, state="lacking", detail=detail, mend="ivr models install")
    words = {"en": ("yes please", "no thanks"), "ko": ("네", "아니요")}.get(language, ("1", "2"))
    arcs: list[list[Arc]] = [[]]
    for phrase in words:
        at = 0
        for word in phrase.split():
            arcs.append([])
            arcs[at].append(Arc(to=len(arcs) - 1, word=word))
            at = len(arcs) - 1
    grammar = Grammar(
        language=language, arcs=arcs, finals={n: 0.0 for n, a in enumerate(arcs) if n and not a}, phrases=list(words)
    )
    voices = by_language(
        {language: ["piper", "espeak"]}, values.sounds.absolute(), lambda: models.path("piper-joe-en", values.cache)
    )
    pcm = voices[language][0].synthesize(words[0], language)
    quiet = bytes(3200)
    heard = []
    started = time.monotonic()
    for engine in engines:
        stream = engine.start(language, grammar)
        stream.audio(quiet + pcm + quiet)
        found = stream.end().hypotheses
        heard.append(f"{engine.name}: {found[0].text if found else 'nothing'}")
    took = time.monotonic() - started
    right = all(h.endswith(words[0]) for h in heard)
    detail = f"{', '.join(heard)} ({took:.2f} s for {len(pcm) / 16000:.1f} s of speech)"
    return Trial(part, state="works" if right else "broken", detail=detail)


def flows(values: Settings) -> Trial:
    """Loaded and checked."""
    if not values.flows.is_dir():
        return Trial("flows", state="broken", detail=f"no folder {values.flows}", mend="set IVR_FLOWS")
    loaded = flow_folder.load_flows(values.flows)
    if loaded.errors:
        detail = f"{len(loaded.errors)} mistakes: {loaded.errors[0]}"
        return Trial("flows", state="broken", detail=detail, mend=f"ivr check {values.flows}")
    names = ", ".join(loaded.published.flows) if loaded.published else "none"
    return Trial("flows", loaded.published.version if loaded.published else "", detail=names)


def understanding(values: Settings) -> Trial:
    """The built-in classifier, trained on the flows and asked one of their own examples."""
    import asyncio

    from ivr.events import Hypothesis
    from ivr.nlu.builtin import Builtin

    sets = flow_folder.training_sets(flow_folder.load_flows(values.flows))
    if not sets:
        return Trial("understanding", state="lacking", detail="no flow has examples: only grammars and keys answer")
    started = time.monotonic()
    builtin = Builtin()
    builtin.publish(sets)
    one = sets[0]
    intent, examples = next((i, e) for i, e in one.intents.items() if e)
    found = asyncio.run(builtin.parse([Hypothesis(text=examples[0].text)], one.flow, one.version, one.language, []))
    right = bool(found.intents) and found.intents[0].name == intent
    detail = f"built-in classifier trained and asked in {time.monotonic() - started:.1f} s"
    return Trial("understanding", state="works" if right else "broken", detail=detail)


def rasa(values: Settings) -> Trial:
    """The environment, and a running server when there is one."""
    import httpx

    from ivr.nlu.rasa_env import find_rasa, why_no_rasa

    if values.nlu.rasa == "off":
        return Trial("Rasa", state="lacking", detail="switched off; the built-in classifier understands")
    told = bootstrap.told(values.state / "run" / "rasa.json")
    url = values.nlu.rasa_url or str(told.get("url", ""))
    if url:
        answer = httpx.get(f"{url}/version", timeout=3.0)
        answer.raise_for_status()
        return Trial("Rasa", str(answer.json().get("version", "")), detail="answers")
    if find_rasa(values.cache) is None:
        detail = f"{why_no_rasa(values.cache)}; the built-in classifier understands"
        return Trial("Rasa", state="lacking", detail=detail, mend="make rasa (IVR_RASA_PYTHON names a Python 3.8-3.10)")
    return Trial("Rasa", detail="installed; it does not run now")


def postgres(values: Settings) -> Trial:
    """A query at the running database; an embedded server that does not run is tried in a scratch folder."""
    from ivr.records import embedded, reach

    address = bootstrap.database(values)
    why = reach.unreachable(address)
    if not why:
        report = reach.status(address, values.state / "journals")
        version = str(report.get("server", ""))
        return Trial("Postgres", version, detail=f"a query answered; tables at {report.get('version') or 'none yet'}")
    if address.server is None:
        mend = "start it, or mend DATABASE_URL; calls go on and their records wait in the journals"
        return Trial("Postgres", state="broken", detail=f"{address.shown}: {why}", mend=mend)
    with tempfile.TemporaryDirectory(prefix="ivr-doctor-") as scratch:
        state = Path(scratch) / "state"
        environment = {"IVR_STATE": str(state), "PATH": "/usr/bin:/bin", "HOME": scratch}
        server = subprocess.Popen([sys.executable, "-m", "ivr", "postgres"], env=environment, stderr=subprocess.PIPE)
        try:
            trial = embedded.cluster(state)
            from ivr.records.address import resolve

            until = time.monotonic() + 20
            while (why := reach.unreachable(resolve(state))) and time.monotonic() < until and server.poll() is None:
                time.sleep(0.1)
        finally:
            server.terminate()
            server.wait(20)
    if why:
        return Trial("Postgres", state="broken", detail=why, mend=f"see {trial.data}")
    return Trial("Postgres", detail="the embedded server starts and answers; it does not run now")


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package) if package else ""
    except importlib.metadata.PackageNotFoundError:
        return ""


if __name__ == "__main__":
    from ivr.settings import load

    sys.exit(register_once(load(), sys.argv[1]))
