"""What may be written down: consent, sensitive nodes, keys."""

from ivr import actions, events
from ivr.flow.models import Flow
from tests.dialogue.driver import Driver, last, names, texts
from tests.dialogue.small import ORDERS, compiled


def announcing() -> dict[str, Flow]:
    say = "recording: {consent: announce, say: {en: This call may be recorded., ko: 녹음됩니다.}}\nnodes:\n"
    return compiled(ORDERS.replace("nodes:\n", say, 1))


def secret() -> dict[str, Flow]:
    flow = ORDERS.replace(
        "  which_order:\n    type: collect\n", "  which_order:\n    type: collect\n    sensitive: true\n"
    )
    flow = flow.replace("when: always", "when: never").replace(
        'say: {en: "I heard {order_id:digits}. Is that right?", ko: "{order_id:digits} 맞습니까?"}', ""
    )
    say = "recording: {consent: announce, say: {en: This call may be recorded., ko: 녹음됩니다.}}\nnodes:\n"
    return compiled(flow.replace("nodes:\n", say, 1))


def test_recording_starts_when_the_announcement_was_said() -> None:
    call = Driver(announcing())
    assert "StartRecording" not in names(call.first)
    call.send(events.PromptStarted(id=call.queued[0]))
    done = call.send(events.PromptDone(id=call.queued.pop(0)), after=1.5)
    assert names(done)[-1] == "StartRecording"


def test_the_announcement_cannot_be_interrupted() -> None:
    call = Driver(announcing())
    call.begin(played=0.5)
    assert names(call.voice()) == []
    assert names(call.send(events.KeyPressed(key="1"))) == []
    done = call.send(events.PromptDone(id=call.queued.pop(0)))
    assert "StartRecording" in names(done)
    assert call.node == "which_order"


def test_no_words_are_kept_before_consent() -> None:
    call = Driver(announcing())
    said = events.Heard(id=7, hypotheses=[events.Hypothesis("my card number")])
    assert call.session.masked(said).hypotheses == []
    call.play()
    assert call.session.masked(said).hypotheses[0].text == "my card number"


def test_without_recording_words_are_kept() -> None:
    said = events.Heard(id=7, hypotheses=[events.Hypothesis("hello")])
    assert Driver().session.masked(said) == said


def test_a_key_is_not_written_before_a_node_takes_it() -> None:
    call = Driver()
    assert call.session.masked(events.KeyPressed(key="4")).key == ""


def test_a_sensitive_step_leaves_no_trace() -> None:
    call = Driver(secret())
    call.play()
    call.keys("1")
    assert last(call.all, actions.StopRecording).why == "sensitive"
    call.play()
    call.voice()
    listen = call.listen()
    assert listen.sensitive
    said = events.Heard(id=listen.id, hypotheses=[events.Hypothesis("four five six seven")])
    assert call.session.masked(said).hypotheses == []
    call.keys("4567#")
    assert last(call.all, actions.KeysTaken).keys == "***"
    assert last(call.all, actions.SlotFilled).value == "***"
    query = last(call.all, actions.Query)
    assert query.parameters == {"order_id": "4567"}
    assert call.session.masked(query).parameters == {"order_id": "***"}
    assert names(call.all).count("StartRecording") == 2
    done = call.send(events.HungUp())
    assert last(done, actions.Finished).slots["order_id"] == "***"


def test_keys_typed_ahead_of_a_sensitive_step_are_dropped() -> None:
    flow = ORDERS.replace("  no_such_order: {type: say,", "  no_such_order: {type: say, sensitive: true,")
    call = Driver(compiled(flow))
    call.keys("14567#")
    call.keys("1")
    call.keys("99")
    call.queried(status="not_found")
    assert call.session.fingers.keypad.typed == ""


def test_stop_recording_holds_for_the_rest_of_the_call() -> None:
    flow = ORDERS.replace("start_over]", "start_over, stop_recording]")
    say = "recording: {consent: announce, say: {en: This call may be recorded., ko: 녹음됩니다.}}\nnodes:\n"
    call = Driver(compiled(flow.replace("nodes:\n", say, 1)))
    call.play()
    call.says("stop recording", intent="command.stop_recording")
    assert last(call.all, actions.StopRecording).why == "caller"
    call.keys("1")
    assert names(call.all).count("StartRecording") == 1


def asking_for_consent() -> Driver:
    say = "recording: {consent: ask, say: {en: May we record this call?, ko: 녹음해도 됩니까?}}\nnodes:\n"
    return Driver(compiled(ORDERS.replace("nodes:\n", say, 1)))


def test_recording_waits_for_the_callers_yes() -> None:
    call = asking_for_consent()
    assert texts(call.first) == ["May we record this call?"]
    assert last(call.first, actions.Asked).grammar != ""
    call.play()
    done = call.says("yes please", slots={"consent": "yes"})
    assert "StartRecording" in names(done)
    assert last(done, actions.Answered).text == "***"
    assert call.node == "welcome"


def test_a_no_or_no_answer_is_no_consent() -> None:
    call = asking_for_consent()
    call.keys("2")
    assert call.node == "welcome"
    call = asking_for_consent()
    for _ in range(2):
        call.play()
        call.wait(5.1)
    assert call.node == "welcome"
    assert "StartRecording" not in names(call.all)
    call.play()
    done = call.says("cancel my order", intent="cancel_order")
    assert last(done, actions.Answered).text == "***"


def test_what_was_said_without_consent_is_not_kept_as_a_slot_either() -> None:
    call = asking_for_consent()
    call.keys("2")
    call.play()
    call.says("where is order four five six seven", intent="query_order", slots={"order_id": "4567"})
    assert last(call.all, actions.SlotFilled).value == "***"
    finished = last(call.send(events.HungUp()), actions.Finished)
    assert finished.slots == {"order_id": "***"}
