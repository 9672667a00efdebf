"""SECURITY DEFINER functions whose search_path is not pinned.

A path without ``pg_temp`` as its last entry does not protect a body that names relations without
their schema: the temporary schema is then searched first (PostgreSQL documentation, CREATE
FUNCTION, "Writing SECURITY DEFINER Functions Safely"). Functions and operators are never looked up
there.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.lint.inventory import Made
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.script import Statement
from ceremony.core.sql.bodies import Body
from ceremony.core.sql.constants import word
from ceremony.core.sql.parser import Message, Node, ast, walk
from ceremony.core.sql.relations import Name, listed_name

_SAFE_WITHOUT_TEMP = (("",), ("pg_catalog",))
"""With an empty path every name is qualified, and the system catalog's names are nobody else's."""


@dataclass
class _State:
    """What this file leaves of one function: ``path`` is ``None`` where it is not pinned.
    ``exposed`` says that its body may name a relation without its schema.
    """

    definer: bool
    path: tuple[str, ...] | None
    statement: Statement
    exposed: bool = True


_Key = tuple[Name, tuple[str, ...]]


def _look(subject: Subject) -> Iterator[Remark]:
    states: dict[_Key, _State] = {}
    for command in subject.commands:
        if command.kind == "create_function_stmt":
            body = None if command.in_body else subject.bodies.get(command.statement.number)
            states.update(_created(command.node, command.statement, body))
        elif command.kind == "alter_function_stmt":
            _altered(command.node, command.statement, states, subject)
        elif command.kind == "drop_stmt":
            for each in command.node.objects:
                for key in _meant(each.object_with_args, states):
                    del states[key]
    for (name, _), state in states.items():
        if state.definer and state.path is None:
            yield _unpinned(name, state)
        elif state.definer and state.exposed and not _is_safe(state.path or ()):
            yield _temporary_first(name, state)


def _created(node: Message, statement: Statement, body: Body | None) -> dict[_Key, _State]:
    """Nothing for a body of BEGIN ATOMIC: its names are resolved when it is created."""
    if node.HasField("sql_body"):
        return {}
    arguments = tuple(
        _type(each.function_parameter.arg_type)
        for each in node.parameters
        if each.function_parameter.mode not in (ast.FUNC_PARAM_OUT, ast.FUNC_PARAM_TABLE)
    )
    state = _State(False, None, statement, _names_bare_relations(body))
    _apply(node.options, state)
    return {(listed_name(node.funcname), arguments): state}


def _names_bare_relations(body: Body | None) -> bool:
    """Whether a body names a relation without its schema, as far as it can be read."""
    if body is None or body.pieces is None or any(piece.built for piece in body.pieces):
        return True
    return any(_has_bare_relation(piece.roots) for piece in body.pieces)


def _has_bare_relation(roots: Iterable[Message]) -> bool:
    messages = list(walk(roots))
    local = {each.ctename for each in messages if isinstance(each, ast.CommonTableExpr)}
    return any(
        isinstance(each, ast.RangeVar) and not each.schemaname and each.relname not in local
        for each in messages
    )


def _altered(
    node: Message, statement: Statement, states: dict[_Key, _State], subject: Subject
) -> None:
    name, arguments = _named(node.func)
    meant = [states[key] for key in _meant(node.func, states)]
    if not meant:
        earlier = _State(definer=False, path=None, statement=statement)
        made = subject.before.made(ObjectKind.FUNCTION, name)
        if made is not None:
            _apply(_options(made), earlier)
        states[name, arguments] = earlier
        meant = [earlier]
    for state in meant:
        was = state.definer
        _apply(node.actions, state)
        if state.definer and not was:
            state.statement = statement


def _named(function: Message) -> _Key:
    """What an ObjectWithArgs names."""
    return listed_name(function.objname), tuple(_type(each.type_name) for each in function.objargs)


def _meant(function: Message, states: Mapping[_Key, _State]) -> list[_Key]:
    """The functions of this file that an ObjectWithArgs means."""
    name, arguments = _named(function)
    return [
        key
        for key in states
        if key[0] == name and (function.args_unspecified or key[1] == arguments)
    ]


def _options(made: Made) -> list[Node]:
    return list(made.node.options)


def _apply(options: list[Node], state: _State) -> None:
    for option in options:
        element = option.def_elem
        if element.defname == "security":
            state.definer = word(element.arg) == "true"
        elif element.defname == "set":
            _set(element.arg.variable_set_stmt, state)


def _set(setting: Message, state: _State) -> None:
    if setting.kind == ast.VAR_RESET_ALL:
        state.path = None
    elif setting.name.lower() == "search_path":
        if setting.kind == ast.VAR_SET_CURRENT:
            state.path = ("",)
        elif setting.kind == ast.VAR_SET_VALUE:
            state.path = tuple(word(each) for each in setting.args)
        else:
            state.path = None


def _type(node: Message) -> str:
    return ".".join(word(each) for each in node.names) + "[]" * len(node.array_bounds)


def _is_safe(path: tuple[str, ...]) -> bool:
    return path in _SAFE_WITHOUT_TEMP or path[-1:] == ("pg_temp",)


def _unpinned(name: Name, state: _State) -> Remark:
    return Remark(
        f"{name} runs with its owner's rights and looks names up on its caller's search_path.",
        "Pin it: SET search_path = public, pg_temp (the schemas that it needs, pg_temp last).",
        state.statement,
    )


def _temporary_first(name: Name, state: _State) -> Remark:
    path = ", ".join(state.path or ())
    return Remark(
        f"{name} runs with its owner's rights on the search_path {path}: without pg_temp in it, "
        "its caller's temporary tables are found first.",
        f"Write pg_temp as the last entry: SET search_path = {path}, pg_temp",
        state.statement,
    )


RULE = Rule(
    code="lint-definer-search-path",
    title="SECURITY DEFINER without a pinned search_path",
    reason="Whoever may call the function chooses, by setting search_path, which tables and "
    "functions its body means, and has them used with the rights of its owner.",
    link="https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY",
    look=_look,
    on_rollbacks=True,
)
