"""One file a command (group): parse, call the library, print, exit code."""

import importlib
import sys
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


def load(name: str, target_path: str, short_help: str) -> Any:
    """The command that `module:object` (a typer app or a function) stands for."""
    module, _, attribute = target_path.partition(":")
    target: Any = getattr(importlib.import_module(module), attribute)
    if not isinstance(target, typer.Typer):
        single = typer.Typer()
        single.command(name)(target)
        target = single
    target.pretty_exceptions_enable = False
    target._add_completion = False  # the options of `ivr` itself, not of each command
    command: Any = typer.main.get_command(target)
    command.name = name
    command.short_help = short_help
    return command


def lazy_group(table: dict[str, tuple[str, str]]) -> type[TyperGroup]:
    """A group whose commands are imported only when called; table: name -> (module:object, one line of help)."""

    class Lazy(TyperGroup):
        def list_commands(self, ctx: Any) -> list[str]:
            return list(table)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            if cmd_name not in table:
                return None
            if cmd_name not in sys.argv:  # the overview of commands loads no module
                return TyperCommand(cmd_name, short_help=table[cmd_name][1])
            return load(cmd_name, *table[cmd_name])

    return Lazy
