#!/usr/bin/env python
"""Django's command line, with the development server running while a command needs it."""

import os
import sys

from project.command_line import main

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    sys.exit(main(sys.argv))
