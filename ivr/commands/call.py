"""`ivr call`: a caller of our own. Dials, hears, speaks, presses keys, is silent, holds, hangs up."""

import json
import re
import sys
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ivr.settings import Settings, load

if TYPE_CHECKING:
    from ivr.insight.conversation import Conversation
    from ivr.insight.journal_tail import JournalTail
    from ivr.insight.sip_caller import Caller

STEPS = {"--say": "say", "--press": "press", "--wav": "wav", "--silent": "silent", "--hold": "hold", "--hear": "hear"}
"""Options that are steps: they may be given many times and are done in the order in which they stand."""

Step = tuple[str, str]


def call(
    uri: Annotated[str, typer.Argument(help="whom to call: sip:orders@127.0.0.1:5060")],
    conversation: Annotated[Path | None, typer.Argument(help="conversations to hold (as tests.yaml)")] = None,
    name: Annotated[str, typer.Option("--name", "-k", help="only conversations whose name holds this")] = "",
    say: Annotated[list[str] | None, typer.Option(help="a text to speak")] = None,
    press: Annotated[list[str] | None, typer.Option(help="keys to press: 4567#")] = None,
    wav: Annotated[list[str] | None, typer.Option(help="a WAV file to play (8 kHz, mono, 16 bit)")] = None,
    silent: Annotated[list[float] | None, typer.Option(help="seconds to say nothing")] = None,
    hold: Annotated[list[float] | None, typer.Option(help="seconds to put the line on hold")] = None,
    hear: Annotated[list[str] | None, typer.Option(help="words that the line must say")] = None,
    over: Annotated[bool, typer.Option("--over", help="do not wait until the line has finished speaking")] = False,
    language: Annotated[str, typer.Option(help="that the caller speaks and hears")] = "en",
    caller: Annotated[str, typer.Option("--from", help="number that calls")] = "+14155550123",
    keys_by: Annotated[str, typer.Option(help="rfc4733, info, info-dtmf or inband")] = "rfc4733",
    record: Annotated[Path | None, typer.Option(help="WAV file for the call: heard left, said right")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON line for each thing that happens")] = False,
) -> None:
    """Call a number. Steps (--say --press --wav --silent --hold --hear) are done in the order in which they are given.

    Exit code 1: not answered, or what must be heard was not.
    """
    if keys_by not in ("rfc4733", "info", "info-dtmf", "inband"):
        raise typer.BadParameter("--keys-by takes rfc4733, info, info-dtmf or inband")
    if not re.match(r"sips?:[^@]+@[^@]+$", uri):
        raise typer.BadParameter(f"{uri!r} is no address like sip:orders@127.0.0.1:5060")
    given = {"say": say, "press": press, "wav": wav, "silent": silent, "hold": hold, "hear": hear}
    steps = _in_order(sys.argv, {kind: [str(value) for value in values or []] for kind, values in given.items()})
    from ivr.sip.endpoint import SipError
    from ivr.sip.library import LibraryError

    values = load()
    report = _report(as_json)
    try:
        if conversation is not None:
            ok = _hold_conversations(values, uri, conversation, name, report)
        else:
            ok = _Quick(values, uri, caller, language, keys_by, over, report).run(steps, record)
    except (SipError, LibraryError, OSError, ValueError) as error:
        print(f"call: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    raise typer.Exit(0 if ok else 1)


def _in_order(argv: list[str], given: dict[str, list[str]]) -> list[Step]:
    """The command line knows the order of steps; the parsed options only their values."""
    left = {kind: list(values) for kind, values in given.items()}
    steps = []
    for word in argv:
        kind = STEPS.get(word.partition("=")[0], "")
        if kind and left[kind]:
            steps.append((kind, left[kind].pop(0)))
    return steps + [(kind, value) for kind, values in left.items() for value in values]


Report = Callable[[str, dict[str, Any]], None]


def _report(as_json: bool) -> Report:
    begun = time.monotonic()

    def report(what: str, more: dict[str, Any]) -> None:
        at = round(time.monotonic() - begun, 2)
        if as_json:
            print(json.dumps({"event": what, "at_s": at, **more}, ensure_ascii=False), flush=True)
        else:
            print(f"{at:7.2f}s {what} {' '.join(str(value) for value in more.values())}".rstrip(), flush=True)

    return report


def _journals(values: Settings) -> Path | None:
    """Of the server on this machine, when we may read them."""
    folder = values.state / "journals"
    return folder if folder.is_dir() else None


def _hold_conversations(values: Settings, uri: str, path: Path, name: str, report: Report) -> bool:
    from ivr.commands import test_sip
    from ivr.insight.conversation import read
    from ivr.insight.journal_text import lines
    from ivr.insight.sip_talk import SipTalk

    found, problems = read(str(path), path.read_bytes())
    if problems:
        raise ValueError("\n".join(str(problem) for problem in problems))
    chosen: list[Conversation] = [c for c in found if "sip" in c.only and name.lower() in c.name.lower()]
    if not chosen:
        raise ValueError(f"{path}: no conversation to hold")
    user, _, address = uri.removeprefix("sip:").partition("@")
    ok = True
    with test_sip.telephone() as phone:
        test_sip.agent_of(phone)
        talk: SipTalk = SipTalk(
            phone,
            address,
            test_sip.mouth(values.cache),
            test_sip.ears(values.cache),
            lambda file: test_sip.read_wav(path.parent / file),
            _journals(values),
            number_of=lambda flow: user,
        )
        for one in chosen:
            result = talk.run(one)
            ok &= result.ok
            report("ok" if result.ok else "failed", {"name": one.name, "seconds": round(result.seconds, 1)})
            if not result.ok:
                report("why", {"place": f"{path}:{result.line}", "failure": result.failure})
                for line in lines(result.journal):
                    print(f"        {line}", file=sys.stderr)
    return ok


class _Quick:
    """One call by the steps of the command line."""

    def __init__(
        self, values: Settings, uri: str, number: str, language: str, keys_by: str, over: bool, report: Report
    ) -> None:
        self.values = values
        self.uri = uri
        self.number = number
        self.language = language
        self.keys_by: Any = keys_by
        self.over = over
        self.report = report
        self._told = 0

    def run(self, steps: list[Step], record: Path | None) -> bool:
        from ivr.commands import test_sip
        from ivr.insight.sip_caller import Caller, NotHeard
        from ivr.sip.caller import PhoneError
        from ivr.tts import SynthesisError

        speak, recognize = test_sip.mouth(self.values.cache), test_sip.ears(self.values.cache)
        try:
            for kind, value in steps:
                if kind == "say":
                    speak(value, self.language)  # before the call: nothing is late in it
        except SynthesisError as error:
            raise ValueError(str(error)) from None
        with test_sip.telephone() as phone:
            test_sip.agent_of(phone)
            dialled = phone.dial(self.uri, user=self.number)
            caller = Caller(dialled, speak, recognize, self.language, self._tail())
            try:
                caller.answered(30.0)
                self.report("answered", {})
                for kind, value in steps:
                    self._step(caller, kind, value)
                if not dialled.over:
                    caller.waits()
            except (NotHeard, PhoneError) as error:
                self.report("failed", {"why": str(error)})
                return False
            finally:
                self._end(caller, record)
        return True

    def _tail(self) -> "Callable[[str], JournalTail] | None":
        from ivr.insight.journal_tail import JournalTail

        folder = _journals(self.values)
        return None if folder is None else lambda sip_call_id: JournalTail(folder, sip_call_id)

    def _step(self, caller: "Caller", kind: str, value: str) -> None:
        from ivr.commands.test_sip import read_wav

        if kind != "hear" and not self.over:
            caller.waits()
        self._heard(caller)
        self.report(kind, {"what": value})
        match kind:
            case "say":
                caller.says(value, self.over)
            case "press":
                caller.presses(value, self.keys_by, self.over)
            case "wav":
                caller.plays(read_wav(Path(value)), self.over)
            case "silent":
                caller.silent(float(value))
            case "hold":
                caller.holds(float(value))
            case "hear":
                caller.hears(value)
        self._heard(caller)

    def _heard(self, caller: "Caller") -> None:
        for text in caller.texts[self._told :]:
            self.report("heard", {"text": text})
        self._told = len(caller.texts)

    def _end(self, caller: "Caller", record: Path | None) -> None:
        from ivr.sip.caller import PhoneError

        try:
            caller.hangs_up()
            hung_up = caller.over()
        except PhoneError:
            hung_up = None
        self._heard(caller)
        # `caller` of the event is the far side of the call as this telephone sees it: the line
        by = {"caller": "line", "system": "caller"}.get(hung_up.by, hung_up.by) if hung_up else ""
        self.report("over", {"by": by, "status": hung_up.sip_status if hung_up else 0})
        if record is not None:
            _write_wav(record, bytes(caller.call.sound.heard), bytes(caller.call.sound.sent))


def _write_wav(path: Path, heard: bytes, sent: bytes) -> None:
    from ivr.call.wav import interleave

    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(interleave(heard, sent))
