"""A subject: one script of a series as the rules see it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.header import Header
from ceremony.core.lint.alterations import Alteration, alterations
from ceremony.core.lint.command import Command
from ceremony.core.lint.inventory import Inventory, Key, Made
from ceremony.core.migration import Migration
from ceremony.core.script import Script
from ceremony.core.series import Series
from ceremony.core.sql.bodies import Body, body_of
from ceremony.core.sql.parser import ast, error_at
from ceremony.core.sql.relations import TEMPORARY, Name
from ceremony.core.sql.source import Tree


@dataclass(frozen=True)
class Subject:
    """One script with everything that is known about it.

    ``variant`` is ``None`` for the change itself, the variant's name for a way back (``""`` is the
    plain one). ``trees`` are the statements that are sent, ``commands`` what they execute, DO
    blocks opened. ``before`` is what the earlier files of the series, and the series it depends
    on, leave behind; ``after`` what is there when this script is through. ``library`` holds the
    series by name, this one included. ``neighbours`` has what other series with the same home
    database make, whether this one depends on them or not.
    """

    series: Series
    migration: Migration
    script: Script
    variant: str | None
    trees: tuple[Tree, ...]
    commands: tuple[Command, ...]
    before: Inventory
    after: Inventory
    library: Mapping[str, Series] = field(default_factory=dict)
    neighbours: Mapping[Key, tuple[Made, ...]] = field(default_factory=dict)

    @property
    def header(self) -> Header:
        """The header of the file that runs: of the change, or of this way back."""
        if self.variant is None:
            return self.migration.header
        return self.migration.rollback_headers.get(self.variant, Header())

    @property
    def path(self) -> str:
        """The script's path, relative to the folder of series."""
        return self.script.path

    @property
    def is_change(self) -> bool:
        """Whether this is the change and not a way back."""
        return self.variant is None

    @property
    def in_transaction(self) -> bool:
        """Whether the script runs as one transaction."""
        return self.header.transactional

    def place(self, command: Command, location: int) -> tuple[int, int]:
        """Line and column of the node at ``location``, which the parser counts in bytes of the
        file; in a body, whose nodes count from elsewhere, those of the command.
        """
        if command.in_body or location <= 0:
            return command.line, command.column
        return self.at(location)

    def at(self, location: int) -> tuple[int, int]:
        """Line and column of byte ``location`` of the file."""
        found = error_at(self.script.text.encode(), location, "")
        return found.line, found.column

    @cached_property
    def bodies(self) -> Mapping[int, Body]:
        """The bodies of DO blocks, functions and procedures, by the number of their statement."""
        found = ((t.statement.number, body_of(t.statement, t.parsed)) for t in self.trees)
        return {number: body for number, body in found if body is not None}

    @cached_property
    def new_tables(self) -> frozenset[Name]:
        """The tables that this script creates and no earlier file did: nobody uses them yet.

        One that was there under another name is not new.
        """
        tables = (ObjectKind.TABLE, ObjectKind.MATERIALIZED_VIEW)
        there = {id(made) for made in self.before.objects.values()}
        found = ((key, made) for key, made in self.after.objects.items() if key.kind in tables)
        return frozenset(key.name for key, made in found if id(made) not in there)

    def is_temporary(self, table: Name) -> bool:
        """Whether this script made a temporary table of this name, which hides any other."""
        return Name(TEMPORARY, table.name) in self.new_tables

    def is_new(self, table: Name) -> bool:
        """Whether this script made the table; a temporary one hides another of the same name."""
        return table in self.new_tables or self.is_temporary(table)

    def columns_added(self, command: Command) -> Iterator[Alteration]:
        """The ADD COLUMN actions of a command that change a table which is in use.

        With IF NOT EXISTS nothing happens where an earlier file made the column.
        """
        for one in alterations(command, ast.AT_AddColumn):
            known = self.before.has(ObjectKind.COLUMN, one.table, one.column.colname)
            if not self.is_new(one.table) and not (known and one.action.missing_ok):
                yield one
