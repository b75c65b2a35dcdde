"""`collect`: asks for values."""

from collections.abc import Generator, Iterator
from dataclasses import replace
from functools import cache
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ivr.flow.built_in import built_in
from ivr.flow.nodes.base import Node, Question
from ivr.flow.nodes.steps import Ask, Clear, FieldSpec, Fill, Goto, Reply, Step, Visit
from ivr.flow.path import Path
from ivr.flow.scalars import IntentName, NodeName, ValueName
from ivr.flow.slot import Slot
from ivr.flow.text import Text
from ivr.language import mending
from ivr.language.fields import read_back
from ivr.language.table import LANGUAGES

CONFIRM = ".confirm"
"""The question that reads slot `x` back is part `x.confirm`; its own field is `confirm`."""

DOUBT = ".doubt"
"""The question that asks which of two values slot `x` has is part `x.doubt`; its own field is `doubt`."""


@cache
def confirming(form: str) -> Text:
    """ "I heard {value}. Is that right?" with the value in its field's form."""
    if not form:
        return built_in("confirm")
    texts = built_in("confirm").root
    return Text({code: text.replace("{value}", f"{{value:{form}}}") for code, text in texts.items()})


class Collect(Node):
    """Asks for one or more values. Several may be given in one sentence; only what is missing is asked for. A value
    that the caller already said on the way here ("where is order 4567") is not asked for, but checked and confirmed.
    What was heard in two ways is asked about ("Did you say fifteen, or fifty?"), by voice or keys 1 and 2, where the
    value may be read back.
    """

    example: ClassVar[str] = """\
type: collect
slots:
  order_id:
    field: digits
    length: 4..8
    say: What is your order number?
    confirm: {when: always, say: "I heard {order_id:digits}. Is that right?"}
    valid: "order_id != '0000'"
    invalid: That is not an order number.
next: lookup
"""
    listens: ClassVar[bool] = True

    type: Literal["collect"]
    intent: IntentName | None = None
    """An intent whose marked examples give several values at once: "a table for [four](people) on [friday](day)"."""
    slots: Annotated[dict[ValueName, Slot], Field(min_length=1)]
    next: NodeName

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        yield Clear(tuple(n for n in self.slots if not visit.filled(n) and not self._kept(n, visit)))
        done: set[str] = set()
        rivals: dict[str, str] = {}
        while open_slots := [name for name in self.slots if name not in done]:
            name = str(open_slots[0])
            said_before = [n for n in reversed(self.slots) if n in done]
            mended = yield from self._collect(name, [str(n) for n in open_slots], said_before, rivals, visit)
            if visit.filled(name) or self._kept(name, visit):
                done.add(name)
            done -= mended
        return Goto(self.next)

    def _kept(self, name: str, visit: Visit) -> bool:
        return self.slots[name].keep and visit.names.get(name) is not None

    def _collect(
        self, name: str, open_slots: list[str], before: list[str], rivals: dict[str, str], visit: Visit
    ) -> Generator[Step, Any, set[str]]:
        """Get one slot: ask when it is missing, settle a doubt, check, confirm, and again. Returns slots from before
        that the caller mended in passing."""
        slot = self.slots[name]
        if self._kept(name, visit) and not visit.filled(name):
            return set()
        rejected = denied = False
        while True:
            sure = visit.filled(name) and visit.sure(name)
            if not visit.filled(name):
                fields = tuple(self._spec(n) for n in open_slots if n == name or not visit.filled(n))
                invalid = slot.invalid or built_in("invalid") if rejected else None
                mends = tuple(self._spec(n) for n in before)
                reply: Reply = yield Ask(name, slot.say, fields=fields, mends=mends, invalid=invalid, denied=denied)
                yield from self._take(reply)
                rivals.update(reply.rivals)
                if mended := {n for n in reply.values if n in before}:
                    return mended
                sure = reply.sure
            rejected = denied = False
            if (rival := rivals.pop(name, "")) and self._may_ask(slot):
                sure = yield from self._settled(name, rival, visit)
                denied = not visit.filled(name)
                if denied:
                    continue
            if slot.valid and not visit.holds(slot.valid):
                rejected = True
                yield Clear((name,))
                continue
            if slot.confirm.when == "never" or (slot.confirm.when == "unsure" and sure):
                return set()
            if (yield from self._confirmed(name, slot, visit)):
                return set()
            denied = not visit.filled(name)

    def _settled(self, name: str, rival: str, visit: Visit) -> Generator[Step, Any, bool]:
        """ "Did you say fifteen, or fifty?" True when the caller chose, or said another value surely: `unsure` does
        not ask again. The slot is empty when it was neither."""
        slot = self.slots[name]
        form = read_back(slot.field, slot.settings()).partition(" ")[0]
        doubt = mending.doubt(str(visit.names.get(name) or ""), rival, slot.field)
        first, second = mending.parts_in_words(doubt, visit.language, form)
        listed = {"choices": mending.choices_of(doubt, visit.language, form)}
        fields = (FieldSpec("doubt", "choice", listed),)
        extra = {"first": first, "second": second}
        reply: Reply = yield Ask(
            name + DOUBT, built_in("did_you_say"), fields=fields, extra=extra, mends=(self._spec(name),)
        )
        chosen = reply.values.get(name) or reply.values.get("doubt", mending.NEITHER)
        if chosen == mending.NEITHER:
            yield Clear((name,))
            return False
        yield from self._take(replace(reply, values={name: chosen}))
        return reply.sure or name not in reply.values

    def _confirmed(self, name: str, slot: Slot, visit: Visit) -> Generator[Step, Any, bool]:
        """Read the value back until it is accepted (True), or denied or mended into an invalid one (False)."""
        say = slot.confirm.say or confirming(read_back(slot.field, slot.settings()))
        denied = False
        while True:
            extra = {"value": visit.names.get(name)}
            fields = (FieldSpec("confirm", "yes_no"), self._mending(name, str(visit.names.get(name) or "")))
            reply: Reply = yield Ask(name + CONFIRM, say, fields=fields, extra=extra, denied=denied)
            if name in reply.values:
                yield from self._take(reply)
                if slot.valid and not visit.holds(slot.valid):
                    return False
                denied = True
                continue
            if reply.values.get("confirm") == "yes":
                return True
            yield Clear((name,))
            return False

    def _take(self, reply: Reply) -> Generator[Step, Any, None]:
        for name, value in reply.values.items():
            if name in self.slots:
                sensitive = self.sensitive or self.slots[name].sensitive
                yield Fill(name, value, reply.how, reply.confidence, sensitive)

    def _spec(self, name: str) -> FieldSpec:
        slot = self.slots[name]
        return FieldSpec(name, slot.field, slot.settings(), self.sensitive or slot.sensitive)

    def _mending(self, name: str, value: str) -> FieldSpec:
        """The field as it is heard at its read-back: digits may be mended in part ("the second digit is 7")."""
        spec = self._spec(name)
        return replace(spec, settings={**spec.settings, "mends": value}) if spec.field == "digits" else spec

    def questions(self) -> Iterator[Question]:
        for name, slot in self.slots.items():
            fields = (self._spec(name), *(self._spec(n) for n in self.slots if n != name))
            before = tuple(self._spec(n) for n in reversed(list(self.slots)[: list(self.slots).index(name)]))
            yield Question(
                str(name),
                fields=fields,
                mends=before,
                intent=str(self.intent or ""),
                open=slot.field == "free_text" or self.listen == "open",
            )
            if slot.confirm.when != "never":
                yield Question(name + CONFIRM, fields=(FieldSpec("confirm", "yes_no"), self._mending(name, "")))
            if self._may_ask(slot):
                yield Question(name + DOUBT, fields=tuple(self._doubted(slot)), alone=True)

    def _may_ask(self, slot: Slot) -> bool:
        """Its doubts are asked about: what may be read back, and what is a value."""
        secret = self.sensitive or slot.sensitive
        return slot.field in mending.DOUBTED and slot.confirm.when != "never" and not secret

    def _doubted(self, slot: Slot) -> Iterator[FieldSpec]:
        """What may be said to "fifteen, or fifty?": the value or, where it is said sign by sign, a part of it; "the
        first one". The slots have names of their own: what the words choose is decided among the two values."""
        settings = slot.settings()
        if slot.field in mending.PIECEWISE:
            _, _, most = str(settings.get("length") or "1..24").partition("..")
            field = "spelling" if slot.field in ("spelling", "postal_code") else "digits"
            yield FieldSpec("part", field, {"length": f"1..{most or settings['length']}"})
        else:
            yield FieldSpec("part", slot.field, settings)
        yield FieldSpec("place", "choice", {"choices": mending.places(*LANGUAGES)})

    def fills(self) -> Iterator[str]:
        yield from self.slots

    def certain(self, path: Path) -> set[str]:
        return set(self.slots) if path == ("next",) else set()

    def inside(self, path: Path) -> tuple[set[str], set[str]]:
        cleared = {name for name, slot in self.slots.items() if not slot.keep}
        if path[0] != "slots" or len(path) < 3:
            return set(), cleared
        names = list(self.slots)
        place = names.index(str(path[1]))
        known = set(names[: place + (path[2] in ("confirm", "valid"))])
        return known | ({"value"} if path[2] == "confirm" else set()), cleared
