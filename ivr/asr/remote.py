"""What engines on other machines share: the error that hands the turn to a local engine, and waiting that gives way."""

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

R = TypeVar("R")

GIVE_WAY_S = 0.02


class RemoteFailed(Exception):
    """The other side is away, late, or does not speak the protocol; the turn is another engine's."""


def waited(future: "Future[R]", deadline_s: float, give_way: Callable[[], None]) -> R:
    """The future's result, while others get their turn. Raises RemoteFailed when it is late, or what `give_way` or the
    future raises."""
    end = time.monotonic() + deadline_s
    while not future.done():
        if time.monotonic() >= end:
            future.cancel()
            raise RemoteFailed("late")
        wait([future], GIVE_WAY_S)
        give_way()
    return future.result()
