"""`ivr flow fields`: how many spoken examples of each ready-made field are understood, by language."""

import json
from pathlib import Path
from typing import Annotated

import typer

TABLES = Path("tests/language/tables")


def fields(
    tables: Annotated[Path, typer.Option(help="folder of tables, <field>.<language>.yaml")] = TABLES,
    wrong: Annotated[bool, typer.Option("--wrong", help="print each example that fails")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Read every table's examples with its field and count what is understood as it should be.

    Exit code 1: an example fails; 2: there are no tables, or one cannot be read.
    """
    from ivr.insight.field_tables import report

    try:
        found = report(tables)
    except (ValueError, KeyError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    if not found:
        typer.echo(f"there are no tables in {tables}", err=True)
        raise typer.Exit(2)
    rows = [
        {"field": field, "language": code, "spoken": row.said, "refused": row.refused, "passed": row.passed}
        for (field, code), row in found.items()
    ]
    if as_json:
        typer.echo(json.dumps(rows))
    else:
        typer.echo(f"{'field':12} {'language':8} {'spoken':>6} {'to refuse':>9}  passed")
        for row in rows:
            all_of = int(str(row["spoken"])) + int(str(row["refused"]))
            share = f"{row['passed']} of {all_of}"
            typer.echo(f"{row['field']:12} {row['language']:8} {row['spoken']:>6} {row['refused']:>9}  {share}")
    for (field, code), passed in found.items() if wrong else ():
        for example, heard in passed.wrong:
            typer.echo(f"{field}.{code}: {example.text!r} is {heard or 'refused'}, not {example.value or 'refused'}")
    if any(row.passed < row.said + row.refused for row in found.values()):
        raise typer.Exit(1)
