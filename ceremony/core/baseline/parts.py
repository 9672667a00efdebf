"""A dump as parts: each statement, repeatable, with the object it belongs to and what it needs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ceremony.core.baseline.names import Name, Names, names_of, relation, words
from ceremony.core.baseline.rewriting import filled, repeatable
from ceremony.core.baseline.tables import Additions, addition, calls_own, foldable, table
from ceremony.core.baseline.texts import sql_name
from ceremony.core.sql.own_ledger import is_own
from ceremony.core.sql.parser import ast, walk
from ceremony.core.sql.source import Tree

_DROPPED = frozenset(
    {
        "variable_set_stmt",
        "select_stmt",
        "create_subscription_stmt",
        "alter_subscription_stmt",
        "create_user_mapping_stmt",
    }
)
"""Settings of the dump, and what holds secrets or connects to other servers."""

_FIRST = frozenset({"create_schema_stmt", "create_extension_stmt", "create_plang_stmt"})
_LAST = frozenset(
    {
        "create_event_trig_stmt",
        "alter_event_trig_stmt",
        "create_publication_stmt",
        "alter_publication_stmt",
        "alter_default_privileges_stmt",
    }
)
_SWITCHES = frozenset(
    {
        ast.AT_EnableTrig,
        ast.AT_EnableAlwaysTrig,
        ast.AT_EnableReplicaTrig,
        ast.AT_DisableTrig,
    }
)
_LAST_OBJECTS = frozenset({ast.OBJECT_EVENT_TRIGGER, ast.OBJECT_PUBLICATION})


@dataclass(frozen=True)
class Part:
    """``place`` is the statement's number in the dump; ``rank`` 0 stands before all else, 2 after.

    ``waits``: stands behind everything that is made, because it calls functions of the database.
    """

    place: int
    text: str
    home: Name
    made: frozenset[Name]
    needed: frozenset[Name]
    creates: bool = False
    closes: bool = False
    waits: bool = False
    rank: int = 1


@dataclass(frozen=True)
class Taste:
    """What of a dump goes into the file.

    ``user`` owns what names no owner; ``left_out`` are objects that are no part of the baseline and
    ``unfilled`` materialized views that hold nothing, both by their qualified names in SQL.
    """

    user: str
    left_out: frozenset[str] = frozenset()
    unfilled: frozenset[str] = frozenset()


def parts_of(trees: Sequence[Tree], taste: Taste) -> tuple[Part, ...]:
    """The parts in the order of the dump."""
    kept = [_Named(tree, names_of(tree)) for tree in trees if _kept(tree, taste.user)]
    homes = _homes(kept)
    additions: dict[Name, Additions] = {
        one.names.home: Additions()
        for one in kept
        if one.tree.kind == "create_stmt" and foldable(one.tree)
    }
    folded: dict[Name, list[Names]] = {}
    found: list[tuple[Part, Tree]] = []
    later = _later_views(trees)
    made = frozenset[Name]().union(*(one.names.made for one in kept))
    for one in kept:
        home = homes.get(one.names.home, one.names.home)
        if sql_name(home) in taste.left_out or _names_own(one):
            continue
        if home in additions and addition(one.tree, additions[home]):
            folded.setdefault(home, []).append(one.names)
        else:
            part = _part(one, home, later, taste)
            waits = part.waits or _switches_inherited(one, made)
            found.append((replace(part, waits=waits), one.tree))
    return tuple(_with_additions(part, tree, additions, folded) for part, tree in found)


@dataclass(frozen=True)
class _Named:
    """A statement with its names, which are looked for once."""

    tree: Tree
    names: Names


def _kept(tree: Tree, user: str) -> bool:
    if tree.kind in _DROPPED:
        return False
    node = getattr(tree.node, tree.kind)
    if tree.kind == "comment_stmt":
        return bool(node.objtype != ast.OBJECT_EXTENSION)
    if tree.kind == "alter_owner_stmt":
        # An empty database has a schema public already, of another owner (manual, 5.10.2).
        public = node.object.string.sval == "public" and node.object_type == ast.OBJECT_SCHEMA
        return bool(public or node.newowner.rolename != user)
    if tree.kind == "alter_table_stmt":
        command = node.cmds[0].alter_table_cmd
        return bool(command.subtype != ast.AT_ChangeOwner or command.newowner.rolename != user)
    return True


def _names_own(one: _Named) -> bool:
    """The ledger, its function; a trigger, an index or a grant of them."""
    return any(len(name) > 1 and is_own(name[1]) for name in one.names.needed)


def _homes(kept: Iterable[_Named]) -> Mapping[Name, Name]:
    """Where a sequence, an index or statistics are at home: with their table."""
    homes: dict[Name, Name] = {}
    for one in kept:
        tree, names = one.tree, one.names
        node = getattr(tree.node, tree.kind)
        if tree.kind in ("index_stmt", "create_stats_stmt"):
            homes |= dict.fromkeys(names.made, names.home)
        elif tree.kind == "alter_table_stmt" and names.made:
            homes |= {name: names.home for name in names.made if len(name) == 2}
        elif tree.kind == "alter_seq_stmt":
            owner = next(
                (o.def_elem for o in node.options if o.def_elem.defname == "owned_by"), None
            )
            if owner is not None:
                homes[names.home] = words(owner.arg.list.items)[:2]
    return homes


def _later_views(trees: Iterable[Tree]) -> frozenset[Name]:
    """Views that pg_dump makes twice: first as a stand-in with the right columns, later in earnest
    (pg_dump.c, ``createDummyViewAsClause``).
    """
    return frozenset(
        relation(tree.node.view_stmt.view)
        for tree in trees
        if tree.kind == "view_stmt" and tree.node.view_stmt.replace
    )


def _part(one: _Named, home: Name, later: frozenset[Name], taste: Taste) -> Part:
    tree, names, kind = one.tree, one.names, one.tree.kind
    creates = names.home == home and home in names.made
    empty = sql_name(home) in taste.unfilled
    stand_in = kind == "view_stmt" and home in later and not tree.node.view_stmt.replace
    text = repeatable(tree, stand_in=stand_in)
    return Part(
        tree.statement.number,
        filled(text) if kind == "create_table_as_stmt" and not empty else text,
        home,
        names.made,
        names.needed,
        creates=creates and not (kind == "view_stmt" and tree.node.view_stmt.replace),
        closes=kind == "alter_table_stmt" and _attaches(tree),
        waits=kind in ("index_stmt", "create_stats_stmt", "create_table_as_stmt")
        and any(calls_own(message) for message in walk([tree.node])),
        rank=_rank(tree),
    )


def _attaches(tree: Tree) -> bool:
    """A partition is attached behind its own indexes: else PostgreSQL makes others for it (manual,
    5.12.2.2).
    """
    command = tree.node.alter_table_stmt.cmds[0].alter_table_cmd
    return bool(command.subtype == ast.AT_AttachPartition)


def _switches_inherited(one: _Named, made: frozenset[Name]) -> bool:
    """A partition has the triggers of its table, which pg_dump does not make a second time; where
    one of them is switched off, that is said of the partition (manual, CREATE TRIGGER).
    """
    if one.tree.kind != "alter_table_stmt":
        return False
    statement = one.tree.node.alter_table_stmt
    command = statement.cmds[0].alter_table_cmd
    name = (*relation(statement.relation), command.name)
    return command.subtype in _SWITCHES and name not in made


def _rank(tree: Tree) -> int:
    if tree.kind in _FIRST:
        return 0
    node = getattr(tree.node, tree.kind)
    object_type = getattr(node, "objtype", None) or getattr(node, "object_type", None)
    return 2 if tree.kind in _LAST or object_type in _LAST_OBJECTS else 1


def _with_additions(
    part: Part, tree: Tree, additions: Mapping[Name, Additions], folded: Mapping[Name, list[Names]]
) -> Part:
    if tree.kind != "create_stmt" or part.home not in additions:
        return part
    names = folded.get(part.home, [])
    return replace(
        part,
        text=table(tree, additions[part.home]),
        made=part.made.union(*(each.made for each in names)),
        needed=part.needed.union(*(each.needed for each in names)),
    )
