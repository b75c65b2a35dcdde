"""The section of what callers said and nothing answered."""

from sqlalchemy import Connection

from ivr.insight.figures import unanswered, unmatched
from ivr.insight.figures.unmatched import Group
from ivr.web.insight.charts import Part, Phrases, Said
from ivr.web.insight.choice import Choice
from ivr.web.rights import Right, Visitor, audit

MOST = 40
"""Groups."""
SHOWN = 5
"""Phrases of a group."""
QUESTIONS = "Questions that the knowledge base could not answer"
UNMATCHED = "Phrases that matched nothing"
ANSWERED_IN = "An answer is written in answers.md of the flow."
ALIKE = "Alike phrases stand together."


def questions(db: Connection, choice: Choice, visitor: Visitor) -> Part:
    """Told to the audit trail before it is shown: these are callers' words."""
    title = "What nothing answered"
    if not visitor.sees_words:
        hidden = [Phrases(QUESTIONS, "", (), hidden=True), Phrases(UNMATCHED, "", (), hidden=True)]
        return Part("questions", title, [*hidden])
    asked, missed = unanswered.questions(db, choice.span), unmatched.groups(db, choice.span)
    if asked or missed:
        audit(visitor, "insight.phrases", choice.query())
    edit = visitor.may(Right.EDIT_FLOWS)
    return Part("questions", title, [
        Phrases(QUESTIONS, ANSWERED_IN, tuple(_said(choice, it) for it in asked[:MOST])),
        Phrases(UNMATCHED, ALIKE, tuple(_said(choice, it) for it in missed[:MOST]), example=edit),
    ])  # fmt: skip


def _said(choice: Choice, group: Group) -> Said:
    first = " ".join(group.phrases[0].words.replace('"', " ").split())[:200]
    href = choice.calls(flow=group.flow, node=group.node, words=f'"{first}"')
    shown = tuple((phrase.words[:400], phrase.times) for phrase in group.phrases[:SHOWN])
    more = len(group.phrases) - len(shown)
    return Said(group.flow, group.node, group.language, group.times, shown, href, more)
