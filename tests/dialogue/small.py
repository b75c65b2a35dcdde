"""A small flow and a text call for the tests of the dialogue."""

from functools import cache
from typing import Any

from ivr.flow.loader import load
from ivr.flow.models import Flow

ORDERS = """
flow: orders
languages: [en, ko]
start: welcome
commands: [agent, repeat, wait, slower, back, start_over]
anywhere:
  - {command: agent, key: "0", next: agent}
  - {command: repeat, key: "*"}
  - {intent: speak_korean, language: ko}
nodes:
  welcome:
    type: menu
    say: {en: Welcome to Acme. How can I help?, ko: 아크미입니다. 무엇을 도와드릴까요?}
    options:
      - {intent: query_order, key: "1", label: {en: the status of an order, ko: 주문 조회}, next: which_order}
      - {intent: cancel_order, key: "2", label: {en: cancelling an order, ko: 주문 취소}, next: which_order}
      - phrases: {en: [opening hours, when are you open], ko: [영업 시간]}
        key: "3"
        label: {en: our opening hours, ko: 영업 시간}
        next: hours
  hours: {type: say, say: {en: We are open from nine to five., ko: 아홉 시부터 다섯 시까지입니다.}, next: anything_else}
  which_order:
    type: collect
    slots:
      order_id:
        field: digits
        length: 4..8
        say: {en: What is your order number?, ko: 주문 번호가 무엇입니까?}
        confirm:
          when: always
          say: {en: "I heard {order_id:digits}. Is that right?", ko: "{order_id:digits} 맞습니까?"}
        valid: "order_id != '0000'"
        invalid: {en: That is not an order number., ko: 주문 번호가 아닙니다.}
    next: lookup
  lookup:
    type: query
    sql: "select status from demo.orders where order_id = :order_id"
    save: order
    meanwhile: {en: One moment please., ko: 잠시만 기다려 주세요.}
    on: {not_found: no_such_order, error: agent}
    next: shipped
  no_such_order: {type: say, say: {en: I cannot find that order., ko: 주문을 찾을 수 없습니다.}, next: which_order}
  shipped:
    type: say
    say: {en: "Your order is {order.status|unknown}.", ko: "주문 상태는 {order.status|모름}입니다."}
    outcome: resolved
    next: anything_else
  anything_else:
    type: confirm
    say: {en: Is there anything else?, ko: 더 필요하신 것이 있습니까?}
    yes: welcome
    no: bye
  agent:
    type: transfer
    to: agents
    say: {en: Connecting you., ko: 연결합니다.}
    headers: {X-Reason: "{task|none}"}
    on_fail: bye
  bye: {type: hangup, say: {en: Goodbye., ko: 안녕히 계세요.}}
"""

NLU = """
version: "3.1"
nlu:
- intent: query_order
  examples: |
    - where is my order
    - where is my stuff
    - where is order [4567](order_id)
    - track my parcel
- intent: cancel_order
  examples: |
    - cancel my order
    - i want to cancel
    - cancel that one
- intent: speak_korean
  examples: |
    - korean please
    - speak korean
"""

NLU_KO = """
version: "3.1"
nlu:
- intent: query_order
  examples: |
    - 주문 어디 있어요
- intent: cancel_order
  examples: |
    - 주문 취소해 주세요
- intent: speak_korean
  examples: |
    - 한국어
"""

LINES = """
lines:
  orders: {numbers: ["sip:orders@*"], flow: orders}
destinations: {agents: "sip:agents@pbx.example"}
"""


def loaded(flow: str = ORDERS, nlu: str = NLU, **more: str) -> Any:
    files = {"orders/flow.yaml": flow, "orders/nlu.yml": nlu, "orders/nlu.ko.yml": NLU_KO, "lines.yaml": LINES, **more}
    found = load(files)
    assert found.ok, [str(problem) for problem in found.errors]
    return found


@cache
def compiled(flow: str = ORDERS, nlu: str = NLU) -> dict[str, Flow]:
    published = loaded(flow, nlu).published
    assert published is not None
    flows: dict[str, Flow] = published.flows
    return flows
