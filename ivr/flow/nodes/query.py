"""`query`: asks a business system."""

from collections.abc import Generator, Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ivr.flow.base import Part
from ivr.flow.nodes.base import Node
from ivr.flow.nodes.steps import Fill, Goto, QueryReply, RunQuery, Step, Visit
from ivr.flow.path import Path
from ivr.flow.scalars import Flag, NodeName, Seconds, Statement, ValueName
from ivr.flow.sql import flat, names
from ivr.flow.text import Text


class Cache(Part):
    """How long an answer counts for the same values."""

    for_: Annotated[Seconds, Field(alias="for")]
    shared: Flag = False
    """True: for every caller; else for this one."""


class Query(Node):
    """Asks the database. The first row is saved under `save`, `rows: many` saves a list. `:name` in the statement is
    a value of this call; a value with a dot (`:caller.number`) comes from a scope. No row is `not_found`."""

    example: ClassVar[str] = """\
type: query
sql: "select status, eta from demo.orders where order_id = :order_id"
save: order
deadline: 4s
meanwhile: One moment please.
on: {not_found: no_such_order, error: sorry}
next: route
"""

    type: Literal["query"]
    sql: Statement
    """One statement with `:name` for values."""
    rows: Literal["one", "many"] = "one"
    """`many` saves a list of rows."""
    save: ValueName | None = None
    """Name that the row (or list of rows) is saved under."""
    cache: Cache | None = None
    deadline: Seconds = 4.0
    meanwhile: Text | None = None
    """Said when the answer takes longer than a moment."""
    changes: Flag = False
    """It changes something: never repeated by itself, finished even when the caller hangs up."""
    on: dict[Literal["not_found", "error", "timeout"], NodeName] = Field(default_factory=dict)
    """Where to go when there is no answer; `timeout` goes to `error` unless given."""
    next: NodeName

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        request = {"statement": flat(self.sql), "rows": self.rows}
        values = {name.replace(".", "__"): visit.look_up(name) for name in names(self.sql)}
        reply: QueryReply = yield RunQuery(
            "sql", request, values, self.deadline, self.meanwhile, self.changes,
            self.cache.for_ if self.cache else 0.0, bool(self.cache and self.cache.shared),
        )  # fmt: skip
        if reply.status == "ok":
            if self.save:
                yield Fill(self.save, reply.value, "query")
            return Goto(self.next)
        target = self.on.get(reply.status) or self.on.get("error")  # type: ignore[call-overload]
        return Goto(target or self.next, reply.status)

    def fills(self) -> Iterator[str]:
        if self.save:
            yield self.save

    def certain(self, path: Path) -> set[str]:
        return {self.save} if self.save and path == ("next",) else set()
