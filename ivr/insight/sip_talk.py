"""A conversation (`tests.yaml`) held over a real call; the counterpart of insight/text_talk.py."""

import contextlib
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ivr import actions, journal
from ivr.insight.conversation import Conversation, Step
from ivr.insight.ear import Recognize
from ivr.insight.journal_tail import JournalTail
from ivr.insight.sip_caller import Caller, Mouth, NotHeard
from ivr.insight.text_talk import Result
from ivr.sip.caller import Phone, PhoneError
from ivr.tts import SynthesisError

ReadSound = Callable[[str], bytes]
"""Name of a file beside tests.yaml -> 8 kHz mono PCM16. Raises OSError or ValueError."""


class CannotRun(Exception):
    """The conversation asks for something that a real call cannot have."""


class SipTalk:
    """Holds conversations with one server. `journals` and `mocks` are its folders, when it may be looked into."""

    def __init__(
        self,
        phone: Phone,
        address: str,
        mouth: Mouth,
        recognize: Recognize,
        read_sound: ReadSound,
        journals: Path | None = None,
        mocks: Path | None = None,
        number_of: Callable[[str], str] = lambda flow: flow,
    ) -> None:
        """`address`: `host:port`, or `host:port;transport=tcp`. `number_of`: flow -> number that reaches it."""
        self._phone = phone
        self._address = address
        self._mouth = mouth
        self._recognize = recognize
        self._read_sound = read_sound
        self._journals = journals
        self._mocks = mocks
        self._number_of = number_of

    def run_all(self, conversations: Sequence[Conversation], language: str, at_once: int = 3) -> list[Result]:
        """Several calls at once; results in the order of the conversations."""
        with ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(lambda conversation: self.run(conversation, language), conversations))

    def run(self, conversation: Conversation, language: str = "en") -> Result:
        """Hold it once. Never raises: what did not hold is in the result."""
        begun = time.monotonic()
        result = Result(conversation, line=conversation.line)
        spoken = conversation.language or language
        caller: Caller | None = None
        try:
            self._refuse(conversation)
            self._prepare(conversation, spoken)
            caller = self._dial(conversation, spoken)
            self._talk(caller, conversation, result)
        except (CannotRun, NotHeard, PhoneError, SynthesisError, OSError, ValueError) as error:
            result.failure = f"{error}"
        finally:
            if caller is not None:
                with contextlib.suppress(PhoneError):
                    caller.hangs_up()
                    caller.over()
                result.journal = caller.journal
        if not result.failure and caller is not None:
            result.line = conversation.line
            result.failure = self._ends(conversation, caller.journal)
        result.seconds = time.monotonic() - begun
        return result

    @staticmethod
    def _refuse(conversation: Conversation) -> None:
        """A real server knows its own time, its own line and its own ears."""
        call = conversation.call
        if not call.can_hear:
            raise CannotRun("`can_hear: false` is for text; a real server hears when a recognizer works")
        if call.config or call.profile:
            raise CannotRun("`config` and `profile` of a call are for text; a real server has its own")

    def _prepare(self, conversation: Conversation, language: str) -> None:
        """Make all sounds before the call: none is late in it."""
        for step in conversation.talk:
            language = step.language or language
            if step.says is not None:
                self._mouth(step.says, language)
            elif step.plays is not None:
                self._read_sound(step.plays)

    def _dial(self, conversation: Conversation, language: str) -> Caller:
        to = conversation.call.to or self._number_of(conversation.flow)
        uri = f"sip:{to}@{self._address}"
        folder = self._journals
        tail = (lambda sip_call_id: JournalTail(folder, sip_call_id)) if folder is not None else None
        call = self._phone.dial(uri, user=conversation.call.from_)
        caller = Caller(call, self._mouth, self._recognize, language, tail)
        caller.answered()
        if self._mocks is not None and folder is not None:
            self._mock(conversation, caller, self._mocks)
        return caller

    @staticmethod
    def _mock(conversation: Conversation, caller: Caller, folder: Path) -> None:
        until = time.monotonic() + 5.0
        while not (opened := caller.of(journal.Opened)):
            if time.monotonic() > until:
                raise CannotRun("the server's journal of this call is not there")
            time.sleep(0.02)
        answers = {
            node: [
                {"status": m.outcome, "value": m.body, "after_s": 60.0 if m.fails == "timeout" else m.after} for m in ms
            ]
            for node, ms in conversation.mocks.items()
        }
        path = folder / f"{opened[0].call}.json"
        path.with_suffix(".tmp").write_text(json.dumps(answers), encoding="utf-8")
        path.with_suffix(".tmp").replace(path)

    def _talk(self, caller: Caller, conversation: Conversation, result: Result) -> None:
        for n, step in enumerate(conversation.talk):
            result.line = conversation.lines[n] if n < len(conversation.lines) else conversation.line
            self._step(caller, step)
        with contextlib.suppress(NotHeard):
            caller.waits()

    def _step(self, caller: Caller, step: Step) -> None:
        match step.does:
            case "hears":
                caller.hears(step.hears or "")
            case "says":
                caller.says(step.says or "", over=step.over)
            case "plays":
                caller.plays(self._read_sound(step.plays or ""), over=step.over)
            case "presses":
                caller.presses((step.presses or "").replace(" ", ""), over=step.over)
            case "silent":
                caller.silent(step.silent or 0.0)
            case "holds":
                caller.holds(0.0 if isinstance(step.holds, bool) else float(step.holds or 0.0))
            case "resumes":
                caller.resumes()
            case "hangs_up":
                caller.hangs_up()
            case "language":
                caller.speaks(step.language or caller.language)

    @staticmethod
    def _ends(conversation: Conversation, entries: Sequence[journal.Entry]) -> str:
        """What of `ends` does not hold; it can only be seen in the journal."""
        ends = conversation.ends
        finished = next((e for e in reversed(entries) if isinstance(e, actions.Finished)), None)
        if finished is None:
            wanted = ends.outcome or ends.at or ends.task or ends.slots
            return "the call's journal has no end" if entries and wanted else ""
        if ends.outcome is not None and finished.outcome != ends.outcome:
            return f"ended {finished.outcome!r}, wanted {ends.outcome!r}"
        if ends.at is not None and finished.at != ends.at:
            return f"ended at {finished.at!r}, wanted {ends.at!r}"
        task = next((e.task for e in reversed(entries) if isinstance(e, actions.TaskSet)), "")
        if ends.task is not None and task != ends.task:
            return f"the task was {task!r}, wanted {ends.task!r}"
        for name, wanted_value in ends.slots.items():
            value: Any = finished.slots.get(name)
            if str(value) != wanted_value:
                return f"slot {name} is {value!r}, wanted {wanted_value!r}"
        return ""
