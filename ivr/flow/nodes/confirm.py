"""`confirm`: a question that is answered by yes or no."""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ivr.flow.nodes.base import Node, Question
from ivr.flow.nodes.steps import Ask, Clear, FieldSpec, Fill, Goto, Reply, Step, Visit
from ivr.flow.scalars import NodeName, ValueName
from ivr.flow.text import Text

if TYPE_CHECKING:
    from ivr.flow.models import Flow


class ConfirmNode(Node):
    """Asks a question that is answered by yes or no, and goes to `yes` or `no`. On the keypad 1 is yes and 2 is no.
    Keys typed ahead do not answer it."""

    example: ClassVar[str] = """\
type: confirm
say: "Shall I cancel order {order_id:digits|that order}?"
yes: cancel_it
no: anything_else
"""
    listens: ClassVar[bool] = True

    type: Literal["confirm"]
    say: Text
    yes: NodeName
    no: NodeName
    mends: tuple[ValueName, ...] = ()
    """Slots that may be mended at once: "no, on Friday"; then the question is put again. A plain "no" forgets only the
    doubtful ones of them (all, when none is), so that a `collect` with `keep: true` asks for those alone."""

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        denied = False
        while True:
            fields = (FieldSpec("confirm", "yes_no"), *self._specs(visit.flow))
            reply: Reply = yield Ask("confirm", self.say, fields=fields, denied=denied)
            mended = {name: value for name, value in reply.values.items() if name in self.mends}
            if not mended:
                break
            denied = True
            for name, value in mended.items():
                yield Fill(name, value, reply.how, reply.confidence, visit.flow.is_sensitive(name))
        answer = reply.values.get("confirm")
        if answer != "yes" and self.mends:
            doubtful = tuple(name for name in self.mends if not visit.sure(name))
            yield Clear(doubtful or self.mends)
        return Goto(self.yes if answer == "yes" else self.no, str(answer))

    def _specs(self, flow: "Flow") -> Iterator[FieldSpec]:
        for name in self.mends:
            slot = flow.slot(name)
            if slot is not None:
                yield FieldSpec(name, slot.field, slot.settings(), slot.sensitive)

    def questions(self) -> Iterator[Question]:
        yield Question("confirm", fields=(FieldSpec("confirm", "yes_no"),), others=tuple(map(str, self.mends)))
