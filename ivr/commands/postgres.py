"""`ivr postgres`: the embedded database in the foreground, as `ivr up` starts it."""

import sys

from ivr import settings


def postgres() -> None:
    """Run the embedded PostgreSQL of this state folder until it is stopped."""
    from ivr.records import embedded

    values = settings.load()
    try:
        embedded.run_server(embedded.cluster(values.state, values.database.port))
    except embedded.DatabaseUnavailable as error:
        print(f"postgres: {error}", file=sys.stderr)
        sys.exit(1)
