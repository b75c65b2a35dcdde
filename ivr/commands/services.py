"""`ivr services`: understanding, queries, prompts, flows, records, control API."""

import sys

from ivr import settings


def services() -> None:
    """Run the services process until it is stopped (started by `ivr up`)."""
    from ivr import bootstrap
    from ivr.services import process

    try:
        process.run(*bootstrap.services(settings.load()))
    except OSError as error:
        print(f"services: {error}", file=sys.stderr)
        sys.exit(1)
