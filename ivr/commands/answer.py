"""`ivr answer`: plays the human agent that calls are transferred to."""

import json
import signal
import sys
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ivr.settings import Settings, load

if TYPE_CHECKING:
    from ivr.sip.agent import Manner


def answer(
    port: Annotated[int, typer.Option(min=0, max=65535, help="UDP and TCP; 0 takes a free one")] = 5062,
    address: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    say: Annotated[str, typer.Option(help="a WAV file (8 kHz mono), or a text that is spoken")] = "",
    refuse: Annotated[int, typer.Option(help="refuse calls with this SIP status")] = 0,
    after: Annotated[float, typer.Option(min=0, help="seconds of ringing before the answer")] = 0.0,
    hang_up: Annotated[float, typer.Option(min=0, help="hang up so many seconds after the answer")] = 0.0,
    echo: Annotated[bool, typer.Option("--echo", help="send back what is heard")] = False,
    record: Annotated[Path | None, typer.Option(help="folder for recordings: heard left, said right")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON line for each thing that happens")] = False,
) -> None:
    """Answer calls as the human agent would: says who called and why, as the headers tell."""
    if refuse and not 300 <= refuse <= 699:
        print("answer: --refuse takes a SIP status from 300 to 699", file=sys.stderr)
        sys.exit(2)
    from ivr.sip.agent import Manner
    from ivr.sip.endpoint import SipError
    from ivr.sip.library import LibraryError

    try:
        speech = _speech(say, load()) if say else b""
        _run(address, port, Manner(refuse, after, speech, echo, record, hang_up), as_json)
    except (SipError, LibraryError, OSError, ValueError, wave.Error) as error:
        print(f"answer: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, (SipError, LibraryError)) else 1)
    except KeyboardInterrupt:
        sys.exit(0)


def _run(address: str, port: int, manner: "Manner", as_json: bool) -> None:
    from ivr.sip.agent import Agent, serve
    from ivr.sip.config import SipConfig

    def report(what: dict[str, Any]) -> None:
        print(json.dumps(what, ensure_ascii=False) if as_json else _line(what), flush=True)

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    config = SipConfig(addresses=(address,), port=port, user="agent", user_agent="ivr answer", max_calls=100)
    agent = Agent(config, manner, report)
    serve(agent, lambda listening: report({"event": "listening", "at": listening}))


def _line(what: dict[str, Any]) -> str:
    """For people."""
    match what["event"]:
        case "listening":
            return f"waiting for calls at {', '.join(what['at'])} (Ctrl-C ends)"
        case "call":
            why = "".join(f"\n    {name}: {value}" for name, value in what["why"].items())
            return f"call {what['call']} from {what['from']} for {what['to']}{why}"
        case "key":
            return f"call {what['call']}: key {what['key']}"
        case "ended":
            kept = f", recorded in {what['recording']}" if "recording" in what else ""
            return f"call {what['call']}: ended by {what['by']} after {what['took_s']} s{kept}"
        case other:
            return f"call {what['call']}: {other}"


def _speech(say: str, values: Settings) -> bytes:
    """8 kHz mono PCM16 of a file or a text. Raises ValueError when neither can be had."""
    if Path(say).is_file():
        with wave.open(say) as file:
            if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (8000, 1, 2):
                raise ValueError(f"{say}: 8 kHz, mono, 16 bit is needed (sox {say} -r 8000 -c 1 -b 16 out.wav)")
            return bytes(file.readframes(file.getnframes()))
    from ivr.bootstrap import voices
    from ivr.tts import SynthesisError

    for engine in voices(values).get("en", []):
        try:
            return bytes(engine.synthesize(say, "en"))
        except SynthesisError:
            continue
    raise ValueError("no synthesizer can speak that: give a WAV file")
