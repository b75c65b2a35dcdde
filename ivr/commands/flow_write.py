"""`ivr flow new | format`: begin a flow, write its files in one way."""

import json
import re
from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Option("--flows", help="folder of flows")]
SCHEMAS = ("flow", "lines", "tests")

FLOW = """\
# yaml-language-server: $schema=../.schemas/flow.json
flow: {name}
start: welcome

commands: [repeat, agent]

nodes:
  welcome:
    type: menu
    say: Welcome. Do you want our opening hours, or a person?
    options:
      - {{intent: opening_hours, key: "1", label: our opening hours, next: hours}}
      - {{phrases: [a person, somebody], key: "2", label: a person, next: agent}}

  hours:
    type: say
    say: We are open from nine to five.
    outcome: resolved
    next: bye

  agent: {{type: hangup, say: Nobody is here now. Please call again tomorrow., outcome: no_agent}}
  bye: {{type: hangup, say: Thank you for calling. Goodbye.}}
"""
NLU = """\
version: "3.1"
nlu:
  - intent: opening_hours
    examples: |
      - when are you open
      - what are your hours
      - are you open today
      - when do you close
      - how long are you open
"""
TESTS = """\
# yaml-language-server: $schema=../.schemas/tests.json
- name: asks for the opening hours
  talk:
    - hears: Welcome
    - says: when are you open
    - hears: nine to five
    - hears: goodbye
  ends: {outcome: resolved}

- name: presses two for a person
  talk:
    - hears: Welcome
    - presses: "2"
    - hears: nobody is here
"""


def new(
    name: Annotated[str, typer.Argument(help="name of the flow: small letters, digits, _")],
    folder: Folder = Path("flows"),
) -> None:
    """Begin a flow: flow.yaml, nlu.yml and tests.yaml that hold, and schemas for editors. Exit code 2: it exists."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,60}", name):
        typer.echo(f"{name!r} cannot name a flow: small letters, digits and _, a letter first", err=True)
        raise typer.Exit(2)
    home = folder / name
    if home.exists():
        typer.echo(f"{home} exists already", err=True)
        raise typer.Exit(2)
    home.mkdir(parents=True)
    (home / "flow.yaml").write_text(FLOW.format(name=name))
    (home / "nlu.yml").write_text(NLU)
    (home / "tests.yaml").write_text(TESTS)
    schemas(folder)
    typer.echo(f"{home}: flow.yaml, nlu.yml, tests.yaml; next: ivr test {home} --watch, ivr chat {name}")


def schemas(folder: Path) -> None:
    """JSON Schemas of all files, for the editors' modelines, in <folder>/.schemas."""
    from ivr.flow.models import Lines
    from ivr.flow.schema import flow_schema, schema_of
    from ivr.insight.conversation import Conversation

    place = folder / ".schemas"
    place.mkdir(parents=True, exist_ok=True)
    made = {
        "flow": flow_schema(),
        "lines": schema_of(Lines, "lines.yaml"),
        "tests": {"type": "array", "items": schema_of(Conversation, "a conversation")},
    }
    tests = made["tests"]
    tests["$defs"] = tests["items"].pop("$defs", {})
    for name, schema in made.items():
        (place / f"{name}.json").write_text(json.dumps(schema, indent=1, ensure_ascii=False) + "\n")


def format_(
    folder: Annotated[Path, typer.Argument(help="folder of flows, of one flow, or a file")] = Path("flows"),
    check: Annotated[
        bool, typer.Option("--check", help="change nothing; exit code 1 when something would change")
    ] = False,
) -> None:
    """Write YAML files in one way: indentation, width, comments and quotes kept. Files with mistakes are left."""
    from ivr.insight.formatting import CannotFormat, formatted

    paths = [folder] if folder.is_file() else sorted(p for p in folder.rglob("*.y*ml") if "/." not in str(p))
    if not paths:
        typer.echo(f"there are no YAML files in {folder}", err=True)
        raise typer.Exit(2)
    changed = wrong = 0
    for path in paths:
        try:
            before = path.read_text(encoding="utf-8")
            after = formatted(str(path), before)
        except (CannotFormat, UnicodeDecodeError) as error:
            wrong += 1
            typer.echo(str(error), err=True)
            continue
        if after != before:
            changed += 1
            typer.echo(f"{path}: {'would change' if check else 'formatted'}")
            if not check:
                path.write_text(after, encoding="utf-8")
    raise typer.Exit(1 if wrong or (check and changed) else 0)
