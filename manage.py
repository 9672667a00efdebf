#!/usr/bin/env python
"""Django's command line, with the development server running while a command needs it."""

import os
import shlex
import sys

try:
    from project.command_line import main
except ModuleNotFoundError as missing:
    if str(missing.name).partition(".")[0] in {"ceremony", "project"}:
        raise
    sys.stderr.write(
        f"This Python ({sys.executable}) lacks {missing.name}. [module-missing]\n"
        "Nothing was changed.\n"
        f"Next: make setup, then .venv/bin/python {shlex.join(sys.argv)}\n"
    )
    sys.exit(2)

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    sys.exit(main(sys.argv))
