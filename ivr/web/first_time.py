"""The first sign-in: while there is nobody, a link that `ivr up` prints makes the first administrator."""

import hmac
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from ivr.records import people
from ivr.web.secret_box import kept


@dataclass(frozen=True)
class FirstTime:
    """The link's secret lies in the state folder until it was used."""

    file: Path

    def path(self, engine: Engine) -> str:
        """Of the link; empty when there are people. Raises SQLAlchemyError."""
        with engine.connect() as connection:
            if people.any_there(connection):
                self.file.unlink(missing_ok=True)
                return ""
        return f"/first/{kept(self.file)}"

    def opens(self, token: str) -> bool:
        """The token of the link, which nobody used yet."""
        try:
            wanted = self.file.read_text().strip()
        except OSError:
            return False
        return bool(wanted) and hmac.compare_digest(wanted.encode(), token.encode("utf-8", "surrogatepass"))

    def used(self) -> None:
        self.file.unlink(missing_ok=True)
