"""`ivr services`: understanding, queries, prompts, flows, records, control API."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ivr import settings


def services(
    mocks: Annotated[Path | None, typer.Option(help="for tests: folder of answers in place of queries")] = None,
) -> None:
    """Run the services process until it is stopped (started by `ivr up`)."""
    from ivr import bootstrap, logs
    from ivr.services import process

    values = settings.load()
    logs.configure(values.log.level, values.log.format)

    try:
        process.run(*bootstrap.services(values, mocks))
    except OSError as error:
        print(f"services: {error}", file=sys.stderr)
        sys.exit(1)
