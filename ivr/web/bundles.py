"""What browsers load: bundles of ivr/web/assets that set-up built into the cache (scripts/build_web.py)."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

SOURCES = Path(__file__).parent / "assets"
LOCK = SOURCES / "package-lock.json"
MANIFEST = "manifest.json"


class NotBuilt(Exception):
    """The bundles of these sources are not in the cache; the mend."""


def entries() -> list[Path]:
    """Every script and style sheet that a page may name; what lies in folders is imported by these."""
    return sorted([*SOURCES.glob("*.js"), *SOURCES.glob("*.css")])


def signature() -> str:
    """Of all that the bundles follow: a page gets those of its own version, whatever else shares the cache."""
    found = hashlib.sha256()
    for path in sorted(p for p in SOURCES.rglob("*") if p.is_file() and "node_modules" not in p.parts):
        found.update(str(path.relative_to(SOURCES)).encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:16]


def folder(cache_folder: Path) -> Path:
    """Where the bundles of these sources are, or will be."""
    return cache_folder / "web" / f"built-{signature()}"


@dataclass
class Bundles:
    """One a web process. What is built while it runs is found at the next look."""

    cache: Path
    _names: dict[str, str] = field(default_factory=dict)
    _folder: Path | None = None

    @property
    def where(self) -> Path:
        """Raises NotBuilt."""
        if self._folder is None:
            built = folder(self.cache)
            try:
                self._names = json.loads((built / MANIFEST).read_text("utf-8"))
            except (OSError, ValueError):
                raise NotBuilt("the pages' scripts are not built: make setup") from None
            self._folder = built
        return self._folder

    def address(self, name: str) -> str:
        """`calls.js` -> its address, which changes with its content. Raises NotBuilt, KeyError."""
        _ = self.where
        return f"/assets/{self._names[name]}"
