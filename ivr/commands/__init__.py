"""One file a command (group): parse, call the library, print, exit code."""

import importlib
import sys
from typing import Any

import click
import typer
from typer.core import TyperGroup


def load(name: str, target_path: str, short_help: str) -> click.Command:
    """The click command that `module:object` (a typer app or a function) stands for."""
    module, _, attribute = target_path.partition(":")
    target: Any = getattr(importlib.import_module(module), attribute)
    if not isinstance(target, typer.Typer):
        single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        single.command(name)(target)
        target = single
    command = typer.main.get_command(target)
    command.name = name
    command.short_help = short_help
    return command


def lazy_group(table: dict[str, tuple[str, str]]) -> type[TyperGroup]:
    """A group whose commands are imported only when called; table: name -> (module:object, one line of help)."""

    class Lazy(TyperGroup):
        def list_commands(self, ctx: click.Context) -> list[str]:
            return list(table)

        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            if cmd_name not in table:
                return None
            if cmd_name not in sys.argv:  # the overview of commands loads no module
                return click.Command(cmd_name, short_help=table[cmd_name][1])
            return load(cmd_name, *table[cmd_name])

    return Lazy
