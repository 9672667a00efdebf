"""Lint: rules that look at the parse trees of a series' files. ``ceremony.core.rules`` has the
rules; this package has what they need, and what is done with what they say.
"""

from ceremony.core.lint.command import Command
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.run import lint
from ceremony.core.lint.subject import Subject

__all__ = ["Command", "Remark", "Rule", "Subject", "lint"]
