"""Flows from their files: read, checked, compiled. Files come as {path: text}; nothing is opened here.

Paths are relative to the flows folder: `lines.yaml`, `orders/flow.yaml`, `orders/nlu.ko.yml`, `shared/goodbye.yaml`.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from ivr.flow import checks, checks_calls, named_texts, pronounce
from ivr.flow.answers import Entry, read_answers
from ivr.flow.checks_lines import check_lines
from ivr.flow.compiler import Compiled, compile_flow, intents
from ivr.flow.examples import Nlu, read_examples
from ivr.flow.grammar import Grammar
from ivr.flow.models import Flow, Lines, Published
from ivr.flow.problems import Problem
from ivr.flow.reading import Draft, read, read_nodes, read_top
from ivr.flow.source import LARGEST, Unread, decode, parse
from ivr.language.table import LANGUAGES

Files = Mapping[str, str | bytes | Unread]


@dataclass
class Loaded:
    """What a flows folder holds."""

    published: Published | None = None
    """None when lines.yaml has a mistake or no flow is without one."""
    grammars: dict[str, Grammar] = field(default_factory=dict)
    """hash -> grammar, of all flows."""
    nlu: dict[str, dict[str, Nlu]] = field(default_factory=dict)
    """flow -> language -> examples, with those of options and commands."""
    answers: dict[str, dict[str, tuple[Entry, ...]]] = field(default_factory=dict)
    """flow -> language -> its knowledge base."""
    problems: list[Problem] = field(default_factory=list)
    """Errors and warnings, by file and line."""
    lines: Lines | None = None
    """lines.yaml, also when no flow is without mistakes."""
    editions: "list[Loaded]" = field(default_factory=list)
    """Published versions and drafts that serve beside the files (insight/serving.py)."""

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity == "error"]

    @property
    def ok(self) -> bool:
        return not self.errors


def load(
    files: Files, last_good: Published | None = None, only: str = "", known: frozenset[str] = frozenset()
) -> Loaded:
    """Read, check and compile everything. A flow with mistakes is left out; when `last_good` has an earlier version of
    it, that one goes on (its grammars are those that were compiled then). `only`: the folder of the one flow that is
    meant; lines.yaml may then speak of others. `known`: flows that lines.yaml may name, published ones that are not
    here."""
    loaded = Loaded()
    folders = sorted({path.split("/")[0] for path in files if re.fullmatch(r"[^/]+/flow\.yaml", path)})
    drafts: dict[str, Draft] = {}
    twice: list[Draft] = []
    compiled: dict[str, Compiled] = {}
    lines = _lines(files, loaded)
    for folder in folders:
        draft, made = _flow(folder, files, lines, loaded)
        name = str(draft.top.get("flow", folder))
        if name in drafts:
            first = drafts[name].source.file
            message = f"flow {name!r} exists already, in {first}"
            draft.problems.append(draft.source.problem(("flow",), "duplicate_flow", message, "give it another name"))
            twice.append(draft)
            continue
        drafts[name] = draft
        if made is not None and not any(p.severity == "error" for p in draft.problems):
            compiled[name] = made
    good = _whole(drafts, compiled, loaded, last_good)
    loaded.problems += [problem for draft in twice for problem in draft.problems]
    loaded.problems += checks_calls.lines_of(lines, drafts)
    if not folders and not loaded.problems:
        loaded.problems.append(Problem("", 0, 0, "no_flows", "there is no flow here", "make a folder with a flow.yaml"))
    if "lines.yaml" in files and not only:
        loaded.problems += check_lines(parse("lines.yaml", files["lines.yaml"]), lines, set(drafts) | known)
    loaded.problems = sorted(set(loaded.problems))
    lines_ok = "lines.yaml" not in files or not any(p.file == "lines.yaml" for p in loaded.errors)
    if not lines_ok and last_good:
        lines, lines_ok = last_good.lines, True
    loaded.lines = lines if lines_ok else None
    if good and lines_ok:
        loaded.published = Published(version=_version(files, good), lines=lines, flows=good)
    return loaded


def _whole(
    drafts: dict[str, Draft], compiled: dict[str, Compiled], loaded: Loaded, last_good: Published | None
) -> dict[str, Flow]:
    """The flows that can be served: those without a mistake whose called flows have none either. In place of the
    others their last good version goes on."""
    for draft in drafts.values():
        draft.problems += checks_calls.calls(draft, drafts)
        loaded.problems += draft.problems
    broken = {name for name, draft in drafts.items() if any(p.severity == "error" for p in draft.problems)}
    while more := {name for name in compiled if name not in broken and checks_calls.needed(drafts[name]) & broken}:
        broken |= more
    good: dict[str, Flow] = {}
    for name in drafts:
        if name in compiled and name not in broken:
            good[name] = compiled[name].flow
            loaded.grammars |= compiled[name].grammars
        elif last_good and name in last_good.flows:
            good[name] = last_good.flows[name]
    return good


def _lines(files: Files, loaded: Loaded) -> Lines | None:
    if "lines.yaml" not in files:
        return None
    source = parse("lines.yaml", files["lines.yaml"])
    loaded.problems += source.problems
    if source.value is None:
        return None
    lines, problems = read(Lines, source, (), source.value)
    loaded.problems += problems
    return lines


def _flow(folder: str, files: Files, lines: Lines | None, loaded: Loaded) -> tuple[Draft, Compiled | None]:
    """One flow folder."""
    draft = Draft(parse(f"{folder}/flow.yaml", files[f"{folder}/flow.yaml"]))
    draft.problems += draft.source.problems
    value = draft.source.value
    if value is None:
        return draft, None
    if not isinstance(value, dict):
        draft.problems.append(draft.source.problem((), "shape", "this is no flow", "begin with `flow: name`"))
        return draft, None
    read_top(draft, value)
    if "nodes" in value:
        read_nodes(draft, draft.source, value["nodes"])
    else:
        draft.problems.append(draft.source.problem((), "missing", "'nodes' is missing", "write nodes: {name: ...}"))
    recordings = _recordings(folder, files)
    fragments = _fragments(draft, files)
    named_texts.resolve(draft)
    used = [draft.source.file, *fragments, *(f"{folder}/{path}" for path in recordings.values())]
    lexicon = _lexicon(folder, draft, files, used)
    nlu = _examples(folder, draft, files, used)
    answers = _answers(folder, draft, files, used)
    draft.problems += checks.flow(draft, nlu, lines)
    if any(problem.severity == "error" for problem in draft.problems):
        return draft, None
    try:
        flow = Flow.model_validate({**draft.top, "nodes": draft.nodes, "recordings": recordings, "pronounce": lexicon})
    except ValidationError as error:  # every part was valid by itself: only what spans parts can be wrong here
        draft.problems.append(draft.source.problem((), "flow", str(error).splitlines()[-1]))
        return draft, None
    compiled = compile_flow(flow, nlu, _hash({path: files[path] for path in used}))
    loaded.nlu[flow.name] = {
        code: Nlu(code, intents(compiled.flow, one), one.synonyms, one.lookups, one.regexes)
        for code, one in nlu.items()
    }
    loaded.answers[flow.name] = answers
    return draft, compiled


def _fragments(draft: Draft, files: Files) -> list[str]:
    """Read what `include:` names; returns the paths."""
    paths = []
    for n, name in enumerate(draft.top.get("include", ())):
        path = f"shared/{name}"
        if path not in files:
            known = ", ".join(p.removeprefix("shared/") for p in files if p.startswith("shared/")) or "no fragments"
            message = f"there is no fragment {name!r} in shared/"
            draft.problems.append(
                draft.source.problem(("include", n), "unknown_fragment", message, f"there are {known}")
            )
            continue
        source = parse(path, files[path])
        draft.problems += source.problems
        paths.append(path)
        if isinstance(source.value, dict):
            for key in source.value.keys() - {"nodes", "texts"}:
                message = f"a fragment has no key {key!r}"
                draft.problems.append(
                    source.problem((key,), "unknown_key", message, "it holds nodes: and texts:", key=True)
                )
            named_texts.read(draft, source, source.value.get("texts", {}))
            read_nodes(draft, source, source.value.get("nodes", {}))
    return paths


def _lexicon(folder: str, draft: Draft, files: Files, used: list[str]) -> dict[str, dict[str, str]]:
    """language -> how words are spoken; the flow's own file over the shared one."""
    found: dict[str, dict[str, str]] = {}
    for path in (f"shared/{pronounce.NAME}", f"{folder}/{pronounce.NAME}"):
        if path in files:
            used.append(path)
            source = parse(path, files[path])
            lexicon, problems = pronounce.read_lexicon(source)
            draft.problems += [*source.problems, *problems]
            for code, words in lexicon.items():
                found[code] = {**found.get(code, {}), **words}
    return found


def _answers(folder: str, draft: Draft, files: Files, used: list[str]) -> dict[str, tuple[Entry, ...]]:
    """language -> knowledge base; answers.md is in the flow's first language."""
    first = str(next(iter(draft.top.get("languages", ("en",)))))
    found: dict[str, tuple[Entry, ...]] = {}
    for path in sorted(files):
        match = re.fullmatch(re.escape(folder) + r"/answers(?:\.([a-z]{2}))?\.md", path)
        if match is None:
            continue
        used.append(path)
        data = files[path]
        if isinstance(data, Unread):
            draft.problems.append(Problem(path, 0, 0, "unreadable", data.reason, "mend it, or take it out"))
            continue
        text, problems = decode(path, data)
        entries, wrong = read_answers(text)
        draft.problems += problems
        draft.problems += [Problem(path, line, 1, "empty_value", told, "write it") for line, told in wrong]
        found[match[1] or first] = tuple(entries)
    return found


def _examples(folder: str, draft: Draft, files: Files, used: list[str]) -> dict[str, Nlu]:
    """language -> examples; nlu.yml is in the flow's first language."""
    languages = [str(code) for code in draft.top.get("languages", ("en",))]
    found: dict[str, Nlu] = {code: Nlu(code) for code in languages if code in LANGUAGES}
    for path in sorted(files):
        match = re.fullmatch(re.escape(folder) + r"/nlu(?:\.([a-z]{2}))?\.ya?ml", path)
        if not match:
            continue
        used.append(path)
        source = parse(path, files[path], LARGEST * 20)
        draft.problems += source.problems
        code = match[1] or languages[0]
        if code not in found:
            message = f"{code!r} is none of this flow's languages"
            draft.problems.append(
                Problem(path, 0, 0, "unknown_language", message, f"add it to `languages:` in {folder}/flow.yaml")
            )
            continue
        nlu, problems = read_examples(source, code)
        draft.problems += problems
        found[code] = nlu
    return found


def _recordings(folder: str, files: Files) -> dict[str, str]:
    """`prompts/welcome.en.wav` -> "welcome/en", `prompts/ask.order_id.en.wav` -> "ask/order_id/en"."""
    found = {}
    for path in sorted(files):
        match = re.fullmatch(re.escape(folder) + r"/(prompts/(\w+(?:\.\w+)*)\.([a-z]{2})\.(?:wav|raw))", path)
        if match:
            found[f"{match[2].replace('.', '/')}/{match[3]}"] = match[1]
    return found


def _hash(files: Files) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        data = files[path]
        data = data.encode() if isinstance(data, str) else b"" if isinstance(data, Unread) else data
        digest.update(f"{path}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()[:16]


def _version(files: Files, flows: Mapping[str, Flow]) -> str:
    parts = {name: flow.version for name, flow in flows.items()}
    if "lines.yaml" in files:
        parts["lines.yaml"] = _hash({"lines.yaml": files["lines.yaml"]})
    return _hash(parts)
