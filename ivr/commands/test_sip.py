"""`ivr test --sip`: how the conversations of tests.yaml are held over real calls. Loads pjsua2 when it runs."""

import contextlib
import re
import sys
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ivr.flow.models import Published
    from ivr.insight.conversation import Conversation
    from ivr.insight.ear import Recognized
    from ivr.insight.sip_caller import Mouth
    from ivr.insight.text_talk import Result
    from ivr.sip.caller import Phone, PhoneCall

SWITCH_S = 0.0005
"""The telephone's sound needs Python a hundred times a second a call, beside recognition."""


def run_all(
    published: "Published",
    folder: Path,
    chosen: "list[tuple[str, Conversation]]",
    told: "Callable[[str, Result], None]",
) -> None:
    """Hold `(path of tests.yaml, conversation)` with a server of our own; `told` is given each result as it comes."""
    from concurrent.futures import ThreadPoolExecutor

    from ivr.insight.private_line import PrivateLine
    from ivr.insight.sip_talk import SipTalk
    from ivr.settings import load

    values = load()
    flows = folder if any(folder.glob("*/flow.yaml")) else folder.parent
    speak, recognize = mouth(values.cache), ears(values.cache)
    with telephone() as phone, PrivateLine(flows, values.cache / "test-line", agent_of(phone)) as line:

        def hold(entry: "tuple[str, Conversation]") -> "tuple[str, Result]":
            path, conversation = entry
            talk = SipTalk(
                phone,
                line.address,
                speak,
                recognize,
                lambda name: read_wav(Path(path).parent / name),
                line.journals,
                line.mocks,
                lambda flow: number_of(published, flow),
            )
            return path, talk.run(conversation, published.flows[conversation.flow].language)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            for path, result in pool.map(hold, chosen):
                told(path, result)


AT_ONCE = 6
"""Calls at once: they mostly wait for each other's prompts to end."""


@contextlib.contextmanager
def telephone(user: str = "caller") -> "Iterator[Phone]":
    """A Phone on a free port of this machine."""
    from ivr.sip.caller import Phone
    from ivr.sip.config import SipConfig

    sys.setswitchinterval(SWITCH_S)
    config = SipConfig(addresses=("127.0.0.1",), user=user, user_agent="ivr call", max_calls=50)
    with Phone(config) as phone:
        yield phone


def agent_of(phone: "Phone") -> str:
    """The telephone also plays the human that calls are transferred to; returns its address."""

    def take(call: "PhoneCall") -> None:
        call.ring()
        call.answer()

    phone.on_call = take
    return "sip:agent@" + next(at.removeprefix("udp:") for at in phone.listening if at.startswith("udp:"))


def ears(cache: Path) -> "Recognized":
    """What the caller hears with."""
    from ivr import models
    from ivr.insight.ear import Recognized

    return Recognized(lambda name: models.path(name, cache))


def mouth(cache: Path) -> "Mouth":
    """What the caller speaks with: the best synthesizer of a language, the same sound in every run; what was made is
    kept for this run. Of espeak-ng's Korean voices f4 is understood best."""
    from ivr import models
    from ivr.ports import Synthesizer
    from ivr.tts import NotForMe, SynthesisError
    from ivr.tts.espeak import Espeak
    from ivr.tts.piper import Piper

    engines: list[Synthesizer] = [Piper(lambda: models.path("piper-joe-en", cache), steady=True), Espeak(variant="f4")]
    made: dict[tuple[str, str], bytes] = {}

    def speak(text: str, language: str) -> bytes:
        if (text, language) not in made:
            why = "no voice"
            for engine in engines:
                try:
                    made[text, language] = engine.synthesize(_DIGITS.sub(_apart, text), language)
                    break
                except (NotForMe, SynthesisError) as error:
                    why = str(error)
            else:
                raise SynthesisError(f"the caller cannot say this in {language!r}: {why}")
        return made[text, language]

    return speak


_DIGITS = re.compile(r"[0-9]{2,}")


def _apart(number: re.Match[str]) -> str:
    """People say 4568 as four five six eight, as the text run takes it."""
    return " ".join(number[0])


def number_of(published: "Published", flow: str) -> str:
    """A user part that reaches `flow`: of a number or an address that its line claims."""
    for line in (published.lines.lines if published.lines else {}).values():
        if line.flow != flow:
            continue
        for number in line.numbers:
            user = number.removeprefix("sip:").partition("@")[0]
            if user and "*" not in user:
                return user
    return flow


def read_wav(path: Path) -> bytes:
    """8 kHz mono PCM16 of a WAV file. Raises OSError or ValueError."""
    try:
        with wave.open(str(path)) as file:
            if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (8000, 1, 2):
                raise ValueError(f"{path}: 8 kHz, mono, 16 bit is needed (sox {path} -r 8000 -c 1 -b 16 out.wav)")
            return bytes(file.readframes(file.getnframes()))
    except wave.Error as error:
        raise ValueError(f"{path}: {error}") from None
