"""VoiceXML documents, read without entities or anything from elsewhere."""

from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ivr.insight.importing.draft import Draft, ImportFailed, name_of

LARGEST = 5_000_000
MOST_FILES = 500
DEEPEST = 60


def read(source: Path, draft: Draft) -> dict[str, Element]:
    """Document's name -> its root, the first one first. Raises ImportFailed."""
    paths = [source]
    if source.is_dir():
        paths = sorted(p for p in source.rglob("*") if p.suffix in (".vxml", ".xml") and p.is_file())
    if len(paths) > MOST_FILES:
        raise ImportFailed(f"{source} holds more than {MOST_FILES} documents")
    found: dict[str, Element] = {}
    for path in sorted(paths, key=lambda p: (p.stem not in ("index", "root", "main", "start"), str(p))):
        try:
            if path.is_symlink() or path.stat().st_size > LARGEST:
                raise ValueError("a link, or larger than 5 MB")
            root = fromstring(path.read_bytes(), forbid_entities=True, forbid_external=True)
        except (OSError, ValueError, ParseError, DefusedXmlException, RecursionError) as error:
            draft.leave(path.name, f"the document cannot be read: {type(error).__name__}", "mend it and import again")
            continue
        if kind(root) != "vxml" or _depth(root) > DEEPEST:
            draft.leave(path.name, f"it is {kind(root)}, no VoiceXML", "nothing, unless its grammars are needed")
            continue
        found[name_of(path.stem, "doc")] = root
    if not found:
        raise ImportFailed(f"{source} holds no VoiceXML that can be read")
    return found


def _depth(root: Element) -> int:
    deepest, rows = 1, [root]
    while rows := [child for row in rows for child in row]:
        deepest += 1
        if deepest > DEEPEST:
            break
    return deepest


def kind(element: Element) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def every(element: Element, *kinds: str) -> list[Element]:
    """Children of these kinds."""
    return [child for child in element if kind(child) in kinds]
