"""`ivr redis`: our own Redis in the foreground, as `ivr up` starts it."""

import os
import sys

from ivr import settings


def redis() -> None:
    """Run the Redis of this state folder until it is stopped (started by `ivr up`)."""
    from ivr.business import redis_server

    values = settings.load()
    if not redis_server.installed():
        print("redis: redis-server is not installed (Debian: apt-get install redis-server)", file=sys.stderr)
        sys.exit(2)
    words = redis_server.command(values.state.absolute())
    os.execvp(words[0], words)
