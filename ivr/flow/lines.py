"""`lines.yaml`: which number reaches which flow, and where calls may be transferred."""

import re
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ivr.flow.base import Part
from ivr.flow.scalars import one_or_many
from ivr.flow.text import Text


def rate(value: Any) -> Any:
    """'6/10m' -> (calls, seconds)."""
    if isinstance(value, str):
        found = re.fullmatch(r"(\d+)/(\d*)([smhd])", value.strip())
        if not found:
            raise ValueError(f"{value!r} is no rate; write 6/10m for six calls in ten minutes")
        unit = {"s": 1, "m": 60, "h": 3600, "d": 86400}[found[3]]
        return (int(found[1]), int(found[2] or 1) * unit)
    return value


class Line(Part):
    """One line: its numbers and the flow that answers them."""

    numbers: Annotated[tuple[str, ...], BeforeValidator(one_or_many), Field(min_length=1)]
    """E.164 (`+18005550100`), or a SIP address where `*` stands for anything (`sip:orders@*`)."""
    flow: str
    version: Annotated[str, Field(pattern=r"^(published|draft|files|[1-9][0-9]{0,8})$")] = "published"
    """published: what `ivr flow publish` put into service (the files while nothing was); draft: the draft last saved,
    else the files; files: the folder as it is; a number: that version. Drafts and files are for test lines."""
    max_calls: Annotated[int, Field(ge=1)] | None = None
    """More calls at once hear `busy`."""
    reserved_calls: Annotated[int, Field(ge=0)] = 0
    """Places that other lines cannot take."""
    per_caller: Annotated[tuple[int, int], BeforeValidator(rate)] | None = None
    """`6/10m`: a caller's seventh call within ten minutes is refused. (calls, seconds) once read."""
    timezone: str = "UTC"
    config: dict[str, str] = Field(default_factory=dict)
    """Values for `{config.name}`."""
    busy: Text | None = None
    """Said when this line is full or the server is overloaded; instead of the `busy` of all lines."""


class Lines(Part):
    """The whole file."""

    lines: dict[str, Line] = Field(default_factory=dict)
    destinations: dict[str, str] = Field(default_factory=dict)
    """The only places a transfer may go: name -> `sip:` or `tel:` address, or a number."""
    agents: dict[str, Annotated[tuple[str, ...], BeforeValidator(one_or_many), Field(min_length=1)]] = Field(
        default_factory=dict
    )
    """Who takes the queue of a destination: name of the destination -> addresses, each for one call at a time,
    {agents: ["sip:anna@pbx.example", "sip:ben@pbx.example"]}. A destination that is not here is one agent."""
    switches: dict[str, str] = Field(default_factory=dict)
    """Live switches: name -> what it means when it is on, {outage: Power is out somewhere}. Texts and conditions find
    them as `switch.outage`; they are off until somebody turns them on (`ivr live`)."""
    tables: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Live tables: name -> rows, {areas: {"10001": until noon}}; `table.areas[zip]`. The rows here count until others
    are written (`ivr live`)."""
    busy: Text | None = None
    """Said, before any 503, when the lines are full or the server is overloaded."""

    def not_live(self, kind: str, name: str) -> str:
        """Why nobody may set this live value: a flow could never find it. Empty when it may be set. `kind`: switch,
        table, bulletin (`name`: a line, or * for every one)."""
        named = {"switch": list(self.switches), "table": list(self.tables), "bulletin": [*self.lines, "*"]}
        known = named.get(kind)
        if known is None:
            return f"{kind!r} is neither switch, table nor bulletin"
        if name in known:
            return ""
        there = ", ".join(known) or "none"
        return f"lines.yaml names no {'line' if kind == 'bulletin' else kind} {name!r}; there is: {there}"

    def find(self, dialled: Iterable[str]) -> tuple[str, Line] | None:
        """The line of a dialled number, given in all forms it is known by (`+1800...`, `sip:orders@host`), best first;
        exact numbers win over patterns, patterns that say more over those that say less."""
        forms = [_address(form) for form in dialled]
        numbers = [(number, name) for name, line in self.lines.items() for number in line.numbers]
        numbers.sort(key=lambda row: ("*" in row[0], -len(row[0].replace("*", ""))))
        for wild in (False, True):
            for form in forms:
                for number, name in numbers:
                    if ("*" in number) == wild and claims(number, form):
                        return name, self.lines[name]
        return None


def _address(text: str) -> str:
    text = text.strip().strip("<>")
    text = re.sub(r"^sips:", "sip:", text, flags=re.IGNORECASE)
    text = re.sub(r"^(sip|tel):", lambda m: m[0].lower(), text, flags=re.IGNORECASE)
    return re.split(r"[;?]", text, maxsplit=1)[0]


def claims(number: str, dialled: str) -> bool:
    """`number` of a line claims the address: `sip:orders@*` claims every host, a plain number also as `sip:N@host`."""
    pattern = re.escape(_address(number)).replace(r"\*", ".*")
    if re.fullmatch(pattern, dialled, re.IGNORECASE):
        return True
    if number.startswith(("sip:", "sips:")):  # a number is dialled at some host: `sip:*@*` claims it too
        return dialled.startswith("+") and re.fullmatch(pattern, f"sip:{dialled}@*") is not None
    user = re.fullmatch(r"(?:sip:|tel:)?([^@]*)(?:@.*)?", dialled)
    return bool(user and re.fullmatch(pattern, user[1]))
