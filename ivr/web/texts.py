"""What pages say in each language: English in the templates, others in translations/<language>/<area>.po."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent / "translations"


class Texts:
    """One a process. Areas bring a file each, so that they do not wait for one another."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._texts: dict[str, dict[str, tuple[str, ...]]] = {}
        for file in sorted(folder.glob("*/*.po")):
            known = self._texts.setdefault(file.parent.name, {})
            with file.open("rb") as opened:
                for message in read_po(opened, locale=file.parent.name):
                    found = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
                    name = message.id[0] if isinstance(message.id, (tuple, list)) else message.id
                    if name and all(found):
                        known[name] = tuple(found)

    @property
    def languages(self) -> list[str]:
        return ["en", *sorted(self._texts)]

    def has(self, language: str, text: str) -> bool:
        return text in self._texts.get(language, {})

    def translator(self, language: str) -> Callable[..., str]:
        """`_("Hello %(name)s", name=...)`; without a translation: English."""
        known = self._texts.get(language, {})

        def translate(text: str, **named: Any) -> str:
            found = known.get(text, (text,))[0]
            return found % named if named else found

        return translate

    def counter(self, language: str) -> Callable[..., str]:
        """`ngettext("%(n)s call", "%(n)s calls", n)`."""
        known = self._texts.get(language, {})

        def count(one: str, many: str, n: int, **named: Any) -> str:
            forms = known.get(one) or (one, many)
            return forms[0 if n == 1 or len(forms) == 1 else 1] % {"n": n, **named}

        return count
