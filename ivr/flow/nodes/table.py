"""Every node type: one line each."""

from typing import Annotated

from pydantic import Field

from ivr.flow.nodes.answer import Answer
from ivr.flow.nodes.base import Node
from ivr.flow.nodes.branch import Branch
from ivr.flow.nodes.call import Call
from ivr.flow.nodes.collect import Collect
from ivr.flow.nodes.confirm import ConfirmNode
from ivr.flow.nodes.consent import ConsentNode
from ivr.flow.nodes.hangup import Hangup
from ivr.flow.nodes.hours import Hours
from ivr.flow.nodes.language import Language
from ivr.flow.nodes.menu import Menu
from ivr.flow.nodes.profile import Profile
from ivr.flow.nodes.query import Query
from ivr.flow.nodes.record import Record
from ivr.flow.nodes.return_ import ReturnNode
from ivr.flow.nodes.say import Say
from ivr.flow.nodes.send import Send
from ivr.flow.nodes.set import Set
from ivr.flow.nodes.transfer import Transfer

AnyNode = Annotated[
    Say
    | Menu
    | Collect
    | ConfirmNode
    | Branch
    | Set
    | Query
    | Transfer
    | Language
    | Hangup
    | Call
    | ReturnNode
    | Hours
    | Answer
    | Record
    | Send
    | Profile
    | ConsentNode,
    Field(discriminator="type"),
]

NODE_TYPES: dict[str, type[Node]] = {
    "say": Say,
    "menu": Menu,
    "collect": Collect,
    "confirm": ConfirmNode,
    "branch": Branch,
    "set": Set,
    "query": Query,
    "transfer": Transfer,
    "language": Language,
    "call": Call,
    "return": ReturnNode,
    "hours": Hours,
    "answer": Answer,
    "send": Send,
    "record": Record,
    "profile": Profile,
    "hangup": Hangup,
}
