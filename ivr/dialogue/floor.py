"""Where everything in a session puts its actions: in order, stamped with call, time and turn."""

from typing import Any

from ivr.actions import Action


class Floor:
    """The actions of the event that is being handled."""

    __slots__ = ("_actions", "_id", "call", "hidden", "now", "secret", "turn")

    def __init__(self) -> None:
        self.call = ""
        self.now = 0
        self.turn = 0
        self.secret: set[int] = set()
        """Requests whose answers may not be written down."""
        self.hidden: dict[int, frozenset[str]] = {}
        """Parameters of requests that may not be written down."""
        self._id = 0
        self._actions: list[Action] = []

    def emit(self, kind: type[Action], /, **fields: Any) -> None:
        self._actions.append(kind(call=self.call, t=self.now, turn=self.turn, **fields))

    def request(self, kind: type[Action], /, *, secret: bool = False, **fields: Any) -> int:
        """Emit an action that is answered later; returns its id, of one counter a call."""
        self._id += 1
        if secret:
            self.secret.add(self._id)
        self.emit(kind, id=self._id, **fields)
        return self._id

    def take(self) -> list[Action]:
        """What was emitted since the last time."""
        actions, self._actions = self._actions, []
        return actions
