"""Conversations that must hold (`tests.yaml` beside a flow): the model, and reading them. No call is made here.

The same file runs as text (insight/text_talk.py) and over real calls.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ivr.flow.base import Part
from ivr.flow.problems import Problem, did_you_mean
from ivr.flow.scalars import Flag, Seconds
from ivr.flow.source import Source, parse

ACTIONS = ("hears", "says", "presses", "silent", "holds", "resumes", "hangs_up", "plays", "language")


def _keys(value: str) -> str:
    if not re.fullmatch(r"[0-9*#A-D ]+", value):
        raise ValueError(f"{value!r} cannot be pressed; keys are 0 to 9, * and #")
    return value


class Step(Part):
    """One thing that the caller does. Speaking and pressing wait until the line has finished speaking, unless
    `over: true`."""

    hears: str | None = None
    """Words that must be said, in this order, since the caller did something last; case and punctuation count not."""
    says: str | None = None
    presses: Annotated[str, AfterValidator(_keys)] | None = None
    silent: Seconds | None = None
    """Say nothing this long after the line has finished speaking."""
    holds: Seconds | Flag | None = None
    """Put the line on hold this long; `true`: until `resumes`."""
    resumes: Flag = False
    hangs_up: Flag = False
    plays: str | None = None
    """A sound file beside tests.yaml; `as:` is what a text run takes for it."""
    as_: str | None = Field(None, alias="as")
    language: str | None = None
    """From here on the caller speaks (and hears) this language."""
    emotion: Literal["frustrated", "calm", "angry", "happy", "sad", "neutral"] | None = None
    """With `says` or `presses`: how the caller sounds from here on (text runs only)."""
    over: Flag = False
    """Do it while the line still speaks: interrupt."""

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        return {value: "true"} if value in ("resumes", "hangs_up") else value

    @model_validator(mode="after")
    def _one_thing(self) -> "Step":
        named = [name for name in ACTIONS if getattr(self, name) not in (None, False)]
        if len(named) != 1:
            raise ValueError(f"a step says one thing: {', '.join(ACTIONS)}; this one says {', '.join(named) or 'none'}")
        return self

    @property
    def does(self) -> str:
        """Which of ACTIONS it is."""
        return next(name for name in ACTIONS if getattr(self, name) not in (None, False))


class Caller(Part):
    """How the call comes in."""

    from_: str = Field("+14155550123", alias="from")
    to: str = ""
    at: str = "2027-01-04T10:00:00+00:00"
    """Wall time of the call, ISO 8601."""
    config: dict[str, str] = Field(default_factory=dict)
    profile: dict[str, str] = Field(default_factory=dict)
    switch: dict[str, Flag] = Field(default_factory=dict)
    """Live switches that are on (or off) in this call."""
    table: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Live tables, whole."""
    bulletin: str = ""
    """What the line says first."""
    can_hear: Flag = True
    """false: no recognizer works."""


class Ends(Part):
    """What must be true when the call is over; only what is given is looked at."""

    outcome: str | None = None
    at: str | None = None
    """Node where it ended; also when the caller hangs up there."""
    slots: dict[str, str] = Field(default_factory=dict)
    task: str | None = None


class Place(Part):
    """A place in line, for the mock of a transfer of kind queue."""

    position: int = 1
    wait: Seconds = 0.0
    """Expected wait."""
    lasts: Seconds = 10.0
    """Until the next place, or the end of waiting."""


class Mock(Part):
    """One answer of a business system."""

    body: Any = None
    """The row (or list of rows), typed as JSON is."""
    status: str | None = None
    """`not_found`, `error`, or an HTTP status; 404 is not_found."""
    fails: Literal["timeout", "error"] | None = None
    after: Seconds = 0.0
    """The answer takes this long."""
    line: tuple[Place, ...] = ()
    """For a transfer of kind queue: the caller's places in line before it ends."""

    @property
    def outcome(self) -> str:
        """`Queried.status`."""
        if self.fails:
            return self.fails
        if self.status in (None, "ok", "200"):
            return "ok"
        return "not_found" if self.status == "404" else str(self.status)


class Conversation(Part):
    """One conversation."""

    name: str = Field(min_length=1)
    flow: str = ""
    """Flow that is called; that of the folder when not given."""
    language: str = ""
    """Language that the caller speaks at first; the flow's first when not given."""
    call: Caller = Caller()
    talk: tuple[Step, ...] = Field(min_length=1)
    ends: Ends = Ends()
    mocks: dict[str, tuple[Mock, ...]] = Field(default_factory=dict)
    """Query node -> its answers: the next one at the next call, the last one stays."""
    only: tuple[Literal["text", "sip"], ...] = ("text", "sip")
    """Ways of running it."""
    line: int = 0
    """Line of tests.yaml where it begins."""
    lines: tuple[int, ...] = ()
    """Line of each step."""


def read(file: str, data: str | bytes, flow: str = "") -> tuple[list[Conversation], list[Problem]]:
    """All conversations of a tests.yaml, and what is wrong in it, with line and column. `flow`: name of the flow that
    the file lies beside."""
    source = parse(file, data)
    if source.problems:
        return [], source.problems
    if not isinstance(source.value, list):
        return [], [source.problem((), "not_a_list", "conversations are a list", "begin each with `- name: ...`")]
    typed = _typed(data) if "mocks" in str(data) else []  # a second reading, which only bodies of mocks need
    found: list[Conversation] = []
    problems: list[Problem] = []
    for n, entry in enumerate(source.value):
        value = _with_bodies(entry, typed[n] if n < len(typed) else None)
        try:
            conversation = Conversation.model_validate(value)
        except ValidationError as error:
            problems += _problems(source, n, error)
            continue
        lines = tuple(source.place((n, "talk", i))[0] for i in range(len(conversation.talk)))
        place = {"line": source.place((n,))[0], "lines": lines, "flow": conversation.flow or flow}
        found.append(conversation.model_copy(update=place))
    problems += _same_names(source, found)
    return found, problems


def _typed(data: str | bytes) -> list[Any]:
    """The file with YAML's own types, for the bodies of mocks."""
    try:
        value = YAML(typ="safe", pure=True).load(data)
    except (YAMLError, ValueError):
        return []
    return value if isinstance(value, list) else []


def _with_bodies(entry: Any, typed: Any) -> Any:
    """The texts of a conversation, with the bodies of its mocks typed."""
    if not isinstance(entry, dict) or not isinstance(entry.get("mocks"), dict) or not isinstance(typed, dict):
        return entry
    mocks: dict[str, Any] = {}
    for node, answers in entry["mocks"].items():
        listed = answers if isinstance(answers, list) else [answers]
        real = (typed.get("mocks") or {}).get(node)
        reals = real if isinstance(real, list) else [real]
        mocks[node] = [
            {**answer, "body": _json(real_answer["body"])}
            if isinstance(answer, dict) and "body" in answer and isinstance(real_answer, dict)
            else answer
            for answer, real_answer in zip(listed, reals, strict=False)
        ]
    return {**entry, "mocks": mocks}


def _json(value: Any) -> Any:
    """Dates of YAML are texts, as in JSON."""
    match value:
        case dict():
            return {str(key): _json(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_json(inner) for inner in value]
        case datetime() | date():
            return value.isoformat()
    return value


def _problems(source: Source, n: int, error: ValidationError) -> Iterator[Problem]:
    for one in error.errors():
        path: tuple[str | int, ...] = (n, *(part for part in one["loc"] if isinstance(part, str | int)))
        message = str(one["msg"]).removeprefix("Value error, ")
        mend = ""
        if one["type"] == "extra_forbidden":
            message = f"there is no {path[-1]!r} here"
            mend = did_you_mean(str(path[-1]), [*ACTIONS, "name", "call", "talk", "ends", "mocks", "over"])
        yield source.problem(path, "conversation", message, mend)


def _same_names(source: Source, found: list[Conversation]) -> Iterator[Problem]:
    names: set[str] = set()
    for conversation in found:
        if conversation.name in names:
            line = conversation.line
            yield Problem(source.file, line, 1, "same_name", f"two conversations are called {conversation.name!r}")
        names.add(conversation.name)
