"""A change that would fail, or do its work twice, if it were run again.

A statement counts as repeatable with IF [NOT] EXISTS, OR REPLACE or ON CONFLICT, under a condition
or an exception handler of a DO block, behind a DROP … IF EXISTS of the same object in the same
file, and as an INSERT whose SELECT asks NOT EXISTS. CREATE INDEX CONCURRENTLY is left to the
runner, which looks for the index. UPDATE and DELETE are not judged: no tree tells whether they
converge. Temporary tables are new in every session. A dump of pg_dump is for a database without its
objects and is left alone.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.finding import Severity
from ceremony.core.lint.alterations import Alteration, alterations
from ceremony.core.lint.command import Command
from ceremony.core.lint.deeds import DROPPED_PARTS, created, dropped
from ceremony.core.lint.inventory import Key
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.sql.parser import Message, ast, walk
from ceremony.core.sql.relations import TEMPORARY, relation_name

_DROP_FIRST = "Drop it IF EXISTS first, or guard it: DO $$ … IF NOT EXISTS (SELECT …) THEN …"
_GUARD = "Guard it: DO $$ … IF EXISTS (SELECT … FROM the catalog) THEN …"
_CATCHES = (
    *("duplicate_", "undefined_", "unique_violation", "others"),
    *("42P0", "427", "42883", "23505"),
)
"""How the names, or the SQLSTATEs, begin of what says that something is there, or is not."""


class _Judge(NamedTuple):
    """``words`` name the statement; ``repeats`` tells from its node whether it can run again."""

    words: str
    repeats: Callable[[Message], bool]
    hint: str


def _look(subject: Subject) -> Iterator[Remark]:
    gone: set[Key] = set()
    for command in () if _is_dump(subject) else subject.commands:
        gone.update(_surely_dropped(command))
        guarded = command.guarded or any(c.startswith(_CATCHES) for c in command.caught)
        if not guarded and not _is_on_temporary(subject, command):
            yield from _statement(command, gone)
            yield from _actions(command, gone)


def _is_dump(subject: Subject) -> bool:
    """Whether the file begins with the settings of pg_dump, which are not sent."""
    left_out = (each for each in subject.script.statements if each.not_sent)
    return any(each.kind != "transaction_stmt" for each in left_out)


def _is_on_temporary(subject: Subject, command: Command) -> bool:
    """Whether the command makes or fills a temporary table, or alters one."""
    if command.kind in _ON_A_TABLE:
        table = relation_name(command.node.relation)
        return table.schema == TEMPORARY or subject.is_temporary(table)
    made = next((key for key, _ in created(command)), None)
    return made is not None and made.name.schema == TEMPORARY


_ON_A_TABLE = frozenset(
    {
        "create_stmt",
        "alter_table_stmt",
        "index_stmt",
        "insert_stmt",
        "copy_stmt",
        "create_trig_stmt",
    }
)


def _surely_dropped(command: Command) -> Iterator[Key]:
    """What a command drops whether it is there or not."""
    if command.kind == "drop_stmt" and command.node.missing_ok:
        yield from dropped(command)
    for one in alterations(command, *DROPPED_PARTS):
        if one.action.missing_ok:
            yield Key(DROPPED_PARTS[one.action.subtype], one.table, one.action.name)


def _statement(command: Command, gone: Collection[Key]) -> Iterator[Remark]:
    judge = _JUDGES.get(command.kind)
    if judge is None or judge.repeats(command.node):
        return
    made = next((key for key, _ in created(command)), None)
    if made is None or made not in gone:
        yield command.remark(f"Run again, {judge.words} fails or does its work twice.", judge.hint)


def _actions(command: Command, gone: Collection[Key]) -> Iterator[Remark]:
    for one in alterations(command, *_ACTIONS):
        words, repeats, hint = _ACTIONS[one.action.subtype]
        added = _added_key(one)
        if not repeats(one.action) and (added is None or added not in gone):
            yield command.remark(f"Run again, {words} on {one.table} fails.", hint)


def _added_key(one: Alteration) -> Key | None:
    if one.action.subtype == ast.AT_AddColumn:
        return Key(ObjectKind.COLUMN, one.table, one.column.colname)
    if one.action.subtype == ast.AT_AddConstraint:
        return Key(ObjectKind.CONSTRAINT, one.table, one.constraint.conname)
    return None


def _never(_: Message) -> bool:
    return False


def _if_not_exists(node: Message) -> bool:
    return bool(node.if_not_exists)


def _replace(node: Message) -> bool:
    return bool(node.replace)


def _missing_ok(node: Message) -> bool:
    return bool(node.missing_ok)


def _index(node: Message) -> bool:
    return bool(node.if_not_exists or node.concurrent)


def _defined(node: Message) -> bool:
    return bool(node.replace or node.if_not_exists)


def _foreign(node: Message) -> bool:
    return bool(node.base_stmt.if_not_exists)


def _enum(node: Message) -> bool:
    return bool(node.skip_if_new_val_exists) and not node.old_val


def _insert(node: Message) -> bool:
    """With ON CONFLICT, or with a SELECT that leaves out what is there (NOT EXISTS, EXCEPT)."""
    if node.HasField("on_conflict_clause"):
        return True
    query = node.select_stmt.select_stmt
    return any(_leaves_out(message) for message in walk([query]))


def _leaves_out(message: Message) -> bool:
    if isinstance(message, ast.SelectStmt):
        return bool(message.op == ast.SETOP_EXCEPT)
    if not isinstance(message, ast.BoolExpr) or message.boolop != ast.NOT_EXPR:
        return False
    kinds = (ast.EXISTS_SUBLINK, ast.ANY_SUBLINK)
    return any(a.HasField("sub_link") and a.sub_link.sub_link_type in kinds for a in message.args)


def _reads(node: Message) -> bool:
    return not node.HasField("into_clause")


def _copy(node: Message) -> bool:
    return not node.is_from


def _made(words: str, repeats: Callable[[Message], bool] = _if_not_exists) -> _Judge:
    return _Judge(f"CREATE {words}", repeats, f"Write CREATE {words} IF NOT EXISTS.")


def _replaced(words: str) -> _Judge:
    return _Judge(f"CREATE {words}", _replace, f"Write CREATE OR REPLACE {words}.")


def _bare(words: str) -> _Judge:
    return _Judge(f"CREATE {words}", _never, _DROP_FIRST)


_JUDGES: Mapping[str, _Judge] = {
    "create_stmt": _made("TABLE"),
    "create_table_as_stmt": _made("TABLE AS"),
    "select_stmt": _Judge("SELECT INTO", _reads, "Write CREATE TABLE IF NOT EXISTS … AS."),
    "index_stmt": _made("INDEX", _index),
    "create_schema_stmt": _made("SCHEMA"),
    "create_extension_stmt": _made("EXTENSION"),
    "create_seq_stmt": _made("SEQUENCE"),
    "create_stats_stmt": _made("STATISTICS"),
    "create_foreign_table_stmt": _made("FOREIGN TABLE", _foreign),
    "create_foreign_server_stmt": _made("SERVER"),
    "create_user_mapping_stmt": _made("USER MAPPING"),
    "view_stmt": _replaced("VIEW"),
    "create_function_stmt": _replaced("FUNCTION"),
    "create_trig_stmt": _replaced("TRIGGER"),
    "rule_stmt": _replaced("RULE"),
    "define_stmt": _Judge("CREATE", _defined, _DROP_FIRST),
    "create_enum_stmt": _bare("TYPE"),
    "create_range_stmt": _bare("TYPE"),
    "composite_type_stmt": _bare("TYPE"),
    "create_domain_stmt": _bare("DOMAIN"),
    "create_policy_stmt": _bare("POLICY"),
    "create_cast_stmt": _bare("CAST"),
    "create_event_trig_stmt": _bare("EVENT TRIGGER"),
    "create_publication_stmt": _bare("PUBLICATION"),
    "create_subscription_stmt": _bare("SUBSCRIPTION"),
    "create_fdw_stmt": _bare("FOREIGN DATA WRAPPER"),
    "create_op_class_stmt": _bare("OPERATOR CLASS"),
    "create_conversion_stmt": _bare("CONVERSION"),
    "create_role_stmt": _bare("ROLE"),
    "alter_enum_stmt": _Judge(
        "ALTER TYPE", _enum, "Write ADD VALUE IF NOT EXISTS; guard RENAME VALUE in a DO block."
    ),
    "rename_stmt": _Judge("RENAME", _never, _GUARD),
    "alter_object_schema_stmt": _Judge("SET SCHEMA", _never, _GUARD),
    "drop_stmt": _Judge("DROP", _missing_ok, "Write DROP … IF EXISTS."),
    "drop_role_stmt": _Judge("DROP ROLE", _missing_ok, "Write DROP ROLE IF EXISTS."),
    "insert_stmt": _Judge(
        "INSERT", _insert, "Write ON CONFLICT …, or INSERT … SELECT … WHERE NOT EXISTS (…)."
    ),
    "copy_stmt": _Judge(
        "COPY", _copy, "Load into a temporary table, and INSERT … ON CONFLICT from there."
    ),
}

_ACTIONS: Mapping[int, _Judge] = {
    ast.AT_AddColumn: _Judge("ADD COLUMN", _missing_ok, "Write ADD COLUMN IF NOT EXISTS."),
    ast.AT_DropColumn: _Judge("DROP COLUMN", _missing_ok, "Write DROP COLUMN IF EXISTS."),
    ast.AT_DropConstraint: _Judge(
        "DROP CONSTRAINT", _missing_ok, "Write DROP CONSTRAINT IF EXISTS."
    ),
    ast.AT_AddConstraint: _Judge(
        "ADD CONSTRAINT",
        _never,
        "DROP CONSTRAINT IF EXISTS first, or guard it: DO $$ … IF NOT EXISTS (SELECT … FROM "
        "pg_constraint …) THEN …",
    ),
    ast.AT_AddIdentity: _Judge("ADD GENERATED", _never, _GUARD),
    ast.AT_DropIdentity: _Judge("DROP IDENTITY", _missing_ok, "Write DROP IDENTITY IF EXISTS."),
    ast.AT_DropExpression: _Judge(
        "DROP EXPRESSION", _missing_ok, "Write DROP EXPRESSION IF EXISTS."
    ),
    ast.AT_AttachPartition: _Judge("ATTACH PARTITION", _never, _GUARD),
    ast.AT_DetachPartition: _Judge("DETACH PARTITION", _never, _GUARD),
    ast.AT_AddInherit: _Judge("INHERIT", _never, _GUARD),
    ast.AT_DropInherit: _Judge("NO INHERIT", _never, _GUARD),
}


RULE = Rule(
    code="lint-not-idempotent",
    title="a change that cannot be run a second time",
    reason=(
        "A database that already has a part of the change (made by hand, restored, baselined) can "
        "only be brought along by a file that says what shall be there."
    ),
    link="https://www.postgresql.org/docs/current/sql-createtable.html",
    look=_look,
    severity=Severity.NOTICE,
)
