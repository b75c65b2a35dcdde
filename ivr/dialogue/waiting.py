"""What a caller who waits in line for an agent is told."""

from ivr.dialogue.errands import InLine
from ivr.dialogue.mouth import Mouth
from ivr.dialogue.position import Frame
from ivr.language.phrases import key_name


def tell(mouth: Mouth, frame: Frame, line: InLine) -> None:
    """Place, expected wait, and that there is another way."""
    if line.position <= 1:
        mouth.say_built_in("queue.next", frame)
    else:
        mouth.say_built_in("queue.position", frame, {"position": line.position})
    minutes = round(line.wait_s / 60)
    if line.wait_s >= 30:
        name = "queue.wait" if minutes > 1 else "queue.minute"
        mouth.say_built_in(name, frame, {"minutes": minutes})
    if line.step.call_back_key:
        mouth.say_built_in("queue.callback", frame, {"key": key_name(mouth.state.language, line.step.call_back_key)})
