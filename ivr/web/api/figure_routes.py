"""Figures over calls: the functions that the page and the mail use, as JSON."""

from collections.abc import Callable
from typing import Annotated, Any, cast

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection, text

from ivr.insight.figures import accuracy, nodes, outcomes, traffic, unanswered, unmatched, waits
from ivr.insight.figures.span import Span, Step
from ivr.web.identity import parts_of
from ivr.web.insight.choice import Asked, choose
from ivr.web.insight.routes import PATIENCE_S
from ivr.web.rights import Right, Visitor, audit, need

Address = Annotated[Asked, Query()]
Figure = Callable[[Connection, Span, Step], Any]


def _hours(db: Connection, span: Span, _: Step) -> dict[str, int]:
    return {f"{day} {hour:02}": calls for (day, hour), calls in outcomes.busiest_hours(db, span).items()}


FIGURES: dict[str, tuple[str, Any, Figure]] = {
    "outcomes": ("How calls ended", outcomes.Outcomes, lambda db, span, _: outcomes.total(db, span)),
    "over-time": ("How calls ended, a point a step", list[outcomes.Point], outcomes.over_time),
    "busiest-hours": ("Calls by weekday (1: Monday) and hour", dict[str, int], _hours),
    "languages": ("Answered calls by language", dict[str, int], lambda db, span, _: outcomes.languages(db, span)),
    "nodes": ("Who came to a node, who left there", list[nodes.Reached], lambda db, span, _: nodes.reached(db, span)),
    "moves": ("Ways, step by step", list[nodes.Move], lambda db, span, _: nodes.moves(db, span)),
    "asked": ("No match, no input, keys by node", list[nodes.Asked], lambda db, span, _: nodes.asked(db, span)),
    "accuracy": ("From corrected turns", accuracy.Accuracy, lambda db, span, _: accuracy.accuracy(db, span)),
    "delays": ("Percentiles by part", list[waits.Delay], lambda db, span, _: waits.delays(db, span)),
    "delays-over-time": ("Percentiles, a point a step", list[waits.DelayPoint], waits.delays_over_time),
    "transfers": ("Results and waits", list[waits.Transfers], lambda db, span, _: waits.transfers(db, span)),
    "peak": ("Most calls at once", traffic.Peak | None, lambda db, span, _: traffic.peak(db, span)),
    "repeats": ("Who called again", traffic.Repeats, lambda db, span, _: traffic.repeats(db, span)),
    "publications": ("Versions put into service", list[traffic.Publication],
                     lambda db, span, _: traffic.publications(db, span)),
}  # fmt: skip
WORDS: dict[str, tuple[str, Figure]] = {
    "unmatched": ("Phrases that matched nothing, alike ones together", lambda db, span, _: unmatched.groups(db, span)),
    "unanswered": ("Questions without an answer", lambda db, span, _: unanswered.questions(db, span)),
}
"""These are callers' words: they need the scope calls.words too, and are told to the audit trail."""


def routes() -> APIRouter:
    api = APIRouter(prefix="/insight", tags=["insight"])
    for name, (told, kind, figure) in FIGURES.items():
        api.add_api_route(
            f"/{name}", _endpoint(figure), response_model=kind, summary=told, operation_id=f"figure_{name}"
        )
    for name, (told, figure) in WORDS.items():
        api.add_api_route(
            f"/{name}", _endpoint(figure, words=True), response_model=list[unmatched.Group], summary=told,
            dependencies=[need(Right.SEE_WORDS)],
            operation_id=f"figure_{name}",
        )  # fmt: skip
    return api


def _endpoint(figure: Figure, words: bool = False) -> Callable[..., Any]:
    def told(request: Request, asked: Address, visitor: Visitor = need(Right.SEE_INSIGHT)) -> Any:
        choice = choose(request, visitor, asked)
        with parts_of(request).engine.connect() as db:
            db.execute(text(f"set local statement_timeout = '{PATIENCE_S}s'"))
            found = figure(db, choice.span, choice.step)
        if words and found:
            audit(visitor, "insight.phrases", choice.query())
        return found

    return cast(Callable[..., Any], told)
