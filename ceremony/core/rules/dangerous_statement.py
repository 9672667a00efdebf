"""Statements whose power reaches beyond the objects that a series is about."""

from collections.abc import Callable, Iterator, Mapping

from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.sql.constants import flag, options_of, word
from ceremony.core.sql.parser import Message

_SERVER_ROLES = frozenset(
    {
        "pg_execute_server_program",
        "pg_read_server_files",
        "pg_write_server_files",
        "pg_read_all_data",
        "pg_write_all_data",
    }
)
"""Roles that reach past the rights on objects (PostgreSQL documentation, 21.5)."""

_UNTRUSTED = frozenset({"c", "internal", "plperlu", "plpython3u", "plpythonu", "pltclu"})
"""Languages whose functions do on the server whatever the server's own user may do."""

_REACHING_OUT = frozenset({"adminpack", "file_fdw", "plperlu", "plpython3u", "pltclu"})
"""Extensions that open the server's files, or bring such a language."""

_STRONG = {"superuser": "SUPERUSER", "bypassrls": "BYPASSRLS", "isreplication": "REPLICATION"}


def _look(subject: Subject) -> Iterator[Remark]:
    for command in subject.commands:
        judge = _JUDGES.get(command.kind)
        what = judge(command.node) if judge is not None else ""
        if what:
            yield command.remark(
                f"{what}.",
                "Leave it to whoever runs the server, or silence the rule and say who agreed.",
            )


def _always(what: str) -> Callable[[Message], str]:
    return lambda node: what


def _role(node: Message) -> str:
    options = options_of(node.options)
    given = [said for name, said in _STRONG.items() if flag(options, name, absent=False)]
    return f"{', '.join(given)} lets a role pass every right" if given else ""


def _membership(node: Message) -> str:
    if not node.is_grant:
        return ""
    given = [each.access_priv.priv_name for each in node.granted_roles]
    strong = [name for name in given if name in _SERVER_ROLES]
    return f"GRANT {', '.join(strong)} lets a role pass every right" if strong else ""


def _function(node: Message) -> str:
    language = options_of(node.options).get("language")
    name = word(language).lower() if language is not None else ""
    if name not in _UNTRUSTED:
        return ""
    return f"A function in {name} does whatever the server's own user may do"


def _extension(node: Message) -> str:
    if node.extname not in _REACHING_OUT:
        return ""
    return f"The extension {node.extname} gives access to the server itself"


_JUDGES: Mapping[str, Callable[[Message], str]] = {
    "alter_system_stmt": _always("ALTER SYSTEM changes the whole server, all its databases"),
    "load_stmt": _always("LOAD brings a program of the server's file system into the session"),
    "create_event_trig_stmt": _always(
        "An event trigger runs at every later DDL statement in the database, whoever gives it"
    ),
    "dropdb_stmt": _always("DROP DATABASE deletes a database with everything in it"),
    "drop_table_space_stmt": _always("A tablespace belongs to the whole server"),
    "drop_role_stmt": _always("A role belongs to the whole server: other databases may use it"),
    "drop_owned_stmt": _always("DROP OWNED drops whatever the role owns, without naming it"),
    "create_role_stmt": _role,
    "alter_role_stmt": _role,
    "grant_role_stmt": _membership,
    "create_function_stmt": _function,
    "create_extension_stmt": _extension,
}


RULE = Rule(
    code="lint-dangerous-statement",
    title="statement that reaches beyond its series",
    reason="A migration is approved for its own tables. What changes the server, opens its files "
    "or hooks into everybody's statements acts on others, who were not asked.",
    link="https://www.postgresql.org/docs/current/predefined-roles.html",
    look=_look,
    on_rollbacks=True,
)
