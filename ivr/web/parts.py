"""What the pages are given by bootstrap.py: one object a process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine

from ivr.settings import Settings
from ivr.web.bundles import Bundles
from ivr.web.first_time import FirstTime
from ivr.web.secret_box import SecretBox


@dataclass
class WebParts:
    """Plain values; routes take them by `parts_of(request)` or when their router is made."""

    values: Settings
    engine: Engine
    """To a database that is migrated once it is there; raises SQLAlchemyError while it is away."""
    state: Path
    """Absolute."""
    flows: Path
    """Absolute."""
    bundles: Bundles
    first_time: FirstTime
    box: SecretBox
    speak: Callable[[str, str], bytes] | None = None
    """(text, language) -> 8 kHz mono PCM16; raises ports' SynthesisError. None: nothing speaks here."""
    languages: list[str] = field(default_factory=lambda: ["en", "ko"])
    """Of the pages."""

    def control_token(self) -> str:
        """Of the nodes' control API: setting `control.token`, the same on every node; else the one that this machine's
        services made. Raises OSError while that is not there."""
        wanted = self.values.control.token.get_secret_value()
        return wanted or (self.state / "secrets" / "control.token").read_text().strip()
