"""`ivr nodes`: the machines that write into one database, for people and for Kamailio."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from ivr import settings


def nodes(
    dispatcher: Annotated[Path | None, typer.Option(help="write Kamailio's list of destinations here")] = None,
    rpc: Annotated[Path | None, typer.Option(help="Kamailio's JSON-RPC socket, told when the list changed")] = None,
    every: Annotated[float, typer.Option(help="look again each so many seconds; 0: once", min=0)] = 0.0,
) -> None:
    """List the nodes with their calls, or keep Kamailio's list of them."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    from ivr.bootstrap import database
    from ivr.records import node_list

    engine = create_engine(database(settings.load()).url, pool_pre_ping=True)
    owed = False
    while True:
        try:
            found = node_list.listed(engine)
            if dispatcher is None:
                for node in found:
                    state = "draining" if node.draining else "takes calls"
                    print(f"{node.name}  {node.live_calls} of {node.max_calls} calls  {state}  {' '.join(node.sip)}")
            elif node_list.write_list(dispatcher, found):
                owed = rpc is not None
                print(f"{len(found)} nodes", flush=True)
            if owed and rpc is not None:
                node_list.reload_dispatcher(rpc)
                owed = False
        except (SQLAlchemyError, OSError) as error:
            print(f"ivr nodes: {type(error).__name__}: {str(error).splitlines()[0]}", file=sys.stderr, flush=True)
            if not every:
                sys.exit(1)
        if not every:
            return
        time.sleep(every)
