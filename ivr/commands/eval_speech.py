"""`ivr eval speech`: how well a folder of recordings is heard."""

import json
import os
import platform
import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ivr import settings

if TYPE_CHECKING:
    from ivr.flow.grammar import Grammar
    from ivr.insight.channel import Hop
    from ivr.insight.recordings import Recording
    from ivr.insight.scoring import Case
    from ivr.insight.speech_eval import Condition, Utterance

PHRASES, SLOTS = "training_phrases.txt", "slot_values.yaml"


def speech(
    folder: Annotated[Path, typer.Argument(help="audio (wav, flac, Sphere, raw, ...), in subfolders too")],
    labels: Annotated[Path | None, typer.Option(help="labels.json or transcripts, when not in the folder")] = None,
    phrases: Annotated[Path | None, typer.Option(help="what is said: a text line by line, or intent: [texts]")] = None,
    slots: Annotated[Path | None, typer.Option(help="values of slots, YAML: name: [values]")] = None,
    field: Annotated[str, typer.Option(help="digits, yes_no, letters, alphanumeric, ...; several with commas")] = "",
    length: Annotated[str, typer.Option(help="of a digits field: 6 or 4..8")] = "",
    flow: Annotated[str, typer.Option(help="hold to the grammar of this flow's node")] = "",
    node: Annotated[str, typer.Option(help="NODE or NODE/PART")] = "",
    open_: Annotated[bool, typer.Option("--open", help="no grammar, whatever lies in the folder")] = False,
    noise: Annotated[list[Path] | None, typer.Option(help="noise to add; a file, may be given again")] = None,
    snr: Annotated[str, typer.Option(help="dB below the active speech level, with commas: 24,15,6")] = "",
    codec: Annotated[str, typer.Option(help="pcmu, pcma, gsm, none, or one after the other: pcmu+pcma+pcmu")] = "pcmu",
    level: Annotated[str, typer.Option(help="active levels of the caller, dBFS, with commas; empty: as recorded")] = "",
    clip: Annotated[float, typer.Option(min=-20, max=40, help="peak so many dB over full scale, cut off")] = 0.0,
    dc: Annotated[float, typer.Option(min=-0.9, max=0.9, help="direct current, share of full scale")] = 0.0,
    loss: Annotated[str, typer.Option(help="per cent of packets lost, with commas: 1,3,5,10")] = "",
    jitter: Annotated[float, typer.Option(min=0, max=500, help="packets late by so many ms in the mean")] = 0.0,
    join: Annotated[int, typer.Option(min=0, max=30, help="join so many recordings of one speaker to a string")] = 0,
    strings: Annotated[int, typer.Option(min=1, help="how many strings with --join")] = 200,
    pad: Annotated[float, typer.Option(min=0, max=5, help="seconds of quiet before and after each")] = 0.0,
    half: Annotated[int, typer.Option(min=0, max=2, help="1 or 2: only that half of the speakers, else of files")] = 0,
    engine: Annotated[str, typer.Option(help="engine; the language's last one by default")] = "",
    language: Annotated[str, typer.Option()] = "en",
    beam: Annotated[int, typer.Option(min=0, max=64, help="0: as in the settings")] = 0,
    limit: Annotated[int, typer.Option(min=0, help="at most so many recordings")] = 0,
    seed: Annotated[int, typer.Option()] = 1,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    sip: Annotated[bool, typer.Option("--sip", help="through real calls to a server of its own")] = False,
    show: Annotated[bool, typer.Option("--show", help="print what was heard wrongly")] = False,
) -> None:
    """Play a folder of recordings through a telephone line into a recognizer and count what is right."""
    from ivr import logs
    from ivr.insight.recordings import RecordingsError, find
    from ivr.insight.speech_eval import Condition, joined, run, single

    logs.configure("warning", "text")
    try:
        found = find(folder, labels)
        line = Condition(hops_of(codec), over_db=clip or None, dc=dc, jitter_ms=jitter)
        conditions = _conditions(line, noise or [], _numbers(snr), _numbers(level), _numbers(loss))
        chosen = part_of(found, half, limit if not join else 0, seed)
        utterances = joined(chosen, join, limit or strings, seed) if join else single(chosen, pad)
        grammar = None if open_ else grammar_of(folder, phrases, slots, field, length, flow, node, language, found)
    except (RecordingsError, OSError, ValueError) as error:
        print(f"eval speech: {error}", file=sys.stderr)
        sys.exit(2)
    if sip:
        cases, name = _by_calls(utterances, conditions, language, grammar, engine, beam, seed), "real calls"
    else:
        recognizer = load_engine(engine, language, beam)
        cases, name = list(run(recognizer, language, grammar, utterances, conditions, seed)), recognizer.name
    report = _report(cases, name, grammar, codec, seed)
    if as_json:
        print(json.dumps(report, ensure_ascii=False, indent=1))
    else:
        _print(report)
    if show:
        _show(cases)


def _by_calls(
    utterances: "list[Utterance]",
    conditions: "list[Condition]",
    language: str,
    grammar: "Grammar | None",
    engine: str,
    beam: int,
    seed: int,
) -> "list[Case]":
    from ivr.insight import sip_speech
    from ivr.insight.private_line import PrivateLineError
    from ivr.insight.speech_eval import Condition

    try:
        if engine or any(c != replace(Condition(), noise=c.noise, snr_db=c.snr_db) for c in conditions):
            raise ValueError(
                "--sip takes the engines of the settings, pcmu and --noise, and nothing else that a line does"
            )
        kept = settings.load().cache / "eval-prompts"
        return list(sip_speech.run(utterances, conditions, language, grammar, kept, beam, seed))
    except (PrivateLineError, ValueError) as error:
        print(f"eval speech: {error}", file=sys.stderr)
        sys.exit(2)


def hops_of(codec: str) -> "tuple[Hop, ...]":
    """Raises ValueError."""
    from ivr.insight.channel import HOPS

    hops = tuple(hop for name in codec.split("+") for hop in HOPS if hop == name.strip())
    if len(hops) != len(codec.split("+")):
        raise ValueError(f"--codec {codec}: {', '.join(HOPS)}, or several with +")
    return hops


def _numbers(text: str) -> list[float]:
    return [float(part) for part in text.split(",") if part.strip()]


def _conditions(
    line: "Condition", noises: Sequence[Path], snrs: list[float], levels: list[float], losses: list[float]
) -> "list[Condition]":
    """`line` in each noise at each distance, at each level, with each share of packets lost."""
    if bool(snrs) != bool(noises):
        raise ValueError("--noise and --snr belong together")
    if line.over_db is not None and levels:
        raise ValueError("--clip sets the level itself: without --level")
    if any(not 0 <= loss <= 90 for loss in losses):
        raise ValueError("--loss: 0 to 90 per cent")
    found = [replace(line, noise=noise, snr_db=snr) for noise in noises for snr in snrs] or [line]
    found = [replace(one, level_db=level) for one in found for level in levels] or found
    return [replace(one, loss=loss / 100) for one in found for loss in losses] or found


def part_of(found: list["Recording"], half: int, limit: int, seed: int) -> list["Recording"]:
    """One half of the speakers (of the files, where speakers are not known), then at most `limit`, drawn by `seed`."""
    chosen = found
    if half:
        names = sorted({r.speaker or r.name for r in found})
        kept = set(names[half - 1 :: 2])
        chosen = [r for r in found if (r.speaker or r.name) in kept]
    if limit and limit < len(chosen):
        picked = set(random.Random(seed).sample(range(len(chosen)), limit))
        chosen = [r for n, r in enumerate(chosen) if n in picked]
    return chosen


def grammar_of(
    folder: Path,
    phrases: Path | None,
    slots: Path | None,
    field: str,
    length: str,
    flow: str,
    node: str,
    language: str,
    found: list["Recording"],
) -> "Grammar | None":
    from ivr.insight.field_grammars import field_grammar
    from ivr.insight.phrase_files import read_phrases, read_slots
    from ivr.insight.phrase_grammar import phrase_grammar

    if flow:
        return _flow_grammar(flow, node, language)
    if field:
        said = [text for texts in read_phrases(phrases).values() for text in texts] if phrases else []
        return field_grammar([f.strip() for f in field.split(",")], length, said, language)
    if phrases is None and (folder / PHRASES).is_file() and (folder / SLOTS).is_file():
        phrases, slots = folder / PHRASES, folder / SLOTS
    if phrases is None:
        return None
    intents = {r.intent for r in found if r.intent}
    texts = read_phrases(phrases, next(iter(intents)) if len(intents) == 1 else "")
    return phrase_grammar(texts, read_slots(slots) if slots else {}, language)


def _flow_grammar(flow: str, node: str, language: str) -> "Grammar":
    from ivr.insight.flow_folder import load_flows

    loaded = load_flows(settings.load().flows)
    known = loaded.published.flows if loaded.published else {}
    if flow not in known:
        raise ValueError(f"there is no flow {flow!r} without mistakes; there are {', '.join(known) or 'none'}")
    questions = {
        name.rpartition("/")[0]: key for name, key in known[flow].grammars.items() if name.endswith(f"/{language}")
    }
    for name, key in questions.items():
        if name == node or name.startswith(f"{node}/"):
            return loaded.grammars[key]
    raise ValueError(f"node {node!r} has no grammar; there are {', '.join(sorted(questions))}")


def load_engine(name: str, language: str, beam: int) -> Any:
    from ivr.bootstrap import recognition

    values = settings.load()
    names = [name] if name else values.asr.engines.get(language, [])
    engines = recognition(values, {language: names}, beam).get(language)
    if not engines:
        print(f"eval speech: no engine for {language}: `ivr models` tells what is missing", file=sys.stderr)
        sys.exit(1)
    return engines[-1]


def _report(cases: "list[Case]", engine: str, grammar: "Grammar | None", codec: str, seed: int) -> dict[str, Any]:
    from ivr.insight.scoring import calibration_error, grouped, summary

    error = calibration_error(cases)
    total = summary(cases)
    return {
        "engine": engine + (":held" if grammar else ":free"),
        "codec": codec,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {_processor()}",
        "seed": seed,
        **total,
        "intent_and_slots_right": total["intent_and_slots_right"] and total["intent_and_slots_right"]["share"],
        "intent_and_slots": total["intent_and_slots_right"],
        "calibration_error": round(error, 4) if error is not None else None,
        "by_condition": {name: summary(group) for name, group in grouped(cases, "condition").items()},
        "by_speaker": {n: summary(g) for n, g in grouped(cases, "speaker").items()} if total["speakers"] else {},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")


def _print(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{report['engine']} on {report['machine']}, seed {report['seed']}")
    for column in (
        "",
        "cases",
        "words wrong",
        "sentences right",
        "intent and slots right",
        "outside",
        "nothing",
        "RTF",
    ):
        table.add_column(column, justify="left" if not column else "right")
    rows = [*report["by_condition"].items(), *((f"  {k}", v) for k, v in report["by_speaker"].items())]
    for name, row in [*rows, ("all", {**report, "intent_and_slots_right": report["intent_and_slots"]})]:
        table.add_row(
            name,
            str(row["cases"]),
            _percent(row["word_error_rate"]),
            _share(row["sentences_right"]),
            _share(row["intent_and_slots_right"]),
            _percent(row["out_of_grammar"]),
            _percent(row["nothing_heard"]),
            f"{row['real_time_factor']:.3f}" if row["real_time_factor"] is not None else "",
        )
    Console(width=None if sys.stdout.isatty() else 140).print(table)
    if report["calibration_error"] is not None:
        print(f"expected calibration error of the confidence: {report['calibration_error']:.3f}")


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _share(value: dict[str, Any] | None) -> str:
    return "" if value is None else f"{value['share']:.1%} ({value['low']:.1%} - {value['high']:.1%})"


def _show(cases: "list[Case]") -> None:
    for case in cases:
        right = case.words_right if case.words is not None else case.meaning_right
        if right is False:
            wanted = case.words if case.words is not None else f"{case.intent} {dict(case.slots)}"
            print(f"{case.name} [{case.condition}] {case.confidence:.2f} {'' if case.in_grammar else 'outside'}")
            print(f"  said  {wanted}\n  heard {case.heard} {case.heard_intent} {dict(case.heard_slots)}")
            print(f"  or    {' | '.join(case.others)}")
