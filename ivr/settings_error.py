"""What is said when a setting is wrong: its name, its value, what is allowed."""

import tomllib
from pathlib import Path

from pydantic import ValidationError


class SettingsError(Exception):
    """The settings cannot be used; the text is for the operator."""


def explain(error: Exception, path: Path | None) -> SettingsError:
    """One line a mistake."""
    if isinstance(error, ValidationError):
        lines = []
        for e in error.errors():
            name = ".".join(str(p) for p in e["loc"])
            variable = "IVR_" + "_".join(str(p).upper() for p in e["loc"] if isinstance(p, str))
            if e["type"] == "extra_forbidden":
                lines.append(f"setting {name}: there is no such setting (`ivr settings` lists them)")
            else:
                secret = "password" in name or "token" in name
                value = "***" if secret else repr(e["input"])
                lines.append(f"setting {name} ({variable}) is {value}: {e['msg']}")
        return SettingsError("\n".join(lines))
    if isinstance(error, tomllib.TOMLDecodeError):
        return SettingsError(f"{path}: not TOML: {error}")
    return SettingsError(f"settings: {error}")
