"""Results of conversations as JUnit XML, which every CI reads."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree as xml

from ivr.insight.journal_text import lines
from ivr.insight.text_talk import Result

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold (section 2.2)."""


def report(results: Sequence[tuple[str, Result]]) -> bytes:
    """One suite a flow; `results` with the path of each one's tests.yaml. A failure carries the call's journal."""
    root = xml.Element("testsuites")
    for flow in dict.fromkeys(result.conversation.flow for _, result in results):
        rows = [(path, result) for path, result in results if result.conversation.flow == flow]
        failed = sum(not result.ok for _, result in rows)
        seconds = sum(result.seconds for _, result in rows)
        counts = {"tests": str(len(rows)), "failures": str(failed), "errors": "0", "time": f"{seconds:.3f}"}
        suite = xml.SubElement(root, "testsuite", {"name": flow, **counts})
        for path, result in rows:
            case = xml.SubElement(
                suite, "testcase", classname=flow, name=_plain(result.conversation.name), file=path,
                line=str(result.line or result.conversation.line), time=f"{result.seconds:.3f}",
            )  # fmt: skip
            if not result.ok:
                told = xml.SubElement(case, "failure", message=_plain(result.failure))
                told.text = _plain(f"{path}:{result.line}\n" + "\n".join(lines(result.journal)))
    xml.indent(root)
    return bytes(xml.tostring(root, encoding="utf-8", xml_declaration=True))


def _plain(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
