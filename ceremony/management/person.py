"""The person behind a command: the account that ``--user`` names, authenticated by its password.

A user name of the shell is no signature. Where a right is asked for, the person shows the password
of the account: at the terminal, where it is not echoed, or through standard input.
"""

import sys
from collections.abc import Mapping
from getpass import getpass
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.management.base import CommandParser

from ceremony.actions import evidence
from ceremony.actions.people import authenticated
from ceremony.errors import UsageError
from ceremony.management.visible import visible


def add_person_arguments(parser: CommandParser, purpose: str) -> None:
    """The flags that name a person. ``purpose`` is the first sentence of what ``--user`` is for."""
    parser.add_argument(
        "--user",
        default="",
        metavar="NAME",
        help=f"{purpose} The account's password is asked for.",
    )
    parser.add_argument(
        "--password-stdin",
        action="store_true",
        help="Read the password of --user from the first line of standard input.",
    )


def person_of(options: Mapping[str, Any]) -> AbstractUser | None:
    """The account of ``--user``, authenticated now; ``None`` without the flag.

    Raises UsageError (user-missing, password-missing) and what ``authenticated`` raises.
    """
    name: str = options["user"]
    if not name:
        if options["password_stdin"]:
            raise UsageError(
                "user-missing",
                "--password-stdin gives a password, and --user does not say whose.",
                next_step="Add: --user NAME",
            )
        return None
    # Bytes that are no text are made visible: such a name has no account, such a password is wrong.
    password = _password(name, piped=options["password_stdin"])
    return authenticated(evidence.clean(name), evidence.clean(password))


def _password(name: str, *, piped: bool) -> str:
    if piped:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UsageError(
            "password-missing",
            "There is no terminal to ask for the password of --user.",
            next_step="Give it on standard input, and add: --password-stdin",
        )
    return getpass(f"Password of {visible(name)}: ")
