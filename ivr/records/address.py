"""Which database is meant: the one that is set, or the embedded one of this state folder."""

from dataclasses import dataclass
from pathlib import Path

from ivr.records import embedded


@dataclass(frozen=True)
class Address:
    """Where records go and where query nodes ask."""

    url: str
    """postgresql://, may carry a password: never logged; `shown` is for people."""
    query_url: str
    """Login of query nodes."""
    query_role: str
    """Role that query nodes take on after the login; empty when the login itself is that role."""
    server: embedded.Cluster | None
    """The embedded server; None: an external one."""

    @property
    def shown(self) -> str:
        from sqlalchemy.engine import make_url

        return make_url(self.url).render_as_string(hide_password=True)


def resolve(state: Path, url: str = "", query_url: str = "", port: int = 0) -> Address:
    """`url`: setting database.url, else DATABASE_URL; empty means the embedded server."""
    if url:
        role = "" if query_url else embedded.QUERY_ROLE
        return Address(url=url, query_url=query_url or url, query_role=role, server=None)
    server = embedded.cluster(state, port)
    return Address(server.url(), query_url or server.url(embedded.QUERY_ROLE), "", server)
