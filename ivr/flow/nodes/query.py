"""`query`: asks a business system."""

import re
from collections.abc import Generator, Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from ivr.flow.answer_shape import misfit, shape
from ivr.flow.base import Part
from ivr.flow.http_request import Http, spoken_of
from ivr.flow.nodes.base import VERIFIED, Node
from ivr.flow.nodes.steps import Fill, Goto, QueryReply, RunQuery, Step, Verify, Visit
from ivr.flow.path import Path
from ivr.flow.scalars import Flag, NodeName, Seconds, Statement, Template, ValueName
from ivr.flow.sql import flat, names
from ivr.flow.text import Text


def _status(value: str) -> str:
    if not re.fullmatch(r"not_found|error|timeout|wrong_shape|[1-5][0-9][0-9]", value):
        raise ValueError(
            f"{value!r} is no answer; write not_found, error, timeout, wrong_shape, or an HTTP status like 409"
        )
    return value


Status = Annotated[str, AfterValidator(_status)]
Shape = Annotated[Any, AfterValidator(shape)]


class Cache(Part):
    """How long an answer counts for the same values."""

    for_: Annotated[Seconds, Field(alias="for")]
    shared: Flag = False
    """True: for every caller; else for this one."""


class Query(Node):
    """Asks a database (`sql`), a service (`http`) or a background task (`task`), and saves the answer under `save`.
    SQL takes `:name` for values of this call (`:caller.number`), the first row is saved, `rows: many` saves a list, no
    row is `not_found`. HTTP saves the JSON that came; 404 is `not_found`, every other answer from 400 on an `error`
    unless `on` names its status."""

    example: ClassVar[str] = """\
type: query
http: {method: GET, url: "{config.orders_api}/orders/{order_id}"}
save: order
cache: {for: 60s}
deadline: 4s
meanwhile: One moment please.
on: {not_found: no_such_order, "409": closed, error: sorry}
next: route
"""

    type: Literal["query"]
    sql: Statement | None = None
    """One statement with `:name` for values."""
    rows: Literal["one", "many"] = "one"
    """`many` saves a list of rows."""
    http: Http | None = None
    """{method: GET, url: "{config.orders_api}/orders/{order_id}", headers: {...}, body: {...}}."""
    task: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]*$")] | None = None
    """A background task by name, for what takes long."""
    with_: Annotated[dict[str, Template], Field(alias="with", default_factory=dict)]
    """The task's values."""
    wait: Flag = True
    """False: the task is started and the call goes on at once."""
    save: ValueName | None = None
    """Name that the answer is saved under."""
    returns: Shape | None = None
    """What the answer must hold, {status: text, eta: text?}: names and text, number, flag, list, object or anything,
    with ? when it may be missing; [{...}] is a list of such. Another answer is `wrong_shape`, which goes to `error`."""
    cache: Cache | None = None
    deadline: Seconds = 4.0
    meanwhile: Text | None = None
    """Said when the answer takes longer than a moment."""
    changes: Flag = False
    """It changes something: never repeated without `idempotency_key`, finished even when the caller hangs up."""
    speculate: Flag = False
    """It only reads and is cheap: it may be asked on a guess, while the caller pauses, and its answer thrown away."""
    verifies: Flag = False
    """An answer proves who calls: nodes that say `requires: verified` may follow."""
    on: dict[Status, NodeName] = Field(default_factory=dict)
    """Where to go when there is no answer: not_found, error, timeout, wrong_shape or an HTTP status. `timeout`,
    `wrong_shape` and every status go to `error` unless given."""
    next: NodeName

    @model_validator(mode="after")
    def _one_kind(self) -> "Query":
        if sum(x is not None for x in (self.sql, self.http, self.task)) != 1:
            raise ValueError('a query asks one system; write sql: "...", or http: {...}, or task: name')
        if self.with_ and self.task is None:
            raise ValueError("with is for tasks; sql and http take values where they stand")
        if self.http and self.http.method != "GET" and not self.changes:
            raise ValueError(f"{self.http.method} changes something; say `changes: true`")
        if self.speculate and (self.changes or self.sql is None):
            raise ValueError("`speculate` is for sql that only reads; take it out")
        if self.changes and self.cache:
            raise ValueError("an answer to what changes something cannot be kept; take out `cache`")
        return self

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        kind, request, values = self._request(visit)
        if self.returns is not None:
            request["returns"] = self.returns
        reply: QueryReply = yield RunQuery(
            kind, request, values, self.deadline, self.meanwhile, self.changes,
            self.cache.for_ if self.cache else 0.0, bool(self.cache and self.cache.shared),
            self.speculate,
        )  # fmt: skip
        status = reply.status
        if status == "ok" and self.wait and self.returns is not None and misfit(self.returns, reply.value):
            status = "wrong_shape"  # a mocked answer, or one from before the flow's shape changed
        if status == "ok":
            if self.verifies:
                yield Verify()
            if self.save:
                yield Fill(self.save, reply.value, "query", sensitive=self.sensitive)
            return Goto(self.next)
        target = self.on.get(status) or self.on.get("error")
        return Goto(target or self.next, status)

    def _request(self, visit: Visit) -> tuple[Literal["sql", "http", "task"], dict[str, Any], dict[str, Any]]:
        """(kind, what is asked, values by name)."""
        if self.sql is not None:
            values = {name.replace(".", "__"): visit.look_up(name) for name in names(self.sql)}
            return "sql", {"statement": flat(self.sql), "rows": self.rows}, values
        if self.http is not None:
            request = self.http.model_dump(exclude_defaults=True, exclude={"idempotency_key"})
            if self.http.idempotency_key:
                request["key"] = f"{visit.look_up('call.id')}-{visit.node}-{visit.serial}"
            values = {name.replace(".", "__"): visit.look_up(name) for name in spoken_of(self.http)}
            return "http", request, values
        return "task", {"task": self.task, "wait": self.wait}, {n: visit.value(t) for n, t in self.with_.items()}

    def fills(self) -> Iterator[str]:
        if self.save:
            yield self.save

    def certain(self, path: Path) -> set[str]:
        if path != ("next",) or "error" not in self.on:  # what fails goes to `next`, too
            return set()
        return {name for name in (self.save, VERIFIED if self.verifies else None) if name}
