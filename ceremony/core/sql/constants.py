"""Constants and options in parse trees, read as the server reads them."""

from collections.abc import Mapping, Sequence

from ceremony.core.sql.parser import Message, Node


def definition_of(command: Message) -> Node:
    """The field ``def`` of an ALTER TABLE command, whose name is a word of Python's own."""
    return getattr(command, "def")


def options_of(nodes: Sequence[Node]) -> dict[str, Node | None]:
    """``WITH (…)`` and ``OPTIONS (…)`` lists: the argument by name, ``None`` where it has none."""
    found: dict[str, Node | None] = {}
    for node in nodes:
        option = node.def_elem
        found[option.defname] = option.arg if option.HasField("arg") else None
    return found


def flag(options: Mapping[str, Node | None], name: str, *, absent: bool) -> bool:
    """A Boolean option as the server reads it: without an argument it is true."""
    if name not in options:
        return absent
    argument = options[name]
    if argument is None:
        return True
    return word(argument).lower() not in ("false", "off", "0", "f", "no")


def word(node: Node) -> str:
    """The text of a constant, whatever kind of node holds it; ``""`` for anything else."""
    kind = node.WhichOneof("node")
    if kind == "type_cast":
        return word(node.type_cast.arg)
    if kind == "a_const":
        value = node.a_const.WhichOneof("val")
        return _text(getattr(node.a_const, value), value) if value else ""
    if kind == "type_name":  # an option's argument without quotes is read as a type's name
        return ".".join(word(part) for part in node.type_name.names)
    if kind in ("string", "integer", "float", "boolean"):
        return _text(getattr(node, kind), _FIELDS[kind])
    return ""


_FIELDS = {"string": "sval", "integer": "ival", "float": "fval", "boolean": "boolval"}


def _text(constant: Message, field: str) -> str:
    """The one field of a String, Integer, Float or Boolean."""
    value = getattr(constant, field)
    return str(value).lower() if isinstance(value, bool) else str(value)
