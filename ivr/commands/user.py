"""`ivr user`: people who sign in to the pages."""

import sys
from typing import Annotated, Any

import typer

from ivr import settings

app = typer.Typer(no_args_is_help=True, help="People who sign in to the pages.")
Name = Annotated[str, typer.Argument(help="as they sign in")]
Lines = Annotated[list[str] | None, typer.Option("--line", help="limit to this line; several times for several")]


def _opened() -> Any:
    """An engine on the database, with the newest tables; exits with 1 when none answers."""
    from ivr.commands.db import engine
    from ivr.records import store

    return store.migrated(engine(settings.load(), 5.0).url)


def _role(role: str) -> str:
    from ivr.web.rights import ROLES

    if role not in ROLES:
        raise typer.BadParameter(f"there is no role {role!r}; there are {', '.join(ROLES)}")
    return role


def _password(name: str) -> str:
    """Asked twice at a terminal, else a line of standard input; no argument, which others on the machine see."""
    from ivr.web import passwords

    if sys.stdin.isatty():
        given = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    why = passwords.weakness(given, name)
    if why:
        print(why, file=sys.stderr)
        sys.exit(1)
    return passwords.hashed(given)


def _found(db: Any, name: str) -> Any:
    from ivr.records import people

    person = people.find(db, name)
    if person is None:
        print(f"there is nobody called {name}", file=sys.stderr)
        sys.exit(1)
    return person


def _audit(db: Any, what: str, about: str) -> None:
    import getpass

    from ivr.records import audit

    audit.write(db, what, name=f"{getpass.getuser()} (ivr user)", about=about)


@app.command()
def add(name: Name, role: Annotated[str, typer.Option(help="what they may do")] = "viewer", line: Lines = None) -> None:
    """Add somebody; the password is asked, or read from standard input."""
    from ivr.records import people

    chosen, made = _role(role), _opened()
    try:
        with made.begin() as db:
            person = people.add(db, name, chosen, password=_password(name), lines=line)
            _audit(db, "person.added", f"{person.name}: {role}")
    except people.Refused as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    print(f"{person.name} is {role}")


@app.command("list")
def everybody() -> None:
    """Who there is, with role, lines and last sign-in."""
    from ivr.records import people

    with _opened().connect() as db:
        for it in people.everybody(db):
            lines = "all lines" if it.lines is None else ",".join(sorted(it.lines)) or "no line"
            seen = f"{it.signed_in_at:%Y-%m-%d %H:%M}" if it.signed_in_at else "never"
            print(f"{it.name:20} {it.role:14} {lines:20} {seen}{'  disabled' if it.disabled else ''}")


@app.command()
def password(name: Name) -> None:
    """A new password; their sessions end."""
    from ivr.records import people

    with _opened().begin() as db:
        person = _found(db, name)
        people.change(db, person.id, password=_password(person.name))
        _audit(db, "password.reset", person.name)
    print(f"{person.name} has a new password")


@app.command()
def role(
    name: Name, role: Annotated[str, typer.Argument(help="what they may do from now on")], line: Lines = None
) -> None:
    """Another role, of all lines or of those named; their sessions end."""
    from ivr.records import people

    chosen, made = _role(role), _opened()
    with made.begin() as db:
        person = _found(db, name)
        if (chosen != "administrator" or line) and people.last_administrator(db, person):
            print("this is the last administrator of all lines", file=sys.stderr)
            sys.exit(1)
        people.change(db, person.id, role=chosen, lines=line)
        _audit(db, "person.changed", f"{person.name}: {chosen}")
    print(f"{person.name} is {chosen}")


@app.command("second-factor")
def second_factor(name: Name) -> None:
    """Remove the second factor of somebody who lost it."""
    from ivr.records import people

    with _opened().begin() as db:
        person = _found(db, name)
        people.change(db, person.id, second_factor=None)
        _audit(db, "second_factor.removed", person.name)
    print(f"{person.name} has no second factor")
