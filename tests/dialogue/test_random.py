"""Whatever happens at whatever flow: no exception, no endless loop, the call ends."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ivr import actions, events
from ivr.dialogue.session import Session
from ivr.flow.models import Flow
from tests.dialogue.small import ORDERS, compiled

BARGE_IN = ("true", "false", "keys", "{min_words: 2}", "{protect: 2s}")
WORDS = ("yes", "no", "cancel my order", "four five six seven", "where is it", "")
INTENTS = ("", "query_order", "cancel_order", "command.agent", "command.repeat", "command.back", "command.wait",
           "speak_korean", "command.start_over", "command.slower", "nonsense")  # fmt: skip


@st.composite
def flows(draw: st.DrawFn) -> dict[str, Flow]:
    """The small flow with other settings, and other ways between its nodes."""
    text = ORDERS.replace("    type: menu\n", f"    type: menu\n    barge_in: {draw(st.sampled_from(BARGE_IN))}\n", 1)
    when = draw(st.sampled_from(["always", "unsure", "never"]))
    return compiled(text.replace("when: always", f"when: {when}"))


def names_of(flow: Flow) -> list[str]:
    return [str(name) for name in flow.nodes]


@st.composite
def rewired(draw: st.DrawFn) -> dict[str, Flow]:
    """Some `next` lead anywhere at all, loops without a question included."""
    flow = draw(flows())["orders"]
    nodes: dict[Any, Any] = dict(flow.nodes)
    for name in draw(
        st.lists(st.sampled_from(["hours", "shipped", "no_such_order", "lookup", "which_order"]), max_size=3)
    ):
        nodes[name] = nodes[name].model_copy(update={"next": draw(st.sampled_from(names_of(flow)))})
    limits = flow.limits.model_copy(update={"steps": 60, "call": 120.0})
    return {"orders": flow.model_copy(update={"nodes": nodes, "limits": limits})}


ids = st.integers(-6, 1)
"""Which of the last requests an answer is for: the last, earlier ones, ones that never were."""
scores = st.sampled_from([0.97, 0.9, 0.6, 0.5, 0.1])
mostly = st.sampled_from([True, True, True, False])
hypotheses = st.lists(
    st.builds(
        events.Hypothesis,
        text=st.sampled_from(WORDS),
        confidence=scores,
        intent=st.sampled_from(INTENTS),
        slots=st.dictionaries(st.sampled_from(["order_id", "confirm"]), st.sampled_from(["4567", "yes", "no", "0000"])),
    ),
    max_size=2,
)
anything = st.one_of(
    st.builds(events.VoiceStarted),
    st.builds(events.VoiceStopped),
    st.builds(events.KeyPressed, key=st.sampled_from(list("0123456789*#"))),
    st.builds(events.Partial, id=ids, text=st.sampled_from(WORDS)),
    st.builds(
        events.Heard, id=ids, hypotheses=hypotheses, in_grammar=st.booleans(), speculative=st.booleans(),
        complete=st.booleans(),
    ),
    st.builds(events.HearingFailed, id=ids),
    st.builds(
        events.Understood,
        id=ids,
        intents=st.lists(st.builds(events.IntentScore, name=st.sampled_from(INTENTS), confidence=scores), max_size=3),
        entities=st.lists(st.builds(events.Entity, name=st.just("order_id"), value=st.sampled_from(["4567", "x"])),
                          max_size=1),
    ),
    st.builds(events.FieldParsed, id=ids, values=st.lists(st.sampled_from(["4567", "yes", "no"]), max_size=2)),
    st.builds(events.Queried, id=ids, status=st.sampled_from(["ok", "not_found", "error"]),
              value=st.sampled_from([None, {"status": "shipped"}, [], "text"])),
    st.builds(events.PromptStarted, id=ids),
    st.builds(events.PromptDone, id=ids),
    st.builds(events.PromptFailed, id=ids),
    st.builds(events.TransferDone, id=ids, ok=st.booleans(), how=st.sampled_from(["refer", "bridge"])),
    st.builds(events.Held),
    st.builds(events.Unheld),
    st.builds(events.CallStarted),
)  # fmt: skip
heards = st.builds(events.Heard, hypotheses=hypotheses, in_grammar=mostly, speculative=mostly, complete=mostly)
doings = st.one_of(
    st.tuples(st.just("event"), anything),
    st.tuples(st.just("utterance"), heards),
    st.tuples(st.just("fits"), st.integers(0, 12)),
    st.tuples(st.just("answer"), anything),
    st.tuples(st.just("play"), st.none()),
    st.tuples(st.just("keys"), st.sampled_from(["1", "2", "14567#", "4567#", "0", "*", "9", "45"])),
)
steps = st.lists(st.tuples(st.integers(0, 400), doings), min_size=8, max_size=60)

ANSWERS: dict[type, type] = {
    actions.Understand: events.Understood,
    actions.ParseField: events.FieldParsed,
    actions.Query: events.Queried,
    actions.Transfer: events.TransferDone,
    actions.EndListening: events.Heard,
    actions.DecodeNow: events.Heard,
}
"""Request -> its answer."""


def _heard(hypothesis: events.Hypothesis) -> events.Heard:
    return events.Heard(hypotheses=[hypothesis], speculative=True)


class Fuzzed:
    """A session under random events, whose deadlines are kept."""

    def __init__(self, flows: dict[str, Flow], can_hear: bool) -> None:
        self.session = Session(flows, {"agents": "sip:a@b"})
        self.t = 0
        self.last_id = 0
        self.said: list[actions.Action] = []
        self.feed(events.CallStarted(call="c", flow="orders", can_hear=can_hear))

    def feed(self, event: events.Event) -> None:
        if hasattr(event, "id"):
            event = replace(event, id=self.last_id + event.id)
        if isinstance(event, events.VoiceStarted | events.VoiceStopped):
            event = replace(event, voice_t=max(0, self.t - 5))
        done = self.session.handle(replace(event, t=self.t), self.t)
        assert len(done) < 1000
        self.said += done
        for action in done:
            self.last_id = max(self.last_id, getattr(action, "id", 0))
            self.session.masked(action)

    def do(self, kind: str, what: Any) -> None:
        """One thing that a caller, or a service, does."""
        match kind:
            case "event":
                self.feed(what)
            case "utterance":
                self.feed(events.VoiceStarted())
                self.pass_time(self.t + 30)
                self.feed(events.VoiceStopped())
                self.answer(what)
                self.pass_time(self.t + 60)
            case "fits":
                self.do("utterance", self.fitting(what))
            case "answer":
                self.answer(what)
            case "play":
                for say in [action for action in self.said if isinstance(action, actions.Say)]:
                    self.feed(events.PromptDone(id=say.id - self.last_id))
            case "keys":
                for key in what:
                    self.feed(events.KeyPressed(key=key))
                    self.pass_time(self.t + 10)

    def fitting(self, number: int) -> events.Heard:
        """Something that the open question, if there is one, takes."""
        question = self.session.ears.question
        names = (question.expected if question is not None else []) or ["query_order"]
        slots = {"order_id": "4567"} if number % 2 else {}
        if question is not None and question.fields and number < 8:
            slots = {spec.slot: "4568" if spec.slot == "order_id" else "yes" for spec in question.fields[: number % 3]}
            return _heard(events.Hypothesis("four", confidence=0.9, slots=slots))
        return _heard(events.Hypothesis("that one", confidence=0.9, intent=names[number % len(names)], slots=slots))

    def answer(self, event: events.Event) -> None:
        """The event as an answer to the last request that it can answer."""
        for action in reversed(self.said):
            if ANSWERS.get(type(action)) is type(event):
                self.feed(replace(event, id=getattr(action, "id", 0) - self.last_id))
                return
        self.feed(event)

    def pass_time(self, until: int) -> None:
        kept = 0
        while (due := self.session.deadline()) is not None and due <= until:
            kept = kept + 1 if due <= self.t else 0
            assert kept < 20, "a deadline that does not pass"
            self.t = max(self.t, due)
            self.feed(events.DeadlineReached())
        self.t = max(self.t, until)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(rewired(), steps, st.booleans())
def test_whatever_happens_the_call_ends(flows: dict[str, Flow], happened: list[Any], can_hear: bool) -> None:
    call = Fuzzed(flows, can_hear)
    for wait, doing in happened:
        call.pass_time(call.t + wait)
        call.do(*doing)
    call.feed(events.Unheld())
    call.pass_time(call.t + 50 * 60 * 60)
    finished = [action for action in call.said if isinstance(action, actions.Finished)]
    assert len(finished) == 1, "it ended once, by its own limits"
    failed = [action for action in call.said if isinstance(action, actions.NodeFailed)]
    assert not failed, failed
    call.feed(events.HungUp())
    assert call.session.deadline() is None
    assert len([action for action in call.said if isinstance(action, actions.Finished)]) == 1


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(rewired(), steps)
def test_the_same_events_give_the_same_actions(flows: dict[str, Flow], happened: list[Any]) -> None:
    calls = [Fuzzed(flows, True), Fuzzed(flows, True)]
    for wait, doing in happened:
        for call in calls:
            call.pass_time(call.t + wait)
            call.do(*doing)
    assert calls[0].said == calls[1].said
